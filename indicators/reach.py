"""How far back lies what an indicator is computed from. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from indicators.definition import Indicator, WindowKind
from indicators.faults import PERIOD_S


def reach_ms(indicators: Mapping[str, Indicator], name: str) -> int:
    """How far before its end a value looks, through all that it is computed from; what stands beside it not counted."""
    one = indicators[name]
    own_ms = 1000 * (PERIOD_S[one.calendar] if one.window is WindowKind.CALENDAR else one.window_s)
    through = [1000 * (i.ago_s + i.spread_s) + reach_ms(indicators, i.indicator) for i in one.inputs]
    through += [reach_ms(indicators, part.indicator) for part in one.parts]
    return max([own_ms, *through])
