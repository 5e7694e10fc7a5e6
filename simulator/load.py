"""A steady load of many thousand messages a second, for measurements: packets made once, then only patched.

All packets of one round (one message a device) lie in one buffer. To send k of them their times and packet ids are
written into the buffer as columns, and the span goes to the socket in one call: a few array operations for hundreds
of messages, where a client library spends some 30 µs on each. The devices are real ones that tell that they are
there, only oftener than they would: the picture of the city does not change under the load.
"""

from __future__ import annotations

import logging
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.broker_address import broker_address
from core.records import Int64
from simulator.packets import CONNACK_OK, PUBACK_BYTES, connect_packet, publish_packet

LOG = logging.getLogger(__name__)
DIGITS = 13  # of a time in ms, until the year 2286
UNANSWERED = 20_000  # below 65,535 packet ids, and what the embedded broker keeps for a slow reader
RETRY_MS = 1_000
DEBT_MS = 1_000  # what could not be sent within this is left out: a measurement wants its rate, not a burst


@dataclass(frozen=True, slots=True)
class Beat:
    """A device that tells it is there: its topic below the root, and the name of the value on the wire."""

    topic: str
    name: str = "online"


class Load:
    """`per_s` messages a second over one socket of its own, QoS 1. Driven by calling `pump` every few ms."""

    sent: int
    answered: int

    def __init__(self, url: str, root: str, beats: Sequence[Beat], per_s: float) -> None:
        """Make the packets; the connection comes with the first `pump`.

        Raises:
            ValueError: So few devices that one of them would tell twice in the same millisecond.
        """
        if not beats or len(beats) * 1000 < per_s:
            raise ValueError(f"{per_s:.0f} messages/s need at least {int(per_s / 1000) + 1} devices, not {len(beats)}")
        self._url, self._per_s = url, per_s
        self._packets = _Packets(root, beats)
        self._socket: socket.socket | None = None
        self._began_ms = self._sent_of_schedule = self._tried_ms = 0
        self._partial = 0
        self.sent = self.answered = 0

    def pump(self, now_ms: int) -> int:
        """Send what is due by now, ms of city time, and read the answers. How many were sent; 0 while disconnected."""
        if self._socket is None and not self._connect(now_ms):
            return 0
        try:
            self._read_answers()
            return self._send_due(now_ms)
        except OSError as problem:
            LOG.warning("load: lost the broker (%s); trying again", problem)
            self.close()
            return 0

    def close(self) -> None:
        """Drop the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self, now_ms: int) -> bool:
        if now_ms - self._tried_ms < RETRY_MS:
            return False
        self._tried_ms = now_ms
        broker = broker_address(self._url)
        try:
            link = socket.create_connection((broker.host, broker.port), timeout=5)
            link.sendall(connect_packet(f"cityvitals-load-{now_ms}"))
            if link.recv(4) != CONNACK_OK:
                raise ConnectionError("the broker refused the connection")
        except OSError:
            return False
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._began_ms, self._sent_of_schedule, self._partial = link, now_ms, 0, 0
        self.answered = self.sent  # what the lost connection still owed is never answered
        return True

    def _read_answers(self) -> None:
        assert self._socket is not None
        readable, _, _ = select.select([self._socket], [], [], 0)
        if not readable:
            return
        answers = self._socket.recv(1 << 18)
        if not answers:
            raise ConnectionError("closed by the broker")
        whole, self._partial = divmod(self._partial + len(answers), PUBACK_BYTES)
        self.answered += whole

    def _send_due(self, now_ms: int) -> int:
        assert self._socket is not None
        due = int((now_ms - self._began_ms) * self._per_s / 1000)
        first = max(self._sent_of_schedule, due - int(self._per_s * DEBT_MS / 1000))
        count = min(due - first, UNANSWERED - (self.sent - self.answered))
        if count <= 0:
            return 0
        numbers = np.arange(first, first + count, dtype=np.int64)
        at_ms = self._began_ms + (numbers * 1000 / self._per_s).astype(np.int64)
        for span in self._packets.patched(numbers, at_ms):
            self._socket.sendall(span)
        self._sent_of_schedule = first + count
        self.sent += count
        return count


class _Packets:
    """One PUBLISH a device in one buffer, and where in it the packet ids and times stand."""

    def __init__(self, root: str, beats: Sequence[Beat]) -> None:
        packets = [_publish_packet(f"{root}/{beat.topic}", beat.name) for beat in beats]
        lengths = [len(packet) for packet, *_ in packets]
        self._starts: Int64 = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self._id_at = self._starts[:-1] + np.array([id_at for _, id_at, _ in packets])
        self._time_at = self._starts[:-1] + np.array([time_at for *_, time_at in packets])
        self._buffer: NDArray[np.uint8] = np.frombuffer(b"".join(p for p, *_ in packets), np.uint8).copy()

    def patched(self, numbers: Int64, at_ms: Int64) -> list[memoryview]:
        """The packets of these numbers (rising by 1, (k,)) at these times, as spans to be sent in order."""
        spans, done = [], 0
        while done < len(numbers):
            row = int(numbers[done]) % len(self._id_at)
            upto = min(len(self._id_at), row + len(numbers) - done)
            part = slice(done, done + upto - row)
            spans.append(memoryview(self._patch(row, upto, numbers[part], at_ms[part]).tobytes()))
            done = part.stop
        return spans

    def _patch(self, row: int, upto: int, numbers: Int64, at_ms: Int64) -> NDArray[np.uint8]:
        packet_id = numbers % 65_535 + 1
        self._buffer[self._id_at[row:upto]] = packet_id >> 8
        self._buffer[self._id_at[row:upto] + 1] = packet_id & 0xFF
        places = 10 ** np.arange(DIGITS - 1, -1, -1, dtype=np.int64)
        digits = at_ms[:, None] // places[None, :] % 10 + ord("0")
        self._buffer[self._time_at[row:upto, None] + np.arange(DIGITS)[None, :]] = digits
        return self._buffer[self._starts[row] : self._starts[upto]]


def _publish_packet(topic: str, name: str) -> tuple[bytes, int, int]:
    """The packet with empty id and time, and the offsets of both."""
    head = b'{"t":'
    payload = head + b"0" * DIGITS + f',"values":{{"{name}":1}}}}'.encode()
    packet = publish_packet(topic, payload, 0)
    time_at = len(packet) - len(payload) + len(head)
    return packet, time_at - len(head) - 2, time_at
