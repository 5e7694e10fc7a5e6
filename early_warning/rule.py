"""How a rule is declared: for each level its own indicator (and so its own window), bound and clear bound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.declared import Words
from core.records import Level
from indicators.definition import Direction, Source


class RuleState(StrEnum):
    """TRIAL 试运行: judged, never rung, never shown as a warning; bounds that nobody verified stay there."""

    TRIAL = "trial"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class LevelBound:
    """When one level is reached, and when it is left again.

    Either `bound` in the unit of `indicator`, or `reference`: the station's own (`warning`, `guaranteed`,
    `record`) plus `offset`. `hysteresis` 回差 ≥ 0: the level is left only below bound − hysteresis
    (above bound + hysteresis when down is bad).
    """

    level: Level
    indicator: str
    bound: float | None = None
    reference: str = ""
    offset: float = 0.0
    hysteresis: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One warning rule 预警规则, pinned into each warning it opens as (id, version).

    subjects: station, county or city. bounds: at most one for each level; the gravest satisfied one wins.
    """

    id: str
    version: str
    name: Words
    domain: str
    subjects: str
    direction: Direction
    bounds: tuple[LevelBound, ...]
    state: RuleState
    source: Source
    jurisdiction: str = ""
