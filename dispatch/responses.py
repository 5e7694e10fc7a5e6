"""A response 应急响应, or a plan at work on one case, as its log makes it. Pure: the same log gives the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from core.errors import IllegalStep
from dispatch.plans import Plan, Progress, Response, ResponseLevel, StepStanding, Tick, raised, standings, tick


class Deed(StrEnum):
    """What is done about a response."""

    PROPOSE = "propose"  # 建议启动
    APPLY = "apply"  # 对案卷启用预案: it begins at once
    APPROVE = "approve"  # 批准启动
    DECLINE = "decline"  # 不予启动, with its reason
    CHANGE = "change"  # 调整级别
    REVIEW = "review"  # 复核: it stays as it is
    REMIND = "remind"  # 催办: its review is overdue
    TICK = "tick"  # 完成步骤
    SKIP = "skip"  # 步骤不适用, with its reason
    SEND = "send"  # 发出信息: to who works on the plan and to its contacts
    NOTE = "note"  # 记事
    END = "end"  # 终止


class ResponseState(StrEnum):
    """Where a response stands."""

    PROPOSED = "proposed"  # 待批准
    IN_FORCE = "in-force"  # 执行中
    DECLINED = "declined"  # 未启动
    ENDED = "ended"  # 已终止


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log of a response. number: from 1, without a gap; at_ms: city time, ms UTC; name: of `by`."""

    number: int
    response: str
    deed: Deed
    at_ms: int
    by: str
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Course:
    """A response after its line number `revision`. reason, cause: why, and the warning or case it was proposed for."""

    plan: Plan
    response: Response
    state: ResponseState
    proposed_by: str
    proposed_ms: int
    reason: str = ""
    cause: str = ""
    ticks: tuple[Tick, ...] = ()
    revision: int = 1
    reminded_ms: int = 0

    @property
    def possible(self) -> tuple[Deed, ...]:
        """What may be done about it now, apart from rights."""
        return tuple(deed for deed, before in BEFORE.items() if self.state in before)

    def standings(self, at_ms: int) -> list[StepStanding]:
        """Every step at a time; none before it is approved."""
        if self.state in (ResponseState.PROPOSED, ResponseState.DECLINED):
            return []
        ended_ms = self.response.ended_ms
        return standings(self.plan, self.response, self.ticks, at_ms if ended_ms is None else ended_ms)

    def review_late(self, at_ms: int) -> bool:
        """Whether somebody should have looked at it again."""
        return self.state is ResponseState.IN_FORCE and at_ms > self.response.review_ms


GRADED = frozenset(ResponseLevel) - {ResponseLevel.NORMAL}
_FORCE = frozenset({ResponseState.IN_FORCE})
BEFORE: Mapping[Deed, frozenset[ResponseState]] = {
    Deed.APPROVE: frozenset({ResponseState.PROPOSED}),
    Deed.DECLINE: frozenset({ResponseState.PROPOSED}),
    Deed.CHANGE: _FORCE,
    Deed.REVIEW: _FORCE,
    Deed.REMIND: _FORCE,
    Deed.TICK: _FORCE,
    Deed.SKIP: _FORCE,
    Deed.END: _FORCE,
    Deed.SEND: _FORCE,
    Deed.NOTE: frozenset(ResponseState),
}
NEEDS: Mapping[Deed, tuple[str, ...]] = {
    Deed.PROPOSE: ("level", "areas", "reason"),
    Deed.APPLY: ("level", "case"),
    Deed.DECLINE: ("reason",),
    Deed.CHANGE: ("level", "reason"),
    Deed.TICK: ("step",),
    Deed.SKIP: ("step", "reason"),
    Deed.SEND: ("text",),
    Deed.NOTE: ("text",),
    Deed.END: ("reason",),
}


def fold(plan: Plan, log: Sequence[Line]) -> Course:
    """The response of a whole log. plan: the version that it was begun under.

    Raises:
        IllegalStep: Some line was not possible where it stands, or there is none.
    """
    if not log:
        raise IllegalStep("empty")
    course = begun(plan, log[0])
    for line in log[1:]:
        course = follow(course, line)
    return course


def begun(plan: Plan, line: Line) -> Course:
    """A response that was proposed, or a plan that was applied to a case. Raises IllegalStep."""
    _check(line)
    fields = line.fields
    applied = line.deed is Deed.APPLY
    response = Response(
        id=line.response,
        plan=plan.id,
        plan_version=plan.version,
        level=ResponseLevel(fields["level"]),
        areas=tuple(fields.get("areas", ())),
        approver=line.name if applied else "",
        began_ms=line.at_ms,
        review_ms=line.at_ms + plan.review_s * 1000,
        exercise=bool(fields.get("exercise")),
        case=str(fields.get("case", "")),
    )
    state = ResponseState.IN_FORCE if applied else ResponseState.PROPOSED
    said = str(fields.get("reason", "")), str(fields.get("cause", ""))
    return Course(plan, response, state, line.name, line.at_ms, *said)


def follow(course: Course, line: Line) -> Course:
    """A response after one more line. Raises IllegalStep: not possible now, or something is missing."""
    _check(line)
    if line.number != course.revision + 1:
        raise IllegalStep("response-changed", revision=course.revision)
    if course.state not in BEFORE.get(line.deed, ()):
        raise IllegalStep("response-not-now", deed=line.deed, standing=course.state)
    return replace(CHANGES[line.deed](course, line), revision=line.number)


