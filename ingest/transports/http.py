"""Push over HTTP: one body decoded and appended; the answer is given only after the append.

The route and its token are `api/`'s; this is what it calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.clock import real_ms
from core.records import Rejected
from ingest.decoders.contract import Fault
from ingest.intake import Intake
from ingest.known import Known
from stream.appender import Appender


@dataclass(frozen=True, slots=True)
class Pushed:
    """A body with the names that MQTT carries in the topic. shape: readings, event or position."""

    feed: str
    device: str
    body: bytes
    shape: str = "readings"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was appended. `rejected` is set when some members were bad: the good ones count."""

    readings: int
    events: int
    rejected: Rejected | None


def refusal(known: Known, pushed: Pushed, now_ms: int) -> Rejected | None:
    """Why a body would be refused, or some of its members; None: it would be taken. Nothing is kept."""
    intake = Intake(known)
    topic = f"http/{pushed.feed}/{pushed.device}/{pushed.shape}"
    try:
        route = intake.routes.pushed(pushed.feed, pushed.device, pushed.shape)
    except Fault as fault:
        return Rejected(fault.reason, topic, pushed.body, fault.detail)
    decoded = intake.take_routed(route, topic, pushed.body, now_ms, now_ms)
    return decoded if isinstance(decoded, Rejected) else decoded.rejected


def push(appender: Appender, known: Known, pushed: Pushed, now_ms: int) -> Accepted | Rejected:
    """Take in one body; on return it is appended, or kept as a dead letter. now_ms: city time.

    Raises:
        NeighbourDown: Redis did not take it; the client must send it again (503).
        StreamFull: The engine is too far behind; the client must send it again later (503).
    """
    intake, received_ms = Intake(known), real_ms()
    topic = f"http/{pushed.feed}/{pushed.device}/{pushed.shape}"
    result: Accepted | Rejected
    try:
        route = intake.routes.pushed(pushed.feed, pushed.device, pushed.shape)
    except Fault as fault:
        result = refused = Rejected(fault.reason, topic, pushed.body, fault.detail)
        intake.batcher.reject(refused, "", received_ms)
    else:
        decoded = intake.take_routed(route, topic, pushed.body, now_ms, received_ms)
        if isinstance(decoded, Rejected):
            result = decoded
        else:
            result = Accepted(len(decoded.values), len(decoded.events), decoded.rejected)
    appender.append(intake.batcher.flush(received_ms))
    return result
