"""Pages of supervision: orders, one order, and what leaders wrote on a warning, a case or an indicator."""

from __future__ import annotations

import secrets
from collections import Counter
from urllib.parse import quote_plus

from accounts.warden import Warden
from api.order_subjects import CASE, INDICATOR, WARNING, OrderSubjects
from board.belonging import chain_of
from board.names import Names
from callbacks.account_desk import AccountDesk, Asked, Done
from callbacks.plans import key_of, now_of
from catalogue.declared import Declared
from core.clock import real_ms
from core.errors import UnknownName
from dispatch.book import CaseBook, Rules
from dispatch.holidays import calendars_at
from dispatch.returning import Returning
from dispatch.supervision import OrderDeed, OrderKind
from dispatch.supervision_book import (
    ANSWER,
    INSTRUCT,
    RIGHTS,
    SEE,
    SUPERVISE,
    About,
    OrderGround,
    OrderWish,
    SupervisionBook,
)
from geo.areas import AreaLevel
from layouts.account_frame import Frame
from layouts.reading import PictureReader
from layouts.supervision import (
    FILTERS,
    Desk,
    OneOrder,
    Remarks,
    When,
    order_page,
    remarks_page,
    supervision_page,
)

OFFERED = (
    OrderDeed.REPLY,
    OrderDeed.VERIFY,
    OrderDeed.REDO,
    OrderDeed.ARBITRATE,
    OrderDeed.REMIND,
    OrderDeed.EXTEND,
    OrderDeed.REFUSE,
    OrderDeed.NOTE,
    OrderDeed.WITHDRAW,
)  # in this order


def register(desk: AccountDesk, reader: PictureReader) -> None:
    """The pages `supervision`, `supervision/about`, `supervision/<order>`, and their acts."""
    pages = Supervision(desk, reader)
    desk.page("supervision", pages.desk)
    desk.act("supervision", pages.issue, pages.desk)
    desk.page("supervision/about", pages.remarks)  # before the page of an order, which would take its name
    desk.act("supervision/about", pages.instruct, pages.remarks)
    desk.act("supervision/about/read", pages.read, pages.remarks)
    desk.page("supervision/{order}", pages.order)
    desk.act("supervision/{order}/acts", pages.act, pages.order)


