"""One-time links of a case: `/api/v1/cases/{case}/links`. What they open is a page (`callbacks/field_link.py`)."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from accounts.warden import Warden
from api.cases import Cases
from api.errors import ApiError, errors
from api.rest import Present
from core.clock import real_ms
from core.errors import UnknownName
from core.qr import qr
from dispatch.book import Told
from dispatch.links import AT_MOST_H, LASTS_H, LinkBook, WantedLink, is_alive
from store.links import LinkRow

REFUSED = errors(401, 403, 404, 422, 503)
LARGEST = (1 << 31) - 1  # number that the database can hold


class LinkWish(BaseModel):
    """A link to one assignment. name: for whom; lasts_h: hours that it holds, at most."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=80)
    assignment: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=60)
    lasts_h: int = Field(LASTS_H, ge=1, le=AT_MOST_H)


class LinkTold(BaseModel):
    """A link; real time, ms UTC.

    Told once, when it is made: address, below this site; whole, as a telephone outside asks; qr, that as an SVG.
    """

    number: int
    assignment: str
    name: str
    made_by: str
    made_ms: int
    expires_ms: int
    is_alive: bool
    address: str = ""
    whole: str = ""
    qr: str = ""

    @classmethod
    def of(cls, link: LinkRow, told: Told, now_ms: int, once: tuple[str, str] = ("", "")) -> LinkTold:
        """From its row. once: what is told this once, the beginning of addresses and its own below it."""
        plain = {name: getattr(link, name) for name in cls.model_fields if hasattr(link, name)}
        whole = "".join(once)
        drawn = str(qr(whole)) if whole else ""
        return cls(is_alive=is_alive(link, told, now_ms), address=once[1], whole=whole, qr=drawn, **plain)


class LinksTold(BaseModel):
    """The links of a case."""

    links: list[LinkTold]


class LinkDesk:
    """Links as the API makes and tells them."""

    def __init__(self, cases: Cases) -> None:
        self._cases, office = cases, cases.entrance.office
        warden = Warden(office.database, office.journal)
        self._links = LinkBook(warden, cases.book, cases.rules, cases.entrance.language)

    async def listed(self, case: str) -> LinksTold:
        """Every link of a case, without its secret."""
        told = await self._cases.told(case)
        links = await asyncio.to_thread(self._links.of, case)
        return LinksTold(links=[LinkTold.of(link, told, real_ms()) for link in links])

    async def make(self, case: str, wanted: LinkWish, request: Request) -> LinkTold:
        """A new link with its address, which a telephone may also read from the screen."""
        await self._cases.told(case)
        now = self._cases.now(Present(self._cases.hub))
        wish = WantedLink(wanted.key, case, wanted.assignment, wanted.name, wanted.lasts_h)
        link, secret = await asyncio.to_thread(self._links.make, self._cases.entrance.bearer(), wish, now)
        address = f"{self._cases.entrance.base_path}t?k={secret}"
        site = self._cases.entrance.field_address(request.scope)
        return LinkTold.of(link, await self._cases.told(case), now.real_ms, (site, address))

    async def revoke(self, number: int) -> None:
        """From now on it opens nothing."""
        try:
            await asyncio.to_thread(self._links.revoke, self._cases.entrance.bearer(), number, real_ms())
        except UnknownName:
            raise ApiError(404, "unknown-link", number=number) from None


def link_routes(desk: LinkDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/cases/{case}/links")
    async def listed(case: str) -> LinksTold:
        """The one-time links of a case: for whom, until when, whether they still open something."""
        return await desk.listed(case)

    @router.post("/cases/{case}/links")
    async def make(case: str, wanted: LinkWish, request: Request) -> LinkTold:
        """A one-time link to an assignment. Its address is told this once."""
        return await desk.make(case, wanted, request)

    @router.post("/links/{number}/revoke", status_code=204)
    async def revoke(number: Annotated[int, Path(ge=1, le=LARGEST)]) -> None:
        """Take a link back."""
        await desk.revoke(number)

    return router
