"""Receipts of gateways: what became of a short message or a call that one of them took, told by itself.

Whoever speaks for a gateway signs what he says; without a shared secret of the installation nobody can.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.errors import ApiError, errors
from api.push import read_body
from core.clock import real_ms
from core.notices import RECEIPTS, State
from core.settings import Settings
from dispatch.exchange import is_fresh
from notices.channels.webhook import signature
from store.notices import keep_receipt
from store.sql import Database

REFUSED = errors(401, 404, 413, 422, 503)
SIGNED, TIMED = "x-cityvitals-signature", "x-cityvitals-timestamp"
RECEIPT_BYTES = 4096


class Receipt(BaseModel):
    """What became of a delivery. key: as the gateway was given it. reason: of a failure, for people."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    state: Literal["delivered", "answered", "failed", "unanswered"]
    reason: str = Field("", max_length=200)


class Noted(BaseModel):
    """How the delivery stands now; it may have been told more before."""

    state: State


class Receipts:
    """Receipts as one web process takes them."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._secret = database, settings.receipt_secret

    async def taken(self, request: Request) -> Noted:
        """A receipt whose signature is right. Raises ApiError 401, 404, 413, 422."""
        body = await read_body(request, RECEIPT_BYTES)
        told_s, signed = request.headers.get(TIMED, ""), request.headers.get(SIGNED, "")
        right = f"sha256={signature(self._secret, told_s, body)}" if self._secret else ""
        if not right or not is_fresh(told_s, real_ms()) or not hmac.compare_digest(signed.encode(), right.encode()):
            raise ApiError(401, "bad-signature")
        try:
            told = Receipt.model_validate_json(body)
        except ValidationError as refused:
            raise ApiError(422, "bad-request", detail=str(refused.errors()[0]["msg"])) from None
        found = await asyncio.to_thread(self._kept, told)
        if found is None:
            raise ApiError(404, "unknown-delivery", name=told.key)
        return Noted(state=found)

    def _kept(self, told: Receipt) -> State | None:
        reason = told.reason or ("unanswered" if told.state == "unanswered" else "")
        with self._database.transaction() as connection:
            return keep_receipt(connection, told.key, RECEIPTS[told.state], reason, real_ms())


def receipt_routes(receipts: Receipts) -> APIRouter:
    """The route below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)
    schema = {"requestBody": {"content": {"application/json": {"schema": Receipt.model_json_schema()}}}}

    @router.post("/notices/receipts", openapi_extra=schema)
    async def receipt(request: Request) -> Noted:
        """A signed receipt of a gateway: delivered, answered, unanswered or failed."""
        return await receipts.taken(request)

    return router
