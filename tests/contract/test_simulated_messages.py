"""What the simulator sends is what our decoders read: its messages against `ingest`, its events field by field."""

from pathlib import Path

import pytest

import catalogue
from core.records import HOUR_MS, MINUTE_MS, Rejected, Stamp
from ingest.decoders import DECODERS
from ingest.decoders.contract import Route
from simulator.city import Course, Declarations, city_of
from simulator.weather import Scenario

PACKS = Path(__file__).resolve().parents[2] / "packs"
BEGAN_MS = 1_772_319_600_000 + 1_234_567


@pytest.fixture(scope="module", params=["茂名", "宿迁"])
def city(request):
    found = catalogue.load(PACKS, request.param)
    centres_deg = {area.id: area.centre_deg for area in found.areas.counties}
    declared = Declarations(found.metrics, found.feeds, found.devices, centres_deg)
    return city_of(Course(7, Scenario.TYPHOON, BEGAN_MS, faults=0.0), declared)


def decode(city, message):
    """As the ingest worker would: feed by topic, decoder by feed."""
    if message.topic.startswith("/"):
        feed = next(f for f in city.declared.feeds.values() if f.topic == message.topic)
        route = Route(feed, "", "", Stamp.DEMO)
    else:
        feed_id, device, shape = message.topic.split("/")
        feed = city.declared.feeds[feed_id]
        assert feed.topic in (f"{feed_id}/+/+", f"{feed_id}/#"), "the simulator publishes on <feed>/<device>/<shape>"
        route = Route(feed, device, shape, Stamp.DEMO)
    return DECODERS[feed.decoder](route, message.topic, message.payload, message.send_ms)


def test_every_message_is_readable_and_within_the_range_of_its_metric(city):
    messages = city.told(BEGAN_MS, BEGAN_MS + 5 * MINUTE_MS) + city.told(BEGAN_MS + 40 * MINUTE_MS, BEGAN_MS + HOUR_MS)
    assert len({m.topic.split("/")[0] for m in messages}) >= 7
    for message in messages:
        decoded = decode(city, message)
        assert not isinstance(decoded, Rejected), decoded
        assert decoded.rejected is None
        assert decoded.device == message.device
        for name, value in zip(decoded.metrics, decoded.values, strict=True):
            metric = city.declared.metrics[name]
            assert metric.low <= value <= metric.high, (message.device, name, value)


@pytest.mark.claim("PULSE", "events of the past 24 h are the records that their messages would have become")
def test_events_come_back_as_they_were(city):
    for witness in city.witnesses:
        events = witness.tellings(BEGAN_MS, BEGAN_MS + HOUR_MS)
        assert events
        for event in events:
            assert decode(city, witness.message(event)).events == (event,)


def test_a_tenth_of_video_events_never_ends_and_some_are_taken_back(city):
    cameras = next(w for w in city.witnesses if w.feed.decoder == "frigate")
    events = cameras.tellings(BEGAN_MS, BEGAN_MS + 12 * HOUR_MS)
    begun = {e.id for e in events if e.phase == "new" and e.began_ms < BEGAN_MS + 11 * HOUR_MS}
    ended = {e.id for e in events if e.phase == "end"}
    taken_back = {e.id for e in events if e.false_positive}
    assert len(begun) > 400
    assert 0.06 < 1 - len(begun & ended) / len(begun) < 0.14
    assert 0.02 < len(begun & taken_back) / len(begun) < 0.10
