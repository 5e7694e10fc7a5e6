"""What is said of an order returns to where it was written: the log of a case, the comments of a warning."""

from __future__ import annotations

from dataclasses import asdict

from accounts.bearer import Bearer
from core.acts import ActTopic
from core.duty import Deed, DutyAct
from core.messages import text
from core.records import Level
from dispatch.book import CaseBook, Now, Wish
from dispatch.steps import Verb
from dispatch.supervision import Order, OrderLine
from dispatch.supervision_book import About
from store.duty import add_act
from store.outbox import tell
from store.people import called
from store.sql import Transaction

CASE, WARNING = "case:", "warning:"


class Returning:
    """Writes one line there, in the transaction of the order; of an indicator its own page reads the orders."""

    def __init__(self, cases: CaseBook, language: str) -> None:
        self._cases, self._language = cases, language

    def __call__(
        self, connection: Transaction, by: Bearer, about: About, said: tuple[Order, OrderLine], now: Now
    ) -> None:
        """said: the order, and the line of its log that is written down there as well."""
        sentence, key = self._sentence(*said), f"{said[0].id}/{said[1].number}"
        if about.key.startswith(CASE):
            wish = Wish(key, Verb.NOTE, about.key.removeprefix(CASE), {"text": sentence, "order": said[0].id})
            self._cases.act_within(connection, by, wish, now)
        elif about.key.startswith(WARNING):
            subject = about.key.removeprefix(WARNING)
            post = by.grants[0].post if by.grants else ""
            act = DutyAct(
                key=key,
                scene=now.scene,
                kind=Deed.COMMENT,
                subject=subject,
                covers={subject: Level.NORMAL},
                by=by.name,
                name=called(connection, by.name),
                post=post,
                at_ms=now.city_ms,
                text=sentence,
            )
            tell(connection, ActTopic.DUTY, asdict(add_act(connection, act)), now.real_ms)

    def _sentence(self, order: Order, line: OrderLine) -> str:
        code = f"order.returned-{order.kind if line.number == 1 else line.deed}"
        return text(code, self._language, order=order.id, text=str(line.fields.get("text", "")), owner=order.owner)
