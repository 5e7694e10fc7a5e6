"""Sessions at the broker: a scene finds what came while it was away, unless another one listened in its place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from prerequisites import ANSWER_S, unused_port

from core.errors import NeighbourDown
from core.records import Scene, Stamp
from ingest.transports.session import abandoned, end_session

DEMO = Scene("demo-440900", "440900", Stamp.DEMO, "city")
LIVE = replace(DEMO, id="live-440900", stamp=Stamp.LIVE)
FIRST = Scene("replay-beijing-1", "110000", Stamp.REPLAY, "replay/city")
SECOND = replace(FIRST, id="replay-beijing-2")
ALL = (DEMO, LIVE, FIRST, SECOND)


@pytest.mark.parametrize(
    ("shown", "ended"), [(DEMO, [LIVE, FIRST, SECOND]), (LIVE, [DEMO, FIRST, SECOND]), (SECOND, [FIRST])]
)
def test_who_listens_in_place_of_whom(shown: Scene, ended: list[Scene]) -> None:
    assert abandoned(shown, ALL) == [f"cityvitals-ingest-{scene.id}" for scene in ended]


class Visit:
    """One connection under a lasting session, which it subscribes when it is new."""

    def __init__(self, url: str, session: str) -> None:
        self.seen: list[bytes] = []
        self.resumed: bool | None = None
        self._ready = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=session, clean_session=False)
        self.client.on_connect = self._connected
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = lambda _client, _userdata, message: self.seen.append(message.payload)
        parts = urlsplit(url)
        self.client.connect(str(parts.hostname), int(parts.port or 1883))
        self.client.loop_start()
        assert self._ready.wait(ANSWER_S)

    def _connected(self, client: mqtt.Client, _userdata: object, flags: mqtt.ConnectFlags, *_: object) -> None:
        self.resumed = flags.session_present
        client.subscribe("session-test/#", qos=1)

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_an_ended_session_keeps_nothing(broker: str, wait_for: Callable[..., None]) -> None:
    def publish(payload: bytes) -> None:
        writer = Visit(broker, "session-test-writer")
        writer.client.publish("session-test/a", payload, qos=1).wait_for_publish(ANSWER_S)
        writer.leave()

    for session in ("session-test-kept", "session-test-ended"):
        Visit(broker, session).leave()
    publish(b"meanwhile")
    end_session(broker, "session-test-ended")
    kept, ended = Visit(broker, "session-test-kept"), Visit(broker, "session-test-ended")
    assert (kept.resumed, ended.resumed) == (True, False)
    publish(b"now")
    wait_for(lambda: {b"meanwhile", b"now"} <= set(kept.seen) and b"now" in ended.seen)
    assert b"meanwhile" not in ended.seen
    kept.leave()
    ended.leave()


def test_a_broker_that_is_away_is_a_neighbour_down() -> None:
    with pytest.raises(NeighbourDown, match="does not answer"):
        end_session(f"mqtt://127.0.0.1:{unused_port()}", "nobody")
