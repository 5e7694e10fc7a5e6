"""What every decoder is handed and what it answers; one wire format a file beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.declared import Feed
from core.records import Event, Rejected, Stamp

SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message belongs, as far as its topic tells.

    `device` is "" when only the payload names it; `shape` is the last word of a native topic: readings,
    event or position; or `SNAPSHOT`: its payload is a picture, whatever the decoder of the feed.
    """

    feed: Feed
    device: str
    shape: str
    stamp: Stamp


@dataclass(slots=True)
class Decoded:
    """The good part of one message: three columns of equal length, and events; or that it is a picture.

    `rejected` is set when some members were bad: the good ones count, and the whole message is kept as a
    dead letter whose detail names each bad member.
    """

    device: str
    metrics: list[str] = field(default_factory=list)
    event_ms: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    events: tuple[Event, ...] = ()
    rejected: Rejected | None = None
    is_picture: bool = False


Decoder = Callable[[Route, str, bytes, int], Decoded | Rejected]
"""(route, topic, payload, now_ms in city time) → what the message says. Never raises."""


class Fault(ValueError):
    """Carries a reason out of the depth of a decoder; `decode` turns it into a `Rejected`, nobody else sees it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
