"""What the cases of one month say, read from their logs: found by SQL, folded once, kept for the next look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.declared import Words
from dispatch.case import fold
from dispatch.clocks import Calendars
from dispatch.evaluation import Outcome, outcome
from dispatch.kinds import CaseKind, KindClass
from dispatch.log import Entry
from dispatch.months import Month
from dispatch.rows import entry_of
from dispatch.steps import Verb
from store import evaluation as kept
from store.evaluation import Head
from store.sql import Database

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


@dataclass(frozen=True, slots=True)
class Ground:
    """What they are judged by. able: unit → what it can do. as_of_ms: of clocks that still run, city time, ms UTC."""

    kinds: Mapping[str, CaseKind]
    calendars: Calendars
    able: Mapping[str, frozenset[str]]
    as_of_ms: int


@dataclass(frozen=True, slots=True)
class Judged:
    """One case, folded. settled: no clock of it runs any more, so that time alone changes nothing."""

    revision: int
    outcome: Outcome
    stepped_ms: Mapping[Basis, tuple[int, ...]]
    settled: bool


class Evaluations:
    """Outcomes of months for one web process. Threads may share it: at worst a case is folded twice."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, Judged] = {}
        self._by: tuple[object, object] = (None, None)

    def outcomes(self, asked: Asked, ground: Ground, sees: Callable[[Head], bool]) -> dict[str, tuple[Head, Outcome]]:
        """Case → what it says, for the cases of a month that somebody may see, by number."""
        self._forget_if_changed(ground)
        span_ms = (asked.month.from_ms, asked.month.until_ms)
        with self._database.reading() as connection:
            heads = {
                head.id: head
                for head in kept.stepped_between(connection, asked.scene, str(asked.basis), span_ms)
                if sees(head)
            }
            found = {name: one for name, head in heads.items() if (one := self._known(head))}
            for case, rows in kept.logs_of(connection, [name for name in heads if name not in found]):
                found[case] = self._judged([entry_of(row) for row in rows], ground)
        return {
            name: (head, found[name].outcome)
            for name, head in heads.items()
            if any(span_ms[0] <= at_ms < span_ms[1] for at_ms in found[name].stepped_ms[asked.basis])
        }

    def _forget_if_changed(self, ground: Ground) -> None:
        """A kind or a unit that changed judges every case anew."""
        if self._by[0] is not ground.kinds or self._by[1] != ground.able:
            self._kept, self._by = {}, (ground.kinds, ground.able)

    def _known(self, head: Head) -> Judged | None:
        one = self._kept.get(head.id)
        return one if one and one.revision == head.revision else None

    def _judged(self, log: list[Entry], ground: Ground) -> Judged:
        case = fold(log, ground.calendars)
        kind = ground.kinds.get(str(case.facts["kind"])) or _undeclared(str(case.facts["kind"]))
        one = Judged(
            case.revision,
            outcome(case, log, kind, ground.able, (ground.as_of_ms, ground.calendars)),
            stepped_ms(log),
            all(clock.is_over for clock in case.clocks),
        )
        if one.settled:
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[case.id] = one
        return one


def stepped_ms(log: list[Entry]) -> dict[Basis, tuple[int, ...]]:
    """When a case was filed and closed, each time of it; a time that was corrected is the corrected one."""
    corrected = {entry.fields["entry"]: int(entry.fields["at_ms"]) for entry in log if entry.verb is Verb.CORRECT}
    return {
        basis: tuple(corrected.get(one.number, one.at_ms) for one in log if one.verb == basis.value) for basis in Basis
    }


def _undeclared(kind: str) -> CaseKind:
    """A kind that the packs do not have any more: nobody leads it and it needs nothing."""
    return CaseKind(kind, "", Words(kind, kind), KindClass.EVENT, "")
