"""What waits for the audit: kept while the database is away, written when `write` returns, whoever else writes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from prerequisites import ANSWER_S

from accounts.bearer import NOBODY
from accounts.looks import Look, Looks
from accounts.refusals import AGAIN_MS, Refusals
from core.accounts import Act
from core.errors import NeighbourDown


@dataclass
class SlowJournal:
    """A journal that commits when it is let; `away`: its database is."""

    acts: list[Act] = field(default_factory=list)
    away: bool = False
    begun: threading.Event = field(default_factory=threading.Event)
    let: threading.Event = field(default_factory=threading.Event)

    def write_alone(self, act: Act) -> None:
        self.begun.set()
        assert self.let.wait(ANSWER_S)
        if self.away:
            raise NeighbourDown("away")
        self.acts.append(act)


def looks_of(journal: Any) -> Callable[[int], int]:
    """Two looks wait."""
    looks = Looks(journal)
    for number in range(2):
        looks.noted(Look("person:li", "personal.see", f"case:{number}", number))
    return looks.write


def refusals_of(journal: Any) -> Callable[[int], int]:
    """Two refusals of one kind wait."""
    refusals = Refusals(journal)
    for _ in range(2):
        refusals.noted(NOBODY, "GET /wall", "nobody", "/wall", 1)
    return refusals.write


WAITING = pytest.mark.parametrize("waiting", [looks_of, refusals_of])


@WAITING
def test_who_writes_too_returns_when_it_is_written(waiting: Callable[[Any], Callable[[int], int]]) -> None:
    journal = SlowJournal()
    write, seen = waiting(journal), []
    first = threading.Thread(target=write, args=(1,))
    second = threading.Thread(target=lambda: seen.append((write(2), len(journal.acts))))
    first.start()
    assert journal.begun.wait(ANSWER_S)
    second.start()
    second.join(0.05)
    assert second.is_alive(), "it returned before what waited was committed"
    journal.let.set()
    for thread in (first, second):
        thread.join(ANSWER_S)
    assert seen == [(0, 1)], "there, and once"


@WAITING
def test_what_a_database_that_is_away_did_not_take_waits(waiting: Callable[[Any], Callable[[int], int]]) -> None:
    journal = SlowJournal(away=True)
    journal.let.set()
    write = waiting(journal)
    for now_ms in (1, 2):
        with pytest.raises(NeighbourDown):
            write(now_ms)
    journal.away = False
    write(3)
    (act,) = journal.acts
    told = act.detail["times"] if act.action == "door" else len(act.detail["looks"])
    assert told == 2
    assert write(3 + AGAIN_MS) == 0 and len(journal.acts) == 1


def test_looks_keep_their_order_over_an_outage() -> None:
    journal = SlowJournal(away=True)
    journal.let.set()
    write = looks_of(journal)
    with pytest.raises(NeighbourDown):
        write(1)
    journal.away = False
    assert write(2) == 2
    assert [look[2] for look in journal.acts[0].detail["looks"]] == ["case:0", "case:1"]
