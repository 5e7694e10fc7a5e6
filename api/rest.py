"""What other systems read: indicators, series, warnings, stations with their raw message, refused messages."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, fields
from typing import Annotated

from fastapi import APIRouter, Query

from api import models
from api.errors import ApiError, errors
from api.evidence import evidence_of
from api.hub import Hub
from board.canvas import Record
from board.explained import Why, why
from board.values import source_record
from catalogue.declared import Declared
from core.clock import city_ms, real_ms
from core.errors import UnknownName
from core.messages import catalogue, text
from core.records import Level, Scene, Status
from indicators.definition import Indicator
from stream.appender import DeadLetter, RawMessage, dead_letters, raw_message
from stream.connect import Client
from stream.keys import Keys

SHOWN_LETTERS = 2000
NOT_FOUND = errors(404, 503)


class Present:
    """The city as it stands for one request. Raises ApiError 503 before the first picture."""

    def __init__(self, hub: Hub) -> None:
        reader = hub.reader
        if hub.scene is None or hub.keys is None or reader.declared is None:
            raise ApiError(503, "not-ready")
        self.reader = reader
        self.language = reader.language
        self.scene: Scene = hub.scene
        self.keys: Keys = hub.keys
        self.declared: Declared = reader.declared

    def origin(self) -> models.Origin:
        """Scene, stamp and clocks."""
        now_ms = real_ms()
        return models.Origin(
            scene=self.scene.id,
            city=self.scene.city,
            stamp=self.scene.stamp,
            server_ms=now_ms,
            city_ms=city_ms(self.scene, now_ms),
            revision=self.reader.revision,
        )

    def indicator(self, name: str) -> Indicator:
        """A declared indicator. Raises ApiError 404."""
        found = self.declared.indicators.get(name)
        if found is None or not self.reader.sees(name):
            raise ApiError(404, "unknown-indicator", name=name)
        return found

    def definition(self, indicator: Indicator) -> models.IndicatorDefinition:
        """How an indicator is computed."""
        plain = asdict(indicator)
        for field in ("name", "method"):
            plain[field] = getattr(indicator, field)[self.language]
        return models.IndicatorDefinition(**(plain | {"source": source_record(indicator.source)}))

    def value(self, record: Record) -> models.Value:
        """A value record with the names that belong to it."""
        indicator = self.declared.indicators[record["indicator"]]
        names = {"area_name": self.reader.name(record["area"]), "unit": indicator.unit}
        return models.Value.model_validate(record | names)

    def knows_place(self, place: str) -> bool:
        """Whether a place is a declared area or a device that anybody declared or heard of."""
        heard = self.reader.sections.get("stations", {})
        return place in self.declared.areas or place in self.declared.devices or place in heard


def rest_routes(hub: Hub, client: Client) -> APIRouter:
    """Routes below `/api/v1`. client: for what is not in the picture; it is asked in a thread."""
    router = APIRouter(prefix="/api/v1", tags=["v1"])
    _indicator_routes(router, hub)
    _explain_route(router, hub, client)
    _warning_routes(router, hub)
    _message_routes(router, hub, client)
    return router


def _indicator_routes(router: APIRouter, hub: Hub) -> None:
    @router.get("/indicators", responses=NOT_FOUND)
    async def indicators() -> models.Indicators:
        """All declared indicators that he may see somewhere, and the city's value of each."""
        present = Present(hub)
        city = present.declared.city.code
        seen = [one for one in present.declared.indicators.values() if present.reader.sees(one.id)]
        records = [present.reader.value(one.id, city) for one in seen]
        return models.Indicators(
            origin=present.origin(),
            indicators=[present.definition(one) for one in seen],
            values=[present.value(record) for record in records if record is not None],
        )

    @router.get("/indicators/{indicator}", responses=NOT_FOUND)
    async def indicator_now(indicator: str) -> models.IndicatorNow:
        """One indicator by area and station, with its definition 口径 and source."""
        present = Present(hub)
        definition = present.definition(present.indicator(indicator))
        values = [present.value(record) for record in present.reader.values(indicator)]
        return models.IndicatorNow(origin=present.origin(), indicator=definition, values=values)

    @router.get("/indicators/{indicator}/{area}/series", responses=NOT_FOUND)
    async def series(indicator: str, area: str, from_ms: int = 0) -> models.SeriesAnswer:
        """The last day of one indicator at one area or station."""
        present = Present(hub)
        known = present.indicator(indicator)
        if not present.knows_place(area):
            raise ApiError(404, "unknown-area", name=area)
        points = [
            models.SeriesPoint.model_validate({"end_ms": end, "value": value, "status": Status(status).name.lower()})
            for end, value, status in present.reader.series(indicator, area, from_ms)
        ]
        return models.SeriesAnswer(
            origin=present.origin(), indicator=indicator, area=area, unit=known.unit, points=points
        )


