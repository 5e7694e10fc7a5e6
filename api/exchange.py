"""Cases between platforms: `/api/v1/exchange`, and people who hand over and give back.

A message shows the token that was made here for its platform, and is signed: the token says who may, the signature
that it is whole and of now.
"""

from __future__ import annotations

import asyncio
import hmac
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accounts.warden import Warden
from api.case_models import CaseTold
from api.cases import Cases
from api.errors import ApiError, errors
from api.photos import Darkroom
from api.push import read_body
from api.rest import Present
from core.clock import real_ms
from core.errors import UnknownName
from core.settings import Settings
from dispatch.book import Told
from dispatch.exchange import PHOTO_TYPE, Deed, Message, is_fresh, peers_of
from dispatch.exchange_book import ExchangeBook
from notices.channels.webhook import signature

REFUSED = errors(401, 403, 404, 409, 422, 503)
MESSAGE_BYTES = 64 * 1024
SIGNED, TIMED = "x-cityvitals-signature", "x-cityvitals-timestamp"


class MessageTold(BaseModel):
    """What another platform sends: `dispatch.exchange.Message`."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=72)
    sender: str = Field(min_length=1, max_length=80)
    deed: Literal["push", "return", "status", "photo"]
    case: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$")
    at_ms: int = Field(ge=0, le=1 << 53)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=30)

    def message(self) -> Message:
        """The message as the room knows it."""
        return Message(self.key, self.sender, Deed(self.deed), self.case, self.at_ms, self.fields)


class HandWish(BaseModel):
    """Hand a case over to a platform, or give it back to the one that it came from, with a reason."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=8, max_length=72)]
    deed: Literal["push", "return"]
    peer: str = Field("", max_length=80)
    reason: str = Field("", max_length=500)


class Taken(BaseModel):
    """What became of a message: the case and where it stands here."""

    case: str
    state: str


class SharedTold(BaseModel):
    """A platform that shares a case: `dispatch.exchange_book.Shared`."""

    model_config = ConfigDict(from_attributes=True)

    peer: str
    given: Literal["in", "out"]
    state: str
    at_ms: int
    failing: int


class ExchangeDesk:
    """Exchange as one web process does it."""

    def __init__(self, cases: Cases, settings: Settings) -> None:
        self._cases, self._settings = cases, settings
        self._peers = peers_of(settings.exchange_peers)
        self._warden = Warden(cases.entrance.office.database, cases.entrance.office.journal)
        self._darkroom = Darkroom(cases.entrance, cases.book)

    async def taken(self, request: Request) -> Taken:
        """A message whose signature is right. Raises ApiError 401, 404, 422."""
        is_photo = request.headers.get("content-type", "") == PHOTO_TYPE
        body = await read_body(request, MESSAGE_BYTES + (self._darkroom.limit_bytes if is_photo else 0))
        head, _, file = body.partition(b"\n") if is_photo else (body, b"", b"")
        try:
            told = MessageTold.model_validate_json(head).message()
        except ValidationError as refused:
            raise ApiError(422, "bad-request", detail=str(refused.errors()[0]["msg"])) from None
        sent_s, signed = request.headers.get(TIMED, ""), request.headers.get(SIGNED, "")
        peer = self._peers.get(told.sender)
        right = f"sha256={signature(peer.secret, sent_s, body)}" if peer else ""
        if not peer or not is_fresh(sent_s, real_ms()) or not hmac.compare_digest(signed.encode(), right.encode()):
            raise ApiError(401, "bad-signature")
        if is_photo is not (told.deed is Deed.PHOTO):
            raise ApiError(422, "bad-request", detail=f"{told.deed} as {request.headers.get('content-type', '')}")
        found = (await self._received(told, file)).case
        return Taken(case=found.id, state=found.state)

    async def hand(self, case: str, wanted: HandWish) -> CaseTold:
        """One act of whoever sent this request. Raises ApiError 404."""
        await self._cases.told(case)
        by, now = self._cases.entrance.bearer(), self._cases.now(Present(self._cases.hub))
        book = self._book()
        try:
            if wanted.deed == "push":
                await asyncio.to_thread(book.push, by, case, wanted.peer, wanted.key, now)
            else:
                await asyncio.to_thread(book.give_back, by, case, (wanted.key, wanted.reason), now)
        except UnknownName as unknown:
            raise ApiError(404, "unknown-peer", name=str(unknown)) from None
        return await self._cases.case(case)

    async def shared(self, case: str) -> list[SharedTold]:
        """With whom a case is shared. Raises ApiError 404, also for what he may not see."""
        await self._cases.told(case)
        found = await asyncio.to_thread(self._book().shared, case)
        return [SharedTold.model_validate(one) for one in found]

    async def _received(self, message: Message, file: bytes) -> Told:
        by, now = self._cases.entrance.bearer(), self._cases.now(Present(self._cases.hub))
        book = self._book()
        try:
            if message.deed is Deed.PHOTO:
                return await self._darkroom.received(partial(book.receive_photo, by, (message, file)), now)
            return await asyncio.to_thread(book.receive, by, message, now)
        except UnknownName:
            raise ApiError(404, "unknown-case", name=message.case) from None

    def _book(self) -> ExchangeBook:
        own = self._settings.exchange_name or Present(self._cases.hub).declared.city.code
        return ExchangeBook(self._warden, self._cases.book, own, self._peers)


def exchange_routes(desk: ExchangeDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)
    schema = {"requestBody": {"content": {"application/json": {"schema": MessageTold.model_json_schema()}}}}

    @router.post("/exchange", openapi_extra=schema)
    async def message(request: Request) -> Taken:
        """A signed message of another platform: a case handed over, given back, how it stands there, or a photo of it.

        A photo comes as `application/x-cityvitals-photo`: the message in one line of JSON, and behind it the file.
        """
        return await desk.taken(request)

    @router.get("/cases/{case}/exchange")
    async def shared(case: str) -> list[SharedTold]:
        """The platforms that a case came from or was handed to, and how it stands there."""
        return await desk.shared(case)

    @router.post("/cases/{case}/exchange")
    async def hand(case: str, wanted: HandWish) -> CaseTold:
        """Hand a case over to another platform under its number, or give it back with a reason."""
        return await desk.hand(case, wanted)

    return router
