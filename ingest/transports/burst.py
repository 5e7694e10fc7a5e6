"""paho's client, reading many packets with one system call and acknowledging many with one.

Session, keep-alive, subscriptions and every packet but PUBLISH stay paho's. Why at all: paho reads a packet with
three or more `recv` calls, sends each PUBACK with its own `send`, and takes five locks a message.
Measured beside it in `benchmarks/ingest.py`.
"""

from __future__ import annotations

from time import monotonic as paho_clock  # noqa: TID251  the clock that paho's own keep-alive reads
from typing import NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket

READ_BYTES = 256 * 1024
PUBLISH, PUBACK = 0x30, 0x40
PUBACK_HEAD = b"\x40\x02"
DUP, QOS, RETAIN = 0x08, 0x06, 0x01


class Arrived(NamedTuple):
    """One PUBLISH as it came. `packet_id` is its two bytes, b"" at QoS 0; `again`: the broker says it is a repeat.

    `kept`: the broker kept it for whoever comes later, and nobody says since when.
    """

    topic: bytes
    payload: bytes
    packet_id: bytes
    again: bool
    kept: bool = False


class BurstClient(mqtt.Client):
    """MQTT 3.1.1 with a session that outlives the connection; nothing is acknowledged but by `acknowledge`."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.arrived: list[Arrived] = []
        self._pieces: list[bytes] = []  # of a packet that is not whole yet
        self._held_bytes = 0
        self._wanted_bytes = 0

    def acknowledge(self, packet_ids: list[bytes]) -> None:
        """Send the PUBACKs of messages that came on the present connection."""
        if packet_ids:
            self._packet_queue(PUBACK, PUBACK_HEAD + PUBACK_HEAD.join(packet_ids), 0, 1)

    def usable(self) -> bool:
        """Whether the broker has accepted us and the connection still stands."""
        return self._sock is not None and self.is_connected()

    def waits_for_broker_s(self) -> float:
        """How long a ping of ours is unanswered, s; 0 when none is."""
        return paho_clock() - self._ping_t if self._ping_t else 0.0

    def reconnect(self) -> MQTTErrorCode:
        """Connect anew; half a packet of the old connection is worth nothing."""
        self._forget_pieces()
        self.arrived.clear()
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what the socket holds, at most 256 KB; called by paho's `loop`."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            piece = self._sock_recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            piece = b""
        if not piece:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        self._last_bytes_received = paho_clock()
        self._ping_t = 0.0  # a broker that sends is alive: its PINGRESP may stand behind 60 MB of messages
        self._pieces.append(piece)
        self._held_bytes += len(piece)
        if self._held_bytes < self._wanted_bytes:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        try:
            rc = self._take_packets(piece if len(self._pieces) == 1 else b"".join(self._pieces))
        except MalformedPacket:
            rc = MQTTErrorCode.MQTT_ERR_PROTOCOL
        return self._loop_rc_handle(rc) if rc > 0 else MQTTErrorCode.MQTT_ERR_SUCCESS

    def _take_packets(self, data: bytes) -> MQTTErrorCode:
        """Every whole packet of `data`; what is left waits for the next read."""
        at, end = 0, len(data)
        self._wanted_bytes = 0
        while end - at >= 2:
            body, size = at + 2, data[at + 1]
            if size > 127:
                body, size = _long_size(data, at + 1)
                if body < 0:
                    break
            if body + size > end:
                self._wanted_bytes = body + size - at
                break
            rc = self._take_packet(data, at, body, body + size)
            if rc > 0:
                return rc
            if self._sock is None:  # paho closed it on what that packet said
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            at = body + size
        self._pieces = [data[at:]] if at < end else []
        self._held_bytes = end - at
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _take_packet(self, data: bytes, at: int, body: int, end: int) -> MQTTErrorCode:
        command = data[at]
        if command & 0xF0 != PUBLISH:
            return self._hand_over(command, data[body:end])
        topic_end = body + 2 + int.from_bytes(data[body : body + 2], "big")
        payload = topic_end + 2 if command & QOS else topic_end
        if payload > end:
            raise MalformedPacket("a PUBLISH shorter than its own topic")
        again, kept = bool(command & DUP), bool(command & RETAIN)
        self.arrived.append(
            Arrived(data[body + 2 : topic_end], data[payload:end], data[topic_end:payload], again, kept)
        )
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _hand_over(self, command: int, body: bytes) -> MQTTErrorCode:
        """Let paho handle a packet as if it had read it itself."""
        self._in_packet["command"] = command
        self._in_packet["remaining_length"] = len(body)
        self._in_packet["packet"] = bytearray(body)
        self._in_packet["pos"] = 0
        return self._packet_handle()

    def _forget_pieces(self) -> None:
        self._pieces, self._held_bytes, self._wanted_bytes = [], 0, 0


def _long_size(data: bytes, at: int) -> tuple[int, int]:
    """Where the body begins and its size (MQTT 3.1.1, section 2.2.3); (-1, 0) while the size itself is cut off."""
    size = 0
    for place, byte in enumerate(data[at : at + 4]):
        size |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return at + place + 1, size
    if len(data) >= at + 4:
        raise MalformedPacket("a size of more than four bytes")
    return -1, 0
