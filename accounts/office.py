"""All of the accounts of one installation, put together: what `api/`, `callbacks/` and `app.py` are handed."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher

from accounts import founding
from accounts.credentials import Credentials
from accounts.founding import Founder
from accounts.inspection import Inspection
from accounts.journal import Journal
from accounts.looks import Looks
from accounts.passwords import Passwords, policy_of
from accounts.roster import Roster
from accounts.sealing import seal_of
from accounts.sessions import Sessions, lasting_of
from accounts.sign_in import SignIn
from accounts.sources.choose import Sources, sources_of
from accounts.standing import Standings
from accounts.tokens import Tokens
from accounts.warden import Warden
from core.settings import Settings
from store.migrate import migrate
from store.sql import Database, open_database


@dataclass(frozen=True)
class Office:
    """The services. They share one database and one journal."""

    database: Database
    journal: Journal
    inspection: Inspection
    looks: Looks
    roster: Roster
    credentials: Credentials
    sessions: Sessions
    standings: Standings
    tokens: Tokens
    sources: Sources
    sign_in: SignIn
    passwords: Passwords

    def found(self, now_ms: int) -> Founder | None:
        """Make the first administrator, on the first start only; he is told once."""
        return founding.found(self.database, self.journal, self.passwords, now_ms)


def open_office(settings: Settings, hasher: PasswordHasher | None = None) -> Office:
    """Open, and if need be migrate, the accounts of an installation. hasher: a cheap one for tests.

    Raises NeighbourDown, StartError.
    """
    database = open_database(settings.database_url, settings.var)
    migrate(database)
    journal = Journal(database, settings.audit_digest, settings.var)
    warden = Warden(database, journal)
    policy = policy_of(settings)
    passwords = Passwords(policy, hasher)
    sources = sources_of(settings, database, passwords)
    sessions = Sessions(warden, lasting_of(settings))
    return Office(
        database=database,
        journal=journal,
        inspection=Inspection(warden, journal),
        looks=Looks(journal),
        roster=Roster(warden),
        credentials=Credentials(warden, passwords, seal_of(settings.key, settings.var)),
        sessions=sessions,
        standings=Standings(warden, policy, sessions),
        tokens=Tokens(warden),
        sources=sources,
        sign_in=SignIn(warden, sessions, policy, sources.asked),
        passwords=passwords,
    )
