"""Signing in, whatever the source: attempts are counted before they are judged, then a claim becomes a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.passwords import Policy
from accounts.sessions import Sessions
from accounts.sources.contract import AsksPassword, Claim, Refused
from accounts.warden import Warden
from core.accounts import Act, Person, Session
from core.wording import clock_time
from store import signing_in as kept
from store.people import find_person
from store.sql import Transaction

LOGIN_LETTERS = 64
ADDRESS_FAILURES = 30  # from one address within the time of a lock; an office behind one address has honest ones too


@dataclass(frozen=True, slots=True)
class Where:
    """Where somebody signs in: from which address, at which seat (empty: none)."""

    address: str
    seat: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that succeeded. `secret` goes into the cookie and nowhere else.

    needs_code: he has a second factor and can do nothing before it is shown.
    """

    session: Session
    secret: str
    person: Person
    needs_code: bool


class SignIn:
    """Turns proofs into sessions."""

    def __init__(self, warden: Warden, sessions: Sessions, policy: Policy, asked: Sequence[AsksPassword]) -> None:
        """asked: the sources that take login and password, in the order in which they are asked."""
        self._warden, self._sessions, self._policy = warden, sessions, policy
        self._asked = asked

    def with_password(self, login: str, password: str, where: Where, now_ms: int) -> SignedIn | Refused:
        """Sign in with login and password. Raises NeighbourDown.

        The attempt is written as failed first, so that a thousand at once are no more than the limit one by one.
        Attempts beyond the limit are not judged and not written: a flood fills neither the tables nor the audit.
        """
        login = login[:LOGIN_LETTERS]
        attempt = self._begin_attempt(login, where, now_ms)
        if isinstance(attempt, Refused):
            return attempt
        refused = Refused("not-used")
        for source in self._asked:
            answer = source.prove(login, password)
            if isinstance(answer, Claim):
                return self._admit(answer, where, now_ms, attempt)
            refused = answer
        return self._refuse(refused, login, where, now_ms)

    def with_claim(self, claim: Claim | Refused, where: Where, now_ms: int) -> SignedIn | Refused:
        """Sign in with what another system, or a proxy, proved. Raises NeighbourDown."""
        if isinstance(claim, Refused):
            return self._refuse(claim, "", where, now_ms)
        return self._admit(claim, where, now_ms)

    def _begin_attempt(self, login: str, where: Where, now_ms: int) -> int | Refused:
        since_ms = now_ms - self._policy.lock_ms
        with self._warden.database.transaction() as connection:
            failures = kept.failures_of_login(connection, login, since_ms)
            if len(failures) >= self._policy.lock_after:
                until_ms = failures[-self._policy.lock_after] + self._policy.lock_ms
                return Refused("locked", {"until": clock_time(until_ms)})
            if kept.failures_from_address(connection, where.address, since_ms) >= ADDRESS_FAILURES:
                return Refused("too-fast")
            return kept.begin_attempt(connection, login, where.address, now_ms)

    def _admit(self, claim: Claim, where: Where, now_ms: int, attempt: int | None = None) -> SignedIn | Refused:
        with self._warden.database.transaction() as connection:
            person = _person_of(connection, claim)
            if person is not None and not person.disabled:
                return self._begin(connection, person, claim, where, now_ms, attempt)
        code = "disabled" if person else "unknown-person"
        return self._refuse(Refused(code, {"subject": claim.subject}), claim.subject, where, now_ms)

    def _begin(
        self, connection: Transaction, person: Person, claim: Claim, where: Where, now_ms: int, attempt: int | None
    ) -> SignedIn:
        if attempt is not None:
            kept.attempt_succeeded(connection, attempt)
        factor = kept.second_factor(connection, person.id)
        session, secret = self._sessions.begin(
            connection,
            Session(
                id=0,
                person=person.id,
                digest="",
                source=claim.source,
                address=where.address,
                began_ms=now_ms,
                seen_ms=now_ms,
                expires_ms=now_ms,
                strong=claim.strong,
                seat=where.seat,
            ),
        )
        detail = {"source": claim.source, "session": session.id, "seat": where.seat}
        who = f"person:{person.login}"
        self._warden.journal.write(connection, Act(who, "sign-in", who, now_ms, where.address, detail=detail))
        needs_code = factor is not None and factor.confirmed and not claim.strong
        return SignedIn(session, secret, person, needs_code)

    def _refuse(self, refused: Refused, login: str, where: Where, now_ms: int) -> Refused:
        """Audit it. What the screen says does not tell a wrong login from a wrong password."""
        detail = {"reason": refused.code, "detail": refused.detail, "seat": where.seat}
        self._warden.journal.write_alone(
            Act("nobody", "sign-in", f"person:{login}", now_ms, where.address, outcome="refused", detail=detail)
        )
        return refused


def _person_of(connection: Transaction, claim: Claim) -> Person | None:
    """Whom a claim is about: by link, else by login where the source vouches for it."""
    linked = kept.linked(connection, claim.source, claim.subject)
    return linked or (find_person(connection, claim.login) if claim.login else None)
