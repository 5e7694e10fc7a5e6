"""The page of what is on its way to other platforms: what is stuck, since when, why; sent again or given up there."""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from accounts.warden import Warden
from board.belonging import chain_of
from callbacks.account_desk import AccountDesk, Asked, Done
from callbacks.case_sight import CaseSight
from callbacks.plans import key_of, now_of
from core.errors import UnknownName
from core.settings import Settings
from dispatch.book import CaseBook, Rules
from dispatch.exchange import Deed, Standing, peers_of
from dispatch.exchange_book import IN, SEND, ExchangeBook
from dispatch.holidays import calendars_at
from dispatch.steps import Verb
from layouts.account_frame import Frame
from layouts.exchange import Traffic, exchange_page
from layouts.reading import PictureReader
from store import exchange

HAND, SEE = "cases.dispatch", "cases.see"
SHOWN = (Standing.WAITING, Standing.REFUSED, Standing.GIVEN_UP)


def register(desk: AccountDesk, settings: Settings, reader: PictureReader) -> None:
    """The page `exchange` and its acts."""
    pages = Exchange(desk, settings, reader)
    desk.page("exchange", pages.show)
    desk.act("exchange/hand", pages.hand, pages.show)
    desk.act("exchange/{number}/again", pages.again, pages.show)
    desk.act("exchange/{number}/drop", pages.drop, pages.show)


class Exchange:
    """What the page shows, and what its forms do."""

    def __init__(self, desk: AccountDesk, settings: Settings, reader: PictureReader) -> None:
        self._desk, self._reader = desk, reader
        self._peers = peers_of(settings.exchange_peers)
        self._warden = Warden(desk.office.database, desk.office.journal)
        self._cases, self._own = CaseBook(self._warden, self._rules), settings.exchange_name
        self._book = ExchangeBook(self._warden, self._cases, self._own, self._peers)
        self._sight = CaseSight(reader, desk.office, desk.language)

    def show(self, frame: Frame, asked: Asked) -> str:
        """Messages that are not over, or those that are."""
        over = asked.word("show") == "over"
        standings = [one for one in Standing if one not in SHOWN] if over else SHOWN
        with self._desk.office.database.reading() as connection:
            messages = exchange.messages(connection, standings)
            counts = {one.peer: one for one in exchange.by_peer(connection)}
        hosts = {name: urlsplit(peer.url).netloc for name, peer in self._peers.items()}
        rights = asked.rights()
        traffic = Traffic(messages, counts, hosts, SEND in rights, over, HAND in rights, asked.word("case"))
        return exchange_page(frame, replace(self._named(asked, traffic), key=secrets.token_hex(8)))

    def _named(self, asked: Asked, traffic: Traffic) -> Traffic:
        """The case that the form is about, as far as it is known and he may see it."""
        try:
            case = self._cases.read(traffic.case).case
        except UnknownName:
            return traffic
        if not self._sight.may(asked.by, SEE, case.facts):
            return traffic
        came = (one.peer for one in self._book.shared(case.id) if one.given == IN and Verb.REJECT in case.possible)
        return replace(traffic, title=str(case.facts.get("title", "")), came_from=next(came, ""))

    def hand(self, asked: Asked) -> Done:
        """Hand a case over, or give it back. Raises UnknownName, also for a case that he may not see."""
        case, now, deed = asked.word("case"), now_of(self._reader, asked), Deed(asked.word("deed"))
        if not self._sight.may(asked.by, SEE, self._cases.read(case).case.facts):
            raise UnknownName(case)
        book = ExchangeBook(self._warden, self._cases, self._own or self._sight.declared().city.code, self._peers)
        if deed is Deed.PUSH:
            book.push(asked.by, case, asked.word("peer"), key_of(asked), now)
        elif deed is Deed.RETURN:
            book.give_back(asked.by, case, (key_of(asked), asked.word("reason")), now)
        else:
            raise ValueError(f"{deed} is told by platforms")
        return Done("exchange", f"exchange-{deed}")

    def again(self, asked: Asked) -> Done:
        """Try it anew."""
        self._book.send_again(asked.by, asked.number("number"), now_of(self._reader, asked))
        return Done("exchange", "exchange-again")

    def drop(self, asked: Asked) -> Done:
        """Give it up."""
        self._book.drop(asked.by, asked.number("number"), now_of(self._reader, asked))
        return Done("exchange", "exchange-drop")

    def _rules(self) -> Rules:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        calendars = calendars_at(declared.city.work_hours, 0)
        return Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))
