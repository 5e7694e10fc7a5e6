"""The first start of an installation with accounts: one administrator, one wall, each secret told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from core.accounts import Role
from core.clock import real_ms
from core.errors import NeighbourDown, StartError
from core.messages import text
from core.settings import Settings

if TYPE_CHECKING:
    from accounts.founding import Founder


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
    from accounts.founding import console  # noqa: PLC0415 - half a second of every start, which only accounts need
    from accounts.office import open_office  # noqa: PLC0415
    from accounts.tokens import Wanted  # noqa: PLC0415

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
