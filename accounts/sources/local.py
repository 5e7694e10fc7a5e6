"""Our own passwords as a source."""

from __future__ import annotations

from accounts.passwords import Passwords
from accounts.sources.contract import Claim, Refused
from store.people import find_person
from store.signing_in import passwords
from store.sql import Database


class Local:
    """Passwords kept by us."""

    name = "password"

    def __init__(self, database: Database, hashes: Passwords) -> None:
        self._database, self._hashes = database, hashes

    def prove(self, login: str, password: str) -> Claim | Refused:
        """Whether it is the present password; takes as long for a login that nobody has."""
        with self._database.reading() as connection:
            person = find_person(connection, login)
            present = passwords(connection, person.id, newest=1) if person else []
        if self._hashes.fits(present[0].hash if present else None, password):
            return Claim(self.name, login, login)
        return Refused("wrong")
