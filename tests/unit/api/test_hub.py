"""What one web process keeps for its clients: resume by revision, and no room without bound for slow ones."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from prerequisites import REPOSITORY

import catalogue
from api.follower import Vitals
from api.hub import KEPT, WAITING, Hub
from board import frames
from board.canvas import Difference
from board.frames import Stance
from board.reader import PictureReader
from core.clock import real_ms
from core.records import Scene, Stamp
from stream.connect import Promise
from stream.keys import Keys

SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
STANCE = Stance(SCENE.id, "abc", 0, 0, 1.0)


@pytest.fixture(scope="module")
def declared():
    return catalogue.load(REPOSITORY / "packs", SCENE.city)


def change(rev: int, prev: int) -> bytes:
    return frames.diff(STANCE, rev, prev, Difference({"values": {"a": {"x": rev}}}, {}))


@pytest.fixture
def hub(declared):
    asked = []
    hub = Hub(PictureReader("zh"), "abc", lambda: asked.append(True))
    hub.asked = asked
    hub.scene_shown(SCENE, declared, Keys(SCENE.id, 1), frames.snap(STANCE, 10, {"values": {"a": {"x": 10}}}))
    return hub


def test_a_client_gets_what_it_misses_and_then_a_beat(hub):
    for rev in range(11, 16):
        hub.frame_came(change(rev, rev - 1))
    content = [frames.read(frame) for frame in hub.join(13).waiting()]
    assert [(c["k"], c["rev"]) for c in content] == [("diff", 14), ("diff", 15), ("beat", 15)]
    assert [frames.read(f)["k"] for f in hub.join(15).waiting()] == ["beat"]
    for unknown in (None, 3, 99):
        assert [frames.read(f)["k"] for f in hub.join(unknown).waiting()] == ["snap", "beat"]


def test_all_clients_get_the_same_object(hub):
    clients = [hub.join(10) for _ in range(3)]
    hub.frame_came(frame := change(11, 10))
    assert all(client.waiting()[-1] is frame for client in clients)
    assert hub.join(None).waiting()[0] is hub.join(None).waiting()[0]


def test_frames_are_kept_up_to_a_number(hub):
    for rev in range(11, 11 + KEPT + 5):
        hub.frame_came(change(rev, rev - 1))
    newest = 10 + KEPT + 5
    assert frames.read(hub.missed(newest - KEPT)[0])["k"] == "diff"
    assert [frames.read(f)["k"] for f in hub.missed(newest - KEPT - 1)] == ["snap"]


@pytest.mark.claim("PULSE", "A slow client is dropped instead of buffered without bound")
def test_a_slow_client_is_dropped(hub):
    slow, quick = hub.join(10), hub.join(10)
    for rev in range(11, 11 + 2 * WAITING):
        hub.frame_came(change(rev, rev - 1))
        quick.waiting()
    assert (hub.clients, hub.dropped) == (1, 1)

    async def rest() -> list[bytes]:
        found = []
        while (frame := await slow.next()) is not None:
            found.append(frame)
        return found

    with ThreadPoolExecutor(1) as aside:  # where browser tests ran before, this thread has a loop of its own
        assert len(aside.submit(lambda: asyncio.run(rest())).result()) <= WAITING + 1


def test_a_missing_frame_loads_the_picture_anew(hub, declared):
    client = hub.join(10)
    hub.frame_came(change(12, 11))
    hub.frame_came(change(13, 12))
    assert hub.asked == [True]
    hub.scene_shown(SCENE, declared, Keys(SCENE.id, 1), frames.snap(STANCE, 13, {"values": {"a": {"x": 13}}}))
    hub.frame_came(change(14, 13))
    assert [frames.read(f)["rev"] for f in client.waiting() if frames.read(f)["k"] != "beat"] == [13, 14]


def test_silence_of_redis_is_told_without_an_error(hub):
    assert hub.redis == "down"
    hub.looked(SCENE, Vitals(real_ms(), Promise.ALWAYS, {}, None))
    assert hub.redis == "ok"
    hub.looked(SCENE, Vitals(real_ms() - 4000, Promise.ALWAYS, {}, None))
    assert frames.read(hub.beat())["redis"] == "down"
