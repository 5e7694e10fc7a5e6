"""Pre-encoded MQTT from one socket: the cheapest honest generator, so that the machine is left to what is measured.

`python -m benchmarks.load PORT RATE_PER_S SECONDS` publishes readings of 5,000 devices at QoS 1 until it is
interrupted, and prints how many messages a second the broker acknowledged.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time

from simulator.packets import CONNACK_OK, PUBACK_BYTES, connect_packet, publish_packet

DEVICES = 5_000
SLICE_S = 0.02  # one write to the socket each 20 ms


def free_port() -> int:
    """A TCP port that nobody holds at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def publish_socket(port: int, client_id: str) -> socket.socket:
    """A connected session; raises ConnectionError when the broker refuses it."""
    link = socket.create_connection(("127.0.0.1", port), timeout=10)
    link.sendall(connect_packet(client_id))
    answer = link.recv(len(CONNACK_OK))
    if answer != CONNACK_OK:
        raise ConnectionError(f"the broker on port {port} answered CONNECT with {answer!r}")
    return link


class Load:
    """Publishes at a rate; counts the acknowledgements (4 bytes each) that come back."""

    def __init__(self, port: int, rate_per_s: int) -> None:
        self.link = publish_socket(port, "benchmark-load")
        self.per_slice = max(1, int(rate_per_s * SLICE_S))
        self.acknowledged_bytes = 0
        self.stopping = False
        self._next = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        self.link.settimeout(None)
        while data := self.link.recv(65_536):
            self.acknowledged_bytes += len(data)

    def run(self, seconds: float) -> float:
        """Publish until the time is over or `stopping`; messages acknowledged a second."""
        started_s = due_s = time.monotonic()
        while not self.stopping and due_s - started_s < seconds:
            self.link.sendall(b"".join(self._slice(int(time.time() * 1000))))
            due_s += SLICE_S
            time.sleep(max(0.0, due_s - time.monotonic()))
        return self.acknowledged_bytes / PUBACK_BYTES / (time.monotonic() - started_s)

    def _slice(self, at_ms: int) -> list[bytes]:
        packets = []
        for _ in range(self.per_slice):
            self._next += 1
            topic = f"city/air/load-{self._next % DEVICES:05d}/readings"
            payload = b'{"t":%d,"values":{"pm25":35.2}}' % at_ms
            packets.append(publish_packet(topic, payload, self._next % 60_000 + 1))
        return packets


def main(port: int, rate_per_s: int, seconds: float) -> None:
    """Run as a child process; SIGINT ends it early."""
    load = Load(port, rate_per_s)
    signal.signal(signal.SIGINT, lambda *_: setattr(load, "stopping", True))
    print(load.run(seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
