"""Photos of cases: `/api/v1/cases/{case}/photos`. Who sees one stands in the audit; an original is personal data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from accounts.bearer import Bearer
from accounts.looks import Look
from accounts.rights import may
from accounts.warden import Warden
from api.cases import Cases
from api.entrance import Entrance
from api.errors import ApiError, errors
from api.me import signed
from api.rest import Present
from api.uploads import Form, form_of
from board.belonging import chain_of
from core.clock import real_ms
from core.errors import IllegalStep, NotAllowed, UnknownName
from dispatch.book import CaseBook, Now, Told
from dispatch.lettering import Lettering
from dispatch.photos import Marking, PhotoBook, Sent
from dispatch.pictures import Photo
from store.photos import MediaFolder, PhotoRow

ASSETS = Path(__file__).resolve().parent.parent / "assets"
REFUSED = errors(401, 403, 404, 413, 422, 503)
T = TypeVar("T")
SEE, IN_FULL = "photos.see", "personal.see"
SAID = 500  # letters of what is said with a photo
KEPT_S = 600  # a browser may keep a copy so long; the address of another copy is another
ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"  # opened by itself it loads and runs nothing
_FIELDS = {"key": {"type": "string"}, "text": {"type": "string"}, "photo": {"type": "string", "format": "binary"}}
_FORM = {"type": "object", "required": ["key", "photo"], "properties": _FIELDS}
BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


class PhotoTold(BaseModel):
    """A photo. entry: the line of the log that brought it; is_whole: the original is here; times ms UTC, city time."""

    sha256: str
    version: str
    entry: int
    size_bytes: int
    width_px: int
    height_px: int
    at_ms: int
    taken_ms: int | None
    lon_deg: float | None
    lat_deg: float | None
    name: str
    is_whole: bool

    @classmethod
    def of(cls, row: PhotoRow) -> PhotoTold:
        """From its row."""
        plain = {name: getattr(row, name) for name in cls.model_fields if name != "version"}
        return cls(version=row.kept[:8], **plain)


class PhotosTold(BaseModel):
    """The photos of a case, in the order of its log."""

    photos: list[PhotoTold]


class Darkroom:
    """Photos of one web process, worked on one at a time and in a thread."""

    def __init__(self, entrance: Entrance, book: CaseBook) -> None:
        settings, office = entrance.settings, entrance.office
        self.limit_bytes = settings.photo_mb * 1_000_000
        marking = Marking(self.limit_bytes, settings.language, Lettering(ASSETS))
        warden = Warden(office.database, office.journal)
        self.book = PhotoBook(warden, book, MediaFolder(settings.media_folder), marking)
        self._one_at_a_time = asyncio.Lock()

    async def form(self, request: Request) -> Form:
        """A form that may bring a photo. Raises IllegalStep, ApiError."""
        return await form_of(request, self.limit_bytes)

    async def check(self, content: bytes) -> Photo:
        """What a file is. Raises IllegalStep."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.book.check, content)

    async def marked(self, content: bytes, lines: Sequence[str]) -> bytes:
        """A picture redrawn, with lines burnt into its foot. Raises IllegalStep: it is none."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.book.marked, content, lines)

    async def add(self, by: Bearer, sent: Sent, now: Now) -> Told:
        """Bring a photo to a case; as `PhotoBook.add`."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.book.add, by, sent, now)

    async def received(self, take: Callable[[PhotoBook, Now], Told], now: Now) -> Told:
        """Take in a photo that another platform sent; `take` is handed the book of photos."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(take, self.book, now)

    async def complete(self, by: Bearer, key: str, content: bytes, now: Now) -> PhotoRow:
        """Take the original of a small copy; as `PhotoBook.complete`."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.book.complete, by, key, content, now)


class PhotoDesk:
    """Photos as the API tells them."""

    def __init__(self, cases: Cases) -> None:
        self._cases, self._entrance = cases, cases.entrance
        self._darkroom = Darkroom(cases.entrance, cases.book)

    async def listed(self, case: str) -> PhotosTold:
        """All photos of a case, without a look at any."""
        await self._seen(case, SEE)
        rows = await asyncio.to_thread(self._darkroom.book.of, case)
        return PhotosTold(photos=[PhotoTold.of(row) for row in rows])

    async def add(self, case: str, request: Request) -> PhotosTold:
        """A photo from a desk."""
        await self._seen(case, SEE)
        form = await self._darkroom.form(request)
        if len(form.fields.get("key", "")) < 8:
            raise IllegalStep("needs", verb="note", needs="key")
        one = await signed(self._entrance, request)
        sent = Sent(form.fields["key"], case, form.file, one.person.name, form.fields.get("text", "")[:SAID])
        now = self._cases.now(Present(self._cases.hub))
        await self._darkroom.add(self._entrance.bearer(), sent, now)
        return await self.listed(case)

    async def shown(self, case: str, sha256: str) -> Response:
        """The marked copy; the look is audited."""
        await self._seen(case, SEE)
        content = await self._found(partial(self._darkroom.book.shown, case, sha256), sha256)
        self._note(SEE, case, sha256)
        headers = {"Cache-Control": f"private, max-age={KEPT_S}", "Content-Security-Policy": ALONE}
        return Response(content, media_type="image/jpeg", headers=headers)

    async def original(self, case: str, sha256: str) -> Response:
        """The original, to be saved and never shown by the browser; the look is audited."""
        await self._seen(case, IN_FULL)
        row, content = await self._found(partial(self._darkroom.book.original, case, sha256), sha256)
        self._note(IN_FULL, case, sha256)
        name = f"{case}-{row.entry}.{row.format}"
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": ALONE,
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Response(content, media_type=f"image/{row.format}", headers=headers)

    async def _seen(self, case: str, action: str) -> None:
        """Whether he may see this case, and do this there. Raises ApiError, NotAllowed."""
        told = await self._cases.told(case)
        declared = Present(self._cases.hub).declared
        kind = declared.case_kinds[str(told.case.facts["kind"])]
        area = str(told.case.facts.get("area", ""))
        chain = chain_of(declared, area) if area else ()
        decision = may(self._entrance.bearer(), action, area=chain, topic=kind.domain)
        if not decision.allowed:
            raise NotAllowed(decision.code, decision.in_words)

    async def _found(self, read: Callable[[], T], sha256: str) -> T:
        try:
            return await asyncio.to_thread(read)
        except UnknownName:
            raise ApiError(404, "unknown-photo", name=sha256[:12]) from None

    def _note(self, action: str, case: str, sha256: str) -> None:
        look = Look(self._entrance.bearer().name, action, f"case:{case}/photo:{sha256[:12]}", real_ms())
        self._entrance.office.looks.noted(look)


def photo_routes(desk: PhotoDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/cases/{case}/photos")
    async def listed(case: str) -> PhotosTold:
        """The photos of a case: hash of the original, time, place, who took it."""
        return await desk.listed(case)

    @router.post("/cases/{case}/photos", openapi_extra=BODY)
    async def add(case: str, request: Request) -> PhotosTold:
        """Bring a photo, as a form with a file. 422: the sentence says why it is not taken."""
        return await desk.add(case, request)

    @router.get("/cases/{case}/photos/{sha256}", response_class=Response)
    async def shown(case: str, sha256: str) -> Response:
        """The copy with its watermark, JPEG. The look is audited."""
        return await desk.shown(case, sha256)

    @router.get("/cases/{case}/photos/{sha256}/original", response_class=Response)
    async def original(case: str, sha256: str) -> Response:
        """The file as it came, with all that its camera wrote into it. The look is audited."""
        return await desk.original(case, sha256)

    return router
