"""Passwords and second factors of people: changed by themselves, reset by two different administrators."""

from __future__ import annotations

from accounts import totp
from accounts.bearer import Bearer
from accounts.passwords import LONGEST, Passwords, random_password
from accounts.sealing import Seal
from accounts.sources.contract import Refused
from accounts.warden import Warden
from core.accounts import Act, Person, Session
from core.errors import NotAllowed, UnknownName
from store import sessions as sessions_kept
from store import signing_in as kept
from store.people import find_person
from store.signing_in import SecondFactor
from store.sql import Transaction

ISSUER = "城市体征 CityVitals"
FAILURES = 5  # wrong codes, or wrong old passwords, of one person within the time of a lock


class Credentials:
    """What proves that somebody is who he says."""

    def __init__(self, warden: Warden, passwords: Passwords, seal: Seal) -> None:
        self._warden, self._passwords, self._seal = warden, passwords, seal

    def change_password(self, person: Person, old: str, new: str, keeping: Session, now_ms: int) -> Refused | None:
        """One's own, knowing the old one. Every other session of the person ends. None: done."""
        counted_as = f"{person.login} (password)"
        with self._warden.database.transaction() as connection:
            attempt = self._counted(connection, counted_as, keeping.address, now_ms)
            before = [one.hash for one in kept.passwords(connection, person.id, self._passwords.policy.history)]
        if isinstance(attempt, Refused):
            return attempt
        if not self._passwords.fits(before[0] if before else None, old):
            return Refused("wrong")
        fault = self._passwords.fault(new, person.login, before)
        if fault is not None:
            policy = self._passwords.policy
            return Refused(fault, {"shortest": policy.shortest, "longest": LONGEST, "history": policy.history})
        hashed, me = self._passwords.hashed(new), _bearer(person, keeping)
        with self._warden.recording(me, "password.change", me.name, now_ms) as connection:
            kept.attempt_succeeded(connection, attempt)
            kept.add_password(connection, person.id, hashed, now_ms, must_change=False)
            sessions_kept.end_other_sessions(connection, me.name, now_ms, person.id, keeping.id)
        return None

    def reset_password(self, by: Bearer, login: str, now_ms: int) -> str:
        """A random password that must be changed at once; the person is signed out. Returns it, this once.

        Raises NotAllowed, UnknownName.
        """
        password = random_password()
        hashed = self._passwords.hashed(password)
        with self._warden.acting(by, "passwords.reset", f"person:{login}", now_ms) as connection:
            person = _known(connection, login)
            kept.add_password(connection, person.id, hashed, now_ms, must_change=True)
            kept.forget_attempts(connection, login)
            sessions_kept.end_sessions(connection, by.name, now_ms, person=person.id)
        return password

    def unlock(self, by: Bearer, login: str, now_ms: int) -> None:
        """Let a locked login be tried again. Raises NotAllowed."""
        with self._warden.acting(by, "sessions.end", f"person:{login}", now_ms, {"unlocked": True}) as connection:
            kept.forget_attempts(connection, login)

    def link(self, by: Bearer, login: str, source: str, subject: str, now_ms: int) -> None:
        """Say under which name another system knows a person. Raises NotAllowed, UnknownName, Taken."""
        what = {"source": source, "subject": subject}
        with self._warden.acting(by, "people.edit", f"person:{login}", now_ms, what) as connection:
            kept.link(connection, _known(connection, login).id, source, subject)

    def begin_factor(self, person: Person, session: Session, now_ms: int) -> str:
        """A new second factor, not in force before `confirm_factor`. Returns the address for the authenticator.

        Raises NotAllowed: he has one; the security administrator resets it.
        """
        secret, me = totp.new_secret(), _bearer(person, session)
        with self._warden.recording(me, "factor.begin", me.name, now_ms) as connection:
            present = kept.second_factor(connection, person.id)
            if present is not None and present.confirmed:
                raise NotAllowed("second-factor", lambda language: Refused("has-factor").in_words(language))
            kept.put_second_factor(connection, person.id, SecondFactor(self._seal.close(secret), False, 0))
        return totp.address_of(secret, person.login, ISSUER)

    def show_code(self, person: Person, session: Session, code: str, now_ms: int) -> Refused | None:
        """A code of the authenticator: confirms a new second factor, and makes this session strong. None: done.

        Wrong codes are counted, as wrong passwords are; a right one counts once.
        """
        me = _bearer(person, session)
        with self._warden.database.transaction() as connection:
            attempt = self._counted(connection, f"{person.login} (code)", session.address, now_ms)
            if isinstance(attempt, Refused):
                return attempt
            refused = self._judge_code(connection, person, code, now_ms)
            if refused is None:
                kept.attempt_succeeded(connection, attempt)
                sessions_kept.strengthen(connection, session.id)
            outcome = "refused" if refused else "done"
            act = Act(me.name, "factor.show", me.name, now_ms, session.address, outcome)
            self._warden.journal.write(connection, act)
        return refused

    def has_factor(self, person: Person) -> bool:
        """Whether a person has a second factor in force."""
        with self._warden.database.reading() as connection:
            factor = kept.second_factor(connection, person.id)
        return factor is not None and factor.confirmed

    def pending_factor(self, person: Person) -> str:
        """The address of a second factor that waits for its first code, for his own eyes; empty: none waits."""
        with self._warden.database.reading() as connection:
            factor = kept.second_factor(connection, person.id)
        if factor is None or factor.confirmed:
            return ""
        return totp.address_of(self._seal.open(factor.sealed), person.login, ISSUER)

    def drop_factor(self, person: Person, session: Session, code: str, now_ms: int) -> Refused | None:
        """Give up one's own second factor, showing it once more. None: done; no session of his is strong any more."""
        refused = self.show_code(person, session, code, now_ms)
        if refused is None:
            me = _bearer(person, session)
            with self._warden.recording(me, "factor.drop", me.name, now_ms) as connection:
                kept.drop_second_factor(connection, person.id)
                sessions_kept.weaken(connection, person.id)
        return refused

    def _counted(self, connection: Transaction, counted_as: str, address: str, now_ms: int) -> int | Refused:
        """Count an attempt as failed before it is judged; refuse it when there were too many."""
        since_ms = now_ms - self._passwords.policy.lock_ms
        if len(kept.failures_of_login(connection, counted_as, since_ms)) >= FAILURES:
            return Refused("too-fast")
        return kept.begin_attempt(connection, counted_as, address, now_ms)

    def _judge_code(self, connection: Transaction, person: Person, code: str, now_ms: int) -> Refused | None:
        factor = kept.second_factor(connection, person.id)
        if factor is None:
            return Refused("no-factor")
        step = totp.matching_step(self._seal.open(factor.sealed), code, now_ms, factor.last_step)
        if step is None:
            return Refused("code-wrong")
        kept.put_second_factor(connection, person.id, SecondFactor(factor.sealed, True, step))
        return None

    def reset_factor(self, by: Bearer, login: str, now_ms: int) -> None:
        """Forget the second factor of somebody who lost his telephone. Raises NotAllowed, UnknownName."""
        with self._warden.acting(by, "factors.reset", f"person:{login}", now_ms) as connection:
            person = _known(connection, login)
            kept.drop_second_factor(connection, person.id)
            sessions_kept.end_sessions(connection, by.name, now_ms, person=person.id)


def _bearer(person: Person, session: Session) -> Bearer:
    return Bearer(f"person:{person.login}", address=session.address)


def _known(connection: Transaction, login: str) -> Person:
    person = find_person(connection, login)
    if person is None:
        raise UnknownName(f"nobody signs in as {login!r}")
    return person
