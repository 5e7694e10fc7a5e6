"""How well cases were worked, from their logs alone: on time or not, redone, reopened, how soon somebody came. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from dispatch.case import Case
from dispatch.clocks import Calendars, Obligation, Standing
from dispatch.kinds import CaseKind
from dispatch.log import Entry
from dispatch.states import AssignmentState
from dispatch.steps import Verb

LATE = (Standing.BREACHED, Standing.MET_LATE)


class By(StrEnum):
    """Whose figures."""

    ALL = "all"  # of all cases together, under the name ""
    LEAD = "lead"  # 责任部门
    AREA = "area"
    KIND = "kind"
    UNIT = "unit"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case says about those who worked it; ms of real spans, not counted ones.

    on_time: of each obligation that was owed, whether it was met in time; what still runs in time says nothing yet.
    first_arrival_ms, first_able_ms: from the first dispatch to the first unit on the scene, and to the first that can
    do what the kind needs; None: nobody came. satisfied: 0 to 100, None: nobody said.
    """

    case: str
    lead: str
    area: str
    kind: str
    units: tuple[str, ...]
    persons: tuple[str, ...]
    on_time: Mapping[Obligation, bool]
    redone: int
    reopened: int
    first_arrival_ms: int | None
    first_able_ms: int | None
    satisfied: float | None
    excluded: bool
    appeal: str = ""  # as `Case.appeal`


class Measure(StrEnum):
    """What is told of some cases together, in the order of the tables."""

    FILE = "file"  # the first four: the share that was met in time
    DISPATCH = "dispatch"
    HANDLE = "handle"
    CLOSE = "close"
    REDONE = "redone"  # the share of cases that were redone, that were reopened
    REOPENED = "reopened"
    SATISFIED = "satisfied"  # mean, 0 to 100
    FIRST_ARRIVAL = "first-arrival"  # medians, ms
    FIRST_ABLE = "first-able"