class Supervision:
    """What each page shows, and what its forms do."""

    def __init__(self, desk: AccountDesk, reader: PictureReader) -> None:
        self._desk, self._reader = desk, reader
        warden = Warden(desk.office.database, desk.office.journal)
        self._cases = CaseBook(warden, self._rules)
        self._book = SupervisionBook(warden, self._ground, Returning(self._cases, desk.language))
        self._subjects = OrderSubjects(desk.office.database, self._cases, reader, desk.language)

    def desk(self, frame: Frame, asked: Asked) -> str:
        """Orders by light."""
        light, when = asked.word("light"), self._when()
        found = self._book.all(self._reader.scene_id(), is_open=True)
        seen = [one for one in found if self._book.sees(asked.by, one.about)]
        counts = Counter(str(one.order.light(when.now_ms, when.calendars)) for one in seen)
        if light == "over":
            over = self._book.all(self._reader.scene_id(), is_open=False)
            seen = [one for one in over if self._book.sees(asked.by, one.about)]
        elif light in FILTERS:
            seen = [one for one in seen if one.order.light(when.now_ms, when.calendars) == light]
        declared = self._declared()
        shown = Desk(
            orders=seen,
            counts=counts,
            light=light,
            areas=self._areas(declared),
            owners=self._owners(declared),
            issues=SUPERVISE in asked.rights(),
            when=when,
            key=secrets.token_hex(8),
        )
        return supervision_page(frame, shown)

    def order(self, frame: Frame, asked: Asked) -> str:
        """One order."""
        told = self._book.read(asked.place["order"])
        self._check_seen(asked, told.row.scene, told.about)
        held = asked.rights()
        may = {right for right in RIGHTS.values() if right in held}
        if ANSWER in may and not self._book.answers(asked.by, told, asked.now_ms):
            may.remove(ANSWER)
        deeds = tuple(deed for deed in OFFERED if deed in told.order.possible and RIGHTS[deed] in may)
        owners = self._owners(self._declared())
        return order_page(frame, OneOrder(told, deeds, owners, self._when(), secrets.token_hex(8)))

    def remarks(self, frame: Frame, asked: Asked) -> str:
        """What leaders did about one thing."""
        about, link = self._about(asked)
        orders, reads = self._book.about(self._reader.scene_id(), about.key)
        declared = self._declared()
        shown = Remarks(
            about=about,
            link=link,
            where=Names(declared, frame.language).subject(about.area),
            orders=orders,
            reads=reads,
            owners=self._owners(declared),
            instructs=INSTRUCT in asked.rights(),
            when=self._when(),
            key=secrets.token_hex(8),
        )
        return remarks_page(frame, shown)

    def issue(self, asked: Asked) -> Done:
        """An order of itself."""
        about = About("", "", asked.word("area"))
        told = self._book.issue(asked.by, _order(asked, OrderKind.SUPERVISE), about, now_of(self._reader, asked))
        return Done(f"supervision/{told.order.id}", "order-issue")

    def instruct(self, asked: Asked) -> Done:
        """A leader writes on something."""
        about, _ = self._about(asked)
        self._book.issue(asked.by, _order(asked, OrderKind.INSTRUCT), about, now_of(self._reader, asked))
        return Done(_at(about), "order-instruct")

    def read(self, asked: Asked) -> Done:
        """A leader has read something."""
        about, _ = self._about(asked)
        self._book.has_read(asked.by, about, now_of(self._reader, asked))
        return Done(_at(about), "order-read")

    def act(self, asked: Asked) -> Done:
        """One act about an order. Raises ValueError: no such deed."""
        deed = OrderDeed(asked.word("deed"))
        told = self._book.read(asked.place["order"])
        self._check_seen(asked, told.row.scene, told.about)
        fields: dict[str, object] = {name: asked.word(name) for name in ("text", "reason", "owner") if asked.word(name)}
        if asked.word("working_days"):
            fields["working_days"] = int(asked.word("working_days"))
        revision = int(asked.word("revision")) if asked.word("revision") else None
        wish = OrderWish(key_of(asked), deed, told.order.id, fields, revision)
        self._book.act(asked.by, wish, now_of(self._reader, asked))
        return Done(f"supervision/{told.order.id}", f"order-{deed}")

    def _about(self, asked: Asked) -> tuple[About, str]:
        """What a page or a form is about, and the address of its own page. Raises UnknownName, also for no sight."""
        key = asked.word("about") or asked.word("key")
        about = self._subjects.of(key)
        self._check_seen(asked, self._reader.scene_id(), about)
        kind, _, named = key.partition(":")
        pages = {CASE: "dispatch", WARNING: f"warnings/{named}", INDICATOR: f"indicators/{named}"}
        return about, pages[kind]

    def _check_seen(self, asked: Asked, scene: str, about: About) -> None:
        """Raise UnknownName, as for what is not there; for the audit it is noted."""
        if scene != self._reader.scene_id():
            raise UnknownName(about.key)
        if not self._book.sees(asked.by, about):
            self._desk.hid(SEE, about.key)
            raise UnknownName(about.key)

    def _areas(self, declared: Declared) -> dict[str, str]:
        areas = [declared.areas.city, *declared.areas.at(AreaLevel.COUNTY)]
        return {area.id: area.name[self._desk.language] for area in areas}

    def _owners(self, declared: Declared) -> list[str]:
        """Who can be given an order: who leads some kind of case, or owns a plan."""
        leads = {kind.lead for kind in declared.case_kinds.values()} | {plan.owner for plan in declared.plans.values()}
        return sorted(leads)

    def _when(self) -> When:
        return When(self._reader.city_now_ms(), self._ground().calendars)

    def _rules(self) -> Rules:
        declared, ground = self._declared(), self._ground()
        return Rules(declared.case_kinds, ground.calendars, ground.above)

    def _ground(self) -> OrderGround:
        declared = self._declared()
        return OrderGround(calendars_at(declared.city.work_hours, real_ms()), lambda area: chain_of(declared, area))

    def _declared(self) -> Declared:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        return declared


def _at(about: About) -> str:
    """The page of what was written on."""
    return f"supervision/about?key={quote_plus(about.key)}"


def _order(asked: Asked, kind: OrderKind) -> OrderWish:
    """A new order out of a form. Raises ValueError: the days are no number."""
    fields = {
        "kind": kind,
        "text": asked.word("text"),
        "owner": asked.word("owner"),
        "working_days": int(asked.word("working_days") or 0),
    }
    return OrderWish(key_of(asked), OrderDeed.ISSUE, fields=fields)
