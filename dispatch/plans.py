"""Plans 预案 as declared, and a plan applied: its steps become tasks, and late ones are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    """When a plan is proposed: any of these. grade and level: that or graver; 0: whatever it is."""

    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
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
    """One version of a plan. objectives, resources, contacts and messages are shown with it as they stand."""

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
    review_s: int = 6 * 3600

    def at(self, level: ResponseLevel) -> tuple[PlanStep, ...]:
        """The steps of a level: those that name no level are of all."""
        return tuple(step for step in self.steps if not step.levels or level in step.levels)


@dataclass(frozen=True, slots=True)
class Response:
    """One response in force: which plan, how grave, where, who approved, when it is looked at again; ms UTC."""

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


class Progress(StrEnum):
    """How a step stands at a time."""

    WAITING = "waiting"  # 待前序步骤
    PENDING = "pending"  # 进行中
    LATE = "late"  # 超时未完成
    DONE = "done"  # 完成
    DONE_LATE = "done-late"  # 超时完成
    SKIPPED = "skipped"  # 不适用, with its reason


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
    return replace(response, level=level, approver=approver, review_ms=review_ms)


def worst(responses: Sequence[Response]) -> ResponseLevel:
    """What the header shows first: the gravest in force, exercises left out; 常态 when there is none."""
    real = (one.level for one in responses if one.ended_ms is None and not one.exercise)
    return min(real, default=ResponseLevel.NORMAL)


def proposed(plans: Mapping[str, Plan], kind: str = "", rule: str = "", grave: tuple[int, int] = (0, 0)) -> list[Plan]:
    """Plans whose trigger fits. grave: (grade of the case, 0: none; level of the warning, 0: none)."""
    return [plan for _, plan in sorted(plans.items()) if _fits(plan.trigger, kind, rule, grave)]


def _fits(trigger: Trigger, kind: str, rule: str, grave: tuple[int, int]) -> bool:
    grade, level = grave
    named = (bool(kind) and kind in trigger.kinds) or (bool(rule) and rule in trigger.rules)
    return named and (not trigger.grade or 0 < grade <= trigger.grade) and (not trigger.level or level >= trigger.level)


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
    begins_ms = None if waits else max([response.began_ms, *(over[name] for name in before)])
    due_ms = None if begins_ms is None or not step.within_s else begins_ms + step.within_s * 1000
    if own is not None:
        late = due_ms is not None and own.at_ms > due_ms
        done = Progress.DONE_LATE if late else Progress.DONE
        return StepStanding(step, Progress.SKIPPED if own.skipped else done, begins_ms, due_ms, own)
    if begins_ms is None:
        return StepStanding(step, Progress.WAITING, None, None)
    late = due_ms is not None and at_ms > due_ms
    return StepStanding(step, Progress.LATE if late else Progress.PENDING, begins_ms, due_ms)
