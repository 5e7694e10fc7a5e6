"""Over which window a figure stands, in words: its kind, its beginning, its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.messages import text
from core.records import DAY_MS
from indicators.definition import Indicator, WindowKind
from indicators.periods import Periods
from layouts.figures.moments import length, moment

Record = Mapping[str, Any]
HYDROLOGICAL_S, METEOROLOGICAL_S = 8 * 3600, 20 * 3600  # when the day of a water office, of a weather office begins


def window_name(indicator: Indicator, language: str) -> str:
    """What kind of window it is: 近 3 小时, 08:00–08:00 水文日, 自最近一次…事件起."""
    if indicator.window is WindowKind.CALENDAR:
        return _calendar_name(indicator, language)
    if indicator.window is WindowKind.SINCE_EVENT:
        return text("desk.window_since", language, event=indicator.since_event)
    if not indicator.measured:
        return text("desk.window_inputs", language)
    code = "desk.window_last" if indicator.window is WindowKind.LAST else "desk.window_sliding"
    return text(code, language, window=length(indicator.window_s, language))


def window_told(indicator: Indicator, record: Record, now_ms: int, language: str) -> str:
    """The window of one value: its kind, from when until when, and the newest reading in it."""
    until_ms = min(record["end_ms"], now_ms)  # an open window ends a little ahead of what is known
    times = {"window": window_name(indicator, language), "newest": moment(record["newest_ms"], now_ms, language)}
    times["end"] = moment(until_ms, now_ms, language)
    begin_ms = _begin_ms(indicator, record["end_ms"])
    if begin_ms is None:
        return text("desk.of_window", language, **times)
    return text("desk.of_span", language, **times, begin=moment(begin_ms, now_ms, language))


def _begin_ms(indicator: Indicator, end_ms: int) -> int | None:
    """When the window that ends then began; None where the kind of the window says it, or each station its own."""
    if indicator.window is WindowKind.CALENDAR:
        return Periods(indicator.calendar, indicator.begins_at_s).begin_ms(end_ms - 1)
    if indicator.window is WindowKind.SLIDING and indicator.measured:
        return end_ms - indicator.window_s * 1000
    return None


def _calendar_name(indicator: Indicator, language: str) -> str:
    begins_s = indicator.begins_at_s % (DAY_MS // 1000)
    kind = text(f"desk.calendar_{indicator.calendar}", language)
    if indicator.calendar == "hour" or not begins_s:
        return kind
    if indicator.calendar == "day":
        known = {HYDROLOGICAL_S: "desk.calendar_day_hydrological", METEOROLOGICAL_S: "desk.calendar_day_meteorological"}
        kind = text(known.get(begins_s, "desk.calendar_day"), language)
    at = f"{begins_s // 3600:02d}:{begins_s // 60 % 60:02d}"
    return text("desk.calendar_from", language, at=at, kind=kind)
