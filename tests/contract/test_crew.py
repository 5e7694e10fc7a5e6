"""Who is alive, as the members see each other; and how far the city may go when a partition stands still."""

from __future__ import annotations

import pytest

from core.records import Tick
from stream import crew as crew_room
from stream import levels as levels_room
from stream.connect import Client
from stream.crew import GONE_S, SILENT_S, Crew, read_crew
from stream.keys import CITY_SLOT, Keys
from stream.levels import PATIENCE_S, Levels
from stream.slot import Slot, owners

KEYS = Keys("test-440900", 2)


class Clock:
    """Seconds that pass when a test says so; each beat is a millisecond of its own."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic_s(self) -> float:
        return self.now_s

    def real_ms(self) -> int:
        return int(self.now_s * 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(crew_room, "monotonic_s", made.monotonic_s)
    monkeypatch.setattr(crew_room, "real_ms", made.real_ms)
    monkeypatch.setattr(levels_room, "monotonic_s", made.monotonic_s)
    return made


def test_who_tells_is_alive_and_who_falls_silent_is_not(redis_client: Client, clock: Clock) -> None:
    first, second = Crew(redis_client, KEYS, "one"), Crew(redis_client, KEYS, "two")
    first.tell({"0": "5-0"}, 10, 0)
    second.tell({}, 0, 0)
    assert set(first.look()) == set(second.look()) == {"one", "two"}
    for _ in range(round(SILENT_S) + 1):
        clock.now_s += 1
        first.tell({"0": "6-0"}, 10, 0)
        alive = first.look()
    assert set(alive) == {"one"}
    assert alive["one"].cursors == {"0": "6-0"}
    assert set(read_crew(redis_client, KEYS)) == {"one", "two"}
    for _ in range(round(GONE_S)):
        clock.now_s += 1
        first.tell({}, 0, 0)
        first.look()
    assert set(first.look()) == set(read_crew(redis_client, KEYS)) == {"one"}


def test_who_could_not_look_does_not_hold_the_others_for_dead(redis_client: Client, clock: Clock) -> None:
    first, second = Crew(redis_client, KEYS, "one"), Crew(redis_client, KEYS, "two")
    for crew in (first, second):
        crew.tell({}, 0, 0)
    assert set(first.look()) == {"one", "two"}
    clock.now_s += 20  # neither got any time, or Redis waited for the disk
    first.tell({}, 0, 0)
    assert set(first.look()) == {"one", "two"}


def test_whoever_leaves_is_gone_at_once(redis_client: Client, clock: Clock) -> None:
    first, second = Crew(redis_client, KEYS, "one"), Crew(redis_client, KEYS, "two")
    first.tell({}, 0, 0)
    second.tell({}, 0, 0)
    second.leave()
    assert set(first.look()) == {"one"}


def test_a_stale_entry_seen_for_the_first_time_is_dead_a_while_later(redis_client: Client, clock: Clock) -> None:
    Crew(redis_client, KEYS, "old").tell({}, 0, 0)
    clock.now_s += 1000
    new = Crew(redis_client, KEYS, "new")
    new.tell({}, 0, 0)
    assert set(new.look()) == {"old", "new"}
    for _ in range(round(SILENT_S)):
        clock.now_s += 1
        new.tell({}, 0, 0)
        alive = new.look()
    assert set(alive) == {"new"}


def test_an_owner_is_shown_until_it_lets_go(redis_client: Client) -> None:
    slot = Slot.take(redis_client, KEYS, "1", "d1", "one")
    assert owners(redis_client, KEYS) == {"0": "", "1": "one", CITY_SLOT: ""}
    slot.release()
    assert owners(redis_client, KEYS)["1"] == ""


def decide(client: Client, slot: str, now_ms: int) -> None:
    """An owner decides all that lies in the log of a partition, as of a city time."""
    owned = Slot.take(client, KEYS, slot, "d1", "one")
    tick = Tick(now_ms, {"evt": owned.newest(KEYS.events(slot))})
    owned.emit(owned.append_tick(tick), tick, [])


def test_the_city_waits_for_the_slowest_partition(redis_client: Client, clock: Clock) -> None:
    now_ms = 5_000
    city = Levels(redis_client, KEYS, lambda: now_ms)
    assert city() == 0  # nobody has decided anything
    decide(redis_client, "0", 4_000)
    decide(redis_client, "1", 3_000)
    assert city() == 5_000  # nothing waits anywhere
    now_ms = 9_000
    redis_client.xadd(KEYS.readings("1"), {"k": "r"})
    assert city() == 5_000
    decide(redis_client, "1", 8_000)
    redis_client.xadd(KEYS.readings("1"), {"k": "r"})
    assert city() == 8_000
    decide(redis_client, "1", 8_500)
    redis_client.xadd(KEYS.events("0"), {"k": "e"})
    assert city() == 8_000  # partition 0 holds an event that it decided at 4,000 did not know
    decide(redis_client, "0", 8_800)
    assert city() == 9_000


def test_the_city_does_not_wait_for_ever_and_never_goes_back(redis_client: Client, clock: Clock) -> None:
    now_ms = 5_000
    city = Levels(redis_client, KEYS, lambda: now_ms)
    for slot in KEYS.slots:
        decide(redis_client, slot, 4_000)
    clock.now_s += 10 * PATIENCE_S  # nothing waits: that is no standing still
    redis_client.xadd(KEYS.readings("0"), {"k": "r"})
    assert city() == 4_000
    for read_upto in ("1-0", "2-0"):  # its owner reads on: that is a backlog, not a death
        clock.now_s += PATIENCE_S * 0.6
        city.cursors = {"0": read_upto}
        assert city() == 4_000
    clock.now_s += PATIENCE_S
    assert city() == 5_000
    now_ms = 6_000
    assert city() == 6_000
    decide(redis_client, "0", 5_500)  # it is back, and behind
    redis_client.xadd(KEYS.readings("0"), {"k": "r"})
    now_ms = 7_000
    assert city() == 7_000
    decide(redis_client, "0", 7_000)
    redis_client.xadd(KEYS.readings("0"), {"k": "r"})
    now_ms = 8_000
    assert city() == 7_000  # waited for again


def test_the_owner_of_the_city_begins_where_the_one_before_was(redis_client: Client, clock: Clock) -> None:
    owned = Slot.take(redis_client, KEYS, CITY_SLOT, "d1", "one")
    tick = Tick(4_000, {})
    owned.emit(owned.append_tick(tick), tick, [])
    for slot in KEYS.slots:
        decide(redis_client, slot, 1_000)
        redis_client.xadd(KEYS.readings(slot), {"k": "r"})
    assert Levels(redis_client, KEYS, lambda: 5_000)() == 4_000
