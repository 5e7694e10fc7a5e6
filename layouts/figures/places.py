"""Areas ranked and stations with their newest readings, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from board.words import number
from catalogue.declared import Declared
from core.messages import text
from geo.areas import DOWNWARDS, Area, AreaLevel
from indicators.definition import Direction, Indicator
from layouts.figures.moments import moment
from layouts.figures.subject import Subject

Record = Mapping[str, Any]
GRAVEST_FIRST = ("red", "orange", "yellow", "blue", "normal")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One area or station. share: how far its bar reaches, 0 to 1; level "unknown" when nothing is known.

    notes: what else is said of a station: silent, its clock is wrong, it settles after a start.
    """

    id: str
    name: str
    text: str
    unit: str
    level: str
    share: float
    reporting: str
    when: str
    silent: bool = False
    notes: tuple[str, ...] = ()


def ranks(declared: Declared, subject: Subject) -> dict[AreaLevel, tuple[Area, ...]]:
    """The areas that a page ranks, by level: counties and zones, then what lies inside the subject or beside it."""
    if subject.station:
        return {}
    areas, levels = declared.areas, subject.indicator.levels
    found = {level: areas.at(level) for level in (AreaLevel.COUNTY, AreaLevel.ZONE) if level in levels}
    for above in (areas[subject.id], *areas.ancestors(subject.id)):
        below = tuple(one for one in areas.children(above.id) if one.level in levels)
        if below and above.level is not AreaLevel.CITY:
            found.setdefault(below[0].level, tuple(one for one in below if one.level is below[0].level))
    return {level: found[level] for level in (*DOWNWARDS, AreaLevel.ZONE) if found.get(level)}


def area_rows(
    declared: Declared, indicator: Indicator, records: Sequence[Record], inside: Mapping[str, str], language: str
) -> list[PlaceRow]:
    """Areas of one level, the worst first; those without a value last, by id. inside: gravest level in each."""
    worst_first = -1 if indicator.direction is not Direction.DOWN_BAD else 1
    known = sorted((r for r in records if r["value"] is not None), key=lambda r: (worst_first * r["value"], r["area"]))
    unknown = sorted((r for r in records if r["value"] is None), key=lambda r: r["area"])
    top = max((abs(r["value"]) for r in known), default=0.0) or 1.0
    return [
        PlaceRow(
            id=record["area"],
            name=declared.areas[record["area"]].name[language],
            text=record["text"],
            unit=indicator.unit if record["value"] is not None else "",
            level=inside.get(record["area"]) or record["level"] or "unknown",
            share=abs(record["value"]) / top if record["value"] is not None else 0.0,
            reporting=f"{record['reported']}/{record['expected']}",
            when="",
        )
        for record in [*known, *unknown]
    ]


def station_rows(
    declared: Declared, indicator: Indicator, stations: Mapping[str, Record], now_ms: int, language: str
) -> list[PlaceRow]:
    """Stations with the newest readings of the indicator's inputs: abnormal, then silent, then the others by name."""
    order = sorted(stations, key=lambda device: (_urgency(stations[device]), stations[device]["name"]))
    return [_station_row(declared, indicator, device, stations[device], now_ms, language) for device in order]


def _urgency(station: Record) -> int:
    """0 for the gravest; a silent station comes before a normal one."""
    quiet = GRAVEST_FIRST.index("normal") + (station["state"] == "ok")
    return GRAVEST_FIRST.index(station["level"]) if station["level"] != "normal" else quiet


def _station_row(
    declared: Declared, indicator: Indicator, device: str, record: Record, now_ms: int, language: str
) -> PlaceRow:
    readings = [(metric, record["readings"][metric]) for metric in indicator.metrics if metric in record["readings"]]
    single = indicator if len(indicator.metrics) == 1 else None
    written = [_reading(declared, metric, reading[0], language, single) for metric, reading in readings]
    newest_ms = max((reading[1] for _, reading in readings), default=record["newest_ms"])
    return PlaceRow(
        id=device,
        name=record["name"],
        text="  ".join(written) or "—",
        unit="",
        level=record["level"] if record["state"] == "ok" else "unknown",
        share=0.0,
        reporting="",
        when=moment(newest_ms, now_ms, language),
        silent=record["state"] != "ok",
        notes=tuple(_notes(record, language)),
    )


def _notes(record: Record, language: str) -> list[str]:
    clock_s = record["clock_s"]
    notes = [text("desk.silent", language)] if record["state"] != "ok" else []
    if clock_s:
        notes.append(text("desk.clock_fast" if clock_s > 0 else "desk.clock_slow", language, seconds=abs(clock_s)))
    return [*notes, text("desk.settling", language)] if record["settling"] else notes


def _reading(declared: Declared, metric: str, value: float, language: str, single: Indicator | None) -> str:
    """As finely as the indicator when the reading alone decides it, so that the two agree on one page."""
    known = declared.metrics.get(metric)
    decimals = single.decimals if single else 0 if abs(value) >= 100 else 1
    figure = number(value, decimals, language)
    if single:
        return f"{figure} {known.unit}" if known else figure
    return f"{known.name[language].split()[-1]} {figure}" if known else figure
