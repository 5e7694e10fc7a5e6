"""Every vital sign of the city as a row: its figure, and the gravest warning on it wherever that stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalogue.declared import Declared
from core.messages import text
from indicators.definition import Indicator
from layouts.figures.headline import RANK, as_of
from layouts.figures.subject import judged

Record = Mapping[str, Any]
Values = Callable[[str, str], Record | None]
HIDDEN = {"system.probe"}  # its round trip stands in every header


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One vital sign. warned: "12 条告警", "" without any; level as in `Headline`.

    topic: what comes before the dot of its id. lead: it stands in the open, the others of its topic are folded away.
    """

    indicator: str
    domain: str
    topic: str
    lead: bool
    name: str
    text: str
    unit: str
    level: str
    warned: str
    fine: str


def overview_rows(
    declared: Declared, reader: Values, warnings: Mapping[str, Record], now_ms: int, language: str
) -> list[OverviewRow]:
    """Rows in the order of the declaration. reader: gives the newest value of an indicator at a place."""
    active: dict[str, list[str]] = {}
    for one in warnings.values():
        if one["phase"] == "active":
            active.setdefault(one["indicator"], []).append(one["level"])
    headlines = {domain.headline for domain in declared.domains}
    rows = []
    for indicator in declared.indicators.values():
        if indicator.id not in HIDDEN:
            record = reader(indicator.id, declared.city.code)
            levels, is_judged = active.get(indicator.id, []), judged(declared, indicator.id)
            level = _level(record, levels, indicator, is_judged)
            row = _row(indicator, record, level, len(levels), now_ms, language)
            is_lead = indicator.id in headlines or is_judged or bool(levels) or _stands_alone(declared, indicator)
            rows.append(replace(row, lead=is_lead))
    return sorted(rows, key=lambda row: row.indicator not in headlines)  # stable: the rest as declared


def _stands_alone(declared: Declared, indicator: Indicator) -> bool:
    """A score, or what belongs to no domain: the city's index, the installation."""
    return bool(indicator.parts) or all(domain.id != indicator.domain for domain in declared.domains)


def _by_station(indicator: Indicator) -> bool:
    """A value of the whole city would mean nothing."""
    return "city" not in indicator.levels


def _level(record: Record | None, levels: list[str], indicator: Indicator, is_judged: bool) -> str:
    known = _by_station(indicator) or (record is not None and record["value"] is not None)
    return max(levels, key=RANK.index, default="unknown" if not known else "normal" if is_judged else "")


def _beside(record: Record | None, indicator: Indicator) -> str:
    """The unit, or for an index, which has none, the word of its class."""
    aqi = record["aqi"] if record else None
    return str(aqi["word"]) if aqi and aqi["word"] else indicator.unit


def _row(
    indicator: Indicator, record: Record | None, level: str, warned: int, now_ms: int, language: str
) -> OverviewRow:
    by_station = _by_station(indicator)
    known = record is not None and record["value"] is not None
    fine = (
        [text("wall.reporting", language, reported=record["reported"], expected=record["expected"])] if record else []
    )
    fine += [] if by_station else [as_of(indicator, record, now_ms, language)]
    return OverviewRow(
        indicator=indicator.id,
        domain=indicator.domain,
        topic=indicator.id.partition(".")[0],
        lead=False,
        name=indicator.name[language],
        text=text("desk.by_station", language) if by_station else str(record["text"]) if record and known else "—",
        unit=_beside(record, indicator) if known and not by_station else "",
        level=level,
        warned=text("desk.warned_places", language, count=warned) if warned else "",
        fine=" · ".join(fine),
    )
