"""Standing warnings as retained messages `city/out/warnings/<topic>/<card>`, so that a lamp or a platform can listen.

Who comes later hears at once what stands; what is over is an empty message, as MQTT takes back a retained one. The room
speaks no MQTT itself: the worker hands it a publisher.
"""

from __future__ import annotations

import threading
from typing import Protocol

import msgspec

from core.notices import Kind, State
from notices.channels.webhook import as_told
from notices.parcel import Handed, Parcel

ANSWER_S = 5.0
OVER = frozenset({Kind.CLEARED, Kind.RETRACTED})


class Publisher(Protocol):
    """What `ingest.transports.publish.Publisher` can do."""

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> bool:
        """Hand over one message; False: it was not kept."""

    def wait(self, timeout_s: float) -> bool:
        """Whether the broker has taken all of them."""


class Retained:
    """Publishes below the topic that is the recipient's address."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher, self._alone = publisher, threading.Lock()

    def carry(self, parcel: Parcel) -> Handed:
        """Publish it once; the broker's acknowledgement means that everybody who listens has it."""
        notice = parcel.notice
        topic = "/".join((parcel.address.rstrip("/"), notice.topic or "-", notice.card or notice.kind))
        payload = b"" if notice.kind in OVER else msgspec.json.encode(as_told(parcel))
        with self._alone:  # `wait` is about all that was published
            kept = self._publisher.publish(topic, payload, retain=bool(notice.card))
            taken = kept and self._publisher.wait(ANSWER_S)
        return Handed(State.DELIVERED) if taken else Handed(State.FAILED, "MQTT")
