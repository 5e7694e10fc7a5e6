"""A slot: the same outputs whatever crash lies between, and no word of an owner that was replaced."""

from __future__ import annotations

import pytest

from core.errors import NotOwner
from core.records import Tick
from stream.codec import TICK, decode_tick
from stream.connect import Client
from stream.entries import START
from stream.keys import CITY_SLOT, Keys
from stream.slot import SIDE_PAGE, Slot

KEYS = Keys("test-440900", 4)
SLOT = "2"
TICK_OF_ONE = Tick(1, {})


def take(client: Client, definition: str = "d1") -> Slot:
    return Slot.take(client, KEYS, SLOT, definition)


def feed(client: Client, *numbers: int) -> None:
    for number in numbers:
        client.xadd(KEYS.readings(SLOT), {b"k": b"r", b"n": str(number).encode()})


class Summing:
    """The smallest owner: a running sum of the numbers of the log, emitted at each tick."""

    def __init__(self, client: Client, definition: str = "d1") -> None:
        self.slot = take(client, definition)
        self.total = int(self.slot.chunks.get(b"total", b"0"))
        self.emitted: list[bool] = []

    def turn(self, entries: int) -> None:
        """Fold at most so many entries and emit at the ticks among them."""
        for entry_id, fields in self.slot.read(entries, 0):
            if fields[b"k"] == TICK:
                output = {b"total": str(self.total).encode()}
                self.emitted.append(self.slot.emit(entry_id, decode_tick(fields), [(KEYS.panes(SLOT), output)]) == 1)
            else:
                self.total += int(fields[b"n"])
            self.folded = entry_id

    def commit(self) -> None:
        self.slot.commit(self.folded, {b"total": str(self.total).encode()})


def outputs(client: Client) -> list[int]:
    return [int(fields[b"total"]) for _, fields in client.xrange(KEYS.panes(SLOT))]


def log_of_nine(client: Client) -> None:
    """Six numbers with a tick after every second one."""
    clerk = take(client)
    for pair in ((1, 2), (3, 4), (5, 6)):
        feed(client, *pair)
        clerk.append_tick(Tick(pair[1] * 1000, {}))


def test_a_tick_comes_back_as_it_was_written(redis_client: Client) -> None:
    slot = take(redis_client)
    feed(redis_client, 7)
    tick = Tick(1_700_000_000_000, {KEYS.events(SLOT): "12-0"})
    entry_id = slot.append_tick(tick)
    (_, reading), (read_id, fields) = slot.read(10, 0)
    assert reading[b"n"] == b"7"
    assert read_id == entry_id
    assert decode_tick(fields) == tick
    assert slot.read(10, 20) == []


@pytest.mark.parametrize(("committed", "crashed"), [(a, b) for b in range(10) for a in range(b + 1)])
@pytest.mark.claim("ENGINE", "What is decided again after a crash is refused: outputs stand once under their tick")
def test_outputs_after_a_crash_are_those_without_one(redis_client: Client, committed: int, crashed: int) -> None:
    log_of_nine(redis_client)
    first = Summing(redis_client)
    if committed:
        first.turn(committed)
        first.commit()
    if crashed > committed:
        first.turn(crashed - committed)
    second = Summing(redis_client)
    second.turn(100)
    assert outputs(redis_client) == [3, 10, 21]
    ticks_repeated = [n for n in (3, 6, 9) if committed < n <= crashed]
    assert second.emitted.count(False) == len(ticks_repeated)


def test_an_owner_that_was_replaced_writes_nothing(redis_client: Client) -> None:
    log_of_nine(redis_client)
    old = take(redis_client)
    old.commit("1-1", {b"a": b"kept"})
    new = take(redis_client)
    assert new.epoch == old.epoch + 1
    for write in (
        lambda: old.append_tick(Tick(1, {})),
        lambda: old.emit("99999999999999-0", TICK_OF_ONE, [(KEYS.panes(SLOT), {b"total": b"1"})]),
        lambda: old.commit("2-0", {b"a": b"overwritten"}),
    ):
        with pytest.raises(NotOwner, match="slot 2"):
            write()
    assert redis_client.xlen(KEYS.readings(SLOT)) == 9
    assert redis_client.xlen(KEYS.panes(SLOT)) == 0
    assert take(redis_client).chunks == {b"a": b"kept"}


