"""What a page needs from the process that serves it: the picture as it stands, the last day, the raw message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from catalogue.declared import Declared

Record = Mapping[str, Any]
Sections = Mapping[str, Mapping[str, Record]]
Point = tuple[int, float | None]  # (window end ms UTC, value or None where unknown), rising


class PictureReader(Protocol):
    """Handed to `callbacks.site.attach`; it follows the active scene by itself."""

    def declared(self) -> Declared | None:
        """What the city of the active scene has declared; None before a scene is active."""

    def sections(self) -> Sections:
        """The newest picture, section → key → record (docs/architecture.md); empty before the first."""

    def scene_id(self) -> str:
        """Of the active scene; "" before one is active."""

    def city_now_ms(self) -> int:
        """City time now, ms UTC."""

    def assets_version(self) -> str:
        """Version of the files in `assets/`, as frames carry it."""

    async def points(self, indicator: str, subject: str) -> Sequence[Point]:
        """The last day of one indicator at one area or station."""

    async def raw(self, device: str) -> Record | None:
        """The newest message of a device as it came: {topic, payload (text), received_ms}; None when there is none."""

    async def explain(self, indicator: str, subject: str) -> Sequence[str]:
        """Lines that say why the newest value is what it is. Raises UnknownName, NeighbourDown."""

    def value(self, indicator: str, subject: str) -> Record | None:
        """The newest value at an area or a station, as a record of the section `values`; None when there is none."""
