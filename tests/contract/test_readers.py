"""What the Board and the web processes read and write: tails, frames, the picture, signs of life."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from core.clock import real_ms
from core.errors import NotOwner
from stream.beats import Beat, Probe, beat, last_probe, note_probe, read_beats
from stream.boards import Snapshot, frame_of, frames, load_snapshot, newest_revision, renew_board, take_board
from stream.connect import Client, connect
from stream.entries import START
from stream.keys import Keys
from stream.tail import Tail

KEYS = Keys("test-440900", 2)


@pytest.fixture
def second_client(redis_server: str) -> Iterator[Client]:
    client = connect(redis_server)
    yield client
    client.close()


def test_a_tail_reads_each_stream_once_and_in_order(redis_client: Client) -> None:
    streams = [KEYS.values, KEYS.warnings, KEYS.panes("0")]
    for number in range(1, 8):
        for stream in streams[:2]:
            redis_client.xadd(stream, {b"n": str(number)}, id=f"{number}-0")
    tail = Tail(redis_client, {KEYS.values: START, KEYS.warnings: "5-0", KEYS.panes("0"): START})
    seen: dict[str, list[int]] = {stream: [] for stream in streams}
    while found := tail.read(3, 0):
        for stream, (_, fields) in found:
            seen[stream].append(int(fields[b"n"]))
    assert seen == {KEYS.values: [1, 2, 3, 4, 5, 6, 7], KEYS.warnings: [6, 7], KEYS.panes("0"): []}
    assert tail.positions == {KEYS.values: "7-0", KEYS.warnings: "7-0", KEYS.panes("0"): START}


def test_a_tail_waits_for_what_comes(redis_client: Client, second_client: Client) -> None:
    tail = Tail(redis_client, {KEYS.values: START})
    assert tail.read(10, 20) == []
    later = threading.Timer(0.05, lambda: second_client.xadd(KEYS.values, {b"n": b"1"}))
    later.start()
    ((stream, (_, fields)),) = tail.read(10, 5000)
    later.join()
    assert (stream, fields) == (KEYS.values, {b"n": b"1"})


def test_frames_come_back_under_their_revision(redis_client: Client) -> None:
    owner = take_board(redis_client, KEYS)
    assert newest_revision(redis_client, KEYS) == START
    assert owner.append(b"one", "1000-0") == "1000-0"
    automatic = owner.append(b"two")
    assert newest_revision(redis_client, KEYS) == automatic
    assert [(rev, frame_of(fields)) for rev, fields in frames(redis_client, KEYS, "1000-0")] == [(automatic, b"two")]
    assert [frame_of(fields) for _, fields in frames(redis_client, KEYS, count=1)] == [b"one"]


def test_the_picture_is_kept_with_its_positions(redis_client: Client) -> None:
    owner = take_board(redis_client, KEYS)
    assert load_snapshot(redis_client, KEYS) is None
    snapshot = Snapshot("1000-0", {KEYS.values: "7-0"}, b"\x00{}")
    owner.save(snapshot)
    assert load_snapshot(redis_client, KEYS) == snapshot


def test_a_board_owner_that_was_replaced_writes_nothing(redis_client: Client) -> None:
    old, new = take_board(redis_client, KEYS), take_board(redis_client, KEYS)
    new.append(b"new", "5-0")
    with pytest.raises(NotOwner):
        old.append(b"old")
    with pytest.raises(NotOwner):
        old.save(Snapshot("1-0", {}, b"old"))
    assert redis_client.xlen(KEYS.board) == 1
    assert load_snapshot(redis_client, KEYS) is None


def test_a_picture_of_another_definition_is_dropped(redis_client: Client) -> None:
    owner = take_board(redis_client, KEYS)
    owner.append(b"frame", "5-0")
    owner.save(Snapshot("5-0", {}, b"old"))
    assert not renew_board(redis_client, KEYS, "d1")  # drawn before anybody told of a definition
    assert not renew_board(redis_client, KEYS, "d1")
    owner.append(b"frame", "6-0")
    assert renew_board(redis_client, KEYS, "d2")
    with pytest.raises(NotOwner):
        owner.append(b"frame", "7-0")
    assert load_snapshot(redis_client, KEYS) is None
    assert newest_revision(redis_client, KEYS) == START


def test_frames_are_trimmed_by_revision(redis_client: Client) -> None:
    owner = take_board(redis_client, KEYS)
    for number in range(1, 401):
        owner.append(b"f", f"{number}-0")
    owner.trim("301-0")
    assert 100 <= redis_client.xlen(KEYS.board) < 250  # whole nodes of 100 entries go
    assert newest_revision(redis_client, KEYS) == "400-0"


def test_signs_of_life(redis_client: Client) -> None:
    before_ms = real_ms()
    beat(redis_client, KEYS, "engine")
    beat(redis_client, KEYS, "ingest", "waiting", "the broker does not answer")
    told = read_beats(redis_client, KEYS)
    assert set(told) == {"engine", "ingest"}
    assert before_ms <= told["engine"].beat_ms <= real_ms()
    assert told["ingest"] == Beat("ingest", told["ingest"].beat_ms, "waiting", "the broker does not answer")


def test_the_last_round_trip(redis_client: Client) -> None:
    assert last_probe(redis_client, KEYS) is None
    note_probe(redis_client, KEYS, Probe(1000, 1085))
    found = last_probe(redis_client, KEYS)
    assert found == Probe(1000, 1085)
    assert found.round_trip_ms == 85
