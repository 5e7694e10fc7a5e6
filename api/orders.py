"""Orders of supervision 督办: `/api/v1/orders`. The book asks for the right of each act, of that place and topic."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from accounts.warden import Warden
from api.cases import Cases
from api.errors import ApiError, errors
from api.order_subjects import CASE, OrderSubjects, Picture
from api.rest import Present
from core.errors import UnknownName
from dispatch.returning import Returning
from dispatch.supervision import DAYS_AT_MOST, Light, OrderDeed, OrderKind, OrderState
from dispatch.supervision_book import SEE, About, OrderGround, OrderTold, OrderWish, SupervisionBook

REFUSED = errors(401, 403, 404, 422, 503)
Key = Annotated[str, Field(min_length=8, max_length=72)]
AboutKey = Annotated[str, Query(max_length=150)]


class OrderIssue(BaseModel):
    """A new order: of itself in an area, or on something. kind: an instruction 批示 is a leader's.

    about: `warning:…`, `case:…` or `indicator:<indicator>/<place>`; case: the same for a case.
    """

    model_config = ConfigDict(extra="forbid")

    key: Key
    text: str = Field(min_length=1, max_length=500)
    owner: str = Field(min_length=1, max_length=120)
    working_days: int = Field(ge=1, le=DAYS_AT_MOST)
    kind: OrderKind = OrderKind.SUPERVISE
    area: str = Field("", max_length=64)
    case: str = Field("", max_length=40)
    about: str = Field("", max_length=150)

    @property
    def on(self) -> str:
        """What it is written on; "" for an order of itself."""
        return self.about or (f"{CASE}:{self.case}" if self.case else "")


class Reading(BaseModel):
    """What a leader has read 已阅: a warning, a case or an indicator."""

    model_config = ConfigDict(extra="forbid")

    about: str = Field(min_length=1, max_length=150)


class ReadTold(BaseModel):
    """Who has read it, and when; city time, ms UTC."""

    about: str
    name: str
    at_ms: int


class OrderAct(BaseModel):
    """One act about an order. revision: of what was on the screen; None for what does not depend on it."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    deed: OrderDeed
    text: str = Field("", max_length=500)
    reason: str = Field("", max_length=300)
    owner: str = Field("", max_length=120)
    working_days: int | None = Field(None, ge=1, le=DAYS_AT_MOST)
    revision: int | None = Field(None, ge=1, le=1 << 30)

    def fields(self) -> dict[str, Any]:
        """What the deed brings."""
        return self.model_dump(include={"text", "reason", "owner", "working_days"}, exclude_defaults=True)


class OrderLineTold(BaseModel):
    """One line of the log. at_ms: city time, ms UTC."""

    number: int
    deed: OrderDeed
    at_ms: int
    name: str
    fields: dict[str, Any]


class OrderTelling(BaseModel):
    """An order. about: `case:…`, `warning:…`, `indicator:…/…`, "" of itself; possible: apart from rights."""

    id: str
    kind: OrderKind
    state: OrderState
    light: Light
    about: str
    title: str
    area: str
    text: str
    owner: str
    issued_by: str
    issued_ms: int
    due_ms: int | None
    revision: int
    possible: list[OrderDeed]
    log: list[OrderLineTold]

    @classmethod
    def of(cls, told: OrderTold, light: Light) -> OrderTelling:
        """From the order, its row and its log."""
        order, row = told.order, told.row
        names = [name for name in OrderLineTold.model_fields if name != "fields"]
        log = [
            OrderLineTold(fields=dict(line.fields), **{name: getattr(line, name) for name in names})
            for line in told.log
        ]
        plain = {name: getattr(row, name) for name in ("id", "about", "title", "area", "issued_ms", "due_ms")}
        said = {name: getattr(order, name) for name in ("kind", "state", "text", "owner", "issued_by", "revision")}
        return cls(light=light, possible=list(order.possible), log=log, **plain, **said)


class OrdersTold(BaseModel):
    """Orders that whoever asks may see, what is due first first."""

    orders: list[OrderTelling]


