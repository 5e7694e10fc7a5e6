"""The newest picture of each camera, for a day: one key a camera, its time before its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream.connect import Client, Pipeline
from stream.keys import Keys, partition_of

KEPT_S = 86_400
_TIME = 8  # bytes before the picture: when it came, real ms UTC, big-endian


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG as it came, and when, real ms UTC."""

    content: bytes
    received_ms: int


def keep(pipe: Pipeline, keys: Keys, pictures: Mapping[str, Picture]) -> None:
    """Keep the newest picture of each of these cameras, with the next `execute` of the pipeline."""
    for camera, one in pictures.items():
        pipe.set(_key(keys, camera), one.received_ms.to_bytes(_TIME, "big") + one.content, ex=KEPT_S)


def received_ms(client: Client, keys: Keys, cameras: Sequence[str]) -> dict[str, int]:
    """Camera → when its newest picture came, real ms UTC; without those that have none. Raises NeighbourDown."""
    pipe = client.pipeline()
    for camera in cameras:
        pipe.getrange(_key(keys, camera), 0, _TIME - 1)
    times = zip(cameras, pipe.execute(), strict=True)
    return {camera: int.from_bytes(time, "big") for camera, time in times if time}


def newest(client: Client, keys: Keys, camera: str) -> Picture | None:
    """The newest picture of a camera; None: it sent none for a day. Raises NeighbourDown."""
    found = client.get(_key(keys, camera))
    return None if found is None else Picture(found[_TIME:], int.from_bytes(found[:_TIME], "big"))


def _key(keys: Keys, camera: str) -> str:
    return keys.picture(str(partition_of(camera, keys.partitions)), camera)
