"""From the broker into the streams: read a burst, decode, append, and only then acknowledge.

The session outlives the connection: what was not acknowledged comes again after a crash of ours or a cut.
An acknowledgement belongs to the connection on which its message came; a new connection begins with none owed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from core.clock import monotonic_s, real_ms
from core.errors import NeighbourDown, StreamFull
from ingest.intake import Intake
from ingest.known import Known
from ingest.transports.address import aim
from ingest.transports.burst import BurstClient
from ingest.transports.session import end_session, session_of
from stream.appender import Appender

FLUSH_READINGS = 20_000  # four partitions of 5,000: above it an entry gains nothing more
FLUSH_BYTES = 8 * 1024 * 1024
FLUSH_AFTER_S = 0.015  # how long a lone reading waits for company
HELD_BYTES = 64 * 1024 * 1024  # while Redis is away: the broker's own limit of unacknowledged messages comes first
KEEPALIVE_S = 2  # a broker that stopped without a word is noticed after at most twice this
SILENT_S = 1.0  # a ping unanswered for so long is worth telling
IDLE_S = 0.2  # longest sleep: signals and a change of scene are seen in between
RETRY_S, RETRY_MOST_S = 0.1, 2.0
log = logging.getLogger(__name__)


class _BackOff:
    """When to try again: at once, then after waits that double."""

    def __init__(self) -> None:
        self.problem = ""
        self._wait_s, self._next_s = RETRY_S, 0.0

    def due(self) -> bool:
        """Whether it is time for the next attempt."""
        return monotonic_s() >= self._next_s

    def failed(self, what: str, problem: str) -> None:
        """Note a failure; only the first of a row is logged."""
        if not self.problem:
            log.warning("%s: %s", what, problem)
        self.problem = problem
        self._next_s = monotonic_s() + self._wait_s
        self._wait_s = min(2 * self._wait_s, RETRY_MOST_S)

    def succeeded(self, what: str) -> None:
        """Note a success; the return is logged once."""
        if self.problem:
            log.info("%s again", what)
        self.problem, self._wait_s, self._next_s = "", RETRY_S, 0.0


class MqttIntake:
    """Takes the messages of one scene from one broker. `messages` and `readings` count what was appended."""

    def __init__(self, url: str, known: Known, appender: Appender, abandoned: Sequence[str] = ()) -> None:
        """abandoned: sessions at the broker to end as soon as it answers."""
        self.messages = self.readings = 0
        self._url, self._abandoned = url, list(abandoned)
        self._intake, self._appender = Intake(known), appender
        self._broker, self._redis = _BackOff(), _BackOff()
        self._full = False
        self._owed: dict[bytes, None] = {}  # packet ids of this connection, not acknowledged yet, in order
        self._first_s = 0.0
        self._client = BurstClient(session_of(known.scene.id))
        aim(self._client, url, KEEPALIVE_S)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = self._granted
        self._client.on_disconnect = self._lost

    def turn(self, now_ms: int) -> None:
        """One turn, at most `IDLE_S` of waiting: connect, read, and append what is due. now_ms: city time."""
        if self._client.socket() is None:
            self._connect()
        if self._abandoned and self._client.usable():
            self._end_one()
        self._read(now_ms)
        if self._due():
            self._append()

    def close(self) -> None:
        """Append what was read, acknowledge it, and leave; the broker keeps the session for the next time.

        While Redis is away nothing is tried: what is not acknowledged comes again.
        """
        if self._intake.batcher.messages and not self._redis.problem:
            self._append()
        self._client.disconnect()

    def trouble(self) -> tuple[str, dict[str, object]] | None:
        """What keeps messages out, as a code of `core.messages` with its values; None when all is well."""
        if self._redis.problem:
            return "ingest.stream-full" if self._full else "ingest.redis-down", {"why": self._redis.problem}
        if self._broker.problem:
            return "ingest.broker-down", {"why": self._broker.problem}
        if not self._client.usable():
            return "ingest.connecting", {}
        silent_s = self._client.waits_for_broker_s()
        return ("ingest.silent", {"seconds": round(silent_s)}) if silent_s >= SILENT_S else None

    def _connect(self) -> None:
        if not self._broker.due():
            return
        self._owed.clear()  # the broker sends again what the old connection left unacknowledged
        try:
            self._client.reconnect()
        except OSError as problem:
            self._broker.failed("the MQTT broker is away", str(problem))

    def _end_one(self) -> None:
        session = self._abandoned.pop()
        try:
            end_session(self._url, session)
        except NeighbourDown as problem:
            log.warning("session %s goes on until the next start: %s", session, problem)

    def _subscribe(self, client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._broker.failed("the MQTT broker refuses us", str(reason))
            return
        self._broker.succeeded("the MQTT broker answers")
        client.subscribe(self._wanted())

    def _wanted(self) -> list[tuple[str, int]]:
        """Filters with their QoS; pictures come at QoS 0, as Frigate sends them.

        The embedded broker grants 65,535 unacknowledged messages a session, 20,000 to each filter of QoS 1, and one
        with `#` is two filters: a fourth would be refused.
        """
        routes = self._intake.routes
        return [*((topic, 1) for topic in routes.filters()), *((topic, 0) for topic in routes.pictures())]

    def _granted(self, _client: Any, _userdata: Any, _packet_id: int, reasons: Any, _properties: Any) -> None:
        refused = [topic for (topic, _), reason in zip(self._wanted(), reasons, strict=False) if reason.is_failure]
        if refused:
            self._broker.failed("the MQTT broker refuses topics", ", ".join(refused))

    def _lost(self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:  # a refusal said why already
            self._broker.failed("the MQTT broker is away", self._broker.problem or f"connection lost ({reason})")

    def _read(self, now_ms: int) -> None:
        if self._client.socket() is None or self._intake.batcher.size_bytes >= HELD_BYTES:
            time.sleep(RETRY_S)
            return
        self._client.loop(self._patience_s())
        arrived = self._client.arrived
        if not arrived:
            return
        if not self._intake.batcher.messages:
            self._first_s = monotonic_s()
        received_ms, take, owed = real_ms(), self._intake.take, self._owed
        for topic, payload, packet_id, again, kept in arrived:
            if again and packet_id in owed:
                continue  # the broker lost patience while Redis is away; the first copy is still in our hands
            take(topic.decode("utf-8", "replace"), payload, now_ms, received_ms, kept)
            if packet_id:
                owed[packet_id] = None
        arrived.clear()

    def _patience_s(self) -> float:
        if self._redis.problem:
            return RETRY_S
        if not self._intake.batcher.messages:
            return IDLE_S
        return max(0.0, self._first_s + FLUSH_AFTER_S - monotonic_s())

    def _due(self) -> bool:
        batcher = self._intake.batcher
        if not batcher.messages or not self._redis.due():
            return False
        full = batcher.readings >= FLUSH_READINGS or batcher.size_bytes >= FLUSH_BYTES
        return full or monotonic_s() - self._first_s >= FLUSH_AFTER_S

    def _append(self) -> None:
        """Append all that was gathered, then acknowledge it. On a failure all of it is kept for the next attempt."""
        batcher = self._intake.batcher
        try:
            self._appender.append(batcher.flush(real_ms()))
        except (NeighbourDown, StreamFull) as problem:
            self._full = isinstance(problem, StreamFull)
            self._redis.failed("nothing can be appended", str(problem))
            return
        self._redis.succeeded("appending")
        self.messages += batcher.messages
        self.readings += batcher.readings
        batcher.clear()
        if self._client.usable():
            self._client.acknowledge(list(self._owed))
        self._owed.clear()
