"""From the members of an area to its number. What is unknown (NaN) is left out; without any known member: unknown.

So a mean is that of the stations that report, and a sum is what is known so far; the reporting rate beside the value
says how much is missing.
"""

from __future__ import annotations

import numpy as np

from core.records import Float64
from indicators.aggregate import steady
from indicators.definition import Direction, Indicator, RollUp
from indicators.groups import Members


def rolled_up(members: Members, value: Float64, weight: Float64, how: RollUp) -> Float64:
    """float64 (groups,): the number of each group.

    Args:
        members: Which members make up which group.
        value: float64 of all members, NaN where unknown.
        weight: float64 of all members; WEIGHTED leaves out whose weight is unknown or not above 0.
        how: Not WORST, which `in_direction` resolves.
    """
    held = value[members.member]
    known = ~np.isnan(held)
    if how is RollUp.WEIGHTED:
        known &= weight[members.member] > 0
    group, held = members.group[known], held[known]
    if how in (RollUp.MAX, RollUp.MIN):
        extreme = np.full(members.groups, np.nan)
        (np.fmax if how is RollUp.MAX else np.fmin).at(extreme, group, held)
        return extreme
    share = weight[members.member][known] if how is RollUp.WEIGHTED else np.ones(len(held))
    base = np.bincount(group, share, members.groups)
    total = np.where(base > 0, np.bincount(group, held * share, members.groups), np.nan)
    if how is RollUp.SUM:
        return steady(total)
    mean = total / np.where(base > 0, base, 1.0)
    return steady(mean * 100 if how is RollUp.SHARE else mean)


def in_direction(how: RollUp, indicator: Indicator) -> RollUp:
    """WORST as what it means for an indicator: the smallest where down is bad, else the largest."""
    if how is not RollUp.WORST:
        return how
    return RollUp.MIN if indicator.direction is Direction.DOWN_BAD else RollUp.MAX
