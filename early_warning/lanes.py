"""Rules laid out as arrays: a lane is one level of one rule at one area; from values to what is seen on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.declared import Device
from core.records import Float64, Level, UInt8
from early_warning.bounds import BoundsOfRule
from early_warning.judge import LEVELS, NEVER_MS, NOTHING_YET, Mask, Seen, State, Terms
from early_warning.rule import Comparison, Judged, LevelBound, NoData, Override, Rule
from indicators.definition import Direction

# What two conditions come to together, by what is seen of each: OFF, BETWEEN, ON, UNKNOWN.
_OFF, _BETWEEN, _ON, _UNKNOWN = Seen
ALL = np.array(
    [
        [_OFF, _OFF, _OFF, _OFF],
        [_OFF, _BETWEEN, _BETWEEN, _UNKNOWN],
        [_OFF, _BETWEEN, _ON, _UNKNOWN],
        [_OFF, _UNKNOWN, _UNKNOWN, _UNKNOWN],
    ],
    dtype=np.uint8,
)
ANY = np.array(
    [
        [_OFF, _BETWEEN, _ON, _UNKNOWN],
        [_BETWEEN, _BETWEEN, _ON, _UNKNOWN],
        [_ON, _ON, _ON, _ON],
        [_UNKNOWN, _UNKNOWN, _ON, _UNKNOWN],
    ],
    dtype=np.uint8,
)


RANKS = np.arange(1, LEVELS + 1, dtype=np.uint8)[:, None]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One input of lanes: what is judged of an indicator at an area; unknown where too few reported."""

    indicator: str
    area: str
    judged: Judged = Judged.VALUE
    over_s: int = 0
    ahead_s: int = 0
    min_reporting: float = 0.0


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparison: column of its quantity, and sign × value reaches `limit`, is not past `keep`."""

    column: int
    sign: float
    limit: float
    keep: float


class _Further:
    """Further conditions of many lanes, at most one of each: of one row, at one place of their lists, joined alike."""

    def __init__(self) -> None:
        self.pairs: list[int] = []
        self.terms: list[_Term] = []

    def arrays(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Float64, Float64, Float64]:
        """Pairs, and of each the column, sign, limit and keep of its comparison."""
        column = np.array([term.column for term in self.terms], dtype=np.intp)
        numbers = np.array([(term.sign, term.limit, term.keep) for term in self.terms]).T
        return np.array(self.pairs, dtype=np.intp), column, numbers[0], numbers[1], numbers[2]


class Lanes:
    """All levels of all pairs of rule and subject, as the bounds stand at one time.

    pairs: (number of the rule, subject), in order of the rules. quantities: the columns of the values. bound: float64
    (LEVELS, pairs), where each level is reached, NaN: there is no such level.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        subjects: Sequence[Sequence[str]],
        devices: Mapping[str, Device],
        city: str,
        within: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """within: the areas that a subject lies in, the nearest first; what is overridden there holds for it."""
        self._rules, self._subjects, self._city, self._within = rules, subjects, city, within or {}
        self._bounds = [BoundsOfRule(rule, own, devices) for rule, own in zip(rules, subjects, strict=True)]
        self.pairs = tuple((number, one) for number, own in enumerate(subjects) for one in own)
        self._columns: dict[Quantity, int] = {}
        shape = (LEVELS, len(self.pairs))
        self._column: NDArray[np.intp] = np.zeros(shape, dtype=np.intp)
        self._sign, self._limit, self._keep = np.ones(shape), np.full(shape, np.inf), np.full(shape, np.inf)
        self.bound = np.full(shape, np.nan)
        self.declared = np.zeros(shape, dtype=np.bool_)
        self._gathered: dict[tuple[int, int, str], _Further] = {}
        self._further: list[tuple[int, UInt8, tuple[Any, ...]]] = []  # row, ALL or ANY, `_Further.arrays`
        self.terms = Terms(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.full(shape, NEVER_MS))
        self.lost_after_ms = np.full(shape, NEVER_MS)

    def lay_out(self, at_ms: int) -> None:
        """Take the bounds as they hold at a time, ms UTC; the stations' references have their validity."""
        self._gathered, pair = {}, 0
        for rule, own, bounds in zip(self._rules, self._subjects, self._bounds, strict=True):
            standing = bounds.at(at_ms)
            for at, subject in enumerate(own):
                for level in rule.bounds:
                    self._lay_level(rule, level, subject, pair, float(standing[level.level - 1, at]))
                pair += 1
        self._further = [
            (row, ALL if join == "all" else ANY, further.arrays())
            for (row, _, join), further in sorted(self._gathered.items(), key=lambda one: one[0])
        ]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the columns of the values are, once laid out."""
        return tuple(self._columns)

    @property
    def changes_ms(self) -> list[int]:
        """Where bounds change because a station's reference begins or ends to hold, rising."""
        return sorted({at_ms for bounds in self._bounds for at_ms in bounds.changes_ms})

    def seen(self, values: Float64) -> UInt8:
        """What is seen on each lane: uint8 (t, LEVELS, pairs) of `Seen`, from values (t, quantities), NaN unknown."""
        found = np.empty((len(values), *self._limit.shape), dtype=np.uint8)
        for row in range(LEVELS):
            if self.declared[row].any():
                value = values.take(self._column[row], axis=1)
                found[:, row] = _seen(value, self._sign[row], self._limit[row], self._keep[row])
                found[:, row, ~self.declared[row]] = Seen.OFF
            else:
                found[:, row] = Seen.OFF
        for row, joined, (pairs, column, sign, limit, keep) in self._further:
            also = _seen(values.take(column, axis=1), sign, limit, keep)
            found[:, row, pairs] = joined[found[:, row, pairs], also]
        return found

    def touching(self, flagged: Mask) -> Mask:
        """Pairs, bool (t, pairs), of which some lane looks at a flagged quantity, bool (t, quantities)."""
        found = np.zeros((len(flagged), len(self.pairs)), dtype=np.bool_)
        for row in range(LEVELS):
            if self.declared[row].any():
                found |= flagged.take(self._column[row], axis=1) & self.declared[row]
        for _, _, (pairs, column, *_rest) in self._further:
            found[:, pairs] |= flagged.take(column, axis=1)
        return found

    def led_by(self, before: Lanes, state: State) -> State:
        """Where our machine begins behind that of other bounds: its state, as far as it means the same under ours.

        A level whose bounds are the same goes on as it was. Of another it is kept since when nothing is known, and that
        it stands when nothing is known or what reached the bound of before reaches ours; the rest is found from the
        values that follow.
        """
        found = State.fresh(len(self.pairs))
        place = {one: column for column, one in enumerate(before.pairs)}
        shared = [(column, place[one]) for column, one in enumerate(self.pairs) if one in place]
        if not shared:
            return found
        ours, theirs = np.array(shared, dtype=np.intp).T
        limit, reached = self._limit[:, ours], before._limit[:, theirs]
        alike = self._asks_as(before)[:, None] & (self._sign[:, ours] == before._sign[:, theirs])
        same = alike & (limit == reached) & (self._keep[:, ours] == before._keep[:, theirs])
        seen = state.seen[:, theirs]
        unknown = seen == Seen.UNKNOWN
        kept = same | unknown
        stood = alike & self.declared[:, ours] & ((limit <= reached) | unknown) & (RANKS <= state.level[theirs])
        found.level[ours] = (stood * RANKS).max(axis=0)
        found.seen[:, ours] = np.where(kept, seen, np.uint8(NOTHING_YET))
        found.on_since_ms[:, ours] = np.where(same, state.on_since_ms[:, theirs], NEVER_MS)
        found.off_since_ms[:, ours] = np.where(same, state.off_since_ms[:, theirs], NEVER_MS)
        found.blank_since_ms[:, ours] = np.where(kept, state.blank_since_ms[:, theirs], NEVER_MS)
        return self.terms.set_due(found)

    def _asks_as(self, before: Lanes) -> Mask:
        """Of which levels the further conditions are the same, bool (LEVELS,)."""
        ours, theirs = (
            {bound.level: (bound.conditions, bound.join) for rule in lanes._rules for bound in rule.bounds}
            for lanes in (self, before)
        )
        return np.array([ours.get(level) == theirs.get(level) for level in Level if level])

    def _lay_level(self, rule: Rule, level: LevelBound, subject: str, pair: int, bound: float) -> None:
        lane = (level.level - 1, pair)
        instead = self._override(rule, level, subject)
        bound = instead.bound if instead else bound
        self.bound[lane], self.declared[lane] = bound, not np.isnan(bound)
        quantity = Quantity(level.indicator, subject, level.judged, level.over_s, level.ahead_s, rule.min_reporting)
        comparison = level.comparison or _comparison(rule.direction)
        term = self._term(quantity, comparison, bound, _clear(level, instead, comparison, bound))
        self._column[lane], self._sign[lane] = term.column, term.sign
        self._limit[lane], self._keep[lane] = term.limit, term.keep
        self.terms.hold_ms[lane], self.terms.clear_after_ms[lane] = level.hold_s * 1000, level.clear_after_s * 1000
        waits_ms = rule.no_data_after_s * 1000
        self.terms.blank_ends_ms[lane] = waits_ms if rule.no_data is NoData.CLEAR else NEVER_MS
        self.lost_after_ms[lane] = waits_ms if rule.no_data is NoData.LOST else NEVER_MS
        for place, more in enumerate(level.conditions if self.declared[lane] else ()):
            area = {"same": subject, "city": self._city}.get(more.area, more.area)
            wanted = Quantity(more.indicator, area, more.judged, more.over_s, more.ahead_s, rule.min_reporting)
            clear = more.bound if more.clear is None else more.clear
            further = self._gathered.setdefault((lane[0], place, level.join), _Further())
            further.pairs.append(pair)
            further.terms.append(self._term(wanted, more.comparison, more.bound, clear))

    def _override(self, rule: Rule, level: LevelBound, subject: str) -> Override | None:
        """What holds instead of a level at a subject: its own, else that of the nearest area that it lies in."""
        of_level = {one.area: one for one in rule.overrides if one.level == level.level}
        here = (subject, *self._within.get(subject, ())) if of_level else ()
        return next((of_level[area] for area in here if area in of_level), None)

    def _term(self, quantity: Quantity, comparison: Comparison, bound: float, clear: float) -> _Term:
        """Every comparison as sign × value ≥ number; a strict one asks for the next number that a float64 can be."""
        column = self._columns.setdefault(quantity, len(self._columns))
        sign = 1.0 if comparison in (Comparison.AT_LEAST, Comparison.ABOVE) else -1.0
        limit, keep = sign * bound, sign * clear
        if comparison in (Comparison.ABOVE, Comparison.BELOW):
            limit, keep = float(np.nextafter(limit, np.inf)), float(np.nextafter(keep, np.inf))
        return _Term(column, sign, limit, min(keep, limit))


def _seen(value: Float64, sign: Float64 | float, limit: Float64 | float, keep: Float64 | float) -> UInt8:
    score = value * sign
    found = (score >= limit).view(np.uint8) + (score >= keep).view(np.uint8)
    np.putmask(found, np.isnan(score), np.uint8(Seen.UNKNOWN))
    return np.asarray(found)


def _comparison(direction: Direction) -> Comparison:
    return Comparison.BELOW if direction is Direction.DOWN_BAD else Comparison.AT_LEAST


def _clear(level: LevelBound, instead: Override | None, comparison: Comparison, bound: float) -> float:
    """Where a level is left: as declared, or as far from its bound as everywhere."""
    if instead and instead.clear is not None:
        return instead.clear
    if level.clear is not None and not instead:
        return level.clear
    distance = level.hysteresis
    if level.clear is not None and level.bound is not None:
        distance = abs(level.bound - level.clear)
    leave = -1 if comparison in (Comparison.AT_LEAST, Comparison.ABOVE) else 1
    return round(bound + leave * distance, 9)