def _check(line: Line) -> None:
    missing = [name for name in NEEDS.get(line.deed, ()) if line.fields.get(name) in (None, "", [], ())]
    if missing:
        raise IllegalStep("response-needs", deed=line.deed, needs=", ".join(missing))
    if line.fields.get("level", ResponseLevel.FIRST) not in GRADED:
        raise IllegalStep("bad-level", level=line.fields["level"])


def _approved(course: Course, line: Line) -> Course:
    response = replace(
        course.response,
        approver=line.name,
        began_ms=line.at_ms,
        review_ms=_next_review(course, line),
        level=ResponseLevel(line.fields.get("level", course.response.level)),
    )
    return replace(course, response=response, state=ResponseState.IN_FORCE)


def _levelled(course: Course, line: Line) -> Course:
    level = ResponseLevel(line.fields["level"])
    if level is course.response.level:
        raise IllegalStep("same-level")
    return replace(course, response=raised(course.response, level, line.name, (line.at_ms, _next_review(course, line))))


def _reviewed(course: Course, line: Line) -> Course:
    return replace(course, response=replace(course.response, review_ms=_next_review(course, line)))


def _ticked(course: Course, line: Line) -> Course:
    skipped = str(line.fields["reason"]) if line.deed is Deed.SKIP else ""
    new = Tick(str(line.fields["step"]), line.at_ms, line.name, skipped)
    return replace(course, ticks=tick(course.plan, course.response, course.ticks, new))


def _ended(course: Course, line: Line) -> Course:
    response = raised(course.response, ResponseLevel.NORMAL, line.name, (line.at_ms, 0))
    return replace(course, response=response, state=ResponseState.ENDED)


def _next_review(course: Course, line: Line) -> int:
    return line.at_ms + course.plan.review_s * 1000


CHANGES: Mapping[Deed, Callable[[Course, Line], Course]] = {
    Deed.APPROVE: _approved,
    Deed.DECLINE: lambda course, line: replace(course, state=ResponseState.DECLINED),
    Deed.CHANGE: _levelled,
    Deed.REVIEW: _reviewed,
    Deed.REMIND: lambda course, line: replace(course, reminded_ms=line.at_ms),
    Deed.TICK: _ticked,
    Deed.SKIP: _ticked,
    Deed.SEND: lambda course, line: course,
    Deed.NOTE: lambda course, line: course,
    Deed.END: _ended,
}


@dataclass(frozen=True, slots=True)
class StepReview:
    """How one step went. late_ms: how long after its limit it was done, or is open still; 0: in time or no limit."""

    standing: StepStanding
    late_ms: int


@dataclass(frozen=True, slots=True)
class Review:
    """What an after-action review 复盘 stands on: everything in it is counted from the log alone.

    levels: (since when, level, who approved), each in its order. lasted_ms: from its beginning to its end, or to now.
    in_time, late, skipped, open: how many steps. reviews_late: how many reviews came after their time.
    """

    course: Course
    levels: tuple[tuple[int, ResponseLevel, str], ...]
    lasted_ms: int
    steps: tuple[StepReview, ...]
    in_time: int
    late: int
    skipped: int
    open: int
    reviews: int
    reviews_late: int
    notes: tuple[Line, ...]


def review_of(plan: Plan, log: Sequence[Line], at_ms: int) -> Review:
    """The review of a response by its log, at a time; steps are those of the gravest level that it had."""
    course = fold(plan, log)
    levels = _levels(plan, log)
    gravest = min((level for _, level, _ in levels), default=course.response.level)
    until_ms = at_ms if course.response.ended_ms is None else course.response.ended_ms
    found = standings(plan, replace(course.response, level=gravest), course.ticks, until_ms) if levels else []
    steps = tuple(StepReview(one, _late_ms(one, until_ms)) for one in found)
    reviews, late_reviews = _reviews(plan, log)
    return Review(
        course=course,
        levels=levels,
        lasted_ms=until_ms - course.response.began_ms if levels else 0,
        steps=steps,
        in_time=sum(one.standing.progress is Progress.DONE for one in steps),
        late=sum(one.standing.progress in (Progress.LATE, Progress.DONE_LATE) for one in steps),
        skipped=sum(one.standing.progress is Progress.SKIPPED for one in steps),
        open=sum(one.standing.tick is None for one in steps),
        reviews=reviews,
        reviews_late=late_reviews,
        notes=tuple(line for line in log if line.deed is Deed.NOTE),
    )


def _levels(plan: Plan, log: Sequence[Line]) -> tuple[tuple[int, ResponseLevel, str], ...]:
    """Each level that it had, since when, by whom."""
    course, found = begun(plan, log[0]), []
    for at, line in enumerate(log):
        course = follow(course, line) if at else course
        if line.deed in (Deed.APPLY, Deed.APPROVE, Deed.CHANGE):
            found.append((line.at_ms, course.response.level, line.name))
    return tuple(found)


def _late_ms(one: StepStanding, until_ms: int) -> int:
    if one.due_ms is None or one.progress is Progress.SKIPPED:
        return 0
    return max((one.tick.at_ms if one.tick else until_ms) - one.due_ms, 0)


def _reviews(plan: Plan, log: Sequence[Line]) -> tuple[int, int]:
    """How many reviews there were, and how many of them came late."""
    due_ms, count, late = 0, 0, 0
    for line in log:
        if line.deed is Deed.REVIEW:
            count, late = count + 1, late + (line.at_ms > due_ms)
        if line.deed in (Deed.APPLY, Deed.APPROVE, Deed.CHANGE, Deed.REVIEW):
            due_ms = line.at_ms + plan.review_s * 1000
    return count, late
