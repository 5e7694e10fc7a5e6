"""What the pages of this process read: the picture as it stands, the last day, the raw message."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from api.evidence import evidence_of
from api.hub import Hub
from board.canvas import Record
from board.explained import why
from board.explained_words import Teller
from catalogue.declared import Declared
from core.clock import city_ms, real_ms
from core.errors import UnknownName
from stream.appender import raw_message
from stream.connect import Client

Point = tuple[int, float | None]


class PageReader:
    """Handed to whoever attaches pages; it follows the active scene by itself."""

    def __init__(self, hub: Hub, client: Client) -> None:
        self._hub, self._client = hub, client

    def declared(self) -> Declared | None:
        """What the city of the active scene has declared; None before a scene is shown."""
        return self._hub.reader.declared

    def sections(self) -> Mapping[str, Mapping[str, Record]]:
        """The newest picture, section → key → record; empty before the first."""
        return self._hub.reader.sections

    def scene_id(self) -> str:
        """Of the active scene; "" before one is active."""
        return self._hub.scene.id if self._hub.scene else ""

    def city_now_ms(self) -> int:
        """City time now, ms UTC."""
        scene, now_ms = self._hub.scene, real_ms()
        return city_ms(scene, now_ms) if scene else now_ms

    def assets_version(self) -> str:
        """Version of the files in `assets/`, as frames carry it."""
        return self._hub.assets

    async def points(self, indicator: str, subject: str) -> Sequence[Point]:
        """(window end, value or None) of the last day of one indicator at one area or station, rising."""
        return [(end_ms, value) for end_ms, value, _ in self._hub.reader.series(indicator, subject)]

    def value(self, indicator: str, subject: str) -> Record | None:
        """The newest value at an area or a station, as a record of the section `values`."""
        return self._hub.reader.value(indicator, subject)

    async def raw(self, device: str) -> Mapping[str, Any] | None:
        """The newest message of a device as it came: topic, payload (text), received_ms. Raises NeighbourDown."""
        keys = self._hub.keys if self._hub.raw_is_seen(device) else None
        message = await asyncio.to_thread(raw_message, self._client, keys, device) if keys else None
        if message is None:
            return None
        payload = message.payload.decode("utf-8", "replace")
        return {"topic": message.topic, "payload": payload, "received_ms": message.received_ms}

    async def explain(self, indicator: str, subject: str) -> Sequence[str]:
        """Lines that say why the newest value is what it is. Raises UnknownName, NeighbourDown."""
        return await asyncio.to_thread(self._explained, indicator, subject)

    def _explained(self, indicator: str, subject: str) -> list[str]:
        hub, declared = self._hub, self._hub.reader.declared
        if hub.scene is None or hub.keys is None or declared is None:
            raise UnknownName("no scene is shown")
        found = why(evidence_of(self._client, hub.keys, hub.scene, declared), indicator, subject, self.city_now_ms())
        teller = Teller(declared, hub.reader.language)
        lines = teller.lines(found)
        for station in found.explanation.stations:
            reads = bool(station.readings) and hub.raw_is_seen(station.station)
            message = raw_message(self._client, hub.keys, station.station) if reads else None
            lines += [teller.raw(message.topic, message.payload)] if message else []
        return lines
