"""Whom a response and an order of supervision call: those who work on a plan, those who owe an answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from core.accounts import Role
from core.notices import Call, Kind
from core.records import Stamp
from dispatch.plans import ResponseLevel
from dispatch.responses import Course, Deed, Line
from dispatch.supervision import Order, OrderDeed, OrderLine

_LEADERS = (f"role:{Role.LEADER}", f"role:{Role.SHIFT_LEADER}")
_ROOM = (*_LEADERS, f"role:{Role.DUTY}", f"role:{Role.DISPATCHER}")
OF_RESPONSE: Mapping[Deed, Kind] = {
    Deed.APPROVE: Kind.RESPONSE,
    Deed.CHANGE: Kind.RESPONSE,
    Deed.END: Kind.RESPONSE_OVER,
    Deed.REMIND: Kind.REVIEW,
    Deed.SEND: Kind.MESSAGE,
}
OF_ORDER: Mapping[OrderDeed, Kind] = {
    OrderDeed.ISSUE: Kind.ORDER,
    OrderDeed.REMIND: Kind.ORDER,
    OrderDeed.REDO: Kind.ORDER,
    OrderDeed.ARBITRATE: Kind.ORDER,
}


def calls_of_response(course: Course, line: Line, belongs: tuple[str, str, str]) -> list[Call]:
    """Whom a line of the log of a response calls, once for each area; belongs: (scene, stamp, topic).

    Of a plan at work on one case nobody beyond those of the case, but for a message that somebody sends; an exercise
    has the stamp of one and leaves nothing.
    """
    scene, stamp, topic = belongs
    response = course.response
    if line.deed not in OF_RESPONSE or (response.case and line.deed is not Deed.SEND):
        return []
    departments = [f"department:{one}" for one in (addressees(course) if line.deed is Deed.SEND else _owners(course))]
    rooms = {Deed.REMIND: _LEADERS, Deed.SEND: ()}
    whom = (*rooms.get(line.deed, _ROOM), *([] if line.deed is Deed.REMIND else departments))
    about: dict[str, str | int] = {"plan": course.plan.id, "response_level": int(response.level)}
    if line.deed is Deed.REMIND:
        about["due_ms"] = response.review_ms
    if line.deed is Deed.SEND:
        about["text"] = str(line.fields["text"])
    return [
        Call(
            key=f"{scene}|{response.id}|{line.number}|{area}",
            kind=OF_RESPONSE[line.deed],
            scene=scene,
            stamp=Stamp.DRILL if response.exercise else Stamp(stamp),
            to=whom,
            area=area,
            topic=topic,
            grade=min(int(response.level), int(ResponseLevel.FOURTH)),
            about=about,
        )
        for area in response.areas
    ]


def addressees(course: Course) -> list[str]:
    """Who gets a message of a response: the owners of its steps and the contacts of its plan."""
    return list(dict.fromkeys((*_owners(course), *course.plan.contacts)))


def _owners(course: Course) -> list[str]:
    return sorted({step.owner for step in course.plan.at(course.response.level)} | {course.plan.owner})


def call_of_order(order: Order, line: OrderLine, belongs: tuple[str, str, str, str], due_ms: int | None) -> Call | None:
    """Whom a line of the log of an order calls; None: nobody. belongs: (scene, stamp, area, topic)."""
    if line.deed not in OF_ORDER or due_ms is None:
        return None
    scene, stamp, area, topic = belongs
    is_late = line.at_ms > due_ms
    supervisors = (f"role:{Role.SUPERVISOR}",) if is_late else ()
    return Call(
        key=f"{scene}|{order.id}|{line.number}",
        kind=Kind.ORDER_LATE if is_late else OF_ORDER[line.deed],
        scene=scene,
        stamp=Stamp(stamp),
        to=(f"department:{order.owner}", *supervisors),
        area=area,
        topic=topic,
        about={"order": order.id, "due_ms": due_ms - 1},
    )