@dataclass(frozen=True, slots=True)
class Known:
    """One measure. value None: nothing to say. cases: on how many it rests."""

    value: float | None
    cases: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some cases together. on_time: obligation → (met in time, owed). Medians in ms; None: nothing to say.

    came, came_able, rated: how many cases the two arrivals and the satisfaction rest on.
    """

    cases: int
    excluded: int
    on_time: Mapping[Obligation, tuple[int, int]]
    redone: int
    reopened: int
    first_arrival_ms: float | None
    first_able_ms: float | None
    satisfied: float | None
    came: int = 0
    came_able: int = 0
    rated: int = 0

    def rate(self, obligation: Obligation) -> float | None:
        """The share that was met in time, 0 to 1; None where nothing was owed."""
        met, owed = self.on_time.get(obligation, (0, 0))
        return met / owed if owed else None


def outcome(
    case: Case, log: Sequence[Entry], kind: CaseKind, able: Mapping[str, frozenset[str]], at: tuple[int, Calendars]
) -> Outcome:
    """What a case says at a time.

    Args:
        case: As its log folds.
        log: The log.
        kind: Its kind.
        able: Unit → what it can do.
        at: (ms UTC, the calendars of the city).
    """
    at_ms, calendars = at
    began_ms = next((entry.at_ms for entry in log if entry.verb is Verb.DISPATCH), None)
    arrivals = {
        one.unit: one.reached[AssignmentState.ON_SCENE].at_ms
        for one in case.assignments.values()
        if AssignmentState.ON_SCENE in one.reached
    }
    needed = frozenset(kind.capabilities)
    rating = next((e.fields["satisfied"] for e in reversed(log) if "satisfied" in e.fields), None)
    return Outcome(
        case=case.id,
        lead=str(case.facts.get("lead") or kind.lead),
        area=str(case.facts.get("area", "")),
        kind=kind.id,
        units=tuple(sorted({one.unit for one in case.assignments.values()})),
        persons=tuple(sorted({entry.by for entry in log})),
        on_time=_on_time(case, at_ms, calendars),
        redone=case.redone,
        reopened=case.reopened,
        first_arrival_ms=_first(arrivals.values(), began_ms),
        first_able_ms=_first((ms for unit, ms in arrivals.items() if needed <= able.get(unit, frozenset())), began_ms),
        satisfied=None if rating is None else float(rating),
        excluded=case.appeal == "granted",
        appeal=case.appeal,
    )


def figures(outcomes: Iterable[Outcome], by: By) -> dict[str, Figures]:
    """The figures of each department, area, kind, unit or person; what was excluded is counted apart."""
    gathered: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        for name in _names(one, by):
            gathered[name].append(one)
    return {name: _figures(of) for name, of in sorted(gathered.items())}


def known(of: Figures, measure: Measure) -> Known:
    """A measure, and on how many cases it rests."""
    match measure:
        case Measure.REDONE | Measure.REOPENED:
            return Known(getattr(of, measure) / of.cases if of.cases else None, of.cases)
        case Measure.SATISFIED:
            return Known(of.satisfied, of.rated)
        case Measure.FIRST_ARRIVAL:
            return Known(of.first_arrival_ms, of.came)
        case Measure.FIRST_ABLE:
            return Known(of.first_able_ms, of.came_able)
    obligation = Obligation(measure)
    return Known(of.rate(obligation), of.on_time.get(obligation, (0, 0))[1])


def value_of(one: Outcome, measure: Measure) -> float | None:
    """What one case adds to a measure: 1 or 0 to a share, a mark, a span in ms; None: nothing, it is not among them."""
    match measure:
        case Measure.REDONE | Measure.REOPENED:
            return float(getattr(one, measure) > 0)
        case Measure.SATISFIED:
            return one.satisfied
        case Measure.FIRST_ARRIVAL:
            return one.first_arrival_ms
        case Measure.FIRST_ABLE:
            return one.first_able_ms
    met = one.on_time.get(Obligation(measure))
    return None if met is None else float(met)


def of_name(outcomes: Iterable[Outcome], by: By, name: str) -> list[Outcome]:
    """Those cases whose figures stand under a name."""
    return [one for one in outcomes if name in _names(one, by)]


def score(of: Figures, weights: Mapping[Measure, float]) -> float | None:
    """One mark, 0 to 100: the weighted mean of what is known. weights: above 0, as the city set them; none of spans."""
    marks = {one: mark for one in weights if (mark := _mark(of, one)) is not None}
    total = sum(weights[one] for one in marks)
    return sum(weights[one] * mark for one, mark in marks.items()) / total if total else None


def _on_time(case: Case, at_ms: int, calendars: Calendars) -> dict[Obligation, bool]:
    """Late once is late: an obligation that began several times was met in time when it was each time."""
    found: dict[Obligation, bool] = {}
    for clock in case.clocks:
        standing = clock.standing(at_ms, calendars)
        if standing is Standing.MET or standing in LATE:
            found[clock.obligation] = found.get(clock.obligation, True) and standing is Standing.MET
    return found


def _first(arrived_ms: Iterable[int], began_ms: int | None) -> int | None:
    first_ms = min(arrived_ms, default=None)
    return None if first_ms is None or began_ms is None else first_ms - began_ms


def _names(one: Outcome, by: By) -> tuple[str, ...]:
    return {
        By.ALL: ("",),
        By.LEAD: (one.lead,),
        By.AREA: (one.area,),
        By.KIND: (one.kind,),
        By.UNIT: one.units,
        By.PERSON: one.persons,
    }[by]


def _figures(of: Sequence[Outcome]) -> Figures:
    counted = [one for one in of if not one.excluded]
    owed: dict[Obligation, list[bool]] = defaultdict(list)
    for one in counted:
        for obligation, in_time in one.on_time.items():
            owed[obligation].append(in_time)
    ratings = [one.satisfied for one in counted if one.satisfied is not None]
    return Figures(
        cases=len(counted),
        excluded=len(of) - len(counted),
        on_time={obligation: (sum(met), len(met)) for obligation, met in owed.items()},
        redone=sum(one.redone > 0 for one in counted),
        reopened=sum(one.reopened > 0 for one in counted),
        first_arrival_ms=_median([one.first_arrival_ms for one in counted]),
        first_able_ms=_median([one.first_able_ms for one in counted]),
        satisfied=sum(ratings) / len(ratings) if ratings else None,
        came=sum(one.first_arrival_ms is not None for one in counted),
        came_able=sum(one.first_able_ms is not None for one in counted),
        rated=len(ratings),
    )


def _median(spans_ms: Sequence[int | None]) -> float | None:
    known = [span_ms for span_ms in spans_ms if span_ms is not None]
    return float(median(known)) if known else None


def _mark(of: Figures, measure: Measure) -> float | None:
    """0 to 100, the higher the better."""
    value = known(of, measure).value
    if value is None or measure is Measure.SATISFIED:
        return value
    return 100.0 * (1 - value if measure in (Measure.REDONE, Measure.REOPENED) else value)
