"""From decided notices to delivered ones: what is due is lent out, tried in a thread, and its end is written down.

At least once: an attempt that this process did not live to write down is made again, under the same key.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from accounts.sealing import Seal
from catalogue.declared import Declared
from core.clock import monotonic_s
from core.notices import Channel, Delivery, Kind, Notice, Recipient, State
from core.settings import Settings
from notices.backoff import pause_ms
from notices.digest import composed
from notices.entitled import HIDDEN, Ways
from notices.parcel import Carrier, Handed, Parcel, hand_over
from store import notices as kept
from store.sql import Database, Transaction
from workers.deciding import roster_of, routes_of

log = logging.getLogger(__name__)

PAGES = {Kind.ASSIGNED: "m"} | dict.fromkeys((Kind.DUE_SOON, Kind.OVERDUE, Kind.RAISED, Kind.VOID), "dispatch")
PAGES |= dict.fromkeys((Kind.RESPONSE, Kind.RESPONSE_OVER, Kind.REVIEW, Kind.MESSAGE), "plans")
PAGES |= dict.fromkeys((Kind.ORDER, Kind.ORDER_LATE), "supervision")
AT_ONCE = 8  # one dead webhook must not keep a short message waiting

Tried = tuple[Handed, int]  # and how long it took, ms


@dataclass(frozen=True, slots=True)
class _Trying:
    notice: Notice
    delivery: Delivery
    tried: Future[Tried]


class Delivering:
    """Deliveries under way. `turn` never waits for any of them."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        settings: Settings,
        carriers: Mapping[Channel, Carrier],
        declared: Declared,
    ) -> None:
        self._database, self._seal, self._settings, self._carriers = database, seal, settings, carriers
        self._declared = declared
        self._threads = ThreadPoolExecutor(AT_ONCE, "notice")
        self._under_way: list[_Trying] = []

    def turn(self, now_ms: int) -> int:
        """Write down what ended, begin what is due. Returns how many ended. now_ms: real time. Raises NeighbourDown."""
        ended = [one for one in self._under_way if one.tried.done()]
        if ended:
            with self._database.transaction() as connection:
                for one in ended:
                    kept.keep_outcome(connection, one.delivery, _outcome(one, now_ms))
            self._under_way = [one for one in self._under_way if one not in ended]
        free = AT_ONCE - len(self._under_way)
        if free and self._is_due(now_ms):
            self._begin(now_ms, free)
        return len(ended)

    def close(self) -> None:
        """Begin nothing more. What is under way is due again once it was lent long enough."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_due(self, now_ms: int) -> bool:
        with self._database.reading() as connection:
            due_ms = kept.next_due_ms(connection)
        return due_ms is not None and due_ms <= now_ms

    def _begin(self, now_ms: int, most: int) -> None:
        with self._database.transaction() as connection:
            roster = roster_of(connection, self._seal, self._declared)
            ways = Ways(routes_of(connection, self._declared), roster)
            due = kept.take_due(connection, now_ms, most)
            parcels = [self._parcel(connection, notice, delivery, ways, now_ms) for notice, delivery in due]
        for parcel in parcels:  # after the commit: what is tried is known to be tried
            tried = self._threads.submit(_try, parcel, self._carriers)
            self._under_way.append(_Trying(parcel.notice, parcel.delivery, tried))

    def _parcel(self, connection: Transaction, notice: Notice, delivery: Delivery, ways: Ways, now_ms: int) -> Parcel:
        """What is due, with why it must not go. A digest says what it stands for when it goes, of what he may hear."""
        recipient = ways.roster.known(delivery.recipient) or Recipient(delivery.recipient, "")
        within = kept.digested(connection, delivery.key) if notice.kind is Kind.DIGEST else []
        why = [ways.refused(one, recipient, delivery.channel, now_ms) for one in within or [notice]]
        told = [one for one, no in zip(within, why, strict=False) if not no]
        whole = self._composed(connection, notice, told) if told else notice
        return Parcel(whole, delivery, recipient, now_ms, self._link(notice), "" if told else why[0])

    def _composed(self, connection: Transaction, digest: Notice, told: Sequence[Notice]) -> Notice:
        sentence = composed(told, digest.stamp, self._settings.language)
        grade = max((HIDDEN if one.grade is None else one.grade for one in told), default=HIDDEN)
        kept.keep_sentence(connection, digest.number, sentence, grade)
        return replace(digest, sentence=sentence, grade=grade)

    def _link(self, notice: Notice) -> str:
        site = self._settings.site_url.rstrip("/")
        if not site:
            return ""
        page = f"warnings/{notice.warning}" if notice.warning else PAGES.get(notice.kind, "notices")
        return f"{site}{self._settings.base_path}{page}"


def _try(parcel: Parcel, carriers: Mapping[Channel, Carrier]) -> Tried:
    begun_s = monotonic_s()
    try:
        handed = hand_over(parcel, carriers)
    except Exception as problem:
        log.exception("delivery %d by %s failed", parcel.delivery.number, parcel.delivery.channel)
        handed = Handed(State.FAILED, type(problem).__name__)
    return handed, round(1000 * (monotonic_s() - begun_s))


def _outcome(one: _Trying, now_ms: int) -> kept.Outcome:
    handed, took_ms = one.tried.result()
    pause = None
    if handed.state is State.FAILED and not handed.final:
        pause = pause_ms(one.delivery.attempts + 1, one.notice.level)
    again_ms = None if pause is None else now_ms + pause
    return kept.Outcome(handed.state, handed.reason, now_ms, took_ms, again_ms, handed.remote)
