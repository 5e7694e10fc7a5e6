"""Plans 预案 as declared, and a plan applied: its steps become tasks, and late ones are known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

from core.declared import Words
from core.errors import IllegalStep


class ResponseLevel(IntEnum):
    """Of an emergency response 应急响应, always shown in Roman figures with its word; the lower the graver."""

    FIRST = 1  # Ⅰ级
    SECOND = 2  # Ⅱ级
    THIRD = 3  # Ⅲ级
    FOURTH = 4  # Ⅳ级
    NORMAL = 5  # 常态: no response in force


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a plan is proposed: any of these. areas: only there; grade and level: that or graver; none, 0: whatever."""

    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    grade: int = 0
    level: int = 0


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step. after: steps that come first. within_s: from when it may begin; 0: no limit."""

    id: str
    name: Words
    owner: str
    within_s: int = 0
    after: tuple[str, ...] = ()
    levels: tuple[ResponseLevel, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a plan. objectives, resources, contacts and messages are shown with it as they stand.

    abilities: resource → what the units can do that are counted for it; telephones: contact → its number.
    short: what a header calls it. domain: where rights to it hold. hastens: at a level, the part of its usual limit
    that is granted to a case of the area; hastened: of which kinds, none: of all. wakes: rule on trial → the level
    from which on it judges.
    """

    id: str
    version: str
    name: Words
    owner: str
    steps: tuple[PlanStep, ...]
    trigger: Trigger = Trigger()
    objectives: tuple[Words, ...] = ()
    resources: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    messages: tuple[Words, ...] = ()
    abilities: Mapping[str, str] = field(default_factory=dict)
    telephones: Mapping[str, str] = field(default_factory=dict)
    review_s: int = 6 * 3600
    short: Words | None = None
    domain: str = ""
    hastens: Mapping[ResponseLevel, float] = field(default_factory=dict)
    hastened: tuple[str, ...] = ()
    wakes: Mapping[str, ResponseLevel] = field(default_factory=dict)

    def called(self, language: str) -> str:
        """Its short name."""
        return (self.short or self.name)[language]

    def at(self, level: ResponseLevel) -> tuple[PlanStep, ...]:
        """The steps of a level: those that name no level are of all."""
        return tuple(step for step in self.steps if not step.levels or level in step.levels)


