"""Which scene the installation shows, and what is fixed about each scene."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from dataclasses import replace

import msgspec

from core.errors import UnknownName, UnreadableEntry
from core.records import Scene, Stamp
from stream.connect import Client
from stream.keys import ACTIVE_SCENE, Keys, scene_key

LOOK_S = 0.2
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")

# Raise only, and in one step: two that raise at once leave the higher one.
_RAISE = """
if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[1], 'hold_ms') or '0') then
    redis.call('HSET', KEYS[1], 'hold_ms', ARGV[1])
end
return 0
"""


def declare_scene(client: Client, scene: Scene, partitions: int, *, shown: bool = True) -> Keys:
    """Make a scene the active one. A scene of the same id is continued, with the partitions of its creation.

    shown False: no scene is active then, and workers wait, until `show_scene`; its past can be written meanwhile.

    Raises:
        ValueError: The id is not of small letters, digits, `.`, `_`, `-`.
        NeighbourDown: Redis does not answer.
    """
    if not _ID.fullmatch(scene.id):
        raise ValueError(f"scene id {scene.id!r}: only small letters, digits, '.', '_' and '-' are accepted")
    key = scene_key(scene.id)
    pipe = client.pipeline()
    pipe.hsetnx(key, "partitions", str(partitions))
    pipe.hset(key, mapping={"record": msgspec.json.encode(scene), "hold_ms": str(scene.hold_ms)})
    if shown:
        pipe.set(ACTIVE_SCENE, scene.id)
    else:
        pipe.delete(ACTIVE_SCENE)
    pipe.execute()
    return keys_of(client, scene)


def declared_scenes(client: Client) -> list[Scene]:
    """Every scene that was declared and not forgotten, by id."""
    keys = [key for key in client.scan_iter(match=scene_key("*"), count=1000) if key.decode() != ACTIVE_SCENE]
    found = (_read_scene(client, key.decode()) for key in sorted(keys))
    return [scene for scene in found if scene is not None]


def show_scene(client: Client, asked: str) -> None:
    """Make an earlier declared scene the active one again, by its id or, if it is the only such one, its stamp.

    Raises:
        UnknownName: None or several; those that are declared are named.
    """
    declared = declared_scenes(client)
    found = [scene for scene in declared if scene.id == asked] or [scene for scene in declared if scene.stamp == asked]
    if len(found) != 1:
        which = "no scene" if not found else "more than one scene"
        raise UnknownName(f"{which} {asked!r} here; declared: {', '.join(s.id for s in declared) or 'none'}")
    client.set(ACTIVE_SCENE, found[0].id)


def active_scene(client: Client) -> Scene | None:
    """The scene that is shown now, with its newest hold; None before the first was declared."""
    scene_id = client.get(ACTIVE_SCENE)
    return None if scene_id is None else _read_scene(client, scene_key(scene_id.decode()))


def keys_of(client: Client, scene: Scene) -> Keys:
    """The keys of a declared scene. Raises UnreadableEntry when it never was declared."""
    partitions = client.hget(scene_key(scene.id), "partitions")
    if partitions is None:
        raise UnreadableEntry(f"scene {scene.id!r} was never declared in this Redis")
    return Keys(scene.id, int(partitions))


def hold_until(client: Client, scene_id: str, hold_ms: int) -> None:
    """Let city time run up to `hold_ms`; a lower value than the present one changes nothing."""
    client.script(_RAISE, [scene_key(scene_id)], [str(hold_ms)])


def wait_for_scene(client: Client, stopping: Callable[[], bool]) -> Scene | None:
    """The active scene as soon as there is one; None when `stopping` comes first."""
    while not stopping():
        scene = active_scene(client)
        if scene is not None:
            return scene
        time.sleep(LOOK_S)
    return None


def forget_scene(client: Client, scene_id: str) -> int:
    """Drop everything kept under a scene that is not shown; how many keys that were. Raises UnknownName."""
    if client.get(ACTIVE_SCENE) == scene_id.encode():
        raise UnknownName(f"scene {scene_id!r} is shown now; show another one first")
    dropped = 0
    for batch in _keys_in_hundreds(client, scene_id):
        dropped += int(client.unlink(*batch))
    return dropped


def forget_replays(client: Client, keep: Collection[Scene | None]) -> None:
    """Drop every replay but these: each has streams of its own, which nobody trims once it is not shown."""
    kept = {scene.id for scene in keep if scene is not None}
    for scene in declared_scenes(client):
        if scene.stamp is Stamp.REPLAY and scene.id not in kept:
            forget_scene(client, scene.id)


def _read_scene(client: Client, key: str) -> Scene | None:
    record, hold_ms = client.hmget(key, ["record", "hold_ms"])
    return None if record is None else replace(msgspec.json.decode(record, type=Scene), hold_ms=int(hold_ms))


def _keys_in_hundreds(client: Client, scene_id: str) -> list[list[bytes]]:
    found = list(client.scan_iter(match=f"{scene_id}:*", count=1000))
    return [found[start : start + 100] for start in range(0, len(found), 100)]


def last_written_ms(client: Client, keys: Keys) -> int:
    """When readings or a tick among them were last appended to a scene, real ms UTC; 0 when it is new."""
    newest = [client.xrevrange(keys.readings(slot), count=1) for slot in keys.slots]
    return max((int(found[0][0].split(b"-")[0]) for found in newest if found), default=0)