@pytest.mark.claim("ENGINE", "A checkpoint writes dirty chunks and the position together")
def test_commit_writes_only_dirty_chunks_and_drops_those_named(redis_client: Client) -> None:
    log_of_nine(redis_client)
    slot = take(redis_client)
    slot.commit("1-0", {b"a": b"1", b"b": b"2", b"c": b"3"})
    slot.commit("2-0", {b"b": b"two", b"c": None})
    again = take(redis_client)
    assert again.chunks == {b"a": b"1", b"b": b"two"}
    assert again.position == "2-0"


def test_a_position_never_goes_back(redis_client: Client) -> None:
    log_of_nine(redis_client)
    slot = take(redis_client)
    slot.commit("10-1", {b"a": b"new"})
    for earlier in ("9-9", "10-0"):  # as text, 9-9 would be the later one
        with pytest.raises(ValueError, match=earlier):
            slot.commit(earlier, {b"a": b"old"})
    assert take(redis_client).chunks == {b"a": b"new"}


def test_another_definition_begins_again_and_keeps_the_epoch(redis_client: Client) -> None:
    log_of_nine(redis_client)
    slot = take(redis_client)
    slot.commit("5-0", {b"a": b"1"})
    other = take(redis_client, "d2")
    assert (other.position, other.chunks, other.epoch) == (START, {}, slot.epoch + 1)
    assert len(other.read(100, 0)) == 9


def test_another_definition_writes_its_outputs_anew(redis_client: Client) -> None:
    log_of_nine(redis_client)
    first = Summing(redis_client)
    first.turn(9)
    first.commit()
    redis_client.xadd(KEYS.events(SLOT), {b"n": b"1"})
    again = Summing(redis_client, "d2")
    assert outputs(redis_client) == []
    again.turn(9)
    assert again.emitted == [True, True, True]
    assert outputs(redis_client) == [3, 10, 21]
    assert redis_client.xlen(KEYS.events(SLOT)) == 1
    with pytest.raises(NotOwner):
        first.slot.emit("99999999999999-0", TICK_OF_ONE, [(KEYS.panes(SLOT), {b"total": b"1"})])


def test_another_definition_of_the_city_begins_a_log_of_its_own(redis_client: Client) -> None:
    slot = Slot.take(redis_client, KEYS, CITY_SLOT, "d1")
    entry_id = slot.append_tick(Tick(1000, {}))
    slot.emit(entry_id, TICK_OF_ONE, [(stream, {b"k": b"v"}) for stream in (KEYS.values, KEYS.warnings)])
    Slot.take(redis_client, KEYS, CITY_SLOT, "d1")
    assert redis_client.exists(*KEYS.decided(CITY_SLOT)) == 3
    Slot.take(redis_client, KEYS, CITY_SLOT, "d2")
    assert redis_client.exists(*KEYS.decided(CITY_SLOT)) == 0


