"""The figure and the sentence of a page: where, what, value, over what, since when, trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.messages import listed, text
from core.records import HOUR_MS
from indicators.definition import Indicator
from layouts.figures.subject import Subject
from layouts.figures.windows import window_told

Record = Mapping[str, Any]
RANK = ("normal", "blue", "yellow", "orange", "red")
STEADY_SHARE = 0.02  # of the last day's range: a smaller move in an hour is the noise of the sensor


@dataclass(frozen=True, slots=True)
class Headline:
    """What stands at the head of a page.

    level: a word of `core.messages`; "unknown" when nothing is known, "" when no rule in force looks at it. warned:
    how many warnings stand inside an area ("" at a station); they do not colour the area's own figure (`own_level`).
    """

    text: str
    unit: str
    level: str
    own_level: str
    warned: str
    sentence: str
    reporting: str
    as_of: str
    beside: str


def active_on(warnings: Mapping[str, Record], indicators: Sequence[str], subject: str) -> Record | None:
    """The gravest active warning on one of some indicators at a subject."""
    found = [
        one
        for one in warnings.values()
        if one["phase"] == "active" and one["subject"] == subject and one["indicator"] in indicators
    ]
    return max(found, key=lambda one: (RANK.index(one["level"]), one["since_ms"]), default=None)


def active_inside(warnings: Mapping[str, Record], indicators: Sequence[str], subject: Subject) -> list[str]:
    """Levels of the active warnings on some indicators inside an area, itself left out; [] for a station."""
    if subject.station:
        return []
    return [
        str(one["level"])
        for one in warnings.values()
        if one["phase"] == "active"
        and one["indicator"] in indicators
        and one["subject"] != subject.id
        and subject.id in (one["area"], subject.city)
    ]


def gravest_by_area(warnings: Mapping[str, Record], indicators: Sequence[str]) -> dict[str, str]:
    """The gravest active level on some indicators in each area that has one."""
    found: dict[str, str] = {}
    for one in warnings.values():
        if one["phase"] == "active" and one["indicator"] in indicators:
            found[one["area"]] = max(found.get(one["area"], "normal"), str(one["level"]), key=_rank)
    return found


def trend_of(points: Sequence[tuple[int, float | None]]) -> str:
    """Where the value went in the last hour: rising, falling, steady, unknown.

    >>> trend_of([(0, 1.0), (1_800_000, 1.0), (3_600_000, 3.0)]), trend_of([(0, 1.0)])
    ('rising', 'unknown')
    """
    known = [(at, value) for at, value in points if value is not None]
    if len(known) < 2:
        return "unknown"
    last_ms, last = known[-1]
    earlier = next((value for at, value in reversed(known[:-1]) if at <= last_ms - HOUR_MS), known[0][1])
    span = max(value for _, value in known) - min(value for _, value in known)
    if abs(last - earlier) <= span * STEADY_SHARE:
        return "steady"
    return "rising" if last > earlier else "falling"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a subject now.

    warning: the gravest active one on the subject itself; inside: levels of those on what lies inside it;
    judged: a rule in force looks at the indicator.
    """

    record: Record | None
    warning: Record | None
    inside: Sequence[str]
    judged: bool
    trend: str


def headline(subject: Subject, now: Known, now_ms: int, language: str) -> Headline:
    """The head of a page."""
    record, warning = now.record, now.warning
    known = record is not None and record["value"] is not None
    unit = subject.indicator.unit
    written = str(record["text"]) if record and known else "—"
    reported, expected = (record["reported"], record["expected"]) if record else (0, 0)
    return Headline(
        text=written,
        unit=unit if known else "",
        level=max([_level(known, warning, now.judged), *now.inside], key=_rank),
        own_level=_level(known, warning, now.judged) or "normal",
        warned=text("desk.warned_places", language, count=len(now.inside)) if now.inside else "",
        sentence=_sentence(subject, written if known else "", now, language),
        reporting=text("wall.reporting", language, reported=reported, expected=expected),
        as_of=as_of(subject.indicator, record, now_ms, language),
        beside=_beside(record, language),
    )


def _rank(level: str) -> int:
    return RANK.index(level) if level in RANK else -1


def _level(known: bool, warning: Record | None, judged: bool) -> str:
    if not known:
        return "unknown"
    return str(warning["level"]) if warning else "normal" if judged else ""


def _sentence(subject: Subject, written: str, now: Known, language: str) -> str:
    if now.warning:
        return str(now.warning["sentence"])
    words = {"place": subject.name, "name": subject.indicator.name[language]}
    if not written:
        return text("desk.sentence_unknown", language, **words)
    words["figure"] = f"{written} {subject.indicator.unit}".strip()
    words["trend"] = text(f"desk.trend_{now.trend}", language)
    if now.inside:
        worst = text(f"level.{max(now.inside, key=_rank)}", language)
        return text("desk.sentence_inside", language, **words, count=len(now.inside), level=worst)
    return text("desk.sentence_normal" if now.judged else "desk.sentence_unjudged", language, **words)


def as_of(indicator: Indicator, record: Record | None, now_ms: int, language: str) -> str:
    """Over which window and up to when a value stands; its period when it is slower than daily."""
    if record is None or record["value"] is None:
        return text("level.unknown", language)
    if record["period"]:
        return text("desk.of_period", language, period=record["period"])
    return window_told(indicator, record, now_ms, language)


def _beside(record: Record | None, language: str) -> str:
    """What an index says of itself: class and primary pollutant, with the scheme by which it was computed."""
    aqi = record["aqi"] if record else None
    if not aqi or not aqi["word"]:
        return ""
    primary = text("desk.primary", language, names=listed(aqi["primary"], language)) if aqi["primary"] else ""
    return " · ".join(part for part in (aqi["word"], primary, aqi["scheme"]) if part)
