"""The player against the real broker: everything arrives, city time waits for it, and it stops when asked."""

from __future__ import annotations

import threading
from datetime import datetime
from urllib.parse import urlsplit

import orjson
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from prerequisites import ANSWER_S, patience

from core.clock import monotonic_s
from core.errors import NeighbourDown
from simulator.message import reading
from simulator.replay import player
from simulator.replay.disturbance import Disturbance, disturbed
from simulator.replay.player import AFTER_MS, Gate, Pace, play

HOUR = 3_600_000
START_MS = 1_362_067_200_000
HOURS, STATIONS = 72, 6


def hourly(hours=HOURS):
    return [
        reading("air", f"s{station}", START_MS + hour * HOUR, {"pm25": float(hour * 10 + station)})
        for hour in range(1, hours + 1)
        for station in range(STATIONS)
    ]


class Installation:
    """What stands behind the broker: it counts what it gets and holds a clock, as the streams and the scene do."""

    def __init__(self, url: str, root: str, wait_for) -> None:
        self.received: list[tuple[str, int]] = []
        self.holds: list[int] = []
        self.shares: list[float] = []
        self.landed_at_hold: list[tuple[int, frozenset[tuple[str, int]]]] = []
        self.ahead_ms = 0
        self.stop = threading.Event()
        self._distinct: set[tuple[str, int]] = set()
        subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"test-{root.replace('/', '-')}")
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe(f"{root}/#", qos=1)
        self._client.on_message = self._take
        self._client.connect(urlsplit(url).hostname, urlsplit(url).port)
        self._client.loop_start()
        wait_for(subscribed.is_set)

    def _take(self, client, userdata, message) -> None:
        body = orjson.loads(message.payload)
        stamp = body["t"]
        key = (message.topic.split("/")[-2], round(datetime.fromisoformat(stamp).timestamp() * 1000))
        if self.holds:
            self.ahead_ms = max(self.ahead_ms, key[1] - self.holds[-1])
        self.received.append(key)
        self._distinct.add(key)

    def hold(self, at_ms: int) -> None:
        self.holds.append(at_ms)
        self.landed_at_hold.append((at_ms, frozenset(self._distinct)))

    def gate(self) -> Gate:
        return Gate(lambda: len(self._distinct), self.hold, self.shares.append, self.stop.is_set)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def installation(broker, request, wait_for):
    found = Installation(broker, f"replay/{request.node.name}", wait_for)
    found.root = f"replay/{request.node.name}"
    yield found
    found.close()


def whole(speed=0.0, hours=HOURS):
    return Pace(START_MS, START_MS + hours * HOUR, speed)


@pytest.mark.claim("PULSE", "in a replay city time never passes a reading that does not lie in the streams yet")
def test_city_time_waits_for_what_was_published(broker, installation):
    messages = hourly()
    assert play(messages, broker, installation.root, pace=whole(), gate=installation.gate()) == len(messages)
    assert sorted(installation.received) == sorted((m.device, m.event_ms) for m in messages)
    for hold_ms, landed in installation.landed_at_hold:
        due = {(m.device, m.event_ms) for m in messages if m.event_ms <= hold_ms}
        assert due <= landed
    assert installation.holds == sorted(installation.holds)
    assert installation.holds[-1] == START_MS + HOURS * HOUR + AFTER_MS
    assert installation.ahead_ms <= HOUR
    assert installation.shares[-1] == 1.0
    assert installation.shares == sorted(installation.shares)


def test_disturbed_messages_all_arrive_too(broker, installation):
    how = Disturbance(doubled=0.05, late=0.10, late_by_ms=3 * HOUR, shuffled=True, seed=5)
    messages = hourly()
    sent = list(disturbed(messages, how))
    assert play(sent, broker, installation.root, pace=whole(), gate=installation.gate()) == len(messages)
    assert set(installation.received) == {(m.device, m.event_ms) for m in messages}
    assert len(sent) > len(messages)


def test_speed_is_kept(broker, installation):
    """Six hours at 10,800 times real time take two seconds."""
    began_s = monotonic_s()
    play(hourly(6), broker, installation.root, pace=whole(10_800.0, 6), gate=installation.gate())
    assert 1.9 < monotonic_s() - began_s < 6 * patience()


def test_it_stops_when_asked(broker, installation, wait_for):
    played: list[int] = []
    pace = whole(speed=3_600.0)  # 72 s if nobody stops it

    def run() -> None:
        played.append(play(hourly(), broker, installation.root, pace=pace, gate=installation.gate()))

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: len(installation.received) >= STATIONS)
    installation.stop.set()
    thread.join(timeout=ANSWER_S)
    assert not thread.is_alive()
    assert STATIONS <= played[0] < HOURS * STATIONS


@pytest.mark.claim(
    "PULSE", "messages of a replay that nobody received yet are sent again, and city time waits for them"
)
def test_what_nobody_received_is_sent_again(broker, wait_for, monkeypatch):
    monkeypatch.setattr(player, "AGAIN_S", 0.3)
    late: list[Installation] = []
    asked, played = [], []

    def landed() -> int:
        asked.append(None)
        return late[0].gate().landed() if late else 0

    gate = Gate(landed, lambda hold_ms: None, lambda share: None, lambda: False)

    def run() -> None:
        played.append(play(hourly(2), broker, "replay/nobody-yet", pace=whole(hours=2), gate=gate))

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: len(asked) > 10)  # the first step is published, and nobody has subscribed
    late.append(Installation(broker, "replay/nobody-yet", wait_for))
    thread.join(timeout=ANSWER_S)
    late[0].close()
    assert played == [2 * STATIONS]


def test_what_never_arrives_is_told(broker, installation, monkeypatch):
    monkeypatch.setattr(player, "PATIENCE_S", 0.3)
    gate = Gate(lambda: 0, installation.hold, installation.shares.append, installation.stop.is_set)
    with pytest.raises(NeighbourDown, match="6 of 6 messages did not arrive"):
        play(hourly(2), broker, installation.root, pace=whole(hours=2), gate=gate)
    assert max(installation.holds) < START_MS + HOUR, "city time must not pass what is missing"
