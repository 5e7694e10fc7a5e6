"""What an indicator is computed from, and how far back that lies. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.records import DAY_MS, HOUR_MS
from indicators.definition import Indicator, WindowKind

PERIODS_MS = {"hour": HOUR_MS, "day": DAY_MS, "month": 31 * DAY_MS, "year": 366 * DAY_MS}


def with_inputs(indicators: Mapping[str, Indicator], names: Collection[str]) -> dict[str, Indicator]:
    """Some indicators and all that they are computed from."""
    found: dict[str, Indicator] = {}
    waiting = list(names)
    while waiting:
        one = indicators[waiting.pop()]
        if one.id not in found:
            found[one.id] = one
            waiting += [*(taken.indicator for taken in one.inputs), *(part.indicator for part in one.parts)]
    return found


def reach_ms(indicators: Mapping[str, Indicator], name: str) -> int:
    """How far before its end a value looks, through all that it is computed from; what stands beside it not counted."""
    one = indicators[name]
    own_ms = PERIODS_MS[one.calendar] if one.window is WindowKind.CALENDAR else one.window_s * 1000
    through = [1000 * (i.ago_s + i.spread_s) + reach_ms(indicators, i.indicator) for i in one.inputs]
    through += [reach_ms(indicators, part.indicator) for part in one.parts]
    return max([own_ms, *through])
