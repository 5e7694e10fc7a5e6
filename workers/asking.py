"""What became of short messages and calls, asked of gateways that do not tell by themselves (`docs/notices.md`).

Bounded: each is asked about five seconds after it was sent, then as long again as it has waited already, for an hour. A
gateway that does not answer is left alone for twice as long each time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from core.notices import RECEIPTS, Channel
from core.records import HOUR_MS
from notices.channels.gateway import StatusPage
from notices.outward import Unreachable
from store import notices as kept
from store.notices import Unsettled
from store.sql import Database

log = logging.getLogger(__name__)

LOOK_MS = 1000
FIRST_MS = 5000
ASKED_FOR_MS = HOUR_MS
AT_ONCE = 4
KNOWN_AT_ONCE = 500
PAUSE_MS, LONGEST_PAUSE_MS = 5000, 300_000


@dataclass(frozen=True, slots=True)
class _Asked:
    one: Unsettled
    answer: Future[str]


@dataclass(frozen=True, slots=True)
class _Pause:
    until_ms: int
    length_ms: int


class Asking:
    """Questions under way. `turn` never waits for any of them; what a restart forgets is asked anew."""

    def __init__(self, database: Database, pages: Mapping[Channel, StatusPage]) -> None:
        self._database, self._pages = database, pages
        self._threads = ThreadPoolExecutor(AT_ONCE, "receipt")
        self._under_way: list[_Asked] = []
        self._last_ms: dict[str, int] = {}  # delivery → when it was asked about last
        self._pauses: dict[Channel, _Pause] = {}
        self._looked_ms = 0

    def turn(self, now_ms: int) -> int:
        """Write down what was answered, ask what is due. Returns how many states are new. Raises NeighbourDown."""
        if not self._pages:
            return 0
        ended = [one for one in self._under_way if one.answer.done()]
        self._under_way = [one for one in self._under_way if one not in ended]
        said = {one.one: answer for one in ended if (answer := self._answer(one, now_ms))}
        if said:
            with self._database.transaction() as connection:
                for one, word in said.items():
                    reason = word if word == "unanswered" else ""
                    kept.keep_receipt(connection, one.key, RECEIPTS[word], reason, now_ms)
        if not 0 <= now_ms - self._looked_ms < LOOK_MS and len(self._under_way) < AT_ONCE:
            self._looked_ms = now_ms
            self._ask(now_ms)
        return len(said)

    def close(self) -> None:
        """Ask nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, now_ms: int) -> None:
        channels = [one for one in self._pages if one not in self._pauses or self._pauses[one].until_ms <= now_ms]
        with self._database.reading() as connection:
            waiting = kept.unsettled(connection, channels, now_ms - ASKED_FOR_MS, KNOWN_AT_ONCE)
        under_way = {one.one.key for one in self._under_way}
        due = [one for one in waiting if one.key not in under_way and self._is_due(one, now_ms)]
        self._last_ms = {one.key: self._last_ms[one.key] for one in waiting if one.key in self._last_ms}
        for one in due[: AT_ONCE - len(self._under_way)]:
            self._last_ms[one.key] = now_ms
            answer = self._threads.submit(self._pages[one.channel].ask, one.key, one.remote)
            self._under_way.append(_Asked(one, answer))

    def _is_due(self, one: Unsettled, now_ms: int) -> bool:
        last_ms = self._last_ms.get(one.key, one.sent_ms)
        waits_ms = max(FIRST_MS, last_ms - one.sent_ms)
        return self._pages[one.channel].knows(one.remote) and now_ms - last_ms >= waits_ms

    def _answer(self, asked: _Asked, now_ms: int) -> str:
        channel = asked.one.channel
        try:
            word = asked.answer.result()
        except Unreachable as why:
            before = self._pauses.get(channel)
            length_ms = min(LONGEST_PAUSE_MS, 2 * before.length_ms) if before else PAUSE_MS
            if before is None:
                log.warning("the gateway for %s does not say what became of a delivery: %s", channel, why.reason)
            self._pauses[channel] = _Pause(now_ms + length_ms, length_ms)
            return ""
        if self._pauses.pop(channel, None):
            log.info("the gateway for %s answers again", channel)
        return word
