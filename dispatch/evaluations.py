"""What the cases of one month say, read from their logs: found by SQL, folded once, kept for the next look.

What a settled case says is kept twice: in this process, and in the database for all others and for the next start. It
holds as long as the log has the same length and the case is judged by the same kinds, units, calendars and fold. What
still runs is kept in this process until its next clock ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b

from msgspec import convert, json, to_builtins

from core.declared import Words
from core.errors import NeighbourDown
from dispatch.case import fold
from dispatch.clocks import Calendars
from dispatch.evaluation import Outcome, outcome
from dispatch.kinds import CaseKind, KindClass
from dispatch.log import Entry
from dispatch.months import Month
from dispatch.rows import entry_of
from dispatch.steps import Verb
from store import evaluation as kept
from store.cases import EntryRow
from store.evaluation import Head
from store.sql import Database, Transaction

FOLD = 1  # raised when the same log says something else than before: what was kept is folded anew
AT_ONCE = 500  # outcomes written in one transaction, some ten ms: others write too
KEPT = 100_000  # folded cases that one process keeps, about 1 kB each: some months of a large city


class Basis(StrEnum):
    """Which cases belong to a month. One that was closed in two months counts in both."""

    CLOSED = "close"  # those that were closed in it
    FILED = "file"  # those that were filed in it, with what is still open


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases."""

    scene: str
    month: Month
    basis: Basis


@dataclass(frozen=True)
class Ground:
    """What they are judged by. able: unit → what it can do. as_of_ms: of clocks that still run, city time, ms UTC."""

    kinds: Mapping[str, CaseKind]
    calendars: Calendars
    able: Mapping[str, frozenset[str]]
    as_of_ms: int

    @cached_property
    def name(self) -> str:
        """Another one when a settled case may be judged otherwise."""
        kinds = sorted((kind.id, kind.lead, kind.capabilities) for kind in self.kinds.values())
        able = sorted((unit, sorted(can)) for unit, can in self.able.items())
        counted = sorted((counting, one.fingerprint) for counting, one in self.calendars.items())
        return blake2b(json.encode([FOLD, kinds, able, counted]), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Judged:
    """One case, folded. settled: no clock of it runs any more, so that time alone changes nothing."""

    revision: int
    outcome: Outcome
    stepped_ms: Mapping[Basis, tuple[int, ...]]
    settled: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A case as it was judged, and between which times that holds, city time, ms UTC; until None: from then on."""

    one: Judged
    from_ms: int
    until_ms: int | None

    def holds(self, revision: int, at_ms: int) -> bool:
        """Whether it still says the same."""
        in_time = self.from_ms <= at_ms and (self.until_ms is None or at_ms <= self.until_ms)
        return self.one.revision == revision and in_time


class Evaluations:
    """Outcomes of months for one web process. Threads may share it: at worst a case is folded twice."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[str, Held] = {}
        self._by = ""

    def outcomes(self, asked: Asked, ground: Ground, sees: Callable[[Head], bool]) -> dict[str, tuple[Head, Outcome]]:
        """Case → what it says, for the cases of a month that somebody may see, by number."""
        if self._by != ground.name:
            self._held, self._by = {}, ground.name
        span_ms = (asked.month.from_ms, asked.month.until_ms)
        with self._database.reading() as connection:
            heads = {
                head.id: head
                for head in kept.stepped_between(connection, asked.scene, str(asked.basis), span_ms)
                if sees(head)
            }
            found = {name: one for name, head in heads.items() if (one := self._known(head, ground.as_of_ms))}
            found |= self._folded_before(connection, [head for head in heads.values() if head.id not in found], ground)
            anew = {
                case: self._judged(rows, ground)
                for case, rows in kept.logs_of(connection, [name for name in heads if name not in found])
            }
        keep(self._database, anew.values(), ground)
        found |= anew
        return {
            name: (head, found[name].outcome)
            for name, head in heads.items()
            if any(span_ms[0] <= at_ms < span_ms[1] for at_ms in found[name].stepped_ms[asked.basis])
        }

    def _known(self, head: Head, at_ms: int) -> Judged | None:
        held = self._held.get(head.id)
        return held.one if held and held.holds(head.revision, at_ms) else None

    def _judged(self, rows: list[EntryRow], ground: Ground) -> Judged:
        one, until_ms = judged([entry_of(row) for row in rows], ground)
        self._remember(Held(one, 0 if one.settled else ground.as_of_ms, until_ms))
        return one

    def _folded_before(self, connection: Transaction, heads: list[Head], ground: Ground) -> dict[str, Judged]:
        """What this or another process folded of cases that nobody worked on since."""
        revisions = {head.id: head.revision for head in heads}
        found = {
            one.case: convert(one.told, Judged)
            for one in kept.folded_of(connection, revisions, ground.name)
            if one.revision == revisions[one.case]
        }
        for one in found.values():
            self._remember(Held(one, 0, None))
        return found

    def _remember(self, held: Held) -> None:
        while len(self._held) >= KEPT:
            self._held.pop(next(iter(self._held)), None)
        self._held[held.one.outcome.case] = held


def judged(log: list[Entry], ground: Ground) -> tuple[Judged, int | None]:
    """What a log says, and until when nothing but a further entry changes it: the end of its next clock, ms UTC.

    None: none ends any more.
    """
    case = fold(log, ground.calendars)
    kind = ground.kinds.get(str(case.facts["kind"])) or _undeclared(str(case.facts["kind"]))
    of = outcome(case, log, kind, ground.able, (ground.as_of_ms, ground.calendars))
    due_ms = (clock.due_ms(ground.calendars) for clock in case.clocks)
    ahead_ms = [at_ms for at_ms in due_ms if at_ms is not None and at_ms >= ground.as_of_ms]
    settled = all(clock.is_over for clock in case.clocks)
    return Judged(case.revision, of, stepped_ms(log), settled), min(ahead_ms, default=None)


def keep(database: Database, anew: Iterable[Judged], ground: Ground) -> None:
    """Write what is settled. Nothing is lost where that fails: it is folded again."""
    settled = [kept.Folded(one.outcome.case, one.revision, to_builtins(one)) for one in anew if one.settled]
    with suppress(NeighbourDown):
        for at in range(0, len(settled), AT_ONCE):
            with database.transaction() as connection:
                kept.keep_folded(connection, ground.name, settled[at : at + AT_ONCE])


def stepped_ms(log: list[Entry]) -> dict[Basis, tuple[int, ...]]:
    """When a case was filed and closed, each time of it; a time that was corrected is the corrected one."""
    corrected = {entry.fields["entry"]: int(entry.fields["at_ms"]) for entry in log if entry.verb is Verb.CORRECT}
    return {
        basis: tuple(corrected.get(one.number, one.at_ms) for one in log if one.verb == basis.value) for basis in Basis
    }


def _undeclared(kind: str) -> CaseKind:
    """A kind that the packs do not have any more: nobody leads it and it needs nothing."""
    return CaseKind(kind, "", Words(kind, kind), KindClass.EVENT, "")
