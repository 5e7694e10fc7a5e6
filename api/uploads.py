"""Forms with a file in them: read whole, but never more than is allowed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.errors import ApiError
from api.push import read_body
from core.errors import IllegalStep

FIELDS, FIELD_BYTES, FORM_BYTES = 30, 16 * 1024, 64 * 1024
DRAINED_TIMES = 8  # a larger file is read to its end and let go, so that the browser shows our sentence; not for ever


@dataclass(frozen=True, slots=True)
class Form:
    """What a form sent: its fields, and the bytes of its file; b"" without one."""

    fields: dict[str, str]
    file: bytes = b""


async def form_of(request: Request, file_bytes: int) -> Form:
    """A form, with or without a file. Raises IllegalStep: the file is too large; ApiError: it is no form."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        body = await read_body(request, FORM_BYTES)
        return Form(dict(parse_qsl(body[:FORM_BYTES].decode("utf-8", "replace"), max_num_fields=FIELDS)))
    parser = MultiPartParser(
        request.headers, _chunks(request, file_bytes), max_files=1, max_fields=FIELDS, max_part_size=FIELD_BYTES
    )
    try:
        sent = await parser.parse()
    except (MultiPartException, UnicodeDecodeError) as problem:
        raise ApiError(422, "bad-request", detail=str(problem)) from None
    try:
        files = [await one.read() for _, one in sent.multi_items() if isinstance(one, UploadFile)]
    finally:
        await sent.close()
    fields = {name: value for name, value in sent.multi_items() if isinstance(value, str)}
    return Form(fields, files[0] if files else b"")


async def _chunks(request: Request, file_bytes: int) -> AsyncGenerator[bytes]:
    """The body of a request; of one that is too large all is read, so that the refusal is heard."""
    limit_bytes, came_bytes = file_bytes + FORM_BYTES, 0
    async for chunk in request.stream():
        came_bytes += len(chunk)
        if came_bytes > limit_bytes * DRAINED_TIMES:
            raise ApiError(413, "too-large", limit_kb=limit_bytes // 1024)
        if came_bytes <= limit_bytes:
            yield chunk
    if came_bytes > limit_bytes:
        raise IllegalStep("photo-large", size=f"{came_bytes / 1e6:.1f}", limit=file_bytes // 1_000_000)
