"""What the streams of a scene still hold, entries of another program among them."""

from __future__ import annotations

import numpy as np

from core.clock import real_ms
from core.records import HOUR_MS, Scene, Stamp, Status, ValueBatch
from stream.codec import encode_values
from stream.connect import Client
from stream.past import Past
from stream.scenes import declare_scene

END_MS = 1_795_305_600_000


def telling(value: float) -> ValueBatch:
    return ValueBatch(
        indicator="rain_1h",
        version="1",
        window_end_ms=END_MS,
        decided_ms=END_MS,
        areas=("station-1",),
        value=np.array([value]),
        reported=np.ones(1, np.int32),
        expected=np.ones(1, np.int32),
        newest_ms=np.array([END_MS]),
        status=np.array([Status.FINAL], np.uint8),
        detail=("",),
    )


def test_a_telling_is_found_behind_entries_that_nobody_can_read(redis_client: Client) -> None:
    scene = Scene("past", "440900", Stamp.REPLAY, "replay/city", END_MS - HOUR_MS, real_ms(), 1.0, END_MS)
    keys = declare_scene(redis_client, scene, 1)
    redis_client.xadd(keys.values, dict(encode_values([telling(3.5)])))
    redis_client.xadd(keys.values, dict(encode_values([telling(4.5)])) | {b"h": b"\xc1"})
    told = Past(redis_client, keys, scene).told("rain_1h", "station-1", END_MS)
    assert told is not None and told.value.tolist() == [3.5]
