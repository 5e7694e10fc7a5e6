"""What was decoded comes out as columns, every row flagged, nothing forgotten before `clear`."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from core.declared import Device, Feed, Metric, Words
from core.records import Event, Phase, Place, Quality, ReadingBatch, Rejected, Scene, Stamp
from ingest.batcher import ROWS, Batcher
from ingest.decoders.contract import Decoded, Route
from ingest.intake import Intake
from ingest.known import Known

NAME = Words("测试", "test")
NOW_MS = 1_772_319_600_000
SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
AIR = Feed("air", NAME, "air/+/+")
BUS = Feed("bus", NAME, "bus/+/+", kind="vehicle")
PROBE = Feed("probe", NAME, "probe/+/+", kind="probe")


def device(name: str, feed: str, area: str) -> Device:
    return Device(name, feed, NAME, area, Place(110.9, 21.6, 5.0, "device") if area else None, ("pm25",))


KNOWN = Known(
    SCENE,
    {feed.id: feed for feed in (AIR, BUS, PROBE)},
    {d.id: d for d in (device("a1", "air", "440902"), device("a2", "air", ""), device("b1", "bus", ""))},
    {"pm25": Metric("pm25", NAME, "µg/m³", 0.0, 1000.0), "level": Metric("level", NAME, "m", -5.0, 10.0)},
    payload_limit_bytes=1000,
)


def route(feed: Feed, name: str) -> Route:
    return Route(feed, name, "readings", Stamp.TEST if feed is PROBE else Stamp.DEMO)


def rows(batches: list[ReadingBatch]) -> list[tuple[object, ...]]:
    return [
        (b.feed, b.devices[b.device[i]], b.metrics[b.metric[i]], int(b.event_ms[i]), float(b.value[i]))
        for b in batches
        for i in range(len(b))
    ]


def test_rows_come_out_as_they_went_in() -> None:
    pick, batcher, sent = random.Random(7), Batcher(KNOWN), []
    for number in range(300):
        feed = pick.choice((AIR, BUS))
        name, count = f"{feed.id}-{pick.randrange(20)}", pick.randrange(5)
        decoded = Decoded(
            name,
            [pick.choice(("pm25", "level", "other")) for _ in range(count)],
            [NOW_MS - number * 10 - i for i in range(count)],
            [pick.uniform(-10, 2000) for _ in range(count)],
        )
        sent += [
            (feed.id, name, m, t, v) for m, t, v in zip(decoded.metrics, decoded.event_ms, decoded.values, strict=True)
        ]
        batcher.add(route(feed, name), "topic", b"payload", decoded, NOW_MS)
    flush = batcher.flush(NOW_MS)
    assert Counter(rows(list(flush.readings))) == Counter(sent)
    assert batcher.readings == len(sent)
    assert sum(count for name, count in flush.counts.items() if name.endswith("|readings")) == len(sent)
    assert flush.counts["air|messages"] + flush.counts["bus|messages"] == 300


def test_each_row_carries_exactly_what_is_known_against_it() -> None:
    batcher = Batcher(KNOWN)
    names = ["pm25", "pm25", "pm25", "pm25", "odd"]
    values = [0.0, 1000.0, -0.1, 1000.1, 5e9]
    for feed, name in ((AIR, "a1"), (AIR, "a2"), (AIR, "nobody"), (BUS, "b1"), (BUS, "a-bus"), (PROBE, "probe-1")):
        batcher.add(route(feed, name), "t", b"", Decoded(name, list(names), [NOW_MS] * 5, list(values)), NOW_MS)
    good, far, odd = 0, Quality.OUT_OF_RANGE, Quality.UNKNOWN_METRIC
    plain = [good, good, far, far, odd]
    lost = [flag | Quality.UNPLACED for flag in plain]
    expected = {"a1": plain, "a2": lost, "nobody": lost, "b1": plain, "a-bus": lost, "probe-1": [0] * 5}
    found: dict[str, list[int]] = {}
    for batch in batcher.flush(NOW_MS).readings:
        for i in range(len(batch)):
            found.setdefault(batch.devices[batch.device[i]], []).append(int(batch.quality[i]))
        assert batch.stamp is (Stamp.TEST if batch.feed == "probe" else Stamp.DEMO)
    assert found == expected


def test_a_flood_of_metric_names_is_split_before_its_column_overflows() -> None:
    count = 2 * ROWS + 7
    batcher = Batcher(KNOWN)
    names = [f"m{i}" for i in range(count)]
    batcher.add(route(AIR, "a1"), "t", b"", Decoded("a1", names, [NOW_MS] * count, [float(i) for i in range(count)]), 0)
    batches = list(batcher.flush(NOW_MS).readings)
    assert [len(batch) for batch in batches] == [ROWS, ROWS, 7]
    assert [batch.metrics[i] for batch in batches for i in batch.metric] == names


def test_nothing_is_forgotten_before_it_is_cleared() -> None:
    batcher = Batcher(KNOWN)
    batcher.add(route(AIR, "a1"), "t", b"p", Decoded("a1", ["pm25"], [NOW_MS], [1.0]), NOW_MS)
    assert rows(list(batcher.flush(NOW_MS).readings)) == rows(list(batcher.flush(NOW_MS).readings))
    batcher.clear()
    assert (batcher.messages, batcher.readings, batcher.size_bytes) == (0, 0, 0)
    assert batcher.flush(NOW_MS).readings == []


def test_events_letters_and_the_newest_raw_message_go_along() -> None:
    batcher = Batcher(KNOWN)
    event = Event("air:e", "air", "x", Phase.NEW, "a1", NOW_MS, NOW_MS, None, Stamp.DEMO)
    letter = Rejected("wrong-type", "t", b"first", "b: …")
    batcher.add(route(AIR, "a1"), "t", b"first", Decoded("a1", ["pm25"], [NOW_MS], [1.0], (), letter), 5)
    batcher.add(route(AIR, "a1"), "t", b"second", Decoded("a1", events=(event,)), 6)
    batcher.reject(Rejected("unknown-topic", "u", b"x", "…"), "", 7)
    flush = batcher.flush(8)
    assert flush.events == (event,)
    assert [(r.reason, r.feed, r.received_ms) for r in flush.rejected] == [
        ("wrong-type", "air", 5),
        ("unknown-topic", "", 7),
    ]
    assert (flush.raw["a1"].payload, flush.raw["a1"].received_ms) == (b"second", 6)
    assert not flush.raw_undeclared
    assert flush.counts == {
        "air|messages": 2,
        "air|readings": 1,
        "air|events": 1,
        "air|refused": 1,
        "|refused": 1,
    }


def test_the_message_of_a_device_that_nobody_declared_goes_apart() -> None:
    batcher = Batcher(KNOWN)
    batcher.add(route(AIR, "x9"), "t", b"p", Decoded("x9", ["pm25"], [NOW_MS], [1.0]), NOW_MS)
    flush = batcher.flush(NOW_MS)
    assert (list(flush.raw), list(flush.raw_undeclared)) == ([], ["x9"])


@pytest.mark.parametrize(("size", "reason"), [(1000, "malformed"), (1001, "too-large")])
def test_a_message_over_the_limit_is_not_even_parsed(size: int, reason: str) -> None:
    intake = Intake(KNOWN)
    found = intake.take("city/air/a1/readings", b"x" * size, NOW_MS, NOW_MS)
    assert isinstance(found, Rejected)
    assert found.reason == reason
    assert intake.batcher.flush(NOW_MS).rejected[0].payload == b"x" * size
