"""What goes over the wire: one message with the time it tells of and the time it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from core.clock import CHINA


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message. `topic` is below the scene's root, unless it begins with "/" (then it is absolute).

    event_ms is the time told inside the payload; send_ms ≥ event_ms the city time at which it is sent.
    """

    send_ms: int
    event_ms: int
    device: str
    topic: str
    payload: bytes

    def address(self, root: str) -> str:
        """The full topic under a scene's root."""
        return self.topic[1:] if self.topic.startswith("/") else f"{root}/{self.topic}"


def told_at(at_ms: int) -> str:
    """A time as the devices of the city write it: ISO 8601, UTC+8."""
    at = datetime.fromtimestamp(at_ms / 1000, CHINA)
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")


def reading(feed: str, device: str, at_ms: int, values: Mapping[str, float], send_ms: int = 0) -> Message:
    """A native readings message; `values` by their names on the wire."""
    payload = orjson.dumps({"t": told_at(at_ms), "values": dict(values)})
    return Message(max(send_ms, at_ms), at_ms, device, f"{feed}/{device}/readings", payload)
