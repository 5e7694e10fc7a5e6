"""Issued signals in SQL: from the event that tells of one to a row that stands, rises, ends or runs out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from prerequisites import REPOSITORY

from board.names import Names
from catalogue.load import load
from core.records import HOUR_MS, Event, Level, Phase, Scene, Stamp, WarningPhase
from store.sql import Database
from store.warnings import KeptWarning, projected_all, signals_kept, standing_elsewhere
from stream.codec import encode_events
from stream.connect import Client
from stream.keys import Keys
from stream.scenes import declare_scene
from workers.project_signals import ProjectingSignals

T0_MS = 1_700_000_000_000
SCENE = Scene("live-440900", "440900", Stamp.LIVE, "city")
TOLD: dict[str, Any] = {"what": "暴雨", "issuer": "市气象台", "area": "440983"}
ISSUED = Event("met:7", "met", "signal.orange", Phase.NEW, "met", T0_MS, T0_MS, None, Stamp.LIVE, attributes=TOLD)
LIFTED = replace(ISSUED, phase=Phase.END, ended_ms=T0_MS + HOUR_MS, told_ms=T0_MS + HOUR_MS)


class Desk:
    def __init__(self, database: Database, client: Client) -> None:
        self.database, self.client = database, client
        self.keys: Keys = declare_scene(client, SCENE, 2)
        self.names = Names(load(REPOSITORY / "packs", SCENE.city), "zh")
        self.begin()

    def begin(self) -> None:
        self.signals = ProjectingSignals(self.database, self.client, self.keys, self.names)

    def tell(self, *events: Event, slot: str = "0") -> None:
        self.client.xadd(self.keys.events(slot), dict(encode_events(events)))

    def rows(self, now_ms: int = T0_MS) -> list[KeptWarning]:
        self.signals.turn(now_ms)
        with self.database.reading() as connection:
            return signals_kept(connection, SCENE.id)


@pytest.fixture
def desk(database: Database, redis_client: Client) -> Desk:
    return Desk(database, redis_client)


@pytest.mark.claim("WARN", "A signal 预警信号 that an authority issued is kept beside our warnings until it is lifted.")
def test_a_signal_stands_rises_and_is_lifted(desk: Desk) -> None:
    desk.tell(ISSUED, replace(ISSUED, id="cam:1", type="video.person"))
    (row,) = desk.rows()
    assert row.sentence == "市气象台发布信宜市暴雨橙色预警信号"
    assert (row.warning.level, row.warning.phase, row.area) == (Level.ORANGE, WarningPhase.ACTIVE, "440983")
    desk.tell(replace(ISSUED, type="signal.red", told_ms=T0_MS + 5), slot="1")
    assert desk.rows()[0].warning.level is Level.RED
    desk.tell(replace(LIFTED, type="signal.yellow"))
    (row,) = desk.rows(T0_MS + HOUR_MS)
    assert row.warning.peak is Level.RED
    assert (row.warning.phase, row.sentence) == (WarningPhase.CLEARED, "市气象台解除信宜市暴雨黄色预警信号")
    desk.tell(ISSUED, slot="1")
    assert desk.rows(T0_MS + HOUR_MS) == [row], "an older telling changes nothing"


def test_a_restart_goes_on_and_nothing_is_told_twice(desk: Desk) -> None:
    desk.tell(ISSUED)
    before = desk.rows()
    desk.begin()
    assert desk.signals.turn(T0_MS) == 0
    desk.tell(LIFTED, slot="1")
    assert desk.signals.turn(T0_MS + HOUR_MS) == 1 and desk.rows()[0].warning.revision == before[0].warning.revision + 2
    with desk.database.reading() as connection:
        assert set(projected_all(connection, SCENE.id)) == {desk.keys.events("0"), desk.keys.events("1")}


@pytest.mark.parametrize(
    ("until", "over_ms"), [(T0_MS + 5000, T0_MS + 5000), (0, T0_MS + 72 * HOUR_MS), ("soon", T0_MS + 72 * HOUR_MS)]
)
def test_what_nobody_lifts_runs_out(desk: Desk, until: object, over_ms: int) -> None:
    desk.tell(replace(ISSUED, attributes=TOLD | {"until_ms": until}))
    assert desk.rows(over_ms - 1)[0].warning.phase is WarningPhase.ACTIVE
    (row,) = desk.rows(over_ms)
    assert (row.warning.phase, row.warning.ended_ms) == (WarningPhase.CLEARED, over_ms)
    assert row.sentence == "市气象台发布的信宜市暴雨橙色预警信号已到期"


def test_what_comes_too_late_and_what_was_taken_back(desk: Desk) -> None:
    desk.tell(LIFTED)
    (late,) = desk.rows(T0_MS + 2 * HOUR_MS)
    assert late.warning.late and late.warning.phase is WarningPhase.CLEARED
    desk.tell(replace(LIFTED, false_positive=True, told_ms=T0_MS + 3 * HOUR_MS))
    assert desk.rows(T0_MS + 3 * HOUR_MS)[0].warning.phase is WarningPhase.RETRACTED


def test_no_state_of_ours_ends_a_signal(desk: Desk) -> None:
    desk.tell(ISSUED)
    desk.rows()
    with desk.database.reading() as connection:
        assert standing_elsewhere(connection, SCENE.id, "another") == []


def test_a_transaction_that_fails_is_done_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise RuntimeError("killed")

    desk.tell(ISSUED)
    with monkeypatch.context() as broken, pytest.raises(RuntimeError, match="killed"):
        broken.setattr("workers.project_signals.note_projected", killed)
        desk.signals.turn(T0_MS)
    assert len(desk.rows()) == 1
