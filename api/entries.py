"""Hand entry 人工录入: what a machine would send, told by telephone or fax.

It is looked at as every other push is, kept with its act and its audit entry, and appended from the outbox.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.duty import REFUSED, Duty
from api.errors import ApiError
from api.rest import Present, reason_sentence
from board.belonging import chain_of
from core.acts import ActTopic
from core.clock import city_ms, real_ms
from core.duty import Deed, DutyAct
from core.records import Level
from core.settings import Settings
from early_warning.duty_rules import Concerned, Wish
from ingest.known import Known
from ingest.transports.http import Pushed, refusal
from store.outbox import tell
from store.sql import Transaction

FEED = "by-hand"  # the feed of events that no device of ours tells: issued signals, reports by telephone
SIGNAL = "signal"  # what types of issued signals begin with


class Reading(BaseModel):
    """A value told by telephone: of a declared device, under a metric that it measures. at_ms 0: now, city time."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["reading"]
    key: str = Field(min_length=8, max_length=80)
    device: str = Field(max_length=128)
    metric: str = Field(max_length=128)
    value: float = Field(allow_inf_nan=False)
    at_ms: int = Field(0, ge=0, le=1 << 53)
    told_by: str = Field("", max_length=100)


class Happening(BaseModel):
    """Something that happened, told by a person. type: as the packs call it, else `report`."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["event"]
    key: str = Field(min_length=8, max_length=80)
    type: str = Field("report", max_length=60, pattern=r"^[a-z0-9_.-]+$")
    area: str = Field(max_length=64)
    text: str = Field(min_length=1, max_length=500)
    at_ms: int = Field(0, ge=0, le=1 << 53)
    told_by: str = Field("", max_length=100)


class Signal(BaseModel):
    """A signal 预警信号 that an authority issued. until_ms 0: until it is lifted.

    lifts: the key under which it was entered, when this says that it was lifted 解除.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["signal"]
    key: str = Field(min_length=8, max_length=80)
    what: str = Field(min_length=1, max_length=20)  # 台风, 暴雨, …
    level: Literal["blue", "yellow", "orange", "red"]
    issuer: str = Field(min_length=1, max_length=60)
    area: str = Field(max_length=64)
    at_ms: int = Field(0, ge=0, le=1 << 53)
    until_ms: int = Field(0, ge=0, le=1 << 53)
    lifts: str = Field("", max_length=80)
    number: str = Field("", max_length=60)


class Entry(BaseModel):
    """One entry by hand."""

    model_config = ConfigDict(extra="forbid")

    entry: Reading | Happening | Signal = Field(discriminator="kind")


class Entered(BaseModel):
    """What was entered, and in whose name."""

    id: str
    name: str
    at_ms: int


def entry_routes(duty: Duty, settings: Settings) -> APIRouter:
    """The route of hand entries."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.post("/entries")
    async def enter(wanted: Entry) -> Entered:
        """Enter a reading, an event or an issued signal; it is marked 人工录入 with the name of who entered it."""
        present = Present(duty.hub)
        entry, now_ms = wanted.entry, city_ms(present.scene, real_ms())
        about, pushed = _message(present, entry, duty.entrance.bearer().name, now_ms)
        limit_bytes = settings.payload_limit_kb * 1024
        declared = present.declared
        known = Known(present.scene, declared.feeds, declared.devices, declared.metrics, limit_bytes)
        if (refused := refusal(known, pushed, now_ms)) is not None:
            reason = reason_sentence(refused.reason, present.language)
            raise ApiError(422, "refused", reason=reason, detail=refused.detail)
        now = duty.now(present)
        message = {"scene": now.scene, "feed": pushed.feed, "device": pushed.device, "shape": pushed.shape}
        message["message"] = pushed.body.decode()

        def onward(tx: Transaction) -> None:
            tell(tx, ActTopic.ENTRY, message, now.real_ms)

        wish = Wish(entry.key, Deed.ENTRY, about.id, detail=entry.model_dump(exclude={"key"}))
        return _entered(await asyncio.to_thread(duty.desk.act, duty.entrance.bearer(), wish, [about], now, onward))

    return router


def _entered(act: DutyAct) -> Entered:
    return Entered(id=act.subject, name=act.name, at_ms=act.at_ms)


def _message(present: Present, entry: Reading | Happening | Signal, by: str, now_ms: int) -> tuple[Concerned, Pushed]:
    """What an entry is about, and the message that a machine would have sent."""
    at_ms = entry.at_ms or now_ms
    marked: dict[str, Any] = {"by_hand": True, "entered_by": by}
    if isinstance(entry, Reading):
        device = present.declared.devices.get(entry.device)
        if device is None or entry.metric not in device.metrics:
            raise ApiError(404, "unknown-device", name=f"{entry.device} {entry.metric}")
        feed = present.declared.feeds[device.feed]
        names = {metric: field for field, metric in feed.fields.items()}
        body = {"t": at_ms, "values": {names.get(entry.metric, entry.metric): entry.value}} | marked
        topic = _topic(present, {entry.metric})
        about = Concerned(f"entry:{entry.device}", Level.NORMAL, chain_of(present.declared, entry.device), topic)
        return about, Pushed(device.feed, entry.device, orjson.dumps(body))
    if entry.area not in present.declared.areas:
        raise ApiError(404, "unknown-area", name=entry.area)
    chain = chain_of(present.declared, entry.area)
    attributes = marked | {"area": entry.area}
    event: dict[str, Any] = {"id": entry.key, "t": at_ms, "told": now_ms}
    if isinstance(entry, Signal):
        event["type"] = f"{SIGNAL}.{entry.level}"
        if entry.lifts:
            event |= {"id": entry.lifts, "phase": "end", "ended": now_ms}
        attributes |= {"what": entry.what, "level": entry.level, "issuer": entry.issuer, "number": entry.number}
        attributes |= {"until_ms": float(entry.until_ms)}
    else:
        event |= {"type": entry.type}
        attributes |= {"text": entry.text, "told_by": entry.told_by}
    about = Concerned(f"entry:{entry.key}", Level.NORMAL, chain, "")
    return about, Pushed(FEED, FEED, orjson.dumps(event | {"attributes": attributes}), "event")


def _topic(present: Present, metrics: set[str]) -> str:
    filled = (one for one in present.declared.indicators.values() if metrics & set(one.metrics))
    return next((one.domain for one in filled), "")
