"""One message in: route, size, decode, gather. The same for every transport; what is bad becomes a dead letter."""

from __future__ import annotations

from core.records import Rejected
from ingest.batcher import Batcher
from ingest.decoders import DECODERS
from ingest.decoders.contract import Decoded, Fault, Route
from ingest.known import Known
from ingest.routes import Routes


class Intake:
    """Decodes messages of one scene into its batcher."""

    def __init__(self, known: Known) -> None:
        self.routes = Routes(known.scene, tuple(known.feeds.values()))
        self.batcher = Batcher(known)
        self._limit_bytes = known.payload_limit_bytes

    def take(self, topic: str, payload: bytes, now_ms: int, received_ms: int) -> Decoded | Rejected:
        """Take in one message by its topic. now_ms is city time, received_ms real time; both ms UTC."""
        try:
            route = self.routes.find(topic)
        except Fault as fault:
            rejected = Rejected(fault.reason, topic, payload, fault.detail)
            self.batcher.reject(rejected, "", received_ms)
            return rejected
        return self.take_routed(route, topic, payload, now_ms, received_ms)

    def take_routed(
        self, route: Route, topic: str, payload: bytes, now_ms: int, received_ms: int
    ) -> Decoded | Rejected:
        """Take in one message whose route is known."""
        if len(payload) > self._limit_bytes:
            detail = f"{len(payload)} bytes; at most {self._limit_bytes} are accepted"
            decoded: Decoded | Rejected = Rejected("too-large", topic, payload, detail)
        else:
            decoded = DECODERS[route.feed.decoder](route, topic, payload, now_ms)
        if isinstance(decoded, Rejected):
            self.batcher.reject(decoded, route.feed.id, received_ms)
        else:
            self.batcher.add(route, topic, payload, decoded, received_ms)
        return decoded
