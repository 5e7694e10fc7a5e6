"""Levels, unknown figures and periods as words; figures themselves are written by `core.wording`."""

from __future__ import annotations

from core.clock import in_china
from core.messages import text
from core.records import Level
from core.wording import figure


def level_word(level: Level) -> str:
    """The word of a level inside records: normal, blue, yellow, orange, red."""
    return level.name.lower()


def number(value: float | None, decimals: int, language: str) -> str:
    """A figure without its unit; "—" for what is not known."""
    return figure(float("nan") if value is None else value, decimals, language)


def period_word(period: str, at_ms: int, language: str) -> str:
    """The month, quarter or year in which a time lies, China's civil time; "" for live values (period "").

    A window is closed on the right, so what ends at midnight of 1 November is October's.

    >>> period_word("month", 1_793_462_400_000, "zh")
    '2026年10月'
    """
    if not period or not at_ms:
        return ""
    day = in_china(at_ms - 1)
    name = text(f"wording.month_{day.month}", language)
    quarter = (day.month + 2) // 3
    return text(f"board.{period}", language, year=day.year, month=day.month, quarter=quarter, name=name)
