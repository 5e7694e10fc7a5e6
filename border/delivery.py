"""What waits goes on to the website: in order for each sender, each until the website has said something about it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import Counter
from html import unescape

from border.act import Act
from border.inner import Answer, Asked, Inner
from border.pages import Pages
from border.queue import Queue, Refused, Waiting
from border.vault import Unreadable
from core.border_signature import KEPT_MS
from core.clock import real_ms
from core.errors import NeighbourDown
from core.records import HOUR_MS

log = logging.getLogger(__name__)

AT_ONCE = 8  # senders whose acts go at the same time
PAUSE_S = 3.0  # after a round that found the website away
TRIES = 10  # of an act at which the website itself fails; then its sender is told
SAID_BYTES, SAID_LETTERS = 256 * 1024, 200
TOLD = re.compile(r'class="told refusal"[^>]*>([^<]+)<')  # as layouts/field.py says why something was not done


class Delivery:
    """The way of kept acts. One task runs it."""

    def __init__(self, inner: Inner, queue: Queue, pages: Pages) -> None:
        self._inner, self._queue, self._pages = inner, queue, pages
        self._woken = asyncio.Event()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._failed: Counter[str] = Counter()

    def wake(self) -> None:
        """Something waits."""
        self._woken.set()

    async def run_forever(self) -> None:
        """Round after round; between them it rests, or waits for something to do."""
        while True:
            self._woken.clear()
            try:
                await self.round()
            except Exception:
                log.exception("a round of the delivery failed; the next one tries again")
            try:
                await asyncio.wait_for(self._rest(), HOUR_MS / 1000)
            except TimeoutError:
                await asyncio.to_thread(self._queue.drop_old, real_ms())

    async def _rest(self) -> None:
        if self._queue.count():
            await asyncio.sleep(PAUSE_S)
        else:
            await self._woken.wait()

    async def round(self) -> None:
        """Each sender's acts, until one of them must wait on."""
        await asyncio.gather(*(self._all_of(sender) for sender in self._queue.senders()))

    async def _all_of(self, sender: str) -> None:
        async with self._turn:
            while True:
                try:
                    found = await asyncio.to_thread(self._queue.first, sender)
                except (OSError, Unreadable) as problem:
                    log.error("an act of %s cannot be read: %s", sender[:8], problem)
                    return
                if found is None or not await self._is_settled(sender, *found):
                    return

    async def _is_settled(self, sender: str, one: Waiting, act: Act) -> bool:
        """Whether the website has decided about an act, so that the next one may go."""
        if real_ms() - act.taken_ms >= KEPT_MS - HOUR_MS:
            await self._refuse(sender, one, act, self._pages.word("why-old"))
            return True
        asked = Asked("POST", act.target, act.headers, act.body, act.address, act.taken_ms)
        try:
            async with self._inner.ask(asked) as answer:
                if answer.status == 429 or (answer.status >= 500 and self._may_fail_again(one)):
                    return False
                if answer.status < 400:
                    await asyncio.to_thread(self._queue.done, sender, one)
                else:
                    await self._refuse(sender, one, act, await self._why(act, answer))
        except NeighbourDown:
            return False
        self._failed.pop(one.name, None)
        return True

    def _may_fail_again(self, one: Waiting) -> bool:
        self._failed[one.name] += 1
        return self._failed[one.name] < TRIES

    async def _refuse(self, sender: str, one: Waiting, act: Act, why: str) -> None:
        door = act.target.partition("?")[0]
        told = Refused(one.number, act.taken_ms, real_ms(), door, why)
        log.warning("act %d, POST %s, was not accepted inside: %s", one.number, door, why)
        await asyncio.to_thread(self._queue.refuse, sender, one, told)

    async def _why(self, act: Act, answer: Answer) -> str:
        """The sentence of the website, as far as it can be found."""
        if answer.status in {401, 410}:
            return self._pages.word("why-session" if answer.status == 401 else "why-link")
        try:
            said = (await answer.body(SAID_BYTES)).decode("utf-8", "replace")
        except NeighbourDown:
            said = ""
        if found := TOLD.search(said):
            return unescape(found[1])[:SAID_LETTERS]
        try:
            return str(json.loads(said)["error"]["sentence"])[:SAID_LETTERS]
        except (ValueError, KeyError, TypeError):
            return self._pages.word("why-status", status=answer.status)
