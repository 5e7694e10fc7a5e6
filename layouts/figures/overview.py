"""Every vital sign of the city as a row: its figure, and the gravest warning on it wherever that stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.messages import text
from indicators.definition import Indicator
from layouts.figures.headline import RANK, as_of

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One vital sign. warned: "12 条告警", "" without any; level "unknown" when the city's value is not known."""

    indicator: str
    domain: str
    name: str
    text: str
    unit: str
    level: str
    warned: str
    fine: str


def overview_rows(
    shown: Iterable[Indicator],
    values: Mapping[str, Record | None],
    warnings: Mapping[str, Record],
    now_ms: int,
    language: str,
) -> list[OverviewRow]:
    """Rows in the order of the declaration. values: the city's newest by indicator."""
    active: dict[str, list[str]] = {}
    for one in warnings.values():
        if one["phase"] == "active":
            active.setdefault(one["indicator"], []).append(one["level"])
    return [_row(one, values[one.id], active.get(one.id, []), now_ms, language) for one in shown]


def _row(indicator: Indicator, record: Record | None, levels: list[str], now_ms: int, language: str) -> OverviewRow:
    by_station = "city" not in indicator.levels  # a value of the whole city would mean nothing
    known = record is not None and record["value"] is not None
    worst = max(levels, key=RANK.index, default="normal" if known or by_station else "unknown")
    reporting = (
        text("wall.reporting", language, reported=record["reported"], expected=record["expected"]) if record else ""
    )
    return OverviewRow(
        indicator=indicator.id,
        domain=indicator.domain,
        name=indicator.name[language],
        text=text("desk.by_station", language) if by_station else str(record["text"]) if record and known else "—",
        unit=indicator.unit if known and not by_station else "",
        level=worst,
        warned=text("desk.warned_places", language, count=len(levels)) if levels else "",
        fine=" · ".join(
            part for part in (reporting, "" if by_station else as_of(indicator, record, now_ms, language)) if part
        ),
    )
