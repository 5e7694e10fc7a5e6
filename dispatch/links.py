"""One-time links: a task for somebody without an account. A link opens one assignment and dies with it.

Its address holds a secret of 256 bits, of which only a digest is kept; whoever holds it may take the steps of that one
task, and each is written down as done by the link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from accounts.bearer import Bearer, Grant
from accounts.rights import may
from accounts.sealing import digest_of, new_opaque
from accounts.warden import Warden
from core.accounts import EVERYWHERE, Reach, Role
from core.clock import in_china
from core.errors import IllegalStep, NotAllowed
from core.messages import text
from core.records import HOUR_MS
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.case import Assignment
from dispatch.states import OPEN, OVER, AssignmentState
from dispatch.steps import Verb
from store import links as kept
from store.cases import entry_with_key
from store.links import LinkRow

RIGHT = "cases.dispatch"
LASTS_H, AT_MOST_H = 24, 168
OPENED = ("cases.see", "cases.accept", "cases.report", "cases.note")  # all that a link may ever do


@dataclass(frozen=True, slots=True)
class WantedLink:
    """What a link is to open, for whom, for how long. key: of its line in the log, written once."""

    key: str
    case: str
    assignment: str
    name: str
    lasts_h: int = LASTS_H


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands behind a link that still holds."""

    link: LinkRow
    told: Told
    assignment: Assignment
    bearer: Bearer


@dataclass(frozen=True, slots=True)
class Ended:
    """The task of a link that would hold still: how it ended, at which city time, ms UTC."""

    link: LinkRow
    state: AssignmentState
    at_ms: int


class LinkBook:
    """Links of one installation."""

    def __init__(self, warden: Warden, book: CaseBook, rules: Callable[[], Rules], language: str) -> None:
        """rules: what is declared now, as the book has it."""
        self._warden, self._book, self._rules, self._language = warden, book, rules, language

    def make(self, by: Bearer, wanted: WantedLink, now: Now) -> tuple[LinkRow, str]:
        """A new link, and its secret: this once, then nobody knows it.

        Raises:
            NotAllowed: He may not dispatch there.
            IllegalStep: There is no such task, or it is over.
            UnknownName: There is no such case.
        """
        secret, expires_ms = new_opaque(), now.real_ms + min(max(wanted.lasts_h, 1), AT_MOST_H) * HOUR_MS
        until = in_china(expires_ms).strftime("%m-%d %H:%M")
        said = text("case.link-made", self._language, name=wanted.name, until=until)
        fields = {"text": said, "link": wanted.name}
        wish = Wish(wanted.key, Verb.NOTE, wanted.case, fields, assignment=wanted.assignment)
        detail = {"link": wanted.name, "assignment": wanted.assignment, "expires_ms": expires_ms}
        with self._warden.acting(by, RIGHT, f"case:{wanted.case}", now.real_ms, detail) as connection:
            told = self._book.act_within(connection, by, wish, now)
            self._ask(by, told)
            if told.case.id != wanted.case or _task(told, wanted.assignment) is None:
                raise IllegalStep("link-no-task", assignment=wanted.assignment)
            link = LinkRow(
                0,
                digest_of(secret),
                wanted.case,
                wanted.assignment,
                wanted.name,
                by.name,
                now.real_ms,
                expires_ms,
            )
            link = replace(link, number=kept.add_link(connection, link))
        return link, secret

    def revoke(self, by: Bearer, number: int, now_ms: int) -> LinkRow:
        """From now on it opens nothing. Raises NotAllowed, UnknownName."""
        with self._warden.database.reading() as connection:
            link = kept.link_of(connection, number)
        told = self._book.read(link.case)
        with self._warden.acting(
            by, RIGHT, f"case:{link.case}", now_ms, {"link": number, "revoked": True}
        ) as connection:
            self._ask(by, told)
            if link.revoked_ms is None:
                kept.revoke_link(connection, number, now_ms)
        return replace(link, revoked_ms=link.revoked_ms or now_ms)

    def of(self, case: str) -> list[LinkRow]:
        """Every link of a case. Who may see them is asked by whoever shows them."""
        with self._warden.database.reading() as connection:
            return kept.links_of(connection, case)

    def open(self, secret: str, now_ms: int) -> Opened | None:
        """What a link opens now, real time; None: it never was one, expired, was taken back, or its task is over."""
        if (link := self._holding(secret, now_ms)) is None:
            return None
        told = self._book.read(link.case)
        assignment = _task(told, link.assignment)
        return Opened(link, told, assignment, self._bearer(link, told)) if assignment else None

    def ended(self, secret: str, now_ms: int) -> Ended | None:
        """How the task of a link ended, real time; None: it has not, or the link expired or was taken back."""
        if (link := self._holding(secret, now_ms)) is None:
            return None
        found = self._book.read(link.case).case.assignments.get(link.assignment)
        return Ended(link, found.state, found.since_ms) if found and found.state in OVER else None

    def has_done(self, link: LinkRow, key: str) -> bool:
        """Whether an act of this link is written down already: its answer was lost, and it is sent again."""
        with self._warden.database.reading() as connection:
            return entry_with_key(connection, _name_of(link), key) is not None

    def _holding(self, secret: str, now_ms: int) -> LinkRow | None:
        with self._warden.database.reading() as connection:
            link = kept.link_with(connection, digest_of(secret))
        return None if link is None or link.revoked_ms is not None or link.expires_ms <= now_ms else link

    def _bearer(self, link: LinkRow, told: Told) -> Bearer:
        facts, rules = told.case.facts, self._rules()
        kind = rules.kinds.get(str(facts.get("kind", "")))
        area, topic = str(facts.get("area", "")) or EVERYWHERE, (kind.domain if kind else "") or EVERYWHERE
        grant = Grant(Role.FIELD, Reach((area,), (topic,)), link.name, OPENED)
        return Bearer(_name_of(link), (grant,))

    def _ask(self, by: Bearer, told: Told) -> None:
        """Whether somebody may dispatch this case. Raises NotAllowed."""
        facts, rules = told.case.facts, self._rules()
        kind, area = rules.kinds[str(facts["kind"])], str(facts.get("area", ""))
        decision = may(by, RIGHT, area=rules.above(area) if area else (), topic=kind.domain)
        if not decision.allowed:
            raise NotAllowed(decision.code, decision.in_words)


def _name_of(link: LinkRow) -> str:
    """What the log calls whoever holds a link."""
    return f"link:{link.number}"


def _task(told: Told, assignment: str) -> Assignment | None:
    """The assignment when it is still to be worked on."""
    found = told.case.assignments.get(assignment)
    is_over = found is None or found.state in OVER or told.case.state not in OPEN
    return None if is_over else found


def is_alive(link: LinkRow, told: Told, now_ms: int) -> bool:
    """Whether a link still opens something, real time, ms."""
    return link.revoked_ms is None and link.expires_ms > now_ms and _task(told, link.assignment) is not None
