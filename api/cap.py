"""The CAP 1.2 feeds: a recipient with the channel CAP has one, which other systems come to read with their token."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response

from accounts.sealing import seal_of
from accounts.warden import Warden
from api.entrance import Entrance
from api.errors import ApiError
from api.hub import Hub
from board.notices import sees
from core.messages import text
from core.notices import Channel, Notice
from core.settings import Settings
from notices.channels.cap import Feed, listed, message
from notices.switchboard import Switchboard

READ = "cap.read"
ATOM, CAP = "application/atom+xml", "application/cap+xml"


def cap_routes(hub: Hub, entrance: Entrance, settings: Settings) -> APIRouter:
    """`/api/v1/cap/{feed}` and `/api/v1/cap/{feed}/{number}`."""
    router = APIRouter(tags=["notices"])
    office = entrance.office
    board = Switchboard(Warden(office.database, office.journal), seal_of(settings.key, settings.var))

    async def told(name: str) -> tuple[Feed, list[Notice]]:
        recipients = (await asyncio.to_thread(board.wiring)).recipients
        if name not in recipients or Channel.CAP not in recipients[name].addresses:
            raise ApiError(404, "not-found", path=f"cap/{name}")
        found, declared, by = await asyncio.to_thread(board.published, name), hub.reader.declared, entrance.bearer()
        return _feed(hub, settings, name), [one for one in found if sees(by, READ, one, declared)]

    @router.get("/api/v1/cap/{feed}", response_class=Response, responses={200: {"content": {ATOM: {}}}})
    async def entries(feed: str) -> Response:
        """The newest 200 messages of a feed, as Atom."""
        whole, notices = await told(feed)
        return Response(listed(whole, notices), media_type=ATOM)

    @router.get("/api/v1/cap/{feed}/{number}", response_class=Response, responses={200: {"content": {CAP: {}}}})
    async def one(feed: str, number: int) -> Response:
        """One message; those before it on the same card are its references."""
        whole, notices = await told(feed)
        found = next((notice for notice in notices if notice.number == number), None)
        if found is None:
            raise ApiError(404, "not-found", path=f"cap/{feed}/{number}")
        return Response(message(whole, found, notices), media_type=CAP)

    return router


def _feed(hub: Hub, settings: Settings, name: str) -> Feed:
    declared = hub.reader.declared
    city = declared.city.name[settings.language] if declared else settings.city
    site = settings.site_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return Feed(
        recipient=name,
        name=text("notice.cap_title", settings.language, city=city),
        sender=settings.cap_sender,
        address=f"{site}{settings.base_path}api/v1/cap/{name}",
        language=settings.language,
    )
