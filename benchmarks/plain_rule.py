"""One rule at one subject in plain Python, level by level: what the benchmarks and tests of the rules are held to."""

from __future__ import annotations

import math
from collections.abc import Sequence

from early_warning.rule import LevelBound, NoData, Rule
from indicators.definition import Direction


class PlainLevel:
    """One level of a rule: since when it is reached, past its clear bound, or without data."""

    def __init__(self, bound: LevelBound, rule: Rule) -> None:
        assert bound.bound is not None
        self.bound, self.hold_ms, self.clear_after_ms = bound, bound.hold_s * 1000, bound.clear_after_s * 1000
        self.up = rule.direction is Direction.UP_BAD
        self.at = bound.bound
        self.clear = bound.bound + (-bound.hysteresis if self.up else bound.hysteresis)
        self.blank_ms = rule.no_data_after_s * 1000 if rule.no_data is NoData.CLEAR else math.inf
        self.reached_since: int | None = None
        self.past_since: int | None = None
        self.blank_since: int | None = None
        self.known = False

    def look(self, at_ms: int, value: float) -> None:
        """One more window end."""
        self.known = not math.isnan(value)
        if not self.known:
            self.blank_since = at_ms if self.blank_since is None else self.blank_since
            return
        if self.blank_since is not None:
            gap_ms, self.blank_since = at_ms - self.blank_since, None
            self.reached_since = None if gap_ms > self.hold_ms else self.reached_since
            self.past_since = None if gap_ms > self.clear_after_ms else self.past_since
        reached = value >= self.at if self.up else value < self.at
        past = value < self.clear if self.up else value >= self.clear
        self.reached_since = (self.reached_since or at_ms) if reached else None
        self.past_since = (self.past_since or at_ms) if past else None

    def raised(self, at_ms: int) -> bool:
        """Whether it is reached, and was for as long as it must be."""
        return self.known and self.reached_since is not None and at_ms - self.reached_since >= self.hold_ms

    def left(self, at_ms: int) -> bool:
        """Whether it is past its clear bound, or blank, for as long as that takes."""
        if not self.known:
            return self.blank_since is not None and at_ms - self.blank_since >= self.blank_ms
        return self.past_since is not None and at_ms - self.past_since >= self.clear_after_ms


def plain_levels(rule: Rule, ends_ms: Sequence[int], values: Sequence[float]) -> list[int]:
    """The level after each window end; every level of the rule judges the same values, NaN is unknown."""
    lanes = {int(bound.level): PlainLevel(bound, rule) for bound in rule.bounds}
    level, found = 0, []
    for at_ms, value in zip(ends_ms, values, strict=True):
        for lane in lanes.values():
            lane.look(at_ms, value)
        on = [rank for rank, lane in lanes.items() if lane.raised(at_ms) or (rank <= level and not lane.left(at_ms))]
        level = max(on, default=0)
        found.append(level)
    return found


def plain_episodes(ends_ms: Sequence[int], levels: Sequence[int]) -> list[tuple[int, int | None, int]]:
    """(since, ended, peak) of each run above normal."""
    found, since, peak = [], None, 0
    for at_ms, level in zip(ends_ms, levels, strict=True):
        if level:
            since, peak = (at_ms if since is None else since), max(peak, level)
        elif since is not None:
            found.append((since, at_ms, peak))
            since, peak = None, 0
    return [*found, (since, None, peak)] if since is not None else found
