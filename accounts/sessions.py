"""Sessions: from a sign-in until its end, and whom a cookie stands for at this moment.

A session that has expired, by age or by idleness, still shows the picture and still rings; it can act no more until
somebody signs in on top of it. One that was ended shows nothing; a seat falls back to its own right to look.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from accounts.bearer import NOBODY, Bearer, held, of_seat, of_token
from accounts.sealing import digest_of, new_opaque
from accounts.warden import Warden
from core.accounts import Person, Session, Token
from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from core.settings import Settings
from store import people as kept
from store import sessions as store
from store.signing_in import passwords, second_factor
from store.sql import Transaction

SEEN_EVERY_MS = 60_000  # how exactly idleness is known: a write a minute, not one a request
TOKEN_USED_EVERY_MS = 600_000  # how exactly the last use of a token is known
PASSWORD = "password"  # the source of sessions that began with a password of ours


@dataclass(frozen=True, slots=True)
class Cookies:
    """What a browser or a machine showed: the secret of a session, of a seat's or wall's or machine's token."""

    session: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long sessions last, and passwords, ms."""

    whole_ms: int
    idle_ms: int
    password_ms: int


def lasting_of(settings: Settings) -> Lasting:
    """How long sessions and passwords of this installation last."""
    whole_ms, idle_ms = settings.session_h * HOUR_MS, settings.session_idle_min * MINUTE_MS
    return Lasting(whole_ms, idle_ms, settings.password_days * DAY_MS)


class Sessions:
    """Begins, recognises and ends sessions."""

    def __init__(self, warden: Warden, lasting: Lasting) -> None:
        self._warden, self._lasting = warden, lasting
        self._lock = threading.Lock()
        self._tokens_used: dict[int, int] = {}  # number of a token → when, ms UTC: looking never waits for writing

    def begin(self, connection: Transaction, session: Session) -> tuple[Session, str]:
        """Write a session of a person who has proved himself; who was signed in at the same seat is signed out.

        Returns the session with its number and end, and the secret for the cookie, which nobody keeps.
        """
        secret = new_opaque()
        begun = replace(
            session,
            digest=digest_of(secret),
            seen_ms=session.began_ms,
            expires_ms=session.began_ms + self._lasting.whole_ms,
        )
        if begun.seat:
            store.end_sessions(connection, "signed in on top", begun.began_ms, seat=begun.seat)
        return replace(begun, id=store.add_session(connection, begun)), secret

    def bearer(self, cookies: Cookies, address: str, now_ms: int) -> Bearer:
        """Whom these cookies stand for now: the session's person, else the token's or seat's bearer, else nobody."""
        with self._warden.database.reading() as connection:
            session = store.session_by_digest(connection, digest_of(cookies.session)) if cookies.session else None
            token = store.token_by_digest(connection, digest_of(cookies.token)) if cookies.token else None
            bearer = self._of_session(connection, session, now_ms) if session else NOBODY
            if not bearer.grants and token is not None:
                bearer = _of_token(connection, token, now_ms)
        if token is not None and bearer.grants and now_ms - (token.used_ms or 0) >= TOKEN_USED_EVERY_MS:
            with self._lock:
                self._tokens_used[token.id] = now_ms
        return replace(bearer, address=address)

    def write_uses(self) -> int:
        """Write which tokens were used since the last call. Returns how many. Raises NeighbourDown; then they wait."""
        with self._lock:
            waiting = dict(self._tokens_used)
        if waiting:
            with self._warden.database.transaction() as connection:
                for token, at_ms in waiting.items():
                    store.token_used(connection, token, at_ms)
            with self._lock:
                newer = {one: at_ms for one, at_ms in self._tokens_used.items() if waiting.get(one) != at_ms}
                self._tokens_used = newer
        return len(waiting)

    def find(self, secret: str) -> tuple[Session, Person] | None:
        """The session of a cookie that nobody ended, and its person."""
        with self._warden.database.reading() as connection:
            session = store.session_by_digest(connection, digest_of(secret))
            if session is None or session.ended_ms is not None:
                return None
            return session, kept.person_of(connection, session.person)

    def used(self, session: Session, now_ms: int) -> None:
        """Somebody acted in this session: it is not idle. Written once a minute."""
        if now_ms - session.seen_ms >= SEEN_EVERY_MS and not self.has_expired(session, now_ms):
            with self._warden.database.transaction() as connection:
                store.seen(connection, session.id, now_ms)

    def has_expired(self, session: Session, now_ms: int) -> bool:
        """Whether it can act no more: too old, or not used for too long."""
        return now_ms >= min(session.expires_ms, session.seen_ms + self._lasting.idle_ms)

    def sign_out(self, by: Bearer, session: Session, now_ms: int) -> None:
        """End one's own session. Everybody may."""
        with self._warden.recording(by, "session.end", f"session:{session.id}", now_ms) as connection:
            store.end_sessions(connection, by.name, now_ms, id=session.id)

    def end_all(self, by: Bearer, person: Person, now_ms: int) -> int:
        """End every session of a person. Returns how many. Raises NotAllowed."""
        with self._warden.acting(by, "sessions.end", person.login, now_ms) as connection:
            return store.end_sessions(connection, by.name, now_ms, person=person.id)

    def open(self, now_ms: int) -> list[Session]:
        """Sessions that can still act, by number."""
        with self._warden.database.reading() as connection:
            found = store.open_sessions(connection, now_ms)
        return [session for session in found if not self.has_expired(session, now_ms)]

    def _of_session(self, connection: Transaction, session: Session, now_ms: int) -> Bearer:
        if session.ended_ms is not None or now_ms >= session.expires_ms + self._lasting.whole_ms:
            return NOBODY  # a picture without anybody behind it lasts as long again, then only a seat or wall shows it
        person = kept.person_of(connection, session.person)
        if not session.strong and _has_factor(connection, person):
            return Bearer(f"person:{person.login}")  # half signed in: the code is still to be shown
        grants = held(person, kept.appointments(connection, person.id), kept.posts(connection), now_ms)
        return Bearer(
            f"person:{person.login}",
            grants,
            strong=session.strong,
            locked=self.has_expired(session, now_ms),
            renewing=session.source == PASSWORD and self._must_renew(connection, person, now_ms),
        )

    def _must_renew(self, connection: Transaction, person: Person, now_ms: int) -> bool:
        present = passwords(connection, person.id, newest=1)
        return not present or present[0].must_change or now_ms >= present[0].set_ms + self._lasting.password_ms


def _has_factor(connection: Transaction, person: Person) -> bool:
    factor = second_factor(connection, person.id)
    return factor is not None and factor.confirmed


def _of_token(connection: Transaction, token: Token, now_ms: int) -> Bearer:
    bearer = of_token(token, now_ms)
    if not token.seat or not bearer.grants:
        return bearer
    seat = kept.seats(connection)[token.seat]
    return of_seat(seat, kept.posts(connection)[seat.post])
