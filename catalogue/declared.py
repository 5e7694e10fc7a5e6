"""Everything that one city has declared, checked and frozen: what every worker reads at its start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.declared import Device, Feed, Metric, Words
from core.notices import Route
from core.units import UnitRow
from dispatch.intake import Admission
from dispatch.kinds import CaseKind, Cause
from dispatch.plans import Plan
from dispatch.scores import CaseScore
from dispatch.urgent import UrgentRule
from early_warning.rule import Rule
from geo.areas import AreaTree
from geo.roads import RoadTable
from indicators.definition import Indicator


@dataclass(frozen=True, slots=True)
class Domain:
    """One of the five domains of the plans 五大领域; `headline` is the indicator its panel shows when calm."""

    id: str
    name: Words
    headline: str


@dataclass(frozen=True, slots=True)
class City:
    """What the header and the map must say about the city itself."""

    code: str
    name: Words
    map_source: str
    map_date: str
    map_review: str  # 审图号, or "" for 内部示意
    support: str  # whom to call when data stop
    support_phone: str
    work_hours: tuple[tuple[int, int], ...] = ((30_600, 43_200), (52_200, 63_000))  # s after local midnight
    meeting: str = ""  # address of the city's own meetings, `{case}` for the number of the case; "": it has none


@dataclass(frozen=True, slots=True)
class Declared:
    """One city's whole declaration. `fingerprint` changes whenever anything that decides a value changes.

    indicators: those that are computed, active and in trial. catalogue: all, drafts and retired ones too.
    boundaries: GeoJSON feature collection of the counties, WGS 84, `id` and `name` as properties.
    state_words: what the city itself calls a state of cases or assignments.
    schemes: tables named by indicators (AQI break points), as read; their room checked them.
    """

    city: City
    areas: AreaTree
    boundaries: Mapping[str, Any]
    domains: tuple[Domain, ...]
    metrics: Mapping[str, Metric]
    feeds: Mapping[str, Feed]
    devices: Mapping[str, Device]
    indicators: Mapping[str, Indicator]
    rules: Mapping[str, Rule]
    schemes: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    catalogue: Mapping[str, Indicator] = field(default_factory=dict)
    case_kinds: Mapping[str, CaseKind] = field(default_factory=dict)
    case_causes: Mapping[str, Cause] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)
    units: Mapping[str, UnitRow] = field(default_factory=dict)
    case_scores: Mapping[str, CaseScore] = field(default_factory=dict, kw_only=True)
    urgent_reports: Mapping[str, UrgentRule] = field(default_factory=dict, kw_only=True)
    case_intake: Mapping[str, Admission] = field(default_factory=dict)
    state_words: Mapping[str, Words] = field(default_factory=dict, kw_only=True)
    routes: Mapping[str, Route] = field(default_factory=dict, kw_only=True)
    roads: RoadTable | None = field(default=None, kw_only=True)
