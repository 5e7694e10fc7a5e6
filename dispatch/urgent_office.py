"""Urgent reports at work: drafted by one, passed and issued by others, sent with its receipt; each kept as issued."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from core.errors import IllegalStep, NotAllowed, UnknownName
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.steps import Verb
from dispatch.urgent import Hand, Next, Sent, Stage, UrgentRule, chain_for, next_report, rule_of, signed_by, waits_for
from dispatch.urgent_paper import SECTIONS, Changed, Facts, changed, facts_at
from store import papers as kept
from store.cases import case_of
from store.papers import PaperRow
from store.sql import Transaction

DRAFT, PASS, APPROVE = "papers.draft", "papers.pass", "papers.approve"
LONGEST = 4000  # letters of one section


@dataclass(frozen=True, slots=True)
class Report:
    """One version, and what later records would make of it. late: figures that are different now, G32."""

    row: PaperRow
    late: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """All reports on a case. coming: what comes next, and by when; None: nothing does."""

    told: Told
    rule: UrgentRule | None
    coming: Next | None
    reports: tuple[Report, ...]

    @property
    def at_work(self) -> PaperRow | None:
        """The version that is not sent yet."""
        return next((one.row for one in self.reports if one.row.state != "sent"), None)


class UrgentOffice:
    """Reports of one installation."""

    def __init__(self, warden: Warden, rules: Rules, urgent: Iterable[UrgentRule]) -> None:
        """rules: what is declared about cases; urgent: about reports on them."""
        self._warden, self._rules, self._urgent = warden, rules, tuple(urgent)
        self._book = CaseBook(warden, lambda: rules)

    def of(self, case: str) -> Reports:
        """The reports on a case. Raises UnknownName. Who may see it is asked by whoever shows it."""
        told = self._book.read(case)
        with self._warden.database.reading() as connection:
            rows = kept.papers_of(connection, case)
        return self._reports(told, rows)

    def draft(self, by: Bearer, case: str, said: Mapping[str, str], now: Now) -> PaperRow:
        """Draft the next report with the figures of now, or write the draft anew; nothing issued is touched.

        Raises NotAllowed, IllegalStep, UnknownName.
        """
        with self._acting(by, DRAFT, case, now, "draft") as (connection, told):
            found = self._reports(told, kept.papers_of(connection, case))
            words = {name: said.get(name, "").strip()[:LONGEST] for name in SECTIONS}
            if found.at_work is not None:
                if found.at_work.state != "draft":
                    raise IllegalStep("report-waits")
                draft = replace(found.at_work, returned_for="")
            elif found.coming is None:
                raise IllegalStep("report-over")
            else:
                number = kept.next_number(connection, case)
                draft = PaperRow(case, number, found.coming.stage, "draft", {}, {}, 0, by.name, now.city_ms)
                kept.add_paper(connection, draft)
            facts = self.facts(told, now.city_ms).plain()
            done = replace(
                _handed(draft, by, Hand.DRAFTED, now),
                said=words,
                facts=facts,
                as_of_ms=now.city_ms,
                drafted_by=by.name,
                drafted_ms=now.city_ms,
                chain=chain_for(found.rule, {grant.role for grant in by.grants}),
            )
            kept.change_paper(connection, done)
        return done

    def pass_on(self, by: Bearer, draft: PaperRow, now: Now) -> PaperRow:
        """Check a draft as it stands and hand it to the next one of its chain; the last of it issues it.

        Raises NotAllowed, IllegalStep, UnknownName.
        """
        with self._acting(by, PASS, draft.case, now, "pass") as (connection, _):
            row = _in_hand(connection, by, draft)
            if is_last(row):
                raise IllegalStep("report-last")
            done = _handed(row, by, Hand.PASSED, now)
            kept.change_paper(connection, done)
        return done

    def approve(self, by: Bearer, draft: PaperRow, files: Mapping[str, bytes], now: Now) -> PaperRow:
        """Issue a draft as it stands, at the end of its chain; its files are kept for good.

        files: `docx` and `pdf` of exactly this draft. Raises NotAllowed, IllegalStep, UnknownName.
        """
        with self._acting(by, APPROVE, draft.case, now, "approve") as (connection, _):
            row = _in_hand(connection, by, draft)
            if not is_last(row):
                raise IllegalStep("report-waits-for", role=waits_for(row.chain, row.trail))
            issued = _handed(row, by, Hand.ISSUED, now)
            done = replace(issued, state="approved", approved_by=by.name, approved_ms=now.city_ms, returned_for="")
            kept.change_paper(connection, done, files)
        return done

    def give_back(self, by: Bearer, draft: PaperRow, reason: str, now: Now) -> PaperRow:
        """Give a draft back to its author with a reason. Raises NotAllowed, IllegalStep, UnknownName."""
        with self._acting(by, PASS, draft.case, now, "return") as (connection, _):
            if not (said := reason.strip()[:500]):
                raise IllegalStep("needs", verb=Verb.RETURN, needs="reason")
            row = _in_hand(connection, by, draft)
            done = replace(_handed(row, by, Hand.RETURNED, now, said), returned_for=said)
            kept.change_paper(connection, done)
        return done

    def sent(self, by: Bearer, case: str, number: int, receipt: tuple[str, str], now: Now) -> PaperRow:
        """Record that an approved report went up: (who received it, 回执). The log of the case says so too.

        Raises NotAllowed, IllegalStep, UnknownName.
        """
        receiver, said = (one.strip() for one in receipt)
        with self._acting(by, DRAFT, case, now, "sent") as (connection, _):
            if not receiver:
                raise IllegalStep("needs", verb=Verb.REPORT_UP, needs="receiver")
            row = _one(connection, case, number, "approved")
            fields = {"stage": row.stage, "paper": number, "receiver": receiver, "receipt": said}
            wish = Wish(f"paper-{case}-{number}", Verb.REPORT_UP, case, fields)
            self._book.act_within(connection, by, wish, now)
            done = replace(
                row, state="sent", sent_by=by.name, sent_ms=now.city_ms, receiver=receiver[:120], receipt=said[:500]
            )
            kept.change_paper(connection, done)
        return done

    def file(self, case: str, number: int, form: str) -> bytes | None:
        """A file as it was issued; None: it is a draft. Raises UnknownName."""
        with self._warden.database.reading() as connection:
            return kept.file_of(connection, case, number, form)

    def facts(self, told: Told, as_of_ms: int) -> Facts:
        """What the log says as of a time."""
        kind = self._rules.kinds.get(str(told.case.facts["kind"]))
        return facts_at(told.log, as_of_ms, kind.lead if kind else "", int(kind.grade) if kind else 0)

    def _reports(self, told: Told, rows: Sequence[PaperRow]) -> Reports:
        grade = self.facts(told, told.log[-1].entered_ms).grade
        rule = rule_of(told.case, grade, self._urgent)
        sent = [Sent(Stage(row.stage), row.sent_ms) for row in rows if row.sent_ms is not None]
        reports = (
            Report(row, tuple(changed(row.facts, self.facts(told, row.as_of_ms))) if row.state != "draft" else ())
            for row in rows
        )
        return Reports(told, rule, next_report(told.case, rule, sent), tuple(reports))

    @contextmanager
    def _acting(self, by: Bearer, action: str, case: str, now: Now, deed: str) -> Iterator[tuple[Transaction, Told]]:
        """One act on the reports of a case, by who may do it there. Raises NotAllowed, IllegalStep, UnknownName."""
        with self._warden.acting(by, action, f"case:{case}", now.real_ms, {"report": deed}) as connection:
            row = case_of(connection, case)
            if row.scene != now.scene:
                raise IllegalStep("other-scene", case=case)
            decision = may(by, action, area=self._rules.above(row.area) if row.area else (), topic=row.topic)
            if not decision.allowed:
                raise NotAllowed(decision.code, decision.in_words)
            yield connection, self._book.read(case)


def is_last(row: PaperRow) -> bool:
    """Whether a draft waits for whoever issues it."""
    return waits_for(row.chain, row.trail) == row.chain[-1]


def may_sign(by: Bearer, row: PaperRow) -> bool:
    """Whether a draft waits for somebody like him, who had it not in his hands yet."""
    role = waits_for(row.chain, row.trail) if row.state == "draft" else ""
    return any(grant.role == role for grant in by.grants) and by.name not in {row.drafted_by} | signed_by(row.trail)


def _in_hand(connection: Transaction, by: Bearer, draft: PaperRow) -> PaperRow:
    """A draft that is still as he saw it, and waits for him. Raises UnknownName, IllegalStep."""
    row = _one(connection, draft.case, draft.number, "draft")
    if row != draft:
        raise IllegalStep("report-new")
    if by.name in {row.drafted_by} | signed_by(row.trail):
        raise IllegalStep("own-report")
    if not (role := waits_for(row.chain, row.trail)):
        raise IllegalStep("report-is", paper=row.number)
    if not may_sign(by, row):
        raise IllegalStep("report-waits-for", role=role)
    return row


def _handed(row: PaperRow, by: Bearer, hand: Hand, now: Now, said: str = "") -> PaperRow:
    """A version after somebody had it in his hands; nothing of that is ever lost."""
    role = waits_for(row.chain, row.trail) if hand is not Hand.DRAFTED else ""
    step = {"hand": str(hand), "by": by.name, "role": role, "at_ms": now.city_ms, "said": said}
    return replace(row, trail=[*row.trail, step])


def _one(connection: Transaction, case: str, number: int, state: str) -> PaperRow:
    """A version in the state that an act needs. Raises UnknownName, IllegalStep."""
    row = next((one for one in kept.papers_of(connection, case) if one.number == number), None)
    if row is None:
        raise UnknownName(f"no report {number} on {case!r}")
    if row.state != state:
        raise IllegalStep("report-is", paper=number)
    return row