@dataclass(frozen=True, slots=True)
class Response:
    """One response in force: which plan, how grave, where, who approved, when it is looked at again; ms UTC.

    case: the one case that the plan is applied to; such a one is nobody's response. levels: (since when, level), each
    that it had, in their order; none: only the present one.
    """

    id: str
    plan: str
    plan_version: str
    level: ResponseLevel
    areas: tuple[str, ...]
    approver: str
    began_ms: int
    review_ms: int
    exercise: bool = False
    ended_ms: int | None = None
    case: str = ""
    levels: tuple[tuple[int, ResponseLevel], ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the city is under it: it goes on, for real, and is about more than one case."""
        return self.ended_ms is None and not self.exercise and not self.case


class Progress(StrEnum):
    """How a step stands at a time."""

    WAITING = "waiting"  # 待前序步骤
    PENDING = "pending"  # 进行中
    LATE = "late"  # 超时未完成
    DONE = "done"  # 完成
    DONE_LATE = "done-late"  # 超时完成
    SKIPPED = "skipped"  # 不适用, with its reason
    LEFT = "left"  # 未办: the response ended before its limit, or before it could begin


@dataclass(frozen=True, slots=True)
class Tick:
    """What was said of a step: done, or skipped with a reason."""

    step: str
    at_ms: int
    by: str
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class StepStanding:
    """A step of a response at a time. begins_ms: since when it may be done; None: others come first."""

    step: PlanStep
    progress: Progress
    begins_ms: int | None
    due_ms: int | None
    tick: Tick | None = None


def standings(plan: Plan, response: Response, ticks: Sequence[Tick], at_ms: int) -> list[StepStanding]:
    """Every step of a response in the order of the plan; a function of what was ticked and of the time."""
    ticked = {tick.step: tick for tick in ticks}
    over = {step.id: ticked[step.id].at_ms for step in plan.at(response.level) if step.id in ticked}
    return [_standing(step, plan, response, (ticked.get(step.id), over), at_ms) for step in plan.at(response.level)]


def tick(plan: Plan, response: Response, ticks: Sequence[Tick], new: Tick) -> tuple[Tick, ...]:
    """What was ticked, with one more.

    Raises:
        IllegalStep: No such step at this level, done already, its predecessors are not, or the response is over.
    """
    if response.ended_ms is not None:
        raise IllegalStep("response-over", response=response.id)
    known = {one.step.id: one for one in standings(plan, response, ticks, new.at_ms)}
    if new.step not in known:
        raise IllegalStep("no-such-step", step=new.step, known=", ".join(known))
    if known[new.step].tick is not None:
        raise IllegalStep("step-done", step=new.step)
    if known[new.step].progress is Progress.WAITING:
        raise IllegalStep("step-waits", step=new.step, after=", ".join(known[new.step].step.after))
    return (*ticks, new)


def raised(response: Response, level: ResponseLevel, approver: str, at: tuple[int, int]) -> Response:
    """The same response at another level, approved anew. at: (now, next review), ms UTC."""
    now_ms, review_ms = at
    if response.ended_ms is not None:
        raise IllegalStep("response-over", response=response.id)
    if level is ResponseLevel.NORMAL:
        return replace(response, ended_ms=now_ms, approver=approver)
    levels = (*(response.levels or ((response.began_ms, response.level),)), (now_ms, level))
    return replace(response, level=level, approver=approver, review_ms=review_ms, levels=levels)


def worst(responses: Sequence[Response]) -> ResponseLevel:
    """What the header shows first: the gravest in force, exercises left out; 常态 when there is none."""
    return min((one.level for one in responses if one.counts), default=ResponseLevel.NORMAL)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What may ask for a plan: a case by kind and grade, or a warning by rule and level; 0: none.

    areas: where it is, with those that this lies in.
    """

    kind: str = ""
    rule: str = ""
    grade: int = 0
    level: int = 0
    areas: tuple[str, ...] = ()


def proposed(plans: Mapping[str, Plan], occasion: Occasion) -> list[Plan]:
    """Plans whose trigger fits, by id."""
    return [plan for _, plan in sorted(plans.items()) if _fits(plan.trigger, occasion)]


def haste(in_force: Iterable[tuple[Plan, Response]], kind: str, areas: Sequence[str]) -> float:
    """The part of its usual limit that a case is granted now; 1.0 when nothing hastens it.

    areas: where the case is, with those that this lies in. Of several responses the one that leaves least counts.
    """
    factors = (
        plan.hastens.get(response.level, 1.0)
        for plan, response in in_force
        if response.counts and set(areas) & set(response.areas) and (not plan.hastened or kind in plan.hastened)
    )
    return min(factors, default=1.0)


def _fits(trigger: Trigger, on: Occasion) -> bool:
    named = (bool(on.kind) and on.kind in trigger.kinds) or (bool(on.rule) and on.rule in trigger.rules)
    there = not trigger.areas or bool(set(on.areas) & set(trigger.areas))
    grave = not on.kind or not trigger.grade or 0 < on.grade <= trigger.grade
    high = not on.rule or not trigger.level or on.level >= trigger.level
    return named and there and grave and high


def _standing(
    step: PlanStep,
    plan: Plan,
    response: Response,
    told: tuple[Tick | None, Mapping[str, int]],
    at_ms: int,
) -> StepStanding:
    own, over = told
    at_level = {one.id for one in plan.at(response.level)}
    before = [name for name in step.after if name in at_level]
    waits = [name for name in before if name not in over]
    begins_ms = None if waits else max([_asked_ms(step, response), *(over[name] for name in before)])
    due_ms = None if begins_ms is None or not step.within_s else begins_ms + step.within_s * 1000
    if own is not None:
        late = due_ms is not None and own.at_ms > due_ms
        done = Progress.DONE_LATE if late else Progress.DONE
        return StepStanding(step, Progress.SKIPPED if own.skipped else done, begins_ms, due_ms, own)
    is_over = response.ended_ms is not None
    if begins_ms is None:
        return StepStanding(step, Progress.LEFT if is_over else Progress.WAITING, None, None)
    late = due_ms is not None and at_ms > due_ms
    open_ = Progress.LEFT if is_over else Progress.PENDING
    return StepStanding(step, Progress.LATE if late else open_, begins_ms, due_ms)


def _asked_ms(step: PlanStep, response: Response) -> int:
    """Since when a response asks for a step: a level that came later asks for its own from then on."""
    since = (at_ms for at_ms, level in response.levels if not step.levels or level in step.levels)
    return next(since, response.began_ms)