class OrderDesk:
    """Orders as the API tells them."""

    def __init__(self, cases: Cases, picture: Picture) -> None:
        self._cases, office = cases, cases.entrance.office
        self._subjects = OrderSubjects(office.database, cases.book, picture, cases.entrance.language)
        returns = Returning(cases.book, cases.entrance.language)
        self._book = SupervisionBook(Warden(office.database, office.journal), self._ground, returns)

    async def listed(self, is_open: bool, about: str) -> OrdersTold:
        """Those of the scene on show; about: those written on one thing, open or over."""
        scene = Present(self._cases.hub).scene.id
        if about:
            found, _ = await asyncio.to_thread(self._book.about, scene, about)
        else:
            found = await asyncio.to_thread(self._book.all, scene, is_open)
        by = self._cases.entrance.bearer()
        return OrdersTold(orders=[self._telling(one) for one in found if self._book.sees(by, one.about)])

    async def one(self, order: str) -> OrderTelling:
        """One order. Raises ApiError 404, also for what he may not see."""
        return self._telling(await self._told(order))

    async def issue(self, wanted: OrderIssue) -> OrderTelling:
        """A new order of whoever sent this request."""
        about = await self._about(wanted.on) if wanted.on else About("", "", wanted.area)
        fields = wanted.model_dump(include={"text", "owner", "working_days"}) | {"kind": wanted.kind}
        wish = OrderWish(wanted.key, OrderDeed.ISSUE, fields=fields)
        try:
            told = await asyncio.to_thread(self._book.issue, self._cases.entrance.bearer(), wish, about, self._now())
        except UnknownName as unknown:
            raise ApiError(404, "unknown-area", name=str(unknown)) from None
        return self._telling(told)

    async def act(self, order: str, wanted: OrderAct) -> OrderTelling:
        """One act of whoever sent this request."""
        await self._told(order)
        wish = OrderWish(wanted.key, wanted.deed, order, wanted.fields(), wanted.revision)
        if wanted.deed is OrderDeed.ISSUE:
            raise ApiError(422, "bad-request", detail="deed: a new order is issued at /orders")
        told = await asyncio.to_thread(self._book.act, self._cases.entrance.bearer(), wish, self._now())
        return self._telling(told)

    async def read(self, wanted: Reading) -> ReadTold:
        """Write that who sent this request has read something."""
        about = await self._about(wanted.about)
        mark = await asyncio.to_thread(self._book.has_read, self._cases.entrance.bearer(), about, self._now())
        return ReadTold(about=mark.about, name=mark.name, at_ms=mark.at_ms)

    async def _about(self, key: str) -> About:
        """What a key names. Raises ApiError 404, also for what he may not see."""
        try:
            about = await asyncio.to_thread(self._subjects.of, key)
        except UnknownName:
            raise ApiError(404, "unknown-about", name=key) from None
        if not self._book.sees(self._cases.entrance.bearer(), about):
            self._cases.entrance.hid(SEE, key)
            raise ApiError(404, "unknown-about", name=key)
        return about

    async def _told(self, order: str) -> OrderTold:
        try:
            told = await asyncio.to_thread(self._book.read, order)
        except UnknownName:
            raise ApiError(404, "unknown-order", name=order) from None
        is_here = told.row.scene == Present(self._cases.hub).scene.id
        if not is_here or not self._book.sees(self._cases.entrance.bearer(), told.about):
            raise ApiError(404, "unknown-order", name=order)
        return told

    def _telling(self, told: OrderTold) -> OrderTelling:
        return OrderTelling.of(told, self._book.light(told, self._now()))

    def _now(self) -> Any:
        return self._cases.now(Present(self._cases.hub))

    def _ground(self) -> OrderGround:
        rules = self._cases.rules()
        return OrderGround(rules.calendars, rules.above)


def order_routes(desk: OrderDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/orders")
    async def listed(over: bool = False, about: AboutKey = "") -> OrdersTold:
        """Open orders with their lights and logs, those that are over, or all that were written on one thing."""
        return await desk.listed(not over, about)

    @router.post("/orders")
    async def issue(wanted: OrderIssue) -> OrderTelling:
        """Issue an order, of itself or on a warning, a case, an indicator; a repeat under the same key issues none."""
        return await desk.issue(wanted)

    @router.post("/orders/reads")
    async def read(wanted: Reading) -> ReadTold:
        """Say that one has read a warning, a case or an indicator 已阅."""
        return await desk.read(wanted)

    @router.get("/orders/{order}")
    async def one(order: str) -> OrderTelling:
        """An order with its log and what may be done about it now."""
        return await desk.one(order)

    @router.post("/orders/{order}/acts")
    async def act(order: str, wanted: OrderAct) -> OrderTelling:
        """Reply, refuse, verify, send back, extend, remind, withdraw, note. 422: not now, and the sentence says why."""
        return await desk.act(order, wanted)

    return router
