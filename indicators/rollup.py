"""From the members of an area to its number. What is unknown (NaN) is left out; without any known member: unknown.

So a mean is that of the stations that report, and a sum is what is known so far; the reporting rate beside the value
says how much is missing. Members are tallied in blocks, blocks in areas, always in the same order: what changes in one
block costs one block, and gives to the bit what counting everything would.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.records import Float64
from indicators.aggregate import steady
from indicators.definition import Direction, Indicator, RollUp
from indicators.groups import Members

_EXTREMES = (RollUp.MAX, RollUp.MIN)


class Tally(NamedTuple):
    """float64 (n,) each: how many members are known, or their weight; and their sum, or the extreme."""

    base: Float64
    total: Float64


def tallied(value: Float64, weight: Float64, how: RollUp) -> Tally:
    """Each member as a tally of itself; WEIGHTED leaves out whose weight is unknown or not above 0.

    value, weight: float64 (n,), NaN where unknown.
    """
    known = ~np.isnan(value)
    if how is RollUp.WEIGHTED:
        known &= weight > 0
        return Tally(np.where(known, weight, 0.0), np.where(known, value * weight, 0.0))
    return Tally(known.astype(np.float64), np.where(known, value, np.nan if how in _EXTREMES else 0.0))


def together(members: Members, tally: Tally, how: RollUp) -> Tally:
    """(groups,): the tallies of the members of each group as one."""
    base = _summed(members, tally.base)
    if how not in _EXTREMES:
        return Tally(base, _summed(members, tally.total))
    extreme = np.full(members.groups, np.nan)
    (np.fmax if how is RollUp.MAX else np.fmin).at(extreme, members.group, tally.total[members.member])
    return Tally(base, extreme)


def _summed(members: Members, of_member: Float64) -> Float64:
    summed: Float64 = np.bincount(members.group, of_member[members.member], members.groups).astype(np.float64)
    return summed


def number(tally: Tally, how: RollUp) -> Float64:
    """float64 (n,): what a tally comes to. `how` is not WORST, which `in_direction` resolves."""
    total = np.where(tally.base > 0, tally.total, np.nan)
    if how in _EXTREMES:
        return total
    if how is not RollUp.SUM:
        total = total / np.where(tally.base > 0, tally.base, 1.0)
    return steady(total * 100 if how is RollUp.SHARE else total)


def in_direction(how: RollUp, indicator: Indicator) -> RollUp:
    """WORST as what it means for an indicator: the smallest where down is bad, else the largest."""
    if how is not RollUp.WORST:
        return how
    return RollUp.MIN if indicator.direction is Direction.DOWN_BAD else RollUp.MAX
