"""A stage that turns in its slot: what cannot be read is left out for good, and streams keep their bounds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import pytest
from prerequisites import eventually

from core.errors import UnreadableEntry
from core.records import Tick
from core.settings import load
from stream.connect import Client
from stream.keys import Keys
from stream.slot import Slot
from workers import turn
from workers.turn import Output, Turning

KEYS = Keys("test-440900", 1)
SLOT = "0"
SETTINGS = replace(load({}), tick_ms=10, checkpoint_s=600, stream_limit=1000)


class Adding:
    """The smallest stage: the sum of the numbers of its log and of its side stream, told at each tick."""

    def __init__(self) -> None:
        self.slot, self.side, self.outputs = SLOT, {"evt": KEYS.events(SLOT)}, (KEYS.values,)
        self.total = 0

    def fold(self, fields: Mapping[bytes, bytes]) -> int:
        if b"n" not in fields:
            raise UnreadableEntry("it holds no number")
        self.total += int(fields[b"n"])
        return 1

    def fold_beside(self, fields: Mapping[bytes, bytes]) -> None:
        self.fold(fields)

    def decide(self, tick: Tick) -> list[Output]:
        return [(KEYS.panes(SLOT), {b"total": str(self.total).encode()})]

    def dirty(self) -> Mapping[bytes, bytes | None]:
        return {b"total": str(self.total).encode()}

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        self.total = int(chunks.get(b"total", 0))


def turning(client: Client) -> Turning:
    return Turning(Slot.take(client, KEYS, SLOT, "d1"), lambda named, replaced: Adding(), SETTINGS, lambda: 1000)


def totals(client: Client) -> list[int]:
    return [int(fields[b"total"]) for _, fields in client.xrange(KEYS.panes(SLOT))]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick whenever something was folded, and the house kept at every turn."""
    monkeypatch.setattr(turn, "TRIM_S", 0.0)
    monkeypatch.setattr(turn, "monotonic_s", iter(range(1_000_000)).__next__)


def test_what_cannot_be_read_is_left_out_now_and_after_a_crash(
    redis_client: Client, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    for fields in ({b"k": b"r", b"n": b"3"}, {b"k": b"r"}, {b"n": b"4"}, {b"x": b""}, {b"k": b"t", b"h": b"\xc1"}):
        redis_client.xadd(KEYS.readings(SLOT), fields)
    for fields in ({b"n": b"10"}, {b"k": b"e"}, {b"n": b"20"}):
        redis_client.xadd(KEYS.events(SLOT), fields)
    first = turning(redis_client)
    for _ in range(3):
        first.turn()
    assert set(totals(redis_client)) == {37}
    assert first.unreadable == 4
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1 and KEYS.readings(SLOT) in told[0]

    crashed = turning(redis_client)  # nothing was committed
    crashed.turn()
    assert crashed.unreadable == 4
    crashed.commit()
    resumed = turning(redis_client)
    redis_client.xadd(KEYS.readings(SLOT), {b"n": b"5"})
    for _ in range(3):
        resumed.turn()
    assert resumed.unreadable == 4
    assert totals(redis_client)[-1] == 42


def test_a_crowded_stream_keeps_only_what_is_not_folded_for_good(redis_client: Client, impatient: None) -> None:
    slot = turning(redis_client)
    for stream in (KEYS.readings(SLOT), KEYS.events(SLOT), KEYS.values):
        for number in range(2000):
            redis_client.xadd(stream, {b"n": b"1"}, id=f"{number + 1}-0")
    for _ in range(100):
        slot.turn()
    assert redis_client.xlen(KEYS.readings(SLOT)) >= 2000  # no checkpoint holds them yet
    assert redis_client.xlen(KEYS.events(SLOT)) == 2000
    assert 500 <= redis_client.xlen(KEYS.values) < 700
    slot.commit()
    slot.turn()
    assert redis_client.xlen(KEYS.readings(SLOT)) < 200
    assert redis_client.xlen(KEYS.events(SLOT)) < 200
    assert totals(redis_client)[-1] == 4000


def test_a_slot_that_is_handed_over_repeats_nothing(redis_client: Client, impatient: None) -> None:
    first = turning(redis_client)
    for number in (1, 2, 3):
        redis_client.xadd(KEYS.readings(SLOT), {"n": str(number)})
    first.turn()
    first.hand_over()
    assert totals(redis_client)[-1] == 6
    taken = Slot.take(redis_client, KEYS, SLOT, "d1")
    assert taken.chunks[b"total"] == b"6"
    assert taken.read(100, 0) == []


def test_a_tick_that_went_with_its_log_is_asked_for_again(redis_client: Client, impatient: None) -> None:
    owner = turning(redis_client)
    redis_client.xadd(KEYS.readings(SLOT), {"n": "1"})
    owner.turn()  # folds it and asks for a tick
    redis_client.xtrim(KEYS.readings(SLOT), maxlen=0, approximate=False)
    for _ in range(20):
        owner.turn()
    assert totals(redis_client)[-1] == 1


def test_what_landed_before_a_time_is_folded_before_that_time_is_decided(redis_client: Client) -> None:
    """City time waits for what landed; a source that waits no longer than that may let it run on at once."""

    def runs_on_behind_what_landed() -> int:
        redis_client.xadd(KEYS.events(SLOT), {"n": "20"})
        return 1000

    owner = Turning(
        Slot.take(redis_client, KEYS, SLOT, "d1"),
        lambda named, replaced: Adding(),
        SETTINGS,
        runs_on_behind_what_landed,
    )
    redis_client.xadd(KEYS.readings(SLOT), {"n": "1"})
    eventually(lambda: owner.turn() and totals(redis_client))
    assert totals(redis_client)[0] == 21
