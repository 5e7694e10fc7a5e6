"""Messages to other platforms: how their cases stand here, and all that waits, each signed and tried until taken."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from core.clock import real_ms
from dispatch.book import Now
from dispatch.exchange import Peer, retry_ms
from dispatch.exchange_book import ExchangeBook
from notices.channels.webhook import signature
from notices.outward import Request, Unreachable, ask
from store import exchange
from store.sql import Database

AGAIN = frozenset({401, 408, 425, 429})  # a clock that is wrong is put right one day
REFUSED_FROM = 400


class Exchanging:
    """Sends what waits. local: also to this machine."""

    def __init__(self, database: Database, book: ExchangeBook, peers: Mapping[str, Peer], local: bool) -> None:
        self._database, self._book, self._peers, self._local = database, book, peers, local

    def turn(self, now: Now) -> int:
        """Send each message whose time has come once; how many were taken."""
        self._book.tell_states(now)
        with self._database.reading() as connection:
            found = exchange.due(connection, now.real_ms)
        return sum(self._sent(one) for one in found)

    def _sent(self, one: exchange.Waiting) -> bool:
        peer = self._peers.get(one.peer)
        status, said = (0, "unknown-peer") if peer is None else self._asked(peer, one)
        taken = 200 <= status < 300
        final = taken or (REFUSED_FROM <= status < 500 and status not in AGAIN)
        next_ms = None if final else real_ms() + retry_ms(one.tries)
        with self._database.transaction() as connection:
            exchange.note_sent(connection, one.key, said, next_ms)
        return taken

    def _asked(self, peer: Peer, one: exchange.Waiting) -> tuple[int, str]:
        """The status of the answer, 0 for none, and what it says."""
        body, sent_s = orjson.dumps(one.body), str(real_ms() // 1000)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": one.key,
            "X-CityVitals-Timestamp": sent_s,
            "X-CityVitals-Signature": f"sha256={signature(peer.secret, sent_s, body)}",
        }
        try:
            answer = ask(Request(f"{peer.url}api/v1/exchange", body, headers, self._local))
        except Unreachable as why:
            return 0, why.reason
        return answer.status, answer.body[:500]
