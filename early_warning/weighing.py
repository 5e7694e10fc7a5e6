"""A draft held against the active version and against what happened: counts, load, score. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.clock import CHINA_MS
from core.records import DAY_MS, HOUR_MS, MINUTE_MS, Float64, Int64, Level
from early_warning.backtest import Case, Outcome, Past, backtest
from early_warning.rule import LevelBound, Override, Rule
from early_warning.schedule import THURSDAY
from early_warning.scoring import Difference, Incident, Score, difference, score

FLOOD_MS, FLOOD_OVER = 10 * MINUTE_MS, 10  # ISA-18.2: more than ten in ten minutes are an alarm flood 告警风暴
EARLY_S = 6 * 3600  # so long before it an incident may be warned of
STEPS = 13  # of a sweep over bounds
HOLDS_S = (0, 300, 600, 1200, 1800, 3600)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What a draft would have told of a past, and the active version of the same; active None: there is none."""

    draft: Outcome
    active: Outcome | None
    difference: Difference
    draft_score: Score
    active_score: Score | None

    @property
    def reporting(self) -> float:
        """Share of the judged windows in which everything was known, 0 to 1. Read it first."""
        return 1.0 - self.draft.no_data_share


def weigh(draft: Case, active: Rule | None, past: Past, incidents: Sequence[Incident]) -> Weighed:
    """Both versions over the same past, judged together."""
    cases = [draft, *([replace(draft, rule=active)] if active else [])]
    told, *before = backtest(cases, past)
    standing = before[0] if before else None
    nothing = Outcome(0, 1.0, {}, {})
    return Weighed(
        told,
        standing,
        difference(told, standing or nothing),
        score(told, draft.subjects, incidents, EARLY_S),
        score(standing, draft.subjects, incidents, EARLY_S) if standing else None,
    )


def openings_ms(outcome: Outcome, subjects: frozenset[str] | None = None) -> Int64:
    """When warnings opened, rising; of some subjects only."""
    found = [
        episode.since_ms
        for subject, told in outcome.episodes.items()
        if subjects is None or subject in subjects
        for episode in told
    ]
    return np.sort(np.array(found, dtype=np.int64))


def by_hour(opened_ms: Int64) -> NDArray[np.int64]:
    """Openings by weekday (Monday first) and hour of local time, int64 (7, 24)."""
    local_ms = opened_ms + CHINA_MS
    weekday = (local_ms // DAY_MS + THURSDAY - 1) % 7
    found = np.zeros((7, 24), dtype=np.int64)
    np.add.at(found, (weekday, local_ms % DAY_MS // HOUR_MS), 1)
    return found


def busiest(opened_ms: Int64) -> int:
    """The most that opened within ten minutes."""
    first = np.searchsorted(opened_ms, opened_ms - FLOOD_MS, side="right")
    return int((np.arange(len(opened_ms)) - first + 1).max(initial=0))


def floods(opened_ms: Int64) -> int:
    """How often more than ten opened within ten minutes; one flood lasts for as long as that goes on."""
    first = np.searchsorted(opened_ms, opened_ms - FLOOD_MS, side="right")
    flooded = np.arange(len(opened_ms)) - first + 1 > FLOOD_OVER
    return int((flooded & ~np.append(False, flooded[:-1])).sum())


def segments(outcome: Outcome, subject: str, until_ms: int) -> list[tuple[int, int, Level]]:
    """The levels of one subject above normal, as spans (from, to, level)."""
    turns = list(outcome.turns.get(subject, ()))
    ends_ms = [*(at_ms for at_ms, _ in turns), until_ms][1:]
    return [(at_ms, end_ms, level) for (at_ms, level), end_ms in zip(turns, ends_ms, strict=True) if level]


def envelope(ends_ms: Int64, value: Float64, pieces: int) -> list[tuple[int, float, float]]:
    """A line of at most so many pieces that keeps every peak: (time, lowest, highest), NaN without a value."""
    per_piece = max(1, -(-len(ends_ms) // pieces))
    starts = np.arange(0, len(ends_ms), per_piece)
    low, high = np.fmin.reduceat(value, starts), np.fmax.reduceat(value, starts)
    return list(zip(ends_ms[starts].tolist(), low.tolist(), high.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Swept:
    """One point of a sweep: the varied value, warnings that reached the level, and how they meet the labels."""

    value: float
    warnings: int
    recall: float | None
    precision: float | None
    lead_s: float | None


def sweep_level(draft: Case, level: Level, past: Past, incidents: Sequence[Incident]) -> dict[str, tuple[Swept, ...]]:
    """One level alone, its bound, its hold and its hysteresis varied one at a time: `bound`, `hold`, `hysteresis`."""
    declared = next(bound for bound in draft.rule.bounds if bound.level is level)
    around = bounds_around(declared, draft, past)
    wide = (around[-1] - around[0]) / 4
    varied = {
        "bound": [(value, _with_bound(declared, value)) for value in around],
        "hold": [(float(hold_s), replace(declared, hold_s=hold_s)) for hold_s in HOLDS_S],
        "hysteresis": [
            (value, replace(declared, clear=None, hysteresis=value))
            for value in (round(wide * step / 6, 4) for step in range(7))
        ],
    }
    flat = [(axis, value, bound) for axis, found in varied.items() for value, bound in found]
    cases = [
        replace(draft, rule=replace(draft.rule, bounds=(bound,), overrides=_of_level(draft.rule, level)))
        for _, _, bound in flat
    ]
    points: dict[str, list[Swept]] = {axis: [] for axis in varied}
    for (axis, value, _), told in zip(flat, backtest(cases, past), strict=True):
        found = score(told, draft.subjects, incidents, EARLY_S)
        warnings = sum(told.counts.values())
        points[axis].append(Swept(value, warnings, found.recall, found.precision, found.lead_s))
    return {axis: tuple(found) for axis, found in points.items()}


def bounds_around(declared: LevelBound, draft: Case, past: Past) -> list[float]:
    """Values to sweep a bound over: as far as it lies from what is usual, to both sides. Of a reference its offset."""
    if declared.bound is None:
        centre, wide = declared.offset, 1.0
    else:
        told = [
            past.series[key].value for key in past.series if key[0] == declared.indicator and key[1] in draft.subjects
        ]
        known = np.concatenate([value[~np.isnan(value)] for value in told]) if told else np.zeros(0)
        usual = float(np.median(known)) if len(known) else declared.bound / 2
        centre, wide = declared.bound, 0.8 * abs(declared.bound - usual)
    wide = max(wide, 3 * declared.hysteresis, 1e-3)
    return [round(float(value), 4) for value in np.linspace(centre - wide, centre + wide, STEPS)]


def _with_bound(declared: LevelBound, value: float) -> LevelBound:
    """The level at another bound; a clear bound keeps its distance."""
    if declared.bound is None:
        return replace(declared, offset=value)
    clear = None if declared.clear is None else declared.clear + value - declared.bound
    return replace(declared, bound=value, clear=clear)


def _of_level(rule: Rule, level: Level) -> tuple[Override, ...]:
    return tuple(other for other in rule.overrides if other.level is level)
