"""Warnings in SQL: as they stood last, found again as they were told, by scene, by time and by rule."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from core.accounts import Sensitivity
from core.errors import UnknownName
from core.records import CityWarning, Issuer, Level, Stamp, WarningPhase
from store.sql import Database
from store.warnings import (
    Asked,
    KeptWarning,
    Projected,
    keep_warnings,
    note_projected,
    projected,
    standing_elsewhere,
    standing_warnings,
    warning_of,
    warnings_between,
)

MINUTE_MS = 60_000
T0_MS = 1_700_000_000_000
PLAIN = CityWarning(
    id="w1",
    rule="water.stage",
    rule_version="1",
    indicator="water.stage",
    subject="s1",
    issuer=Issuer.COMPUTED,
    phase=WarningPhase.ACTIVE,
    level=Level.YELLOW,
    peak=Level.ORANGE,
    since_ms=T0_MS,
    updated_ms=T0_MS,
    ended_ms=None,
    decided_ms=T0_MS + 5,
    value=62.35,
    bound=math.nan,
    unit="m",
    trend="rising",
    revision=3,
    stamp=Stamp.LIVE,
    facts={"trial": False, "offset": -0.5, "datum": "1985"},
)


def kept(scene: str = "live-440900", **changed: object) -> KeptWarning:
    return KeptWarning(replace(PLAIN, **changed), scene, "440983", "信宜 新宝 水位 62.35 m")


def write(database: Database, *rows: KeptWarning, lineage: str = "a") -> None:
    with database.transaction() as connection:
        keep_warnings(connection, rows, lineage)


def test_a_warning_comes_back_as_it_was_told(database: Database) -> None:
    write(database, kept(value=1.0, revision=1), kept(), kept("demo-440900", subject="s2"))
    with database.reading() as connection:
        found = warning_of(connection, "live-440900", "w1")
        other = warning_of(connection, "demo-440900", "w1")
        with pytest.raises(UnknownName, match="w2"):
            warning_of(connection, "live-440900", "w2")
    assert math.isnan(found.warning.bound)
    assert replace(found.warning, bound=0.0) == replace(PLAIN, bound=0.0)
    assert (found.scene, found.area, found.sentence) == ("live-440900", "440983", "信宜 新宝 水位 62.35 m")
    assert other.warning.subject == "s2", "scenes do not mix"


def test_what_stands_is_sorted_by_urgency_and_leaves_trials_out(database: Database) -> None:
    trial = kept(id="trial", facts={"trial": True})
    write(
        database,
        kept(id="late", since_ms=T0_MS + 1),
        kept(),
        kept(id="red", level=Level.RED, since_ms=T0_MS + 9),
        kept(id="over", phase=WarningPhase.CLEARED, ended_ms=T0_MS + 9),
        trial,
    )
    with database.reading() as connection:
        standing = standing_warnings(connection, "live-440900")
        assert warning_of(connection, "live-440900", "trial").trial
    assert [one.warning.id for one in standing] == ["red", "w1", "late"]


def test_what_stood_in_a_span_of_time(database: Database) -> None:
    for number in range(4):
        since_ms = T0_MS + number * 10 * MINUTE_MS
        ended_ms = since_ms + 5 * MINUTE_MS if number < 3 else None
        when = {"since_ms": since_ms, "ended_ms": ended_ms, "decided_ms": since_ms}
        write(database, kept(id=f"w{number}", rule=f"r{number % 2}", **when))
    with database.reading() as connection:

        def ids(begin: int, stop: int, asked: Asked | None = None) -> list[str]:
            span = (T0_MS + begin * MINUTE_MS, T0_MS + stop * MINUTE_MS)
            return [one.warning.id for one in warnings_between(connection, "live-440900", *span, asked)]

        assert ids(0, 60) == ["w3", "w2", "w1", "w0"]
        assert ids(5, 10) == [], "one is over, the next has not begun"
        assert ids(4, 11) == ["w1", "w0"]
        assert ids(50, 60) == ["w3"], "it stands until today"
        assert ids(0, 60, Asked(rule="r1", limit=1)) == ["w3"]
        assert ids(0, 60, Asked(subject="nobody")) == [] and ids(0, 60, Asked(trial=True)) == []


def test_what_opened_in_a_window_that_goes_on_is_among_those_of_today(database: Database) -> None:
    write(database, kept(since_ms=T0_MS + 5 * MINUTE_MS, decided_ms=T0_MS + 2 * MINUTE_MS))
    with database.reading() as connection:
        now = warnings_between(connection, "live-440900", 0, T0_MS + 3 * MINUTE_MS)
        before = warnings_between(connection, "live-440900", 0, T0_MS + MINUTE_MS)
    assert ([one.warning.id for one in now], before) == (["w1"], [])


def test_the_position_is_written_with_the_rows_or_not_at_all(database: Database) -> None:
    with database.reading() as connection:
        assert projected(connection, "live-440900") is None
    with pytest.raises(RuntimeError), database.transaction() as connection:
        keep_warnings(connection, [kept()])
        note_projected(connection, "live-440900", Projected("5-0", "a"))
        raise RuntimeError("rolled back")
    write(database, kept(id="old"), lineage="a")
    write(database, kept(id="new"), lineage="b")
    for position in ("6-0", "7-1"):
        with database.transaction() as connection:
            note_projected(connection, "live-440900", Projected(position, "b"))
    with database.reading() as connection:
        assert projected(connection, "live-440900") == Projected("7-1", "b")
        assert [one.warning.id for one in standing_elsewhere(connection, "live-440900", "b")] == ["old"]
        assert len(standing_warnings(connection, "live-440900")) == 2


@pytest.mark.claim(
    "ACCOUNTS", "A kept warning keeps the grade that it was told under, also when its indicator is gone."
)
def test_the_grade_of_a_warning_outlives_its_indicator(database: Database) -> None:
    told = replace(kept(), grade=Sensitivity.RESTRICTED)
    write(database, told, replace(kept(id="w2"), grade=Sensitivity.INTERNAL))
    write(database, replace(kept(revision=4), grade=None), replace(kept(id="w3"), grade=None))
    with database.reading() as connection:
        grades = {one: warning_of(connection, told.scene, one).grade for one in ("w1", "w2", "w3")}
        assert warning_of(connection, told.scene, "w1").warning.revision == 4
    assert grades == {"w1": Sensitivity.RESTRICTED, "w2": Sensitivity.INTERNAL, "w3": None}
