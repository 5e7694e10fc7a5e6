"""The book of responses: every act is one transaction with audit entry, line in the log and word to the city.

An exercise is the same in everything, and is told to the city with the stamp of an exercise: nothing of it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from core.acts import ActTopic
from core.clock import local_day
from core.errors import IllegalStep, NotAllowed
from core.records import Stamp
from dispatch.book import Above, Now
from dispatch.further_calls import calls_of_response
from dispatch.plans import Plan, ResponseLevel
from dispatch.response_rows import ResponseTold, told_of
from dispatch.responses import Course, Deed, Line, ResponseState, begun, follow
from store import cases as kept_cases
from store import responses as kept
from store.outbox import tell
from store.people import called
from store.sql import Transaction

SEE, PROPOSE, WORK = "responses.see", "responses.propose", "responses.work"
APPROVE, COMMAND = "responses.approve", "responses.command"  # Ⅲ and Ⅳ; Ⅰ and Ⅱ
DISPATCH = "cases.dispatch"
GRAVE = ResponseLevel.SECOND

RIGHTS: Mapping[Deed, str] = {
    Deed.PROPOSE: PROPOSE,
    Deed.APPLY: DISPATCH,
    Deed.APPROVE: APPROVE,
    Deed.DECLINE: APPROVE,
    Deed.CHANGE: APPROVE,
    Deed.REVIEW: APPROVE,
    Deed.END: APPROVE,
    Deed.TICK: WORK,
    Deed.SKIP: WORK,
    Deed.SEND: WORK,
    Deed.NOTE: WORK,
    Deed.REMIND: PROPOSE,
}


@dataclass(frozen=True, slots=True)
class ResponseWish:
    """What somebody asks for. key: the same for a repeat; response or, to begin one, plan; revision: on his screen."""

    key: str
    deed: Deed
    response: str = ""
    plan: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What the city declared: plans by id, and which areas an area lies in."""

    plans: Mapping[str, Plan]
    above: Above


class ResponseBook:
    """Responses of one installation."""

    def __init__(self, warden: Warden, ground: Callable[[], Ground]) -> None:
        """ground: what is declared now; packs change while it runs."""
        self._warden, self._ground = warden, ground

    def act(self, by: Bearer, wish: ResponseWish, now: Now) -> ResponseTold:
        """Do it, or return how it stands when this was done before under the same key.

        Raises:
            NotAllowed: His posts do not reach so far, or not so high.
            IllegalStep: Not possible now, something is missing, or somebody else was faster.
            UnknownName: There is no such response or case.
        """
        with self._warden.database.reading() as connection:
            done = kept.line_with_key(connection, by.name, wish.key)
        if done is not None:
            return self.read(done.response)
        detail = {"deed": wish.deed, "key": wish.key, "plan": wish.plan, **_audited(wish.fields)}
        subject = f"response:{wish.response or 'new'}"
        right = _right(wish, self.read(wish.response).course) if wish.response else RIGHTS[wish.deed]
        with self._warden.acting(by, right, subject, now.real_ms, detail) as connection:
            if (row := kept.line_with_key(connection, by.name, wish.key)) is not None:  # a repeat at the same moment
                return told_of(connection, row.response)
            if wish.deed in (Deed.PROPOSE, Deed.APPLY):
                return self._begun(connection, by, wish, now)
            return self._followed(connection, by, wish, now)

    def happen(self, by: str, wish: ResponseWish, now: Now) -> ResponseTold:
        """Write what time alone did. by: the worker that saw it. Raises as `act` does, but for NotAllowed."""
        machine, detail = Bearer(by), {"deed": wish.deed, "key": wish.key}
        with self._warden.recording(machine, RIGHTS[wish.deed], f"response:{wish.response}", now.real_ms, detail) as tx:
            if (row := kept.line_with_key(tx, by, wish.key)) is not None:
                return told_of(tx, row.response)
            told = told_of(tx, wish.response)
            line = Line(told.course.revision + 1, wish.response, wish.deed, now.city_ms, by, by, dict(wish.fields))
            return _written(tx, follow(told.course, line), (line, wish.key), now, told.topic, is_new=False)

    def read(self, response: str) -> ResponseTold:
        """A response with its whole log. Raises UnknownName. Who may see it is asked by whoever shows it."""
        with self._warden.database.reading() as connection:
            return told_of(connection, response)

    def all(self, scene: str, states: Sequence[ResponseState]) -> list[ResponseTold]:
        """Responses of a scene in these states, the gravest first."""
        with self._warden.database.reading() as connection:
            return [told_of(connection, row.id) for row in kept.responses_in(connection, scene, states)]

    def lately(self, scene: str, states: Sequence[ResponseState], plan: str = "") -> list[ResponseTold]:
        """The newest responses of a scene in these states. plan: only under this one."""
        with self._warden.database.reading() as connection:
            return [told_of(connection, row.id) for row in kept.responses_lately(connection, scene, states, plan)]

    def of_case(self, case: str) -> list[ResponseTold]:
        """Plans that were applied to a case, the oldest first."""
        with self._warden.database.reading() as connection:
            return [told_of(connection, row.id) for row in kept.responses_of_case(connection, case)]

    def _begun(self, connection: Transaction, by: Bearer, wish: ResponseWish, now: Now) -> ResponseTold:
        ground = self._ground()
        if wish.plan not in ground.plans:
            raise IllegalStep("unknown-plan", plan=wish.plan, known=", ".join(sorted(ground.plans)))
        plan, fields, topic = ground.plans[wish.plan], dict(wish.fields), ground.plans[wish.plan].domain
        if wish.deed is Deed.APPLY:
            case = kept_cases.case_of(connection, str(fields.get("case", "")))
            if case.scene != now.scene:
                raise IllegalStep("other-scene", case=case.id)
            fields["areas"], topic = [case.area] if case.area else [], case.topic
        else:
            fields.pop("case", None)
        self._ask(by, RIGHTS[wish.deed], fields.get("areas", ()), topic)
        day = f"R{now.city}-{local_day(now.city_ms)}"
        response = f"{day}-{kept_cases.next_number(connection, day):02}"
        line = Line(1, response, wish.deed, now.city_ms, by.name, called(connection, by.name), fields)
        return _written(connection, begun(plan, line), (line, wish.key), now, topic, is_new=True)

    def _followed(self, connection: Transaction, by: Bearer, wish: ResponseWish, now: Now) -> ResponseTold:
        told = told_of(connection, wish.response)
        if told.scene != now.scene:
            raise IllegalStep("other-scene", case=wish.response)
        if wish.revision is not None and wish.revision != told.course.revision:
            raise IllegalStep("response-changed", revision=told.course.revision)
        self._ask(by, _right(wish, told.course), told.areas, told.topic)
        name = called(connection, by.name)
        number = told.course.revision + 1
        line = Line(number, wish.response, wish.deed, now.city_ms, by.name, name, dict(wish.fields))
        return _written(connection, follow(told.course, line), (line, wish.key), now, told.topic, is_new=False)

    def _ask(self, by: Bearer, right: str, areas: Sequence[str], topic: str) -> None:
        """Whether his posts reach every area of it. Raises NotAllowed."""
        above = self._ground().above
        for area in areas or ("",):
            decision = may(by, right, area=above(area) if area else (), topic=topic)
            if not decision.allowed:
                raise NotAllowed(decision.code, decision.in_words)