def test_a_lost_log_is_noticed(redis_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    log_of_nine(redis_client)
    first = Summing(redis_client)
    first.turn(9)
    first.commit()
    redis_client.delete(KEYS.readings(SLOT))
    again = take(redis_client)
    assert (again.position, again.chunks) == (START, {})
    assert "lost or recreated" in caplog.text


def test_a_trimmed_log_is_no_lost_log(redis_client: Client) -> None:
    log_of_nine(redis_client)
    first = Summing(redis_client)
    first.turn(9)
    first.commit()
    redis_client.xtrim(KEYS.readings(SLOT), maxlen=0, approximate=False)
    assert take(redis_client).position == first.folded


def test_side_streams_are_read_after_one_id_up_to_another(redis_client: Client) -> None:
    slot = take(redis_client)
    stream = KEYS.events(SLOT)
    for number in range(1, 6):
        redis_client.xadd(stream, {b"n": str(number)}, id=f"{number}-0")
    assert [entry_id for entry_id, _ in slot.read_side(stream, "1-0", "3-0")] == ["2-0", "3-0"]
    assert list(slot.read_side(stream, "3-0", "3-0")) == []
    assert [entry_id for entry_id, _ in slot.read_side(stream, START, "2-0")] == ["1-0", "2-0"]
    assert slot.newest(stream) == "5-0"
    assert slot.newest("nobody") == START


def test_what_a_partition_told_last_is_known_without_its_entry(redis_client: Client) -> None:
    panes, events = KEYS.panes(SLOT), KEYS.events(SLOT)
    asked = {"pane:2": panes, "evt": events}
    slot = take(redis_client)
    assert slot.ends(asked) == {"pane:2": START, "evt": START}
    redis_client.xadd(events, {b"n": b"1"}, id="7-0")
    slot.emit("5-0", TICK_OF_ONE, [(panes, {b"n": b"1"})])
    slot.emit("6-0", TICK_OF_ONE, [])  # a tick that puts nothing out ends no stream
    slot.emit("5-0", TICK_OF_ONE, [(panes, {b"n": b"again"})])
    assert slot.ends(asked) == {"pane:2": "5-0", "evt": "7-0"} == {"pane:2": slot.newest(panes), "evt": "7-0"}
    redis_client.xtrim(panes, maxlen=0, approximate=False)
    assert slot.ends(asked)["pane:2"] == "5-0"
    redis_client.hdel(KEYS.checkpoint(SLOT), "told")  # as an older program left it
    assert slot.ends(asked)["pane:2"] == "5-0"
    take(redis_client, "another definition")
    assert slot.ends(asked)["pane:2"] == START


def test_a_long_side_stream_is_read_in_pages(redis_client: Client) -> None:
    slot = take(redis_client)
    stream = KEYS.events(SLOT)
    for number in range(1, 2 * SIDE_PAGE + 11):
        redis_client.xadd(stream, {b"n": str(number)}, id=f"{number}-0")
    for upto in (SIDE_PAGE, 2 * SIDE_PAGE, 2 * SIDE_PAGE + 10):
        found = [entry_id for entry_id, _ in slot.read_side(stream, START, f"{upto}-0")]
        assert found == [f"{number}-0" for number in range(1, upto + 1)]


def test_trim_drops_what_lies_before(redis_client: Client) -> None:
    slot = take(redis_client)
    stream = KEYS.panes(SLOT)
    for number in range(1, 1001):
        redis_client.xadd(stream, {b"n": str(number)}, id=f"{number}-0")
    slot.trim(KEYS.events(SLOT), "501-0")  # there is none
    slot.trim(stream, "501-0")
    kept = redis_client.xrange(stream)
    assert 500 <= len(kept) < 700  # whole nodes of 100 entries go, so that a few more may stay
    slot.shorten(stream, 100)
    kept = redis_client.xrange(stream)
    assert 100 <= len(kept) < 300
    assert kept[-1][0] == b"1000-0"


def test_the_city_slot_has_its_own_log_and_outputs_in_one_cluster_slot(redis_client: Client) -> None:
    slot = Slot.take(redis_client, KEYS, CITY_SLOT, "d1")
    entry_id = slot.append_tick(Tick(1000, {KEYS.panes("0"): "1-0"}))
    values, warnings = (KEYS.values, {b"k": b"v"}), (KEYS.warnings, {b"k": b"w"})
    assert slot.emit(entry_id, TICK_OF_ONE, [values]) == 1
    assert slot.emit(entry_id, TICK_OF_ONE, [values, warnings]) == 1
    assert slot.emit(entry_id, TICK_OF_ONE, [values, warnings]) == 0
    written = [key for key in redis_client.keys("*") if b":" in key]
    assert all(b"{city}" in key for key in written), written


def test_a_redis_that_was_set_back_under_its_owner_is_noticed(redis_client: Client) -> None:
    log_of_nine(redis_client)
    first = Summing(redis_client)
    first.turn(3)
    first.commit()
    kept = redis_client.dump(KEYS.checkpoint(SLOT))
    first.turn(6)
    first.commit()
    redis_client.restore(KEYS.checkpoint(SLOT), 0, kept, replace=True)  # the same epoch, an earlier position
    for write in (
        lambda: first.slot.append_tick(TICK_OF_ONE),
        lambda: first.slot.emit("99999999999999-0", TICK_OF_ONE, []),
        first.commit,
    ):
        with pytest.raises(NotOwner, match="set back"):
            write()
    again = Summing(redis_client)
    again.turn(100)
    assert outputs(redis_client) == [3, 10, 21]


def test_a_log_that_ends_before_what_was_read_of_it_is_noticed(redis_client: Client) -> None:
    log_of_nine(redis_client)
    slot = take(redis_client)
    slot.read(100, 0)
    redis_client.delete(KEYS.readings(SLOT))
    redis_client.xadd(KEYS.readings(SLOT), {"k": "r"}, id="1-1")
    with pytest.raises(NotOwner):
        slot.append_tick(TICK_OF_ONE)


def test_a_decided_tick_is_shown_and_never_goes_back(redis_client: Client) -> None:
    slot = take(redis_client)
    for entry_id, now_ms in (("5-0", 500), ("9-0", 900), ("7-0", 700)):
        slot.emit(entry_id, Tick(now_ms, {"evt": entry_id}), [])
    told = redis_client.hmget(KEYS.checkpoint(SLOT), "decided", "decided_ms", "decided_upto")
    assert told == [b"9-0", b"900", b'{"evt":"9-0"}']
