"""Two versions of a rule against each other, a rule against what really happened, and a sweep over bounds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import median

from early_warning.backtest import Case, Outcome, Past, backtest
from early_warning.episodes import Episode
from early_warning.rule import LevelBound, Rule
from indicators.definition import Direction


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new version would have told otherwise: (subject, episode), those of the old one under `removed`.

    An episode of each version that overlap in time are the same warning: unchanged when beginning, end and gravest
    level agree, else changed (told as the new version has it).
    """

    added: tuple[tuple[str, Episode], ...]
    removed: tuple[tuple[str, Episode], ...]
    changed: tuple[tuple[str, Episode], ...]
    unchanged: tuple[tuple[str, Episode], ...]


def difference(new: Outcome, old: Outcome) -> Difference:
    """What changes when `new` takes the place of `old`, over the same past."""
    added: list[tuple[str, Episode]] = []
    removed: list[tuple[str, Episode]] = []
    changed: list[tuple[str, Episode]] = []
    unchanged: list[tuple[str, Episode]] = []
    for subject in sorted(new.episodes.keys() | old.episodes.keys()):
        ours, theirs = new.episodes.get(subject, ()), old.episodes.get(subject, ())
        spans = {(one.since_ms, one.ended_ms, one.peak) for one in theirs}
        for one, met in zip(ours, _overlapping(ours, theirs), strict=True):
            same = (one.since_ms, one.ended_ms, one.peak) in spans
            (unchanged if same else changed if met else added).append((subject, one))
        removed += [(subject, one) for one, met in zip(theirs, _overlapping(theirs, ours), strict=True) if not met]
    return Difference(tuple(added), tuple(removed), tuple(changed), tuple(unchanged))


@dataclass(frozen=True, slots=True)
class Incident:
    """What really happened, as labelled by people; ms UTC. A warning at any of its subjects may have warned of it.

    timed: its beginning was observed; of what only a warning tells nobody knows how early the warning was.
    """

    subjects: frozenset[str]
    began_ms: int
    ended_ms: int
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """How well warnings met the incidents; what has no denominator is None.

    labels: incidents at the subjects judged. hits, misses: incidents with and without a warning. true_warnings,
    false_alarms: warnings with and without an incident. lead_s: median time from warning to incident over the hits
    whose beginning was observed, below 0 when the warning came after it.
    """

    labels: int
    hits: int
    misses: int
    true_warnings: int
    false_alarms: int
    lead_s: float | None

    @property
    def precision(self) -> float | None:
        """Share of warnings that met an incident."""
        warnings = self.true_warnings + self.false_alarms
        return self.true_warnings / warnings if warnings else None

    @property
    def recall(self) -> float | None:
        """Share of incidents that were warned of."""
        return self.hits / self.labels if self.labels else None


def score(outcome: Outcome, subjects: Sequence[str], incidents: Sequence[Incident], early_s: int) -> Score:
    """A warning meets an incident when it stands at any time from early_s before its beginning to its end.

    One that stood even longer leads by early_s: that it has been there for days tells nobody anything.
    """
    judged = frozenset(subjects)
    ours = [one for one in incidents if one.subjects & judged]
    leads_s: list[float] = []
    met: set[tuple[str, int]] = set()
    hits = 0
    for one in ours:
        of_it = [
            (episode.since_ms, subject)
            for subject in sorted(one.subjects & judged)
            for episode in outcome.episodes.get(subject, ())
            if episode.since_ms <= one.ended_ms and episode.until_ms > one.began_ms - early_s * 1000
        ]
        met |= {(subject, since_ms) for since_ms, subject in of_it}
        hits += bool(of_it)
        leads_s += [min(early_s, (one.began_ms - min(of_it)[0]) / 1000)] if of_it and one.timed else []
    warnings = sum(len(found) for found in outcome.episodes.values())
    lead_s = median(leads_s) if leads_s else None
    return Score(len(ours), hits, len(ours) - hits, len(met), warnings - len(met), lead_s)


@dataclass(frozen=True, slots=True)
class Variant:
    """How a rule is varied: its bounds moved towards the grave side by `shift`, other hold and hysteresis."""

    shift: float
    hold_s: int
    hysteresis: float

    def of(self, rule: Rule) -> Rule:
        """The rule so varied; clear bounds that were numbers follow the hysteresis."""
        grave = -self.shift if rule.direction is Direction.DOWN_BAD else self.shift
        return replace(rule, bounds=tuple(self._bound(bound, grave) for bound in rule.bounds))

    def _bound(self, bound: LevelBound, grave: float) -> LevelBound:
        varied = replace(bound, clear=None, hold_s=self.hold_s, hysteresis=self.hysteresis)
        if bound.bound is None:
            return replace(varied, offset=bound.offset + grave)
        return replace(varied, bound=bound.bound + grave)


def sweep(
    case: Case, past: Past, shifts: Sequence[float], holds_s: Sequence[int], hystereses: Sequence[float]
) -> Iterator[tuple[Variant, Outcome]]:
    """Every combination, judged together in one backtest."""
    variants = [Variant(*values) for values in product(shifts, holds_s, hystereses)]
    outcomes = backtest([replace(case, rule=variant.of(case.rule)) for variant in variants], past)
    return zip(variants, outcomes, strict=True)


def _overlapping(ours: Sequence[Episode], theirs: Sequence[Episode]) -> list[bool]:
    """Whether each of ours has one of theirs at the same time; both in time."""
    found, at = [], 0
    for one in ours:
        while at < len(theirs) and theirs[at].until_ms <= one.since_ms:
            at += 1
        found.append(at < len(theirs) and theirs[at].since_ms < one.until_ms)
    return found
