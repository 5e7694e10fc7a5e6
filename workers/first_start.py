"""The first start of an installation with accounts: one administrator, one wall, each secret told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from accounts.founding import Founder, console
from accounts.office import open_office
from accounts.tokens import Wanted
from core.accounts import Role
from core.clock import real_ms
from core.errors import NeighbourDown, StartError
from core.messages import text
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the person at the console is told, this once. wall: the query of the wall's own link."""

    founder: Founder
    wall: str = field(repr=False)


def first_start(settings: Settings) -> FirstStart | None:
    """Make the first administrator and the first wall. None: without accounts, and on every later start.

    Raises StartError: the database does not answer, or is a newer version's.
    """
    if not settings.accounts:
        return None
    try:
        office = open_office(settings)
        try:
            founder = office.found(real_ms())
            if founder is None:
                return None
            name = text("start.first-wall", settings.language)
            secret = office.tokens.make(console(), Wanted(name, Role.WALL), real_ms())
            office.journal.anchor(real_ms())
            return FirstStart(founder, urlencode({"token": secret}))
        finally:
            office.database.close()
    except NeighbourDown as down:
        raise StartError("database-silent", reason=str(down)) from down