def sees(by: Bearer, told: ResponseTold, above: Above) -> bool:
    """Whether somebody may see a response: it concerns an area that he sees something of."""
    return any(may(by, SEE, area=above(area), topic=told.topic).allowed for area in told.areas)


def told_to_city(course: Course, stamp: str, scene: str, at_ms: int) -> dict[str, Any]:
    """What everybody may know of a response: how it stands, and when each of its open steps is due."""
    response, found = course.response, course.standings(at_ms)
    return {
        "id": response.id,
        "scene": scene,
        "stamp": str(Stamp.DRILL) if response.exercise else stamp,
        "plan": course.plan.id,
        "name": {language: course.plan.called(language) for language in ("zh", "en")},
        "state": str(course.state),
        "level": int(response.level),
        "areas": list(response.areas),
        "case": response.case,
        "exercise": response.exercise,
        "approver": response.approver,
        "began_ms": response.began_ms,
        "review_ms": response.review_ms,
        "steps": len(found),
        "done": sum(one.tick is not None for one in found),
        "due_ms": sorted(one.due_ms for one in found if one.tick is None and one.due_ms is not None),
        "revision": course.revision,
    }


def _right(wish: ResponseWish, course: Course) -> str:
    """The right that an act asks for: at work on one case that of dispatching, of a grave level a leader's."""
    right = RIGHTS[wish.deed]
    if right != APPROVE:
        return right
    if course.response.case:
        return DISPATCH
    wanted = wish.fields.get("level", course.response.level)
    gravest = min(ResponseLevel(wanted), course.response.level)
    return COMMAND if gravest <= GRAVE else APPROVE


def _written(
    connection: Transaction, course: Course, said: tuple[Line, str], now: Now, topic: str, *, is_new: bool
) -> ResponseTold:
    """The row, the line and the word to the city. said: the line, and the key under which it was asked for."""
    line, key = said
    response = course.response
    stamp = str(Stamp.DRILL) if response.exercise else now.stamp
    row = kept.ResponseRow(
        id=response.id,
        scene=now.scene,
        stamp=stamp,
        plan=course.plan.id,
        state=str(course.state),
        level=int(response.level),
        case=response.case,
        exercise=response.exercise,
        proposed_ms=course.proposed_ms,
        review_ms=response.review_ms,
        revision=course.revision,
        body={"plan": msgspec.to_builtins(course.plan, str_keys=True), "topic": topic},
    )
    (kept.add_response if is_new else kept.change_response)(connection, row)
    written = kept.LineRow(
        response.id, line.number, str(line.deed), line.at_ms, line.by, line.name, dict(line.fields), key
    )
    kept.add_line(connection, written)
    tell(connection, ActTopic.RESPONSE, told_to_city(course, stamp, now.scene, now.city_ms), now.real_ms)
    for call in calls_of_response(course, line, (now.scene, now.stamp, topic)):
        tell(connection, ActTopic.CALL, msgspec.to_builtins(call), now.real_ms)
    return told_of(connection, response.id)


def _audited(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in ("level", "areas", "case", "step", "exercise") if name in fields}
