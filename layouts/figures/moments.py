"""How a page writes a time: the civil time of China, with the date only where it is not today's."""

from __future__ import annotations

from core.clock import in_china
from core.messages import text


def moment(at_ms: int, now_ms: int, language: str) -> str:
    """A time of day, with its date unless it is today's; "—" for never (0).

    >>> moment(1_795_338_000_000, 1_795_341_600_000, "zh"), moment(0, 1, "zh")
    ('17:00', '—')
    >>> moment(1_795_338_000_000, 1_795_441_600_000, "zh")
    '11月22日 17:00'
    """
    if not at_ms:
        return "—"
    at, now = in_china(at_ms), in_china(now_ms)
    clock = f"{at:%H:%M}"
    if at.date() == now.date():
        return clock
    return text("wall.date", language, month=at.month, day=at.day) + " " + clock


def length(seconds: int, language: str) -> str:
    """A window or a validity in its largest whole unit.

    >>> length(10800, "zh"), length(1800, "zh"), length(172800, "en")
    ('3 小时', '30 分钟', '2 d')
    """
    if seconds and seconds % 86_400 == 0:
        return text("wall.span_days", language, days=seconds // 86_400)
    if seconds and seconds % 3600 == 0:
        return text("wall.span_hours", language, hours=seconds // 3600)
    return text("wall.span_minutes", language, minutes=max(1, seconds // 60))
