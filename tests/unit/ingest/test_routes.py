"""Topics find their feeds as MQTT means it; what no feed declares is refused by reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from core.declared import Feed, Words
from core.records import Scene, Stamp
from ingest import routes as routes_room
from ingest.decoders.contract import Fault
from ingest.routes import Routes

NAME = Words("测试", "test")
SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
FEEDS = (
    Feed("air", NAME, "air/+/+"),
    Feed("frigate", NAME, "/frigate/events", decoder="frigate"),
    Feed("probe", NAME, "probe/#", kind="probe"),
    Feed("cams", NAME, "video/+/events", decoder="frigate"),
)


def find(topic: str) -> tuple[str, str, str]:
    found = Routes(SCENE, FEEDS).find(topic)
    return found.feed.id, found.device, found.shape


def refused(topic: str) -> str:
    with pytest.raises(Fault) as raised:
        find(topic)
    return raised.value.reason


def test_a_native_topic_names_device_and_shape() -> None:
    assert find("city/air/茂名 01/readings") == ("air", "茂名 01", "readings")
    assert find("city/air/a/position") == ("air", "a", "position")
    assert find("city/probe/probe-1/readings") == ("probe", "probe-1", "readings")


def test_another_wire_format_finds_its_device_in_topic_or_payload() -> None:
    assert find("frigate/events") == ("frigate", "", "")
    assert find("city/video/gate-03/events") == ("cams", "gate-03", "")


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("city/water/w1/readings", "unknown-topic"),
        ("city/air/a/status", "unknown-topic"),
        ("city/air/a", "unknown-topic"),
        ("city/frigate/events", "unknown-topic"),
        ("town/air/a/readings", "unknown-topic"),
        ("city/air/a|b/readings", "bad-name"),
        ("city/air//readings", "bad-name"),
        ("city/air/\ufffd/readings", "bad-name"),
        ("city/air/" + "x" * 129 + "/readings", "bad-name"),
    ],
)
def test_what_is_not_declared_or_not_sane_is_refused(topic: str, reason: str) -> None:
    assert refused(topic) == reason


def test_only_what_lies_outside_the_root_is_subscribed_beside_it() -> None:
    assert Routes(SCENE, FEEDS).filters() == ["city/#", "frigate/events"]
    seen = Feed("seen", NAME, "seen/+/+", snapshots="/frigate/+/+/snapshot")
    inside = Feed("inside", NAME, "inside/+/+", snapshots="stills/+")
    routes = Routes(SCENE, [*FEEDS, seen, inside])
    assert (routes.filters(), routes.pictures()) == (["city/#", "frigate/events"], ["frigate/+/+/snapshot"])
    assert [routes.find(topic).device for topic in ("frigate/gate/car/snapshot", "city/stills/yard")] == [
        "gate",
        "yard",
    ]


def test_the_test_reading_is_a_test_wherever_it_runs() -> None:
    routes = Routes(SCENE, FEEDS)
    assert routes.find("city/probe/probe-1/readings").stamp is Stamp.TEST
    assert routes.find("city/air/a/readings").stamp is Stamp.DEMO


def test_a_pushed_message_finds_the_same_route() -> None:
    routes = Routes(SCENE, FEEDS)
    assert routes.pushed("air", "a") == routes.find("city/air/a/readings")
    with pytest.raises(Fault, match="not declared"):
        routes.pushed("water", "a")


def test_invented_topics_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_room, "REMEMBERED", 10)
    routes = Routes(SCENE, FEEDS)
    for number in range(25):
        assert routes.find(f"city/air/d{number}/readings").device == f"d{number}"
    assert len(routes._found) <= 10


LEVELS = st.lists(st.sampled_from(["a", "b", "cc"]), min_size=1, max_size=4)
FILTERS = st.tuples(st.lists(st.sampled_from(["a", "b", "+"]), min_size=1, max_size=4), st.booleans()).map(
    lambda made: "/".join([*made[0], "#"] if made[1] else made[0])
)


@given(FILTERS, LEVELS)
def test_a_filter_matches_what_paho_says_it_matches(topic_filter: str, levels: list[str]) -> None:
    topic = "/".join(levels)
    routes = Routes(SCENE, [Feed("f", NAME, f"/{topic_filter}", decoder="frigate")])
    try:
        found = bool(routes.find(topic))
    except Fault:
        found = False
    assert found == topic_matches_sub(topic_filter, topic)
