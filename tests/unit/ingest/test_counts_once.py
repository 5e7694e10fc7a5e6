"""The same message twice, in one flush or after a reconnect, over a restart or not: it counts once."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest

from core.declared import Device, Feed, Metric, Words
from core.records import PaneBatch, Scene, Stamp
from indicators.panes import PartitionFold
from ingest.intake import Intake
from ingest.known import Known
from stream.appender import Flush

NAME = Words("测试", "test")
NOW_MS = 1_772_319_600_000
SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
FEEDS = {
    "air": Feed("air", NAME, "air/+/+"),
    "frigate": Feed("frigate", NAME, "/frigate/events", decoder="frigate", kind="camera"),
}
METRICS = {"pm25": Metric("pm25", NAME, "µg/m³", 0.0, 1000.0)}
DEVICES = {"a1": Device("a1", "air", NAME, "440902", None, ("pm25",))}
VIDEO = {"id": "1.5-a", "camera": "c1", "label": "person", "start_time": NOW_MS / 1000 - 30}
MESSAGES = [
    ("city/air/a1/readings", orjson.dumps({"t": NOW_MS - 55_000, "values": {"pm25": 35.0}})),
    ("city/air/a1/readings", orjson.dumps({"t": NOW_MS - 50_000, "values": {"pm25": 37.0}})),
    ("frigate/events", orjson.dumps({"type": "new", "after": VIDEO})),
]
PANE_END_MS = NOW_MS


def flush_of(messages: Sequence[tuple[str, bytes]]) -> Flush:
    """What one connection of ingest appends of these messages."""
    intake = Intake(Known(SCENE, FEEDS, DEVICES, METRICS, payload_limit_bytes=1000))
    for topic, payload in messages:
        intake.take(topic, payload, NOW_MS, NOW_MS)
    return intake.batcher.flush(NOW_MS)


class Partition:
    """The engine's first stage on one partition, and what it told in the end."""

    def __init__(self) -> None:
        self._fold = PartitionFold(0, METRICS, FEEDS)
        self._state: dict[bytes, bytes] = {}
        self.counts: dict[tuple[str, str, int], float] = {}
        self.doubled = 0

    def take(self, flush: Flush) -> None:
        for batch in flush.readings:
            self._fold.fold(batch)
        self._fold.fold_events(flush.events)

    def tick(self, now_ms: int) -> None:
        panes = self._fold.tick(now_ms)
        if panes is not None:
            self.counts.update(_counts(panes))
            self.doubled += panes.doubled
        for name, chunk in self._fold.dirty().items():
            if chunk is None:
                self._state.pop(name, None)
            else:
                self._state[name] = chunk

    def crash(self) -> None:
        """Begin again from the last checkpoint."""
        self._fold = PartitionFold(0, METRICS, FEEDS)
        self._fold.restore(self._state)


def _counts(panes: PaneBatch) -> dict[tuple[str, str, int], float]:
    rows = zip(panes.device.tolist(), panes.metric.tolist(), panes.pane_end_ms.tolist(), panes.count, strict=True)
    readings = {(panes.devices[device], panes.metrics[metric], end): float(n) for device, metric, end, n in rows}
    return readings | {(device, kind, end): float(n) for device, kind, end, n in panes.event_counts}


EXPECTED = {("a1", "pm25", PANE_END_MS): 2.0, ("c1", "video.person", PANE_END_MS): 1.0}


@pytest.mark.claim("PULSE", "a doubled message counts once")
def test_a_doubled_message_counts_once() -> None:
    partition = Partition()
    partition.take(flush_of(MESSAGES + MESSAGES[::-1]))
    partition.tick(NOW_MS)
    assert partition.counts == EXPECTED
    assert partition.doubled == 2


@pytest.mark.claim("PULSE", "a message that the broker sends again after a reconnect counts once")
@pytest.mark.parametrize("crashes", [False, True])
def test_a_redelivery_after_a_reconnect_counts_once(crashes: bool) -> None:
    partition = Partition()
    partition.take(flush_of(MESSAGES[:2]))
    partition.tick(NOW_MS)
    if crashes:
        partition.crash()
    partition.take(flush_of(MESSAGES))  # a new connection: the first two came without an acknowledgement of ours
    partition.tick(NOW_MS + 5000)
    partition.take(flush_of(MESSAGES))
    partition.tick(NOW_MS + 10_000)
    assert partition.counts == EXPECTED
    assert partition.doubled == 4
