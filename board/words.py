"""How a figure and a period are written; the one place for it."""

from __future__ import annotations

import math

from core.clock import CHINA, from_ms
from core.messages import text
from core.records import Level

WAN, YI = 10_000.0, 100_000_000.0
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def level_word(level: Level) -> str:
    """The word of a level inside records: normal, blue, yellow, orange, red."""
    return level.name.lower()


def number(value: float | None, decimals: int, language: str) -> str:
    """A figure without its unit; "—" for what is not known.

    Chinese counts in 万 and 亿 from 10,000 on, English groups thousands. Halves go to the even digit (GB/T 8170).

    >>> number(71.62, 2, "zh"), number(123_000_000.0, 0, "zh"), number(None, 1, "zh")
    ('71.62', '1.23 亿', '—')
    >>> number(12_345.6, 0, "en"), number(-0.04, 1, "en")
    ('12,346', '0.0')
    """
    if value is None or not math.isfinite(value):
        return text("board.no-data", language)
    if language == "zh" and abs(value) >= WAN:
        code, unit = ("board.yi", YI) if abs(value) >= YI else ("board.wan", WAN)
        return text(code, language, number=f"{value / unit:.2f}")
    written = f"{value:,.{decimals}f}"
    return written.removeprefix("-") if float(written.replace(",", "")) == 0 else written


def period_word(period: str, at_ms: int, language: str) -> str:
    """The month, quarter or year in which a time lies, China's civil time; "" for live values (period "").

    A window is closed on the right, so what ends at midnight of 1 November is October's.

    >>> period_word("month", 1_793_462_400_000, "zh")
    '2026年10月'
    """
    if not period or not at_ms:
        return ""
    day = from_ms(at_ms - 1).astimezone(CHINA)
    quarter = (day.month + 2) // 3
    return text(
        f"board.{period}", language, year=day.year, month=day.month, quarter=quarter, name=MONTHS[day.month - 1]
    )
