"""How an account stands: what administrators look at before they help somebody who cannot sign in."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.bearer import Bearer
from accounts.passwords import Policy
from accounts.sessions import Sessions
from accounts.warden import Warden
from core.accounts import Person, Session
from store import signing_in as kept


@dataclass(frozen=True, slots=True)
class Standing:
    """One account. Times are ms UTC.

    password_ms: when its password was set, None: it has none. must_change: at the next sign-in.
    locked_until_ms: None when it is not locked. links: (source, name there). sessions: those that can act.
    """

    password_ms: int | None
    must_change: bool
    has_factor: bool
    locked_until_ms: int | None
    links: tuple[tuple[str, str], ...]
    sessions: tuple[Session, ...]


class Standings:
    """Tells how accounts stand."""

    def __init__(self, warden: Warden, policy: Policy, sessions: Sessions) -> None:
        self._warden, self._policy, self._sessions = warden, policy, sessions

    def of(self, by: Bearer, person: Person, now_ms: int) -> Standing:
        """The standing of somebody's account. Raises NotAllowed."""
        self._warden.ask(by, "people.see")
        return self._of(person, now_ms)

    def own(self, person: Person, now_ms: int) -> Standing:
        """The standing of one's own account; everybody may ask."""
        return self._of(person, now_ms)

    def _of(self, person: Person, now_ms: int) -> Standing:
        lock_ms, after = self._policy.lock_ms, self._policy.lock_after
        with self._warden.database.reading() as connection:
            present = kept.passwords(connection, person.id, newest=1)
            factor = kept.second_factor(connection, person.id)
            failures = kept.failures_of_login(connection, person.login, now_ms - lock_ms)
            links = kept.links_of(connection, person.id)
        return Standing(
            password_ms=present[0].set_ms if present else None,
            must_change=bool(present) and present[0].must_change,
            has_factor=factor is not None and factor.confirmed,
            locked_until_ms=failures[-after] + lock_ms if len(failures) >= after else None,
            links=tuple(links),
            sessions=tuple(one for one in self._sessions.open(now_ms) if one.person == person.id),
        )
