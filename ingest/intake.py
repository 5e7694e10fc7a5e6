"""One message in: route, size, decode, gather. The same for every transport; what is bad becomes a dead letter."""

from __future__ import annotations

from core.records import Rejected
from ingest.batcher import Batcher
from ingest.decoders import DECODERS
from ingest.decoders.contract import SNAPSHOT, Decoded, Fault, Route
from ingest.known import Known
from ingest.routes import Routes


class Intake:
    """Decodes messages of one scene into its batcher."""

    def __init__(self, known: Known) -> None:
        self.routes = Routes(known.scene, tuple(known.feeds.values()))
        self.batcher = Batcher(known)
        self._limit_bytes, self._devices = known.payload_limit_bytes, known.devices

    def take(self, topic: str, payload: bytes, now_ms: int, received_ms: int, kept: bool = False) -> Decoded | Rejected:
        """Take in one message by its topic. now_ms is city time, received_ms real time; both ms UTC.

        kept: the broker kept it for whoever comes later. A reading says its own time; of a picture that nobody can
        date nothing is kept, for it would be shown as new.
        """
        try:
            route = self.routes.find(topic)
        except Fault as fault:
            rejected = Rejected(fault.reason, topic, payload, fault.detail)
            self.batcher.reject(rejected, "", received_ms)
            return rejected
        if kept and route.shape == SNAPSHOT:
            self.batcher.pass_over(payload)
            return Decoded(route.device)
        return self.take_routed(route, topic, payload, now_ms, received_ms)

    def take_routed(
        self, route: Route, topic: str, payload: bytes, now_ms: int, received_ms: int
    ) -> Decoded | Rejected:
        """Take in one message whose route is known."""
        if len(payload) > self._limit_bytes:
            detail = f"{len(payload)} bytes; at most {self._limit_bytes} are accepted"
            decoded: Decoded | Rejected = Rejected("too-large", topic, payload, detail)
        else:
            decoder = "jpeg" if route.shape == SNAPSHOT else route.feed.decoder
            decoded = DECODERS[decoder](route, topic, payload, now_ms)
        if isinstance(decoded, Decoded) and decoded.is_picture and decoded.device not in self._devices:
            decoded = Rejected("unknown-camera", topic, payload, f"no device {decoded.device!r} is declared")
        if isinstance(decoded, Rejected):
            self.batcher.reject(decoded, route.feed.id, received_ms)
        else:
            self.batcher.add(route, topic, payload, decoded, received_ms)
        return decoded
