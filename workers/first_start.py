"""The first start of an installation with accounts: one administrator, one wall, each secret told once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
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


def begin_accounts(settings: Settings) -> Callable[[], FirstStart | None]:
    """Do it in a process beside this one, while servers start: its memory is given back, and nobody waits for it twice.

    What is returned waits for the answer, and raises what `first_start` does.
    """
    if not settings.accounts:
        return lambda: None
    context = get_context("fork")  # nothing is imported anew; this process has no threads yet
    answer, answering = context.Pipe(duplex=False)
    beside = context.Process(target=_answer, args=(answering, settings))
    beside.start()
    answering.close()

    def told() -> FirstStart | None:
        try:
            found: FirstStart | StartError | None = answer.recv()
        except EOFError:
            raise StartError("accounts-failed") from None
        finally:
            beside.join()
        if isinstance(found, StartError):
            raise found
        return found

    return told


def _answer(answering: Connection, settings: Settings) -> None:
    try:
        answering.send(first_start(settings))
    except StartError as problem:
        answering.send(problem)


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
