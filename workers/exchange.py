"""Messages to other platforms: how their cases stand here, and all that waits, each signed and tried for a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

import orjson

from core.clock import real_ms
from core.errors import UnknownName
from core.messages import text
from dispatch.book import Now
from dispatch.exchange import PHOTO_TYPE, STUCK, Deed, Outcome, Peer, Standing, failed, in_words
from dispatch.exchange_book import ExchangeBook
from notices.channels.webhook import signature
from notices.outward import Request, Unreachable, ask
from store import exchange
from store.photos import MediaFolder, photo_of
from store.sql import Database

AGAIN = frozenset({401, 403, 408, 425, 429})  # a clock that is wrong, a token that has ended: put right one day
REFUSED_FROM = 400
SAID = 300  # letters kept of an answer


@dataclass(frozen=True, slots=True)
class Ways:
    """How an installation sends. folder: where its photos lie; local: also to this machine; language: of its logs."""

    peers: Mapping[str, Peer]
    folder: MediaFolder
    local: bool = False
    language: str = "zh"


class Exchanging:
    """Sends what waits."""

    def __init__(self, database: Database, book: ExchangeBook, ways: Ways) -> None:
        self._database, self._book, self._ways = database, book, ways

    def turn(self, now: Now, ended: Callable[[], bool] = lambda: False) -> int:
        """Send each message whose time has come once; how many were taken. ended: whether to stop in between.

        A platform that does not answer is asked no more in this turn: the others do not wait for it.
        """
        self._book.tell_states(now)
        self._book.tell_photos(now)
        with self._database.reading() as connection:
            peers = exchange.peers_waited_for(connection)
        return sum(self._turn_of(peer, now, ended) for peer in peers)

    def _turn_of(self, peer: str, now: Now, ended: Callable[[], bool]) -> int:
        """Until nothing of this peer is due, or one message fails."""
        taken = 0
        while not ended() and (one := self._next(peer, now)) is not None:
            outcome = self._sent(one)
            with self._database.transaction() as connection:
                exchange.note_attempt(connection, one.key, asdict(outcome))
            if outcome.standing in STUCK:
                self._book.note_stuck(one, self._stuck_in_words(one, outcome), now)
            if outcome.standing is Standing.WAITING:
                break
            taken += outcome.standing is Standing.TAKEN
        return taken

    def _next(self, peer: str, now: Now) -> exchange.Waiting | None:
        with self._database.reading() as connection:
            return exchange.next_due(connection, peer, now.real_ms)

    def _stuck_in_words(self, one: exchange.Waiting, outcome: Outcome) -> str:
        deed = text(f"exchange.deed-{one.body['deed']}", self._ways.language)
        says = {"peer": one.peer, "deed": deed, "said": in_words(outcome.said, self._ways.language)}
        return text(f"exchange.stuck-{outcome.standing}", self._ways.language, **says)

    def _sent(self, one: exchange.Waiting) -> Outcome:
        peer, now_ms = self._ways.peers.get(one.peer), real_ms()
        if peer is None:
            return Outcome(Standing.GIVEN_UP, "unknown-peer", None, one.failed_ms or now_ms)
        try:
            request = self._request(peer, one)
        except UnknownName:
            return Outcome(Standing.REFUSED, "file-missing", None, now_ms)
        try:
            answer = ask(request)
        except Unreachable as why:
            return failed(why.reason, one.tries, one.failed_ms, real_ms())
        said = f"HTTP {answer.status} {_sentence(answer.body)}".strip()
        if 200 <= answer.status < 300:
            return Outcome(Standing.TAKEN, said)
        if REFUSED_FROM <= answer.status < 500 and answer.status not in AGAIN:
            return Outcome(Standing.REFUSED, said, None, one.failed_ms or real_ms())
        return failed(said, one.tries, one.failed_ms, real_ms())

    def _request(self, peer: Peer, one: exchange.Waiting) -> Request:
        """A message as it goes over the wire; of a photo the file behind it. Raises UnknownName: the file is gone."""
        body, kind, sent_s = orjson.dumps(one.body), "application/json; charset=utf-8", str(real_ms() // 1000)
        if one.body["deed"] == Deed.PHOTO:
            fields = one.body["fields"]
            with self._database.reading() as connection:
                photo = photo_of(connection, one.case, fields["sha256"])
            file = self._ways.folder.original(replace(photo, kept=fields["kept"]))
            body, kind = body + b"\n" + file, PHOTO_TYPE
        headers = {
            "Content-Type": kind,
            "Authorization": f"Bearer {peer.token}",
            "Idempotency-Key": one.key,
            "X-CityVitals-Timestamp": sent_s,
            "X-CityVitals-Signature": f"sha256={signature(peer.secret, sent_s, body)}",
        }
        return Request(f"{peer.url}api/v1/exchange", body, headers, self._ways.local)


class Aside:
    """A look that waits for other machines, in a thread of its own and one at a time, so that no clock waits for it."""

    def __init__(self, pool: Executor, look: Callable[[], object]) -> None:
        self._pool, self._look = pool, look
        self._last: Future[object] | None = None

    def __call__(self) -> None:
        """Begin a look unless the last one goes on; what that one raised is raised here."""
        if self._last is None or self._last.done():
            last, self._last = self._last, self._pool.submit(self._look)
            if last is not None:
                last.result()


def _sentence(body: str) -> str:
    """The sentence of an error of ours, else what was answered, shortened."""
    with suppress(orjson.JSONDecodeError, LookupError, TypeError):
        return str(orjson.loads(body)["error"]["sentence"])[:SAID]
    return "" if body.startswith("{") else body[:SAID]
