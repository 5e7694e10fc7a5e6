"""The one way in which services act: the right is asked, the act and its audit row are one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from accounts.bearer import Bearer
from accounts.journal import Journal
from accounts.rights import may_somewhere
from core.accounts import Act
from core.errors import CityVitalsError, NeighbourDown, NotAllowed
from store.sql import Database, Transaction


class Warden:
    """Asks for rights and sees to the audit."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self.database, self.journal = database, journal

    @contextmanager
    def acting(
        self, by: Bearer, action: str, subject: str, now_ms: int, detail: Mapping[str, object] | None = None
    ) -> Iterator[Transaction]:
        """A transaction for one act that needs a right. Raises NotAllowed; refusals are audited too."""
        with self.recording(by, action, subject, now_ms, detail, self.ask) as connection:
            yield connection

    @contextmanager
    def recording(
        self,
        by: Bearer,
        action: str,
        subject: str,
        now_ms: int,
        detail: Mapping[str, object] | None = None,
        ask: Callable[[Bearer, str], None] = lambda by, action: None,
    ) -> Iterator[Transaction]:
        """A transaction for one act that everybody may do to what is his own.

        The act stands in the audit exactly if the transaction commits; an error raised inside, as a refusal.
        """
        act = Act(by.name, action, subject, now_ms, by.address, detail=dict(detail or {}))
        try:
            ask(by, action)
            with self.database.transaction() as connection:
                yield connection
                self.journal.write(connection, act)
        except NeighbourDown:
            raise
        except CityVitalsError as refused:
            self.journal.write_alone(
                replace(act, outcome="refused", detail=dict(act.detail) | {"reason": str(refused)})
            )
            raise

    @contextmanager
    def rehearsing(self) -> Iterator[Warden]:
        """A warden under whom all is done and refused as under this one, and afterwards nothing was, nor is audited."""
        with self.database.rehearsal() as database:
            yield Warden(database, _Unwritten())

    @staticmethod
    def ask(by: Bearer, action: str) -> None:
        """Whether somebody may do something anywhere. Raises NotAllowed; the door that he came by audits it."""
        decision = may_somewhere(by, action)
        if not decision.allowed:
            raise NotAllowed(decision.code, decision.in_words)


class _Unwritten(Journal):
    """The audit of what is only rehearsed: nothing of it stands anywhere."""

    def __init__(self) -> None:
        """Of no database."""

    def write(self, connection: Transaction, act: Act) -> None:
        """Write nothing."""

    def write_alone(self, act: Act) -> None:
        """Write nothing."""
