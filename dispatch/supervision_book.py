"""The book of supervision: orders, and what leaders have read; each act one transaction with audit and telling.

What is written on a case stands in the log of the case too, what is written on a warning among its comments, in the
same transaction: there it was written, and there its reply returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from accounts.bearer import Bearer
from accounts.departments import Owed, check_own
from accounts.rights import Decision, may
from accounts.warden import Warden
from core.accounts import Sensitivity
from core.acts import ActTopic
from core.clock import local_day
from core.errors import IllegalStep, NotAllowed, UnknownName
from dispatch.book import Above, Now
from dispatch.clocks import Calendars
from dispatch.further_calls import call_of_order
from dispatch.supervision import OPEN, Light, Order, OrderDeed, OrderKind, OrderLine, issued, order_fold, order_follow
from store import supervision as kept
from store.cases import next_number
from store.outbox import tell
from store.people import called
from store.sql import Transaction

SEE, ANSWER, SUPERVISE, INSTRUCT = "orders.see", "orders.answer", "cases.supervise", "cases.instruct"
RIGHTS: Mapping[OrderDeed, str] = {
    OrderDeed.ISSUE: SUPERVISE,
    OrderDeed.REMIND: SUPERVISE,
    OrderDeed.REPLY: ANSWER,
    OrderDeed.REFUSE: ANSWER,
    OrderDeed.ARBITRATE: SUPERVISE,
    OrderDeed.VERIFY: SUPERVISE,
    OrderDeed.REDO: SUPERVISE,
    OrderDeed.EXTEND: SUPERVISE,
    OrderDeed.WITHDRAW: SUPERVISE,
    OrderDeed.NOTE: SEE,
}


@dataclass(frozen=True, slots=True)
class About:
    """What an order or a look is about, as the house knows it: never as a browser says it.

    key: `warning:<id>`, `case:<number>`, `indicator:<indicator>/<place>`; "" of itself. area: where; topic: its domain.
    sensitivity: how far it may be seen; so far may be what is written on it.
    """

    key: str
    title: str
    area: str = ""
    topic: str = ""
    sensitivity: Sensitivity = Sensitivity.PUBLIC


@dataclass(frozen=True, slots=True)
class OrderWish:
    """What somebody asks for. key: the same for a repeat; order: "" for a new one; revision: on his screen."""

    key: str
    deed: OrderDeed
    order: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order with the log that makes it, and its row."""

    order: Order
    log: tuple[OrderLine, ...]
    row: kept.OrderRow

    @property
    def about(self) -> About:
        """What it was written on."""
        row = self.row
        return About(row.about, row.title, row.area, row.topic, self.order.sensitivity)


@dataclass(frozen=True, slots=True)
class OrderGround:
    """What the city declared: calendars, and which areas an area lies in (of "": the city)."""

    calendars: Calendars
    above: Above


Returns = Callable[[Transaction, Bearer, About, tuple[Order, OrderLine], Now], None]