def _explain_route(router: APIRouter, hub: Hub, client: Client) -> None:
    @router.get("/indicators/{indicator}/{area}/explain", responses=NOT_FOUND)
    async def explain(indicator: str, area: str, at_ms: int = 0) -> models.ExplainAnswer:
        """Why a value is what it is: formula, inputs, stations, panes and readings, folded anew from the log."""
        present = Present(hub)
        present.indicator(indicator)
        origin = present.origin()
        try:
            found = await asyncio.to_thread(_why, present, client, indicator, area, at_ms or origin.city_ms)
        except UnknownName:
            raise ApiError(404, "unknown-area", name=area) from None
        unit = present.declared.indicators[indicator].unit
        return models.ExplainAnswer(
            origin=origin, unit=unit, agrees=found.agrees, **{f.name: getattr(found, f.name) for f in fields(found)}
        )


def _why(present: Present, client: Client, indicator: str, area: str, at_ms: int) -> Why:
    return why(evidence_of(client, present.keys, present.scene, present.declared), indicator, area, at_ms)


def _warning_routes(router: APIRouter, hub: Hub) -> None:
    @router.get("/warnings", responses=NOT_FOUND)
    async def warnings() -> models.Warnings:
        """Active warnings and those cleared during the last minutes, the gravest first."""
        present = Present(hub)
        sections = present.reader.sections
        shown = [models.WarningNow.model_validate({"id": i} | w) for i, w in sections.get("warnings", {}).items()]
        shown.sort(key=lambda w: (w.phase != "active", -Level[w.level.upper()], w.since_ms, w.id))
        areas = sorted(sections.get("areas", {}).items(), key=lambda pair: pair[1]["order"])
        return models.Warnings(
            origin=present.origin(),
            active=sum(1 for warning in shown if warning.phase == "active"),
            areas=[models.AreaCounts.model_validate({"area": area} | record) for area, record in areas],
            warnings=shown,
        )


def _message_routes(router: APIRouter, hub: Hub, client: Client) -> None:
    @router.get("/stations/{device}", responses=NOT_FOUND)
    async def station(device: str) -> models.StationNow:
        """One device: newest readings, its own bounds, and the message behind them as it came."""
        present = Present(hub)
        record = station_record(present, device)
        reading = hub.raw_is_seen(device)
        raw = await asyncio.to_thread(raw_message, client, present.keys, device) if reading else None
        declared = present.declared.devices.get(device)
        return models.StationNow.model_validate(
            record
            | {
                "origin": present.origin(),
                "device": device,
                "references": [asdict(reference) for reference in declared.references] if declared else [],
                "raw": raw and _raw(raw),
            }
        )

    @router.get("/dead", responses=NOT_FOUND)
    async def dead(count: Annotated[int, Query(ge=1, le=500)] = 50) -> models.Refusals:
        """Refused messages 拒收报文, the newest first, and how many there were by feed and reason."""
        present = Present(hub)
        letters = await asyncio.to_thread(dead_letters, client, present.keys, count)
        counted = hub.vitals.refusals if hub.vitals else {}
        counts = []
        for name, many in sorted(counted.items(), key=lambda pair: -pair[1]):
            feed, _, reason = name.rpartition("|")
            sentence = reason_sentence(reason, present.language)
            counts.append(models.RefusalCount(feed=feed, reason=reason, sentence=sentence, count=many))
        messages = [_refused(letter, present.language) for letter in letters]
        return models.Refusals(origin=present.origin(), counts=counts, messages=messages)


def station_record(present: Present, device: str) -> Record:
    """A device's record, of a vehicle too. Raises ApiError 404 for one that nobody declared or heard of."""
    sections = present.reader.sections
    record = sections.get("stations", {}).get(device)
    if record is not None:
        return record
    declared, vehicle = present.declared.devices.get(device), sections.get("vehicles", {}).get(device)
    if declared is None:
        raise ApiError(404, "unknown-device", name=device)
    feed = present.declared.feeds[declared.feed]
    newest_ms = vehicle["ms"] if vehicle else 0
    readings = {k: (vehicle[k], newest_ms) for k in ("lon", "lat", "speed_kmh") if vehicle and vehicle[k] is not None}
    return {
        "name": declared.name[present.language],
        "kind": feed.kind,
        "feed": feed.id,
        "area": declared.area,
        "lon": vehicle["lon"] if vehicle else None,
        "lat": vehicle["lat"] if vehicle else None,
        "state": "ok" if newest_ms else "never",
        "newest_ms": newest_ms,
        "simulated": declared.simulated,
        "unplaced": False,
        "readings": readings,
    }


def reason_sentence(reason: str, language: str) -> str:
    """Why something was refused, in words; the code itself when nobody wrote any."""
    code = f"reject.{reason}"
    return text(code, language) if code in catalogue() else reason


def _raw(message: RawMessage) -> Record:
    return {
        "topic": message.topic,
        "received_ms": message.received_ms,
        "length": len(message.payload),
        "payload": message.payload.decode("utf-8", "replace")[:SHOWN_LETTERS],
    }


def _refused(letter: DeadLetter, language: str) -> models.Refused:
    return models.Refused(
        id=letter.id,
        feed=letter.feed,
        topic=letter.topic,
        reason=letter.reason,
        sentence=reason_sentence(letter.reason, language),
        detail=letter.detail,
        received_ms=letter.received_ms,
        length=letter.length,
        sha256=letter.sha256,
        payload=letter.payload.decode("utf-8", "replace")[:SHOWN_LETTERS],
    )
