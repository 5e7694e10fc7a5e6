"""Every decoder against its frames: the file name says what must come out."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.declared import Feed, Words
from core.messages import catalogue
from core.records import HOUR_MS, Phase, Place, Rejected, Stamp
from ingest.decoders import DECODERS, native
from ingest.decoders.contract import Decoded, Route
from ingest.decoders.fields import near_clock
from stream.codec import encode_events

FRAMES = Path(__file__).resolve().parents[2] / "frames"
NOW_MS = 1_772_319_600_000  # 2026-03-01 07:00 in China
NAME = Words("测试", "test")
REASONS = {code.removeprefix("reject.") for code in catalogue() if code.startswith("reject.")}
SHAPES = ("readings", "event", "position")


def route(decoder: str, shape: str, **feed: object) -> Route:
    return Route(Feed("f1", NAME, "f1/#", decoder=decoder, **feed), "dev-1", shape, Stamp.DEMO)


def decode(decoder: str, shape: str, payload: bytes, **feed: object) -> Decoded | Rejected:
    return DECODERS[decoder](route(decoder, shape, **feed), "city/f1/dev-1", payload, NOW_MS)


def frames() -> list[object]:
    found = []
    for file in sorted(FRAMES.glob("*/*.json")):
        if file.parent.name in DECODERS:
            shape, outcome = file.stem.split("__")[:2]
            found.append(pytest.param(file, shape, outcome, id=f"{file.parent.name}-{file.stem}"))
    return found


@pytest.mark.parametrize(("file", "shape", "outcome"), frames())
@pytest.mark.claim("PULSE", "Every kind of bad input gets its own reason; the message is kept, never raised")
def test_a_frame_is_what_its_name_says(file: Path, shape: str, outcome: str) -> None:
    payload = file.read_bytes()
    found = decode(file.parent.name, shape, payload)
    if outcome == "good":
        assert isinstance(found, Decoded), found
        assert found.rejected is None
        assert len(found.metrics) == len(found.event_ms) == len(found.values)
        assert found.values or found.events
    else:
        assert isinstance(found, Rejected), found
        assert (found.reason, found.payload, found.topic) == (outcome, payload, "city/f1/dev-1")
        assert outcome in REASONS
        assert found.detail


def test_every_reason_of_a_payload_has_a_frame() -> None:
    shown = {file.stem.split("__")[1] for file in FRAMES.glob("*/*.json")}
    assert REASONS - shown == {"too-large", "unknown-topic", "unknown-camera"}  # decided outside the decoders


def test_readings_are_columns_in_the_order_of_the_message() -> None:
    found = decode("native", "readings", (FRAMES / "native/readings__good__list.json").read_bytes())
    assert isinstance(found, Decoded)
    assert (found.device, found.metrics) == ("dev-1", ["pm25", "pm25"])
    assert (found.event_ms, found.values) == ([NOW_MS, NOW_MS - 60_000], [35.2, 34.0])


def test_names_on_the_wire_become_metrics() -> None:
    found = decode("native", "readings", b'{"t":1772319600000,"values":{"PM2.5":1,"x":2}}', fields={"PM2.5": "pm25"})
    assert isinstance(found, Decoded)
    assert found.metrics == ["pm25", "x"]


def test_good_members_count_and_each_bad_one_is_named() -> None:
    payload = b'[{"t":1772319600000,"values":{"a":1,"b":"x","c":NaN}},{"t":"never","values":{"d":1}},7]'
    found = decode("native", "readings", payload)
    assert isinstance(found, Decoded)
    assert (found.metrics, found.values) == (["a"], [1.0])
    assert found.rejected is not None
    assert (found.rejected.reason, found.rejected.payload) == ("wrong-type", payload)
    assert all(word in found.rejected.detail for word in ("'b'", "'c'", "never", "not an object"))


def test_a_time_may_be_ahead_by_as_much_as_the_feed_allows() -> None:
    def at(ahead_ms: int) -> Decoded | Rejected:
        return decode("native", "readings", b'{"t":%d,"values":{"a":1}}' % (NOW_MS + ahead_ms), ahead_s=60)

    assert isinstance(at(60_000), Decoded)
    assert isinstance(at(60_001), Rejected)
    assert isinstance(at(-9 * 365 * 24 * HOUR_MS), Decoded)


def test_a_position_is_four_readings() -> None:
    found = decode("native", "position", (FRAMES / "native/position__good.json").read_bytes())
    assert isinstance(found, Decoded)
    assert dict(zip(found.metrics, found.values, strict=True)) == {
        "lon_deg": 110.92,
        "lat_deg": 21.66,
        "speed_kmh": 31.5,
        "heading_deg": 90.0,
    }


def test_an_event_without_an_end_is_new_and_tells_of_its_beginning() -> None:
    found = decode("native", "event", (FRAMES / "native/event__good.json").read_bytes())
    assert isinstance(found, Decoded)
    (event,) = found.events
    assert (event.id, event.feed, event.device, event.stamp) == ("f1:k7", "f1", "dev-1", Stamp.DEMO)
    assert (event.phase, event.began_ms, event.told_ms, event.ended_ms) == (Phase.NEW, NOW_MS, NOW_MS, None)
    assert event.place == Place(110.92, 21.66, 30.0, "caller")
    assert event.attributes == {"street": "红旗路", "floor": 3.0, "urgent": False}


def test_an_ended_event_is_told_at_its_end() -> None:
    found = decode("native", "event", (FRAMES / "native/event__good__ended.json").read_bytes())
    assert isinstance(found, Decoded)
    (event,) = found.events
    assert (event.phase, event.ended_ms, event.told_ms) == (Phase.END, NOW_MS + 300_000, NOW_MS + 300_000)


@pytest.mark.parametrize(
    ("kind", "phase", "told_ms", "ended_ms", "false_positive"),
    [
        ("new", Phase.NEW, 1_772_319_595_500, None, False),
        ("update", Phase.UPDATE, 1_772_319_597_000, None, False),
        ("end", Phase.END, 1_772_319_599_250, 1_772_319_599_250, False),
        ("false-positive", Phase.END, 1_772_319_599_250, 1_772_319_599_250, True),
    ],
)
def test_frigate_tells_one_event_three_times(
    kind: str, phase: Phase, told_ms: int, ended_ms: int | None, false_positive: bool
) -> None:
    found = decode("frigate", "", (FRAMES / f"frigate/event__good__{kind}.json").read_bytes())
    assert isinstance(found, Decoded)
    (event,) = found.events
    assert (event.id, event.type, event.device) == ("f1:1772319590.123456-q1w2e3", "video.person", "gate-03")
    assert (event.phase, event.told_ms, event.ended_ms) == (phase, told_ms, ended_ms)
    assert (event.began_ms, event.confidence, event.false_positive) == (1_772_319_590_120, 0.91, false_positive)
    assert event.attributes["zones"] == "yard,gate"
    assert found.device == "gate-03"


def test_a_frigate_end_without_its_time_ended_when_it_was_told() -> None:
    payload = (
        b'{"type":"end","after":{"id":"a","camera":"c","label":"car","start_time":1772319590,"frame_time":1772319592}}'
    )
    found = decode("frigate", "", payload)
    assert isinstance(found, Decoded)
    assert (found.events[0].ended_ms, found.events[0].confidence) == (1_772_319_592_000, None)


@pytest.mark.parametrize("key", ["start_time", "end_time", "frame_time"])
def test_no_time_of_frigate_may_be_far_from_the_clock(key: str) -> None:
    times = {"start_time": NOW_MS / 1000, "end_time": NOW_MS / 1000, "frame_time": NOW_MS / 1000, key: -1e300}
    payload = orjson.dumps({"type": "end", "after": {"id": "a", "camera": "c", "label": "car", **times}})
    found = decode("frigate", "", payload)
    assert isinstance(found, Rejected)
    assert found.reason == "far-from-clock"


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("1970-01-01T00:00:00+08:00", "factory-clock"),
        ("1970-11-30T00:00:00Z", "factory-clock"),
        ("2000-01-01T00:00:00+08:00", "factory-clock"),
        ("2000-06-01T00:00:00Z", "factory-clock"),
        ("1999-12-30T00:00:00Z", "far-from-clock"),
        ("1971-06-01T00:00:00Z", "far-from-clock"),
        ("2001-06-01T00:00:00Z", "far-from-clock"),
        (NOW_MS // 1000, "far-from-clock"),
    ],
)
@pytest.mark.claim("ENGINE", "A clock that began anew in 1970 or 2000 is refused with a reason of its own")
def test_a_clock_at_its_factory_time_is_told_from_other_wrong_ones(at: str | int, reason: str) -> None:
    found = decode("native", "readings", orjson.dumps({"t": at, "values": {"a": 1}}))
    assert isinstance(found, Rejected)
    assert found.reason == reason


def test_in_a_city_of_the_year_2000_its_time_is_right() -> None:
    assert near_clock(946_684_800_000 + 5, 946_684_800_000, 600) == 946_684_800_005


SAMPLES = st.fixed_dictionaries(
    {"t": st.sampled_from([NOW_MS, "2026-03-01T07:00:00+08:00", "2026-03-01T07:00:00", True, None, 0, 1e300])},
    optional={
        "values": st.dictionaries(
            st.sampled_from(["a", "雨量", "a|b", "", "x" * 129]),
            st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=3), st.just(10**400)),
            max_size=3,
        )
    },
)


@given(st.lists(st.one_of(SAMPLES, st.integers(), st.lists(st.integers(), max_size=2)), max_size=4))
def test_the_short_way_through_a_good_message_says_what_the_long_way_says(samples: list[object]) -> None:
    here = route("native", "readings")
    short = native.all_good(here, samples, NOW_MS)
    decoded, faults = native.one_by_one(here, samples, NOW_MS)
    good = bool(samples) and not faults
    assert (short is not None) == good or any(abs(v) > 1e300 for v in decoded.values)
    if short is not None:
        assert short == decoded
        assert all(math.isfinite(value) for value in short.values)


def mutations(seed: int, count: int) -> Iterator[tuple[str, str, bytes]]:
    """Good and bad frames with bytes changed, cut, doubled, moved, or pieces of hostile JSON put in."""
    pick = random.Random(seed)
    originals = [(f.parent.name, f.stem.split("__")[0], f.read_bytes()[:2000]) for f in FRAMES.glob("*/*.json")]
    originals = [original for original in sorted(originals) if original[0] in DECODERS]
    pieces = [
        b"NaN",
        b"-1e999",
        b"null",
        b"true",
        b'"\\ud800"',
        b"\xff\xfe",
        b"9" * 400,
        b"[" * 2000,
        b"{}",
        b"[]",
        b"|",
    ]
    for _ in range(count):
        decoder, shape, frame = pick.choice(originals)
        body = bytearray(frame)
        for _ in range(pick.randint(1, 4)):
            at = pick.randrange(len(body) + 1)
            match pick.randrange(5):
                case 0:
                    body[at : at + 1] = bytes([pick.randrange(256)])
                case 1:
                    del body[at : at + pick.randrange(1, 20)]
                case 2:
                    body[at:at] = pick.choice(pieces)
                case 3:
                    body[at:at] = body[at : at + pick.randrange(1, 30)]
                case _:
                    body[at : at + pick.randrange(1, 12)] = pick.choice(pieces)
        yield decoder, pick.choice((shape, shape, *SHAPES)), bytes(body)


def check_mutations(seed: int, count: int) -> None:
    outcomes = set()
    for decoder, shape, payload in mutations(seed, count):
        found = decode(decoder, shape, payload)
        rejected = found if isinstance(found, Rejected) else found.rejected
        if rejected is not None:
            assert rejected.reason in REASONS
            assert rejected.payload == payload
            rejected.detail.encode()
            outcomes.add(rejected.reason)
        if isinstance(found, Decoded):
            assert found.values or found.events
            encode_events(found.events)  # what cannot be appended would be sent to us for ever
            assert all(type(ms) is int for ms in found.event_ms)
            assert all(math.isfinite(value) for value in found.values)
            outcomes.add("good")
    assert len(outcomes) > 8


@pytest.mark.claim("PULSE", "A decoder never raises: 20,000 mutated payloads, 400,000 in the long run")
def test_no_mutated_payload_makes_a_decoder_raise() -> None:
    check_mutations(seed=7, count=20_000)


@pytest.mark.long
def test_no_mutated_payload_makes_a_decoder_raise_in_the_long_run() -> None:
    check_mutations(seed=11, count=400_000)


@settings(max_examples=500)
@given(st.sampled_from(sorted(DECODERS)), st.sampled_from(SHAPES), st.binary(max_size=200))
def test_no_bytes_make_a_decoder_raise(decoder: str, shape: str, payload: bytes) -> None:
    found = decode(decoder, shape, payload)
    assert isinstance(found, Decoded | Rejected)
