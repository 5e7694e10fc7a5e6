"""The tree of areas: city and counties now; towns, villages, grids and functional zones hang below later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.declared import Words
from core.errors import UnknownName


class AreaLevel(StrEnum):
    """市 / 县(市、区) / 镇(街道) / 村(社区) / 网格; and functional zones 功能区, which stand beside the counties."""

    CITY = "city"
    COUNTY = "county"
    ZONE = "zone"
    TOWN = "town"
    VILLAGE = "village"
    GRID = "grid"


@dataclass(frozen=True, slots=True)
class Area:
    """One administrative area; id is its division code, centre in degrees WGS 84. Order is the official one."""

    id: str
    name: Words
    level: AreaLevel
    parent: str
    centre_deg: tuple[float, float]


class AreaTree:
    """Areas by id, in official order (by code), with their parents and children."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._by_id = {area.id: area for area in sorted(areas, key=lambda a: a.id)}

    def __getitem__(self, area_id: str) -> Area:
        try:
            return self._by_id[area_id]
        except KeyError:
            raise UnknownName(f"area {area_id!r} is not declared; known: {', '.join(self._by_id)}") from None

    def __contains__(self, area_id: str) -> bool:
        return area_id in self._by_id

    @property
    def city(self) -> Area:
        """The one area without a parent."""
        return next(area for area in self._by_id.values() if area.level is AreaLevel.CITY)

    @property
    def counties(self) -> tuple[Area, ...]:
        """Counties in official order."""
        return tuple(area for area in self._by_id.values() if area.level is AreaLevel.COUNTY)