class SupervisionBook:
    """Orders of one installation."""

    def __init__(self, warden: Warden, ground: Callable[[], OrderGround], returns: Returns) -> None:
        """returns: writes what was said where the order was written, in the transaction that it is given."""
        self._warden, self._ground, self._returns = warden, ground, returns

    def issue(self, by: Bearer, wish: OrderWish, about: About, now: Now) -> OrderTold:
        """A new order. Raises NotAllowed, IllegalStep."""
        if (done := self._done_before(by, wish.key)) is not None:
            return self.read(done)
        kind = OrderKind(wish.fields.get("kind", OrderKind.SUPERVISE))
        right = INSTRUCT if kind is OrderKind.INSTRUCT else SUPERVISE
        detail = {"kind": kind, "about": about.key, "owner": wish.fields.get("owner"), "key": wish.key}
        with self._warden.acting(by, right, about.key or "order:new", now.real_ms, detail) as connection:
            if (row := kept.order_line_with_key(connection, by.name, wish.key)) is not None:
                return self._told(connection, row.order)
            self._ask(by, right, about)
            day = f"D{now.city}-{local_day(now.city_ms)}"
            number = f"{day}-{next_number(connection, day):03}"
            fields = {**wish.fields, "kind": str(kind), "about": about.key or "-"}
            fields |= {"sensitivity": int(about.sensitivity)} if about.sensitivity else {}
            line = OrderLine(1, number, OrderDeed.ISSUE, now.city_ms, by.name, called(connection, by.name), fields)
            order = issued(line, self._ground().calendars)
            return self._written(connection, by, order, (line, wish.key, about), now)

    def act(self, by: Bearer, wish: OrderWish, now: Now) -> OrderTold:
        """One act about an order. Raises NotAllowed, IllegalStep, UnknownName."""
        if (done := self._done_before(by, wish.key)) is not None:
            return self.read(done)
        right, detail = RIGHTS[wish.deed], {"deed": wish.deed, "key": wish.key}
        with self._warden.acting(by, right, f"order:{wish.order}", now.real_ms, detail) as connection:
            if (row := kept.order_line_with_key(connection, by.name, wish.key)) is not None:
                return self._told(connection, row.order)
            told = self._told(connection, wish.order)
            self._ask(by, right, told.about)
            if right == ANSWER:
                check_own(connection, by, right, self._owed(told), now.real_ms)
            self._check(by, told, wish, now)
            number, name = told.order.revision + 1, called(connection, by.name)
            line = OrderLine(number, wish.order, wish.deed, now.city_ms, by.name, name, dict(wish.fields))
            order = order_follow(told.order, line, self._ground().calendars)
            return self._written(connection, by, order, (line, wish.key, told.about), now)

    def answers(self, by: Bearer, told: OrderTold, real_ms: int) -> bool:
        """Whether somebody could answer an order now: a liaison for his own department alone."""
        try:
            with self._warden.database.reading() as connection:
                check_own(connection, by, ANSWER, self._owed(told), real_ms)
        except NotAllowed:
            return False
        return True

    def happen(self, by: str, wish: OrderWish, now: Now) -> OrderTold:
        """Write what time alone did. by: the worker that saw it. Raises as `act` does, but for NotAllowed."""
        machine, detail = Bearer(by), {"deed": wish.deed, "key": wish.key}
        with self._warden.recording(machine, RIGHTS[wish.deed], f"order:{wish.order}", now.real_ms, detail) as tx:
            if (row := kept.order_line_with_key(tx, by, wish.key)) is not None:
                return self._told(tx, row.order)
            told = self._told(tx, wish.order)
            line = OrderLine(told.order.revision + 1, wish.order, wish.deed, now.city_ms, by, by, dict(wish.fields))
            order = order_follow(told.order, line, self._ground().calendars)
            return self._written(tx, machine, order, (line, wish.key, told.about), now)

    def has_read(self, by: Bearer, about: About, now: Now) -> kept.ReadMark:
        """Write that a leader has read something. Raises NotAllowed."""
        with self._warden.acting(by, INSTRUCT, about.key, now.real_ms, {"read": True}) as connection:
            self._ask(by, INSTRUCT, about)
            mark = kept.ReadMark(now.scene, about.key, by.name, called(connection, by.name), now.city_ms)
            kept.put_read(connection, mark)
            tell(connection, ActTopic.READ, {"scene": now.scene, "about": about.key, "at_ms": now.city_ms}, now.real_ms)
        return mark

    def read(self, order: str) -> OrderTold:
        """An order with its whole log. Raises UnknownName. Who may see it is asked by whoever shows it."""
        with self._warden.database.reading() as connection:
            return self._told(connection, order)

    def all(self, scene: str, is_open: bool) -> list[OrderTold]:
        """Orders of a scene: open ones, what is due first first; or those that are over, the newest first."""
        with self._warden.database.reading() as connection:
            return [self._told(connection, row.id) for row in kept.orders_in(connection, scene, is_open)]

    def about(self, scene: str, about: str) -> tuple[list[OrderTold], list[kept.ReadMark]]:
        """What was ordered about one thing, and who has read it."""
        with self._warden.database.reading() as connection:
            found = [self._told(connection, row.id) for row in kept.orders_about(connection, scene, about)]
            return found, kept.reads_of(connection, scene, about)

    def light(self, told: OrderTold, now: Now) -> Light:
        """The light of an order now."""
        return told.order.light(now.city_ms, self._ground().calendars)

    def sees(self, by: Bearer, about: About) -> bool:
        """Whether somebody may see what is ordered about something."""
        return self._may(by, SEE, about).allowed

    def _done_before(self, by: Bearer, key: str) -> str | None:
        with self._warden.database.reading() as connection:
            found = kept.order_line_with_key(connection, by.name, key)
        return found.order if found else None

    def _ask(self, by: Bearer, right: str, about: About) -> None:
        """Raise NotAllowed, or UnknownName where he may not even see it."""
        if not self.sees(by, about):
            raise UnknownName(about.key or about.area)
        decision = self._may(by, right, about)
        if not decision.allowed:
            raise NotAllowed(decision.code, decision.in_words)

    def _owed(self, told: OrderTold) -> Owed:
        about = told.about
        return Owed((told.order.owner,), self._ground().above(about.area), about.topic, about.sensitivity)

    def _may(self, by: Bearer, right: str, about: About) -> Decision:
        area = self._ground().above(about.area)
        return may(by, right, area=area, topic=about.topic, sensitivity=about.sensitivity)

    @staticmethod
    def _check(by: Bearer, told: OrderTold, wish: OrderWish, now: Now) -> None:
        """Of this scene, as it was on his screen, and nobody verifies what he answered himself."""
        if told.row.scene != now.scene:
            raise IllegalStep("other-scene", case=wish.order)
        if wish.revision is not None and wish.revision != told.order.revision:
            raise IllegalStep("response-changed", revision=told.order.revision)
        if wish.deed is OrderDeed.VERIFY and told.order.replies and told.order.replies[-1].by == by.name:
            raise IllegalStep("own-reply")

    def _written(
        self, connection: Transaction, by: Bearer, order: Order, said: tuple[OrderLine, str, About], now: Now
    ) -> OrderTold:
        """The row, the line, the word to the city, and the sentence where it was written."""
        line, key, about = said
        row = kept.OrderRow(
            id=order.id,
            scene=now.scene,
            stamp=now.stamp,
            kind=str(order.kind),
            state=str(order.state),
            is_open=order.state in OPEN,
            about=about.key,
            title=about.title,
            area=about.area,
            topic=about.topic,
            owner=order.owner,
            issued_ms=order.issued_ms,
            due_ms=order.clock.due_ms(self._ground().calendars),
            revision=order.revision,
        )
        (kept.add_order if line.number == 1 else kept.change_order)(connection, row)
        stored = kept.OrderLineRow(
            order.id, line.number, str(line.deed), line.at_ms, line.by, line.name, dict(line.fields), key
        )
        kept.add_order_line(connection, stored)
        if line.deed in (OrderDeed.ISSUE, OrderDeed.REPLY, OrderDeed.VERIFY):
            self._returns(connection, by, about, (order, line), now)
        tell(connection, ActTopic.ORDER, self.told_to_city(row, order), now.real_ms)
        if call := call_of_order(order, line, (now.scene, now.stamp, row.area, row.topic), row.due_ms):
            tell(connection, ActTopic.CALL, msgspec.to_builtins(call), now.real_ms)
        return self._told(connection, order.id)

    def told_to_city(self, row: kept.OrderRow, order: Order) -> dict[str, Any]:
        """What everybody may know of an order: whose, about what, how it stands; not a word of what was written."""
        told = {name: getattr(row, name) for name in ("id", "scene", "kind", "state", "is_open", "about", "area")}
        warns_ms = order.clock.warns_ms(self._ground().calendars)
        return told | {
            "topic": row.topic,
            "owner": row.owner,
            "due_ms": row.due_ms,
            "warns_ms": warns_ms,
            "sensitivity": int(order.sensitivity),
        }

    def _told(self, connection: Transaction, order: str) -> OrderTold:
        row = kept.order_of(connection, order)
        log = tuple(
            OrderLine(one.number, one.order, OrderDeed(one.deed), one.at_ms, one.by, one.name, one.fields)
            for one in kept.order_lines_of(connection, order)
        )
        return OrderTold(order_fold(log, self._ground().calendars), log, row)
