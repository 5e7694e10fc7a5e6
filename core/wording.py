"""How figures, times and ages are written, in both languages. Times are shown in China's civil time, 24 hours."""

from __future__ import annotations

import math

from core.clock import in_china
from core.messages import catalogue, text
from core.records import DAY_MS, HOUR_MS, MINUTE_MS

_WAN, _YI = 10_000.0, 100_000_000.0
_JUST_NOW_MS = 5_000  # below this an age says nothing but that it is fresh


def figure(value: float, decimals: int, language: str) -> str:
    """A number without its unit; "—" for NaN. Chinese counts in 万 and 亿 from 10,000 on.

    >>> figure(71.6249, 2, "zh"), figure(123_000_000, 0, "zh"), figure(123_000, 0, "en"), figure(-0.01, 1, "en")
    ('71.62', '1.23 亿', '123,000', '0.0')
    """
    if not math.isfinite(value):
        return text("wording.unknown", language)
    if language == "zh" and abs(value) >= _WAN:
        code, unit = ("wording.yi", _YI) if abs(value) >= _YI else ("wording.wan", _WAN)
        return text(code, language, figure=f"{value / unit:.2f}".rstrip("0").rstrip("."))
    written = f"{value:,.{decimals}f}"
    return written.lstrip("-") if not float(written.replace(",", "")) else written


def measured(value: float, unit: str, decimals: int, language: str) -> str:
    """A number with its unit.

    >>> measured(71.62, "m", 2, "zh"), measured(3.0, "", 0, "zh")
    ('71.62 m', '3')
    """
    written = figure(value, decimals, language)
    return text("wording.measured", language, figure=written, unit=unit) if unit else written


def clock_time(at_ms: int) -> str:
    """Hours and minutes.

    >>> clock_time(1_795_304_100_000)
    '07:35'
    """
    return f"{in_china(at_ms):%H:%M}"


def date(at_ms: int, language: str) -> str:
    """Month and day.

    >>> date(1_795_304_100_000, "zh"), date(1_795_304_100_000, "en")
    ('11月22日', '22 Nov')
    """
    at = in_china(at_ms)
    name = text(f"wording.month_{at.month}", language)
    return text("wording.date", language, month=at.month, day=at.day, name=name)


def date_time(at_ms: int, language: str) -> str:
    """Month, day, weekday, hours and minutes.

    >>> date_time(1_795_304_100_000, "zh"), date_time(1_795_304_100_000, "en")
    ('11月22日(周日) 07:35', 'Sun 22 Nov 07:35')
    """
    weekday = text(f"wording.weekday_{in_china(at_ms).isoweekday()}", language)
    day = text("wording.date_weekday", language, date=date(at_ms, language), weekday=weekday)
    return text("wording.date_time", language, date=day, time=clock_time(at_ms))


def time_seen_from(at_ms: int, from_day_of_ms: int, language: str) -> str:
    """Hours and minutes, with the date before them when it is another day.

    >>> time_seen_from(1_795_304_100_000, 1_795_304_100_000 + DAY_MS, "zh")
    '11月22日 07:35'
    """
    if in_china(at_ms).date() == in_china(from_day_of_ms).date():
        return clock_time(at_ms)
    return text("wording.date_time", language, date=date(at_ms, language), time=clock_time(at_ms))


def age(at_ms: int, now_ms: int, language: str) -> str:
    """How long ago, in the largest unit that fits; a time ahead of now is just now.

    >>> age(0, 200_000, "zh"), age(0, 4_000, "en")
    ('3 分钟前', 'just now')
    """
    passed_ms = now_ms - at_ms
    if passed_ms < _JUST_NOW_MS:
        return text("wording.age_now", language)
    for code, unit_ms in (("days", DAY_MS), ("hours", HOUR_MS), ("minutes", MINUTE_MS)):
        if passed_ms >= unit_ms:
            return text(f"wording.age_{code}", language, n=passed_ms // unit_ms)
    return text("wording.age_seconds", language, n=passed_ms // 1000)


def span(span_ms: float, language: str) -> str:
    """How long something lasts, in hours and minutes.

    >>> span(5_400_000, "zh"), span(7_200_000, "en"), span(59_000, "zh")
    ('1 小时 30 分', '2 h', '0 分钟')
    """
    hours, minutes = divmod(int(span_ms // MINUTE_MS), 60)
    if not hours:
        return text("wall.span_minutes", language, minutes=minutes)
    return text("wall.span_hours_minutes" if minutes else "wall.span_hours", language, hours=hours, minutes=minutes)


def capability(name: str, language: str) -> str:
    """What a unit can do; by its id, when only a pack knows it.

    >>> capability("pump", "zh"), capability("hazmat", "zh")
    ('排水', 'hazmat')
    """
    return catalogue().get(f"capability.{name}", {}).get(language, name)
