"""How the exchange with other platforms stands, for `/healthz`: a neighbour that is away is no fault of ours."""

from __future__ import annotations

from collections.abc import Mapping

from api.health import Part
from core.clock import in_china, real_ms
from core.errors import NeighbourDown
from core.messages import text
from core.settings import Settings
from dispatch.exchange import peers_of
from store.exchange import PeerCount, by_peer
from store.sql import Database


def exchange_part(database: Database, settings: Settings) -> Mapping[str, Part]:
    """The part `exchange`; none where no platform is set up and nothing waits."""
    try:
        with database.reading() as connection:
            found = by_peer(connection)
    except NeighbourDown as down:
        return {"exchange": Part(state="unknown", age_ms=None, says=str(down))}
    peers = peers_of(settings.exchange_peers)
    if not peers and not found:
        return {}
    failing = [one for one in found if one.failing]
    if not failing:
        return {
            "exchange": Part(state="ok", age_ms=None, says=text("exchange.healthy", settings.language, n=len(peers)))
        }
    since_ms = min(one.failed_ms or 0 for one in failing)
    says = "; ".join(ill_in_words(one, settings.language) for one in failing)
    return {"exchange": Part(state="stuck", age_ms=real_ms() - since_ms, says=says)}


def ill_in_words(one: PeerCount, language: str) -> str:
    """How many messages to a platform did not arrive, and since when."""
    at = in_china(one.failed_ms or 0).strftime("%m-%d %H:%M")
    return text("exchange.ill", language, peer=one.peer, n=one.failing, at=at)
