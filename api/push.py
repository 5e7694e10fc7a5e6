"""Readings pushed over HTTP: answered only when they are appended. The body is measured while it is read."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api import models
from api.errors import ApiError, answer, errors
from api.hub import Hub
from api.rest import Present, reason_sentence
from core.clock import city_ms, real_ms
from core.messages import text
from core.records import Rejected
from core.settings import Settings
from ingest.known import Known
from ingest.transports.http import Pushed, push
from stream.appender import Appender
from stream.connect import Client
from stream.keys import Keys

DRAINED_BYTES = 64 * 1024 * 1024  # a client that sends on must hear why; beyond this the connection is cut
STATUS = {"too-large": 413, "unknown-topic": 404}
READINGS = {"schema": {"type": "object", "example": {"t": 1793500000000, "values": {"pm25": 35.2}}}}


def push_routes(hub: Hub, client: Client, settings: Settings) -> APIRouter:
    """The route that takes readings in, of the same form as on MQTT."""
    router = APIRouter(prefix="/api/v1", tags=["v1"])
    limit_bytes = settings.payload_limit_kb * 1024

    @lru_cache(maxsize=1)
    def appender_of(keys: Keys) -> Appender:
        """Of the scene that is shown. Kept, so that it looks once a second, not at each push, for full streams."""
        return Appender(client, keys, settings.stream_limit)

    body = {"requestBody": {"required": True, "content": {"application/json": READINGS}}}

    @router.post(
        "/readings/{feed}/{device}",
        response_model=models.Pushed,
        responses=errors(404, 413, 422, 503),
        openapi_extra=body,
    )
    async def readings(feed: str, device: str, request: Request) -> models.Pushed | JSONResponse:
        """Push readings of one device: `{"t": …, "values": {…}}` or a list of such."""
        present = Present(hub)
        content = await read_body(request, limit_bytes)
        known = Known(
            present.scene, present.declared.feeds, present.declared.devices, present.declared.metrics, limit_bytes
        )
        now_ms = city_ms(present.scene, real_ms())
        result = await asyncio.to_thread(push, appender_of(present.keys), known, Pushed(feed, device, content), now_ms)
        if isinstance(result, Rejected):
            return _refused(result, present.language, settings.payload_limit_kb)
        refused = _reason(result.rejected, present.language) if result.rejected else None
        return models.Pushed(readings=result.readings, events=result.events, refused=refused)

    return router


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The body, of a too large one only its first `limit_bytes` + 1; the rest is read and let go.

    Raises ApiError 413 when the rest does not end within `DRAINED_BYTES`.
    """
    kept, read = bytearray(), 0
    async for chunk in request.stream():
        read += len(chunk)
        kept += chunk[: max(0, limit_bytes + 1 - len(kept))]
        if read > DRAINED_BYTES:
            raise ApiError(413, "too-large", limit_kb=limit_bytes // 1024)
    return bytes(kept)


def _refused(rejected: Rejected, language: str, limit_kb: int) -> JSONResponse:
    status = STATUS.get(rejected.reason, 422)
    if status == 413:
        return answer(413, "too-large", text("api.too-large", language, limit_kb=limit_kb))
    reason = reason_sentence(rejected.reason, language)
    return answer(
        status, f"reject.{rejected.reason}", text("api.refused", language, reason=reason, detail=rejected.detail)
    )


def _reason(rejected: Rejected, language: str) -> models.Refusal:
    return models.Refusal(
        reason=rejected.reason, sentence=reason_sentence(rejected.reason, language), detail=rejected.detail
    )
