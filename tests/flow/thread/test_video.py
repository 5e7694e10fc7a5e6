"""A thousand events of Frigate over MQTT: out of order, twice, some without an end, some taken back."""

from __future__ import annotations

import json
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from installation import HOUR_MS, MINUTE_MS, Installation

import catalogue
from core.records import Phase
from simulator.replay.player import Pace
from simulator.wire import Wire
from stream.codec import decode_events

START_MS = 1_795_305_600_000  # 2026-11-22 08:00 in China
HOURS, EVENTS, BLOCK_MS = 6, 1000, 20 * MINUTE_MS
STOP_MS = START_MS + HOURS * HOUR_MS
LABELS = ("person", "car", "motorcycle", "dog")
CITY = "440900"


class Telling(NamedTuple):
    """What Frigate says once of one tracked object; sent_ms: when it is published, in city time."""

    event: str
    camera: str
    label: str
    kind: str
    began_ms: int
    told_ms: int
    sent_ms: int
    false_positive: bool

    def payload(self) -> bytes:
        """As Frigate writes it."""
        after = {
            "id": self.event,
            "camera": self.camera,
            "frame_time": self.told_ms / 1000,
            "label": self.label,
            "top_score": 0.8,
            "false_positive": self.false_positive,
            "start_time": self.began_ms / 1000,
            "end_time": self.told_ms / 1000 if self.kind == "end" else None,
        }
        return json.dumps({"type": self.kind, "before": after, "after": after}).encode()


def story(number: int, cameras: list[str], rng: random.Random) -> Iterator[Telling]:
    """All tellings of one event: a tenth never ends, one in twelve is taken back, a tenth of all tellings come late."""
    camera, label = rng.choice(cameras), rng.choice(LABELS)
    began_ms = told_ms = START_MS + rng.randrange(1, HOURS * HOUR_MS - 5 * MINUTE_MS)
    kinds = ["new", *["update"] * rng.randrange(4), *(["end"] if number % 10 else [])]
    for kind in kinds:
        late_ms = rng.randrange(40 * MINUTE_MS) if rng.random() < 0.1 else 0
        taken_back = number % 12 == 5 and kind == kinds[-1]
        event = f"{began_ms / 1000:.3f}-{number}"
        yield Telling(event, camera, label, kind, began_ms, told_ms, told_ms + late_ms, taken_back)
        told_ms += rng.randrange(1_000, 20_000)


def begun_by_camera(tellings: list[Telling]) -> dict[str, list[int]]:
    """The independent fold: camera → when its events began, rising, without those that their last telling took back."""
    of_event = defaultdict(list)
    for told in tellings:
        of_event[told.event].append(told)
    begun = defaultdict(list)
    for stories in of_event.values():
        last = max(stories, key=lambda told: told.told_ms)
        if not last.false_positive:
            begun[last.camera].append(min(told.began_ms for told in stories))
    return {camera: sorted(times) for camera, times in begun.items()}


def publish(installation: Installation, blocks: list[list[Telling]], wait_for: Callable[..., None]) -> int:
    """Block after block in any order within it; city time waits until a block landed. How many messages."""
    wire = Wire(installation.mqtt_url, f"frigate-{installation.scene_id}", stopping=lambda: False)
    sent, distinct = 0, set[Telling]()
    try:
        for number, block in enumerate(blocks):
            for told in block:
                wire.publish("frigate/events", told.payload())
            sent += len(block)
            distinct.update(block)
            wait_for(lambda: len(set(tellings_landed(installation))) == len(distinct), 30)
            installation.hold(START_MS + (number + 1) * BLOCK_MS)
    finally:
        wire.close()
    return sent


def tellings_landed(installation: Installation) -> list[tuple[str, Phase, int]]:
    """Event, phase and time of every telling in the streams, copies included."""
    streams = map(installation.keys.events, installation.keys.slots)
    entries = [fields for stream in streams for _, fields in installation.redis.xrange(stream)]
    return [(told.id, told.phase, told.told_ms) for fields in entries for told in decode_events(fields)]


@pytest.mark.claim(
    "PULSE", "1,000 video events over MQTT shuffled, doubled, a tenth without an end: counts equal an independent fold"
)
def test_a_thousand_video_events_are_counted_by_the_hour(
    installation: Installation, wait_for: Callable[..., None], record_property
) -> None:
    declared = catalogue.load(installation.settings.packs, CITY)
    county_of = {d.id: d.area for d in declared.devices.values() if declared.feeds[d.feed].kind == "camera"}
    rng = random.Random(17)
    tellings = [told for number in range(EVENTS) for told in story(number, sorted(county_of), rng)]
    doubled = tellings + rng.sample(tellings, len(tellings) // 5)
    blocks: list[list[Telling]] = [[] for _ in range((HOURS + 1) * HOUR_MS // BLOCK_MS)]
    for told in doubled:
        blocks[(told.sent_ms - START_MS) // BLOCK_MS].append(told)
    for block in blocks:
        rng.shuffle(block)

    installation.show(CITY, Pace(START_MS, STOP_MS, speed=0.0))
    installation.start("ingest", "engine")
    wait_for(installation.serving, 40)
    sent = publish(installation, blocks, wait_for)
    installation.decide_all(STOP_MS + 2 * HOUR_MS)

    begun = begun_by_camera(tellings)
    values = installation.told.values("security.video_events_1h")
    compared = 0
    for area in (CITY, *sorted(set(county_of.values()))):
        cameras = [camera for camera in begun if area in (CITY, county_of[camera])]
        times = sorted(at_ms for camera in cameras for at_ms in begun[camera])
        for end_ms in range(START_MS + HOUR_MS, STOP_MS + 1, MINUTE_MS):
            expected = bisect_right(times, end_ms) - bisect_right(times, end_ms - HOUR_MS)
            assert values[area, end_ms].value == expected, (area, end_ms)
            compared += 1
    # A broker that waited 5 s for an acknowledgement brings its message again, perhaps after its time was decided.
    assert installation.told.late_and_doubled()[0] <= len(tellings_landed(installation)) - sent
    assert sum(map(len, begun.values())) == EVENTS - len({t.event for t in tellings if t.false_positive})
    record_property("figure", f"{sent} messages of {EVENTS} events; {compared} counts equal")
