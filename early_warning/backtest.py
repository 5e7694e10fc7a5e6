"""What rules would have told of the past: the state machine over days of values, told as episodes and hours. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from core.declared import Device
from core.records import HOUR_MS, Float64, Int64, Level, UInt8
from early_warning.episodes import Episode, episodes
from early_warning.judge import LEVELS, NEVER_MS, Judge, Mask, Seen, State
from early_warning.lanes import Lanes
from early_warning.past import Series, judged_values
from early_warning.rule import Rule
from early_warning.schedule import judged

# Pairs × window ends looked at together: half a MB of values stays in the cache of a core.
BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Case:
    """A version of a rule, and whom it judges: the ids of areas or stations."""

    rule: Rule
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What a backtest looks at. Values are final: no window is open.

    ends_ms: window ends at which rules are judged, int64 (t,) ms UTC, rising. series: by (indicator, area); one that is
    missing is unknown throughout. devices: their references are bounds. city: its id. within: the areas that a subject
    lies in, the nearest first (`early_warning/subjects.py`).
    """

    ends_ms: Int64
    series: Mapping[tuple[str, str], Series]
    devices: Mapping[str, Device]
    city: str
    within: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one case came to. no_data_share: of its judged windows, those with some level unknown; read it first.

    windows: judged (subject × window end), those inside its schedule. hours: at each level, over all subjects, from a
    window end to the next. episodes: by subject, in time; one without end stands at the end of the past. turns: by
    subject where its level changes, (window end, the level from then on); before the first it is normal.
    """

    windows: int
    no_data_share: float
    episodes: Mapping[str, tuple[Episode, ...]]
    hours: Mapping[Level, float]
    turns: Mapping[str, Sequence[tuple[int, Level]]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[Level, int]:
        """Episodes by the gravest level that they reached."""
        peaks = [episode.peak for found in self.episodes.values() for episode in found]
        return {level: peaks.count(level) for level in Level if level}


def backtest(cases: Sequence[Case], past: Past) -> list[Outcome]:
    """What each case would have told, all of them judged together by the machine that judges live.

    Left out: late data (values are final), open windows, and what is done with warnings afterwards (silences,
    grouping, who acknowledges).
    """
    lanes = Lanes(
        [case.rule for case in cases], [case.subjects for case in cases], past.devices, past.city, past.within
    )
    if not lanes.pairs:
        return [Outcome(0, 1.0, {}, dict.fromkeys(Level, 0.0)) for _ in cases]
    judge, state = Judge(lanes.terms), State.fresh(len(lanes.pairs))
    windows, blank = np.zeros(len(lanes.pairs), np.int64), np.zeros(len(lanes.pairs), np.int64)
    turns = _Turns(len(lanes.pairs))
    for ends_ms, seen, idle in _blocks(cases, lanes, past):
        levels = np.empty((len(ends_ms), len(lanes.pairs)), dtype=np.uint8)
        due_ms: int | None = None  # found out only when a step might be left out
        for row, (at_ms, differs) in enumerate(zip(ends_ms.tolist(), _differs(seen, idle), strict=True)):
            if not differs and due_ms is None:
                due_ms = _next_due_ms(state, int(ends_ms[row - 1]))
            if differs or at_ms >= (due_ms or 0):
                judge.step(state, at_ms, seen[row], None, None if idle is None else idle[row])
                due_ms = None
            levels[row] = state.level
        turns.add(ends_ms, levels)
        unknown = _unknown(seen)
        windows += len(ends_ms) if idle is None else (~idle).sum(axis=0)
        blank += unknown.sum(axis=0) if idle is None else (unknown & ~idle).sum(axis=0)
    return _outcomes(cases, past, turns.found(), (windows, blank))


def _differs(seen: UInt8, idle: Mask | None) -> list[bool]:
    """Rows at which something else is seen, or judged, than one row before; the first of a block always.

    Between them nothing changes but by a hold or a clear time that is over, so a step is left out: of few pairs that
    is most of a month of minutes.
    """
    differs = np.ones(len(seen), dtype=np.bool_)
    differs[1:] = (seen[1:] != seen[:-1]).any(axis=(1, 2))
    if idle is not None:
        differs[1:] |= (idle[1:] != idle[:-1]).any(axis=1)
    found: list[bool] = differs.tolist()
    return found


def _next_due_ms(state: State, at_ms: int) -> int:
    """When a level is raised or left next though nothing else is seen."""
    raised_ms, left_ms = state.raise_at_ms, state.clear_at_ms
    return int(
        min(
            raised_ms.min(where=raised_ms > at_ms, initial=NEVER_MS),
            left_ms.min(where=left_ms > at_ms, initial=NEVER_MS),
        )
    )


def _blocks(cases: Sequence[Case], lanes: Lanes, past: Past) -> Iterator[tuple[Int64, UInt8, Mask | None]]:
    """Runs of window ends over which no bound changes: their ends, what is seen, and which pairs are idle."""
    rows = max(1, BLOCK // max(1, len(lanes.pairs)))
    columns: list[Float64] = []
    eras = [0, *np.searchsorted(past.ends_ms, lanes.changes_ms).tolist(), len(past.ends_ms)]
    whole = _idle(cases, past.ends_ms)
    for begin, stop in pairwise(eras):
        if begin < stop:
            lanes.lay_out(int(past.ends_ms[begin]))
            for quantity in lanes.quantities[len(columns) :]:
                series = past.series.get((quantity.indicator, quantity.area))
                columns.append(judged_values(quantity, series, past.ends_ms))
        for at in range(begin, stop, rows):
            span = slice(at, min(at + rows, stop))
            values = np.stack([column[span] for column in columns], axis=1)
            yield past.ends_ms[span], lanes.seen(values), None if whole is None else whole.of(span)


@dataclass(frozen=True, slots=True, eq=False)
class _Idle:
    """Which pairs are outside their schedule: a mask (t,) a schedule, and the schedule of each pair."""

    masks: Mask
    of_pair: Int64

    def of(self, span: slice) -> Mask:
        return np.ascontiguousarray(self.masks[:, span][self.of_pair].T)


def _idle(cases: Sequence[Case], ends_ms: Int64) -> _Idle | None:
    schedules = list(dict.fromkeys(case.rule.schedule for case in cases))
    if schedules == [None] or not schedules:
        return None
    always = np.zeros(len(ends_ms), dtype=np.bool_)
    masks = np.array([~judged(one, ends_ms) if one else always for one in schedules])
    of_case = [schedules.index(case.rule.schedule) for case in cases]
    return _Idle(masks, np.repeat(of_case, [len(case.subjects) for case in cases]))


def _unknown(seen: UInt8) -> Mask:
    """(t, pairs): whether some level is unknown; seen is (t, LEVELS, pairs)."""
    found: Mask = seen[:, 0] == Seen.UNKNOWN
    for row in range(1, LEVELS):
        np.logical_or(found, seen[:, row] == Seen.UNKNOWN, out=found)
    return found


class _Turns:
    """Where levels change: pair, time and the level from then on, gathered block by block."""

    def __init__(self, pairs: int) -> None:
        self._level = np.zeros(pairs, dtype=np.uint8)
        self._parts: list[tuple[Int64, Int64, UInt8]] = []

    def add(self, ends_ms: Int64, levels: UInt8) -> None:
        """Take the levels uint8 (t, pairs) after each of the window ends."""
        before = np.vstack([self._level, levels[:-1]])
        row, pair = np.nonzero(levels != before)
        self._parts.append((pair, ends_ms[row], levels[row, pair]))
        self._level = levels[-1]

    def found(self) -> dict[int, list[tuple[int, Level]]]:
        """By pair its turns in time."""
        if not self._parts:
            return {}
        pair, at_ms, level = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order, known = np.lexsort((at_ms, pair)), tuple(Level)
        told = zip(at_ms[order].tolist(), [known[one] for one in level[order].tolist()], strict=True)
        turns: dict[int, list[tuple[int, Level]]] = {}
        for one, turn in zip(pair[order].tolist(), told, strict=True):
            turns.setdefault(one, []).append(turn)
        return turns


def _outcomes(
    cases: Sequence[Case], past: Past, turns: Mapping[int, list[tuple[int, Level]]], counted: tuple[Int64, Int64]
) -> list[Outcome]:
    outcomes, first = [], 0
    for case in cases:
        pairs = range(first, first + len(case.subjects))
        first = pairs.stop
        windows, blank = (int(column[pairs.start : pairs.stop].sum()) for column in counted)
        own = {subject: turns[pair] for pair, subject in zip(pairs, case.subjects, strict=True) if pair in turns}
        found = {subject: tuple(episodes(of_one, None)) for subject, of_one in own.items()}
        hours = _hours(list(own.values()), len(pairs), past.ends_ms)
        outcomes.append(Outcome(windows, blank / windows if windows else 1.0, found, hours, own))
    return outcomes


def _hours(turns: Sequence[list[tuple[int, Level]]], subjects: int, ends_ms: Int64) -> dict[Level, float]:
    """Time at each level over all subjects; what is not spent above normal is spent there."""
    hours = dict.fromkeys(Level, 0.0)
    if not len(ends_ms):
        return hours
    for of_one in turns:
        until_ms = [*(at_ms for at_ms, _ in of_one[1:]), int(ends_ms[-1])]
        for (at_ms, level), next_ms in zip(of_one, until_ms, strict=True):
            hours[level] += (next_ms - at_ms) / HOUR_MS if level else 0.0
    return hours | {Level.NORMAL: subjects * int(ends_ms[-1] - ends_ms[0]) / HOUR_MS - sum(hours.values())}
