"""What the broker's refusals mean for us, without a broker."""

from __future__ import annotations

from unittest.mock import Mock

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from core.declared import Feed, Words
from core.records import Scene, Stamp
from ingest.known import Known
from ingest.transports.mqtt import MqttIntake
from stream.appender import Appender

NAME = Words("测试", "test")
FEEDS = {"frigate": Feed("frigate", NAME, "/frigate/events", decoder="frigate")}
SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")


def intake() -> MqttIntake:
    known = Known(SCENE, FEEDS, {}, {}, payload_limit_bytes=1000)
    return MqttIntake("mqtt://nowhere.invalid", known, Mock(spec=Appender))


def test_a_refused_subscription_is_told_by_its_topic() -> None:
    ours = intake()
    granted, refused = (ReasonCode(PacketTypes.SUBACK, identifier=code) for code in (1, 128))
    ours._granted(None, None, 1, [granted, granted], None)
    assert ours.trouble() == ("ingest.connecting", {})
    ours._granted(None, None, 1, [granted, refused], None)
    assert ours.trouble() == ("ingest.broker-down", {"why": "frigate/events"})


def test_a_refused_connection_keeps_its_reason_when_the_socket_closes() -> None:
    ours = intake()
    forbidden = ReasonCode(PacketTypes.CONNACK, aName="Not authorized")
    ours._subscribe(None, None, None, forbidden, None)
    ours._lost(None, None, None, ReasonCode(PacketTypes.DISCONNECT, aName="Unspecified error"), None)
    assert ours.trouble() == ("ingest.broker-down", {"why": "Not authorized"})


def test_the_session_has_a_name_of_its_own_for_each_scene() -> None:
    assert intake()._client._client_id == b"cityvitals-ingest-demo-440900"
    assert intake()._client._clean_session is False
