"""Complaints about rules 意见: who says what of which rule, where and when; answered by whoever drafts rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from core.acts import ActTopic
from core.errors import NotAllowed
from core.labels import Label
from core.records import DAY_MS
from core.rule_versions import Complaint
from early_warning.rule_office import objection
from store.labels import add_label, labels_between
from store.outbox import tell
from store.rules import add_complaint, answer_complaint, complaints_about
from store.sql import Transaction

ANSWERED_WITHIN_MS = 7 * DAY_MS


class Complaints:
    """What is said about the rules of one city, and labels that come as a table."""

    def __init__(self, warden: Warden, city: str) -> None:
        self._warden, self._city = warden, city

    def complain(self, by: Bearer, said: Complaint, area: Sequence[str], topic: str) -> int:
        """Say what one has against a rule. area: the place and those it lies in. Raises NotAllowed, Objection."""
        _ask(by, "rules.complain", area, topic)
        if not said.said.strip():
            raise objection("reason")
        kept = replace(said, city=self._city, said_by=by.name, due_ms=said.at_ms + ANSWERED_WITHIN_MS)
        detail = {"place": said.place, "said": said.said[:200]}
        with self._warden.acting(by, "rules.complain", f"rule:{said.rule}", said.at_ms, detail) as tx:
            number = add_complaint(tx, kept)
            body = {"city": self._city, "rule": said.rule, "state": "complaint", "number": number}
            tell(tx, ActTopic.RULE, body, said.at_ms)
            return number

    def answer(self, by: Bearer, number: int, answer: str, topic: str, now_ms: int) -> Complaint:
        """Answer one; the sheet of before and after is what is sent. Raises NotAllowed, Objection."""
        _ask(by, "rules.edit", (self._city,), topic)
        if not answer.strip():
            raise objection("reason")
        with self._warden.acting(by, "rules.edit", f"complaint:{number}", now_ms, {"answer": answer[:200]}) as tx:
            found = self._complaint(tx, number)
            answer_complaint(tx, number, answer, by.name, now_ms)
        return replace(found, answer=answer, answered_by=by.name, answered_ms=now_ms)

    def add_incidents(self, by: Bearer, labels: Sequence[Label], now_ms: int) -> int:
        """Keep past incidents; those that stand there already are left out. How many are new. Raises NotAllowed."""
        with self._warden.acting(by, "rules.edit", "labels", now_ms, {"rows": len(labels)}) as tx:
            known = {_same(one) for one in labels_between(tx, self._city, "", 0, now_ms)}
            new = [label for label in labels if _same(label) not in known]
            for label in new:
                add_label(tx, label)
            return len(new)

    def _complaint(self, tx: Transaction, number: int) -> Complaint:
        found = next((one for one in complaints_about(tx, self._city) if one.number == number), None)
        if found is None:
            raise objection("unknown", rule=str(number))
        return found


def _same(label: Label) -> tuple[str, int, int, str]:
    """What makes two rows of tables the same incident."""
    return label.place, label.began_ms, label.ended_ms, label.kind


def _ask(by: Bearer, action: str, area: Sequence[str], topic: str) -> None:
    decision = may(by, action, area=area, topic=topic)
    if not decision.allowed:
        raise NotAllowed(decision.code, decision.in_words)
