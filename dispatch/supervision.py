"""Supervision 督办 as its log makes it: who owes what by when, what was answered, whether that was believed. Pure.

A leader's instruction 批示 on a warning, a case or an indicator is an order like any other; `about` says where it was
written, and there its reply returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from core.accounts import Sensitivity
from core.errors import IllegalStep
from core.records import DAY_MS
from dispatch.calendars import Counting
from dispatch.clocks import Calendars, Clock, Obligation, Standing, Terms


class OrderKind(StrEnum):
    """Why there is an order."""

    INSTRUCT = "instruct"  # 批示
    SUPERVISE = "supervise"  # 督办
    RECTIFY = "rectify"  # 整改: of a bad rating 好差评, to be called back


class OrderDeed(StrEnum):
    """What is done about an order."""

    ISSUE = "issue"  # 下达
    REMIND = "remind"  # 催办
    REPLY = "reply"  # 答复
    REFUSE = "refuse"  # 拒办, with its reason: it is not ours
    ARBITRATE = "arbitrate"  # 裁定: whose it is, finally
    VERIFY = "verify"  # 核实办结
    REDO = "redo"  # 退回重办
    EXTEND = "extend"  # 延期
    WITHDRAW = "withdraw"  # 撤回
    NOTE = "note"  # 备注


class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "open"  # 办理中
    REPLIED = "replied"  # 待核实
    REFUSED = "refused"  # 待裁定
    DONE = "done"  # 已办结
    WITHDRAWN = "withdrawn"  # 已撤回


class Light(StrEnum):
    """The traffic light of an order: a word and a shape; of those in time it has no colour."""

    IN_TIME = "in-time"  # ○ 正常
    SOON = "soon"  # ▲ 临期
    LATE = "late"  # ■ 超期
    ANSWERED = "answered"  # ◇ 待核实, 待裁定
    DONE = "done"  # ✓ 按期办结
    DONE_LATE = "done-late"  # ✓ 超期办结
    DROPPED = "dropped"  # — 已撤回


OPEN = frozenset({OrderState.OPEN, OrderState.REPLIED, OrderState.REFUSED})
_ANY = frozenset(OrderState)
BEFORE: Mapping[OrderDeed, frozenset[OrderState]] = {
    OrderDeed.REMIND: frozenset({OrderState.OPEN}),
    OrderDeed.REPLY: frozenset({OrderState.OPEN}),
    OrderDeed.REFUSE: frozenset({OrderState.OPEN}),
    OrderDeed.ARBITRATE: frozenset({OrderState.REFUSED}),
    OrderDeed.VERIFY: frozenset({OrderState.REPLIED}),
    OrderDeed.REDO: frozenset({OrderState.REPLIED}),
    OrderDeed.EXTEND: frozenset({OrderState.OPEN}),
    OrderDeed.WITHDRAW: OPEN,
    OrderDeed.NOTE: _ANY,
}
NEEDS: Mapping[OrderDeed, tuple[str, ...]] = {
    OrderDeed.ISSUE: ("about", "text", "owner", "working_days"),
    OrderDeed.REPLY: ("text",),
    OrderDeed.REFUSE: ("reason",),
    OrderDeed.ARBITRATE: ("owner", "reason"),
    OrderDeed.REDO: ("reason",),
    OrderDeed.EXTEND: ("working_days", "reason"),
    OrderDeed.WITHDRAW: ("reason",),
    OrderDeed.NOTE: ("text",),
}
DAYS_AT_MOST = 60
WARN_DAYS = 1  # so many working days before its end it is told to be due soon; of a shorter one the second half


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of the log of an order. number: from 1, without a gap; at_ms: city time, ms UTC; name: of `by`."""

    number: int
    order: str
    deed: OrderDeed
    at_ms: int
    by: str
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """An order after its line number `revision`. replies: what was answered, the newest last.

    sensitivity: how far it may be seen, as what it was written on could be then.
    """

    id: str
    kind: OrderKind
    about: str
    text: str
    owner: str
    issued_by: str
    issued_ms: int
    state: OrderState
    clock: Clock
    replies: tuple[OrderLine, ...] = ()
    reminded: int = 0
    refused: int = 0
    redone: int = 0
    arbitrated: bool = False
    revision: int = 1
    sensitivity: Sensitivity = Sensitivity.PUBLIC

    @property
    def possible(self) -> tuple[OrderDeed, ...]:
        """What may be done about it now, apart from rights; who was told finally that it is his refuses no more."""
        return tuple(
            deed
            for deed, before in BEFORE.items()
            if self.state in before and not (deed is OrderDeed.REFUSE and self.arbitrated)
        )

    def light(self, at_ms: int, calendars: Calendars) -> Light:
        """Its light at a time."""
        if self.state is OrderState.WITHDRAWN:
            return Light.DROPPED
        standing = self.clock.standing(at_ms, calendars)
        if self.state is OrderState.DONE:
            return Light.DONE_LATE if standing is Standing.MET_LATE else Light.DONE
        if self.state in (OrderState.REPLIED, OrderState.REFUSED):
            return Light.ANSWERED
        lights = {Standing.BREACHED: Light.LATE, Standing.WARNED: Light.SOON}
        return lights.get(standing, Light.IN_TIME)


