"""Scenes: one is active, partitions are fixed at creation, a hold only rises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UnknownName, UnreadableEntry
from core.records import Scene, Stamp
from stream.connect import Client
from stream.keys import Keys
from stream.scenes import (
    active_scene,
    declare_scene,
    declared_scenes,
    forget_replays,
    forget_scene,
    hold_until,
    keys_of,
    show_scene,
    wait_for_scene,
)

DEMO = Scene("demo-440900", "440900", Stamp.DEMO, "city")
REPLAY = Scene("replay-beijing-1700", "110000", Stamp.REPLAY, "replay/city", 1000, 2000, 3600.0, 5000)


def test_the_scene_declared_last_is_active(redis_client: Client) -> None:
    assert active_scene(redis_client) is None
    declare_scene(redis_client, DEMO, 4)
    assert active_scene(redis_client) == DEMO
    declare_scene(redis_client, REPLAY, 2)
    assert active_scene(redis_client) == REPLAY
    assert (keys_of(redis_client, DEMO), keys_of(redis_client, REPLAY)) == (Keys(DEMO.id, 4), Keys(REPLAY.id, 2))


def test_a_scene_declared_but_not_shown_leaves_none_active(redis_client: Client) -> None:
    declare_scene(redis_client, REPLAY, 2)
    assert declare_scene(redis_client, DEMO, 4, shown=False) == Keys(DEMO.id, 4)
    assert active_scene(redis_client) is None
    show_scene(redis_client, DEMO.id)
    assert active_scene(redis_client) == DEMO


def test_partitions_are_fixed_when_a_scene_is_created(redis_client: Client) -> None:
    assert declare_scene(redis_client, DEMO, 4).partitions == 4
    assert declare_scene(redis_client, DEMO, 8).partitions == 4


def test_a_hold_only_rises(redis_client: Client) -> None:
    declare_scene(redis_client, REPLAY, 4)
    for raised, expected in ((6000, 6000), (5500, 6000), (900, 6000), (10_000, 10_000)):
        hold_until(redis_client, REPLAY.id, raised)
        assert active_scene(redis_client) == replace(REPLAY, hold_ms=expected)


def test_a_scene_that_was_never_declared_is_said_so(redis_client: Client) -> None:
    with pytest.raises(UnreadableEntry, match="demo-440900"):
        keys_of(redis_client, DEMO)


@pytest.mark.parametrize("scene_id", ["", "Demo", "a:b", "a*", "演示", "-a", "a" * 81])
def test_ids_that_would_blur_keys_are_refused(redis_client: Client, scene_id: str) -> None:
    with pytest.raises(ValueError, match="scene id"):
        declare_scene(redis_client, replace(DEMO, id=scene_id), 4)
    assert redis_client.dbsize() == 0


def test_waiting_ends_with_a_scene_or_with_the_process(redis_client: Client) -> None:
    answers = iter([False, False, True])
    assert wait_for_scene(redis_client, lambda: next(answers)) is None
    declare_scene(redis_client, DEMO, 4)
    assert wait_for_scene(redis_client, lambda: False) == DEMO


def test_forgetting_a_scene_leaves_the_others(redis_client: Client) -> None:
    keys = declare_scene(redis_client, DEMO, 4)
    other = declare_scene(redis_client, replace(DEMO, id="demo-4409001"), 4)
    for number in range(250):
        redis_client.set(f"{keys.scene}:{number}", 1)
    redis_client.hset(other.beats, "ingest", 1)
    assert forget_scene(redis_client, DEMO.id) == 251  # the other one is shown
    assert sorted(redis_client.keys("demo-*")) == [b"demo-4409001:beats", b"demo-4409001:scene"]


def test_the_scene_that_is_shown_is_not_forgotten(redis_client: Client) -> None:
    declare_scene(redis_client, DEMO, 4)
    with pytest.raises(UnknownName, match="shown now"):
        forget_scene(redis_client, DEMO.id)
    assert active_scene(redis_client) == DEMO


def test_earlier_replays_are_forgotten(redis_client: Client) -> None:
    replays = [replace(REPLAY, id=f"replay-beijing-{number}") for number in range(4)]
    for scene in (DEMO, *replays):
        declare_scene(redis_client, scene, 4)
    forget_replays(redis_client, keep=(replays[3], replays[2]))
    assert [scene.id for scene in declared_scenes(redis_client)] == [DEMO.id, replays[2].id, replays[3].id]
    forget_replays(redis_client, keep=(replays[3], None))
    assert declared_scenes(redis_client) == [DEMO, replays[3]]


def test_a_scene_is_shown_again_by_its_id_or_by_its_stamp(redis_client: Client) -> None:
    live = replace(DEMO, id="live-440900", stamp=Stamp.LIVE)
    for scene in (DEMO, live, REPLAY):
        declare_scene(redis_client, scene, 4)
    for asked, expected in (("demo", DEMO), (REPLAY.id, REPLAY), ("live", live)):
        show_scene(redis_client, asked)
        assert active_scene(redis_client) == expected
    for asked, words in (("drill", "no scene 'drill'"), ("demo-1", "declared: demo-440900, live-440900")):
        with pytest.raises(UnknownName, match=words):
            show_scene(redis_client, asked)
    declare_scene(redis_client, replace(live, id="live-110000"), 4)
    with pytest.raises(UnknownName, match="more than one"):
        show_scene(redis_client, "live")
