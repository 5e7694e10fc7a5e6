"""What one rule sees at its subjects, window end by window end: from what was told to the machine's steps. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from core.declared import Device
from core.records import Float64, Int64, Level, UInt8
from early_warning.judge import Judge, Mask, State
from early_warning.lanes import Lanes, Quantity
from early_warning.past import judged_values, sampled
from early_warning.rule import Judged, LevelBound, NoData, Rule, asked
from early_warning.schedule import judged
from early_warning.told import Told, Wanted
from indicators.definition import Indicator


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Quantities that differ in their area only: their columns among all, and among the areas that were told."""

    quantity: Quantity
    columns: NDArray[np.intp]
    areas: NDArray[np.intp]


class _Era:
    """The rule laid out with the bounds that hold over one stretch of time."""

    def __init__(self, lanes: Lanes, told: Mapping[str, Told]) -> None:
        self.lanes, self.judge = lanes, Judge(lanes.terms)
        gathered: dict[Quantity, list[tuple[int, int]]] = {}
        for column, one in enumerate(lanes.quantities):
            place = column, told[one.indicator].column[one.area]
            gathered.setdefault(replace(one, area=""), []).append(place)
        self.groups = [_Group(one, *np.array(places, dtype=np.intp).T) for one, places in gathered.items()]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is seen at one window end of the subjects; masks are bool (n,), None: none of them."""

    at_ms: int
    seen: UInt8
    is_open: Mask | None
    idle: Mask | None
    _era: _Era

    def step(self, state: State) -> State:
        """The state after this window end; `state` itself, changed in place."""
        return self._era.judge.step(state, self.at_ms, self.seen, self.is_open, self.idle)

    def lost_ms(self, state: State) -> Int64:
        """Since when the data of each subject are lost 数据中断, int64 (n,) ms UTC; 0: they are not."""
        lost = self._era.judge.lost(state, self.at_ms, self._era.lanes.lost_after_ms)
        return np.where(lost, state.blank_since_ms.min(axis=0), 0)


class Sight:
    """The values that one rule looks at, and what it makes of them."""

    def __init__(
        self,
        rule: Rule,
        subjects: Sequence[str],
        indicators: Mapping[str, Indicator],
        devices: Mapping[str, Device],
        places: tuple[str, Mapping[str, Sequence[str]]],
    ) -> None:
        """places: the city, and the areas that each subject lies in, the nearest first."""
        self._rule, self._subjects, self._devices = rule, tuple(subjects), devices
        self._city, self._within = places
        self._declared: dict[Level, LevelBound] = {bound.level: bound for bound in rule.bounds}
        wanted = sorted(self._quantities(), key=lambda one: one.indicator)
        self.told = {
            name: Told(Wanted.by(own, indicators[name].slide_s))
            for name, own in groupby(wanted, key=lambda one: one.indicator)
        }
        judging = {bound.indicator for bound in rule.bounds}  # their windows are when the rule is judged
        self._judged_at = judging & self.told.keys()  # without any subject nothing is looked at
        self.keeps_losses = rule.no_data is NoData.LOST
        self._eras: dict[int, _Era] = {}
        self._changes_ms = self._laid_out(0).changes_ms

    @property
    def reach_ms(self) -> int:
        """So far back before a window end the values reach that it is judged by."""
        over_s = max(one.over_s for one in asked(self._rule.bounds))
        return 1000 * (over_s + max(told.wanted.valid_s for told in self.told.values()))

    def ends_ms(self, after_ms: int) -> list[int]:
        """Window ends after a time at which the rule is judged, as far as values were told, rising."""
        after_ms = max(after_ms, self._rule.valid_from_ms - 1)
        known = {end_ms for name in self._judged_at for end_ms in self.told[name].ends_ms}
        return sorted(end_ms for end_ms in known if end_ms > after_ms)

    def is_judged_at(self, indicator: str, end_ms: int) -> bool:
        """Whether the rule is judged at the window ends of an indicator, one of them given."""
        return indicator in self._judged_at and end_ms >= self._rule.valid_from_ms

    def looks(self, ends_ms: Sequence[int]) -> Iterator[Look]:
        """What is seen at window ends, rising."""
        for _, run in groupby(ends_ms, key=self._era_of):
            at_ms = np.array(tuple(run), dtype=np.int64)
            era = self._era(int(at_ms[0]))
            values, is_open = self._sampled(era, at_ms)
            seen = era.lanes.seen(values)
            opened = era.lanes.touching(is_open) if is_open.any() else None
            judging = judged(self._rule.schedule, at_ms) if self._rule.schedule else None
            for row, end_ms in enumerate(at_ms.tolist()):
                idle = None if judging is None or judging[row] else np.ones(len(self._subjects), dtype=np.bool_)
                yield Look(end_ms, seen[row], None if opened is None else opened[row], idle, era)

    def touched(self, told: Mapping[str, Sequence[NDArray[np.intp]]], at_ms: int) -> Mask:
        """Subjects, bool (n,), for which something was told: by indicator the columns of its areas."""
        era = self._era(at_ms)
        flagged = np.zeros((1, len(era.lanes.quantities)), dtype=np.bool_)
        for group in era.groups:
            if parts := told.get(group.quantity.indicator):
                marked = np.zeros(len(self.told[group.quantity.indicator].column), dtype=np.bool_)
                marked[np.concatenate(parts)] = True
                flagged[0, group.columns] = marked[group.areas]
        return np.asarray(era.lanes.touching(flagged)[0])

    def bound(self, level: Level, column: int, at_ms: int) -> float:
        """Where a level is reached at one subject, as it holds at a time."""
        return float(self._era(at_ms).lanes.bound[level - 1, column])

    def known(self, level: Level, column: int, upto_ms: int, judged: Judged | None = None) -> list[tuple[int, float]]:
        """(window end, what a level judges) at one subject where that is known, rising; judged: this instead."""
        declared = self._declared[level]
        quantity = self._quantity(declared, self._subjects[column])
        if judged is not None:
            quantity = replace(quantity, judged=judged)
        series = self.told[declared.indicator].at(quantity.area, upto_ms)
        found = judged_values(quantity, series, series.ends_ms)
        pairs = zip(series.ends_ms.tolist(), found.tolist(), strict=True)
        return [(end_ms, value) for end_ms, value in pairs if not np.isnan(value)]

    def take_over(self, before: Sight) -> None:
        """Know what another sight was told, of the same quantities at whatever areas."""
        for name, told in self.told.items():
            told.take_over(before.told[name])

    def led_by(self, before: Sight, state: State, at_ms: int) -> State:
        """Where the machine begins behind that of another sight, as it stood at a time (`Lanes.led_by`)."""
        return self._era(at_ms).lanes.led_by(before._era(at_ms).lanes, state)

    @property
    def asked(self) -> object:
        """What is looked at, wherever: two sights of which this is equal can take over from each other."""
        rule = self._rule
        wanted = {replace(told.wanted, areas=()) for told in self.told.values()}
        return rule.subjects, rule.direction, rule.min_reporting, wanted

    def forget_before(self, end_ms: int) -> None:
        """Drop what is judged no more, nor looked back at from a window end after this time."""
        for told in self.told.values():
            told.forget_before(end_ms - self.reach_ms)
        newest = self._era_of(end_ms)
        self._eras = {era: laid for era, laid in self._eras.items() if era >= newest}

    def _sampled(self, era: _Era, at_ms: Int64) -> tuple[Float64, Mask]:
        """Values float64 (t, quantities) at window ends, NaN unknown, and which of them are open."""
        shape = len(at_ms), len(era.lanes.quantities)
        values, is_open = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
        spans = {name: told.between(int(at_ms[0]) - self.reach_ms, int(at_ms[-1])) for name, told in self.told.items()}
        for group in era.groups:
            series, opened = spans[group.quantity.indicator]
            if len(series.ends_ms):
                values[:, group.columns] = judged_values(group.quantity, series, at_ms)[:, group.areas]
                newest, counts = sampled(series, at_ms)
                is_open[:, group.columns] = (opened[newest] & counts[:, None])[:, group.areas]
        return values, is_open

    def _era_of(self, at_ms: int) -> int:
        return bisect_right(self._changes_ms, at_ms)

    def _era(self, at_ms: int) -> _Era:
        era = self._era_of(at_ms)
        if era not in self._eras:
            self._eras[era] = _Era(self._laid_out(at_ms), self.told)
        return self._eras[era]

    def _laid_out(self, at_ms: int) -> Lanes:
        lanes = Lanes([self._rule], [self._subjects], self._devices, self._city, self._within)
        lanes.lay_out(at_ms)
        return lanes

    def _quantities(self) -> Iterator[Quantity]:
        """All that the rule may look at, whatever bounds hold."""
        for bound in self._rule.bounds:
            for subject in self._subjects:
                yield self._quantity(bound, subject)
                for more in bound.conditions:
                    area = {"same": subject, "city": self._city}.get(more.area, more.area)
                    spans = more.over_s, more.ahead_s, self._rule.min_reporting
                    yield Quantity(more.indicator, area, more.judged, *spans)

    def _quantity(self, bound: LevelBound, subject: str) -> Quantity:
        spans = bound.over_s, bound.ahead_s, self._rule.min_reporting
        return Quantity(bound.indicator, subject, bound.judged, *spans)
