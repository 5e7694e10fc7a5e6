"""However the broker's bytes are cut into reads, the same packets come out."""

from __future__ import annotations

import random

import pytest
from paho.mqtt.enums import MQTTErrorCode

from ingest.transports.burst import Arrived, BurstClient


class Wire:
    """A socket that gives what it is told to give, and keeps what it is sent."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces, self.sent, self.closed = pieces, b"", False

    def recv(self, size: int) -> bytes:
        if not self.pieces:
            raise BlockingIOError
        return self.pieces.pop(0)

    def send(self, data: bytes) -> int:
        half = len(data) // 2 or len(data)  # a full socket takes what it likes
        self.sent += data[:half]
        return half

    def close(self) -> None:
        self.closed = True


def connected(wire: Wire) -> BurstClient:
    client = BurstClient("test")
    client._sock = wire
    return client


def publish(topic: bytes, payload: bytes, packet_id: bytes, again: bool, kept: bool) -> bytes:
    size, sizes = 2 + len(topic) + len(packet_id) + len(payload), b""
    while True:
        size, low = divmod(size, 128)
        sizes += bytes([low | (0x80 if size else 0)])
        if not size:
            break
    command = 0x30 | (2 if packet_id else 0) | (8 if again else 0) | (1 if kept else 0)
    return bytes([command]) + sizes + len(topic).to_bytes(2, "big") + topic + packet_id + payload


def read_all(client: BurstClient, wire: Wire) -> MQTTErrorCode:
    rc = MQTTErrorCode.MQTT_ERR_SUCCESS
    while wire.pieces and rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
        rc = client.loop_read()
    return rc


@pytest.mark.parametrize("seed", range(20))
def test_packets_do_not_depend_on_the_reads(seed: int) -> None:
    pick = random.Random(seed)
    sent = [
        Arrived(
            pick.randbytes(pick.choice((1, 30, 200))),
            pick.randbytes(pick.choice((0, 1, 50, 90, 17_000, 300_000))),
            pick.choice((b"", pick.randbytes(2))),
            pick.random() < 0.2,
            pick.random() < 0.2,
        )
        for _ in range(40)
    ]
    stream = b"".join(publish(*packet) + pick.choice((b"", b"\xd0\x00")) for packet in sent)  # PINGRESP between
    pieces = []
    while stream:
        size = pick.choice((1, 2, 3, 100, 4096, 262_144))
        pieces.append(stream[:size])
        stream = stream[size:]
    wire = Wire(pieces)
    client = connected(wire)
    assert read_all(client, wire) == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert client.arrived == sent


@pytest.mark.parametrize(
    "lie",
    [b"\x32\xff\xff\xff\xff\x01", b"\x32\x04\x00\x09ab", b"\x32\x01\x00", b"\xf0\x00", b"\x30\x03\x00\x02a"],
    ids=["endless size", "topic beyond the packet", "half a length", "unknown packet", "topic cut"],
)
def test_a_broker_that_lies_about_sizes_is_left(lie: bytes) -> None:
    wire = Wire([lie])
    client = connected(wire)
    assert read_all(client, wire) == MQTTErrorCode.MQTT_ERR_PROTOCOL
    assert wire.closed
    assert client.arrived == []


def test_a_closed_socket_is_a_lost_connection() -> None:
    wire = Wire([b""])
    assert read_all(connected(wire), wire) == MQTTErrorCode.MQTT_ERR_CONN_LOST
    assert wire.closed


def test_acknowledgements_leave_as_one_and_whole() -> None:
    wire = Wire([])
    client = connected(wire)
    client.acknowledge([b"\x00\x01", b"\x40\x02", b"\xff\xff"])
    while client.want_write():
        client.loop_write()
    assert wire.sent == b"\x40\x02\x00\x01" + b"\x40\x02\x40\x02" + b"\x40\x02\xff\xff"