def order_fold(log: Sequence[OrderLine], calendars: Calendars) -> Order:
    """The order of a whole log. Raises IllegalStep: some line was not possible where it stands, or there is none."""
    if not log:
        raise IllegalStep("empty")
    order = issued(log[0], calendars)
    for line in log[1:]:
        order = order_follow(order, line, calendars)
    return order


def issued(line: OrderLine, calendars: Calendars) -> Order:
    """A new order. Raises IllegalStep: something is missing, or it grants too much or too little."""
    _check(line)
    fields = line.fields
    terms = _terms(int(fields["working_days"]))
    return Order(
        id=line.order,
        kind=OrderKind(fields.get("kind", OrderKind.SUPERVISE)),
        about=str(fields["about"]),
        text=str(fields["text"]),
        owner=str(fields["owner"]),
        issued_by=line.name,
        issued_ms=line.at_ms,
        state=OrderState.OPEN,
        clock=Clock.begun(Obligation.REPLY, terms, line.at_ms, calendars),
        sensitivity=Sensitivity(int(fields.get("sensitivity", Sensitivity.PUBLIC))),
    )


def order_follow(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    """An order after one more line. Raises IllegalStep: not possible now, or something is missing."""
    _check(line)
    if line.number != order.revision + 1:
        raise IllegalStep("response-changed", revision=order.revision)
    if line.deed not in order.possible:
        raise IllegalStep("order-not-now", order_deed=line.deed, order_state=order.state)
    return replace(CHANGES[line.deed](order, line, calendars), revision=line.number)


def _check(line: OrderLine) -> None:
    missing = [name for name in NEEDS.get(line.deed, ()) if line.fields.get(name) in (None, "")]
    if missing:
        raise IllegalStep("order-needs", order_deed=line.deed, needs=", ".join(missing))
    if not 0 < int(line.fields.get("working_days", 1)) <= DAYS_AT_MOST:
        raise IllegalStep("order-days", most=DAYS_AT_MOST)


def _terms(working_days: int) -> Terms:
    limit_ms = working_days * DAY_MS
    return Terms(limit_ms, Counting.WORKING_DAYS, min(WARN_DAYS * DAY_MS, limit_ms // 2))


def _replied(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    """What was owed is done when it is answered; sent back, its clock goes on as if it had not been."""
    return replace(
        order, state=OrderState.REPLIED, replies=(*order.replies, line), clock=order.clock.paused(line.at_ms, "replied")
    )


def _refused(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    clock = order.clock.paused(line.at_ms, "refused")
    return replace(order, state=OrderState.REFUSED, refused=order.refused + 1, clock=clock)


def _arbitrated(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    """Whose it is was decided; a new owner begins with the whole limit, the old one goes on."""
    owner = str(line.fields["owner"])
    clock = order.clock.resumed(line.at_ms)
    if owner != order.owner:
        clock = Clock.begun(Obligation.REPLY, order.clock.terms, line.at_ms, calendars)
    return replace(order, state=OrderState.OPEN, owner=owner, arbitrated=True, clock=clock)


def _verified(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    """Met when it was answered, not when somebody found the time to look."""
    return replace(order, state=OrderState.DONE, clock=order.clock.met(order.replies[-1].at_ms))


def _redone(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    clock = order.clock.resumed(line.at_ms)
    return replace(order, state=OrderState.OPEN, redone=order.redone + 1, clock=clock)


def _extended(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    return replace(order, clock=order.clock.extended(int(line.fields["working_days"]) * DAY_MS))


def _withdrawn(order: Order, line: OrderLine, calendars: Calendars) -> Order:
    return replace(order, state=OrderState.WITHDRAWN, clock=order.clock.fell_away(line.at_ms))


CHANGES: Mapping[OrderDeed, Callable[[Order, OrderLine, Calendars], Order]] = {
    OrderDeed.REMIND: lambda order, line, calendars: replace(order, reminded=order.reminded + 1),
    OrderDeed.REPLY: _replied,
    OrderDeed.REFUSE: _refused,
    OrderDeed.ARBITRATE: _arbitrated,
    OrderDeed.VERIFY: _verified,
    OrderDeed.REDO: _redone,
    OrderDeed.EXTEND: _extended,
    OrderDeed.WITHDRAW: _withdrawn,
    OrderDeed.NOTE: lambda order, line, calendars: order,
}
