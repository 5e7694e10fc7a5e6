"""How a test drives an intake: connect it, turn it, cut it, and read what stands in the streams."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable

from machine import Moment, Passed, since
from prerequisites import ANSWER_S

from core.clock import real_ms
from core.errors import NeighbourDown
from ingest.known import Known
from ingest.transports.burst import BurstClient
from ingest.transports.mqtt import MqttIntake
from ingest.transports.publish import Publisher
from stream.appender import Appender, Flush
from stream.codec import decode_readings
from stream.connect import Client
from stream.keys import Keys


def intake_of(url: str, known: Known, client: Client, limit_entries: int = 100_000) -> MqttIntake:
    """A connected and subscribed intake."""
    intake = MqttIntake(url, known, Appender(client, Keys(known.scene.id, 4), limit_entries))
    turn_until(intake, lambda: intake.trouble() is None)
    for _ in range(3):
        intake.turn(real_ms())
    return intake


def turn_until(intake: MqttIntake, condition: Callable[[], object], now_ms: int = 0) -> Passed:
    """Turn until a condition holds; how long that took."""
    begun = Moment.now()
    while not condition():
        assert time.monotonic() - begun.at_s < ANSWER_S, f"trouble: {intake.trouble()}"
        intake.turn(now_ms or real_ms())
    return since(begun)


def send(publisher: Publisher, known: Known, values: range) -> None:
    """One reading a message; its value is its identity."""
    for value in values:
        body = f'{{"t":{real_ms()},"values":{{"pm25":{value}}}}}'
        publisher.publish(f"{known.scene.topic_root}/air/d{value % 7}/readings", body)
    assert publisher.wait(ANSWER_S)


def values_in(client: Client, keys: Keys) -> Counter[int]:
    """How often each value stands in the streams."""
    entries = [fields for slot in keys.slots for _, fields in client.xrange(keys.readings(slot))]
    return Counter(int(value) for fields in entries for value in decode_readings(fields).value)


def crash(intake: MqttIntake) -> None:
    """What a kill −9 does to the connection."""
    intake._client.socket().shutdown(socket.SHUT_RDWR)


def turn_for_a_while(intake: MqttIntake) -> None:
    """Enough turns for a broker on this machine to send what it still holds."""
    for _ in range(10):
        intake.turn(real_ms())


class Ledger:
    """The packet ids that came since it was opened, those acknowledged, and those that had not come."""

    def __init__(self, intake: MqttIntake) -> None:
        self.arrived: set[bytes] = set()
        self.acknowledged: set[bytes] = set()
        self.unearned: set[bytes] = set()
        self._client = intake._client
        self._loop, self._acknowledge = BurstClient.loop, BurstClient.acknowledge
        intake._client.loop = self._noting_loop
        intake._client.acknowledge = self._noting_acknowledge

    def _noting_loop(self, timeout: float = 1.0) -> object:
        rc = self._loop(self._client, timeout)
        self.arrived |= {packet.packet_id for packet in self._client.arrived if packet.packet_id}
        return rc

    def _noting_acknowledge(self, packet_ids: list[bytes]) -> None:
        self.unearned |= set(packet_ids) - self.arrived
        self.acknowledged |= set(packet_ids)
        self._acknowledge(self._client, packet_ids)


class FailsUntilTold(Appender):
    """Redis away, and back when `works` is set."""

    works = False

    def append(self, flush: Flush) -> None:
        if not self.works:
            raise NeighbourDown("away")
        super().append(flush)
