"""The tree of areas: city, counties, towns, villages and grids; functional zones stand beside the counties.

Every area has one parent, the nearest area above it that the city knows (a grid may hang below a town); only the city
has none. A zone's parent is the city. What stands in a zone counts for the zone, and for its county as well: a device
names its smallest area in `area` and its zone, if any, in the attribute `zone`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.declared import Device, Words
from core.errors import DeclarationError, UnknownName

ZONE_OF_DEVICE = "zone"  # the attribute of a device that names its functional zone


class AreaLevel(StrEnum):
    """市 / 县(市、区) / 镇(街道) / 村(社区) / 网格; and functional zones 功能区, which stand beside the counties."""

    CITY = "city"
    COUNTY = "county"
    ZONE = "zone"
    TOWN = "town"
    VILLAGE = "village"
    GRID = "grid"


# From the city down; a parent stands before its children. A zone is no step between two of them.
DOWNWARDS = (AreaLevel.CITY, AreaLevel.COUNTY, AreaLevel.TOWN, AreaLevel.VILLAGE, AreaLevel.GRID)


@dataclass(frozen=True, slots=True)
class Area:
    """One area; id is its division code, centre in degrees WGS 84. Order is the official one.

    attributes: numbers that a roll-up may weigh it with (`population`).
    """

    id: str
    name: Words
    level: AreaLevel
    parent: str
    centre_deg: tuple[float, float]
    attributes: Mapping[str, float] = field(default_factory=dict)


class AreaTree:
    """Areas by id, in official order (by code), with their parents and children."""

    def __init__(self, areas: Iterable[Area]) -> None:
        """Raises DeclarationError for an area that hangs nowhere, or below what is not above it."""
        self._by_id = {area.id: area for area in sorted(areas, key=lambda a: a.id)}
        self._at: dict[AreaLevel, list[Area]] = defaultdict(list)
        self._children: dict[str, list[Area]] = defaultdict(list)
        for area in self._by_id.values():
            self._at[area.level].append(area)
            self._children[area.parent].append(area)
        problems = [said for area in self._by_id.values() if (said := self._misplaced(area))]
        if problems:
            raise DeclarationError(problems)

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
        return self._at[AreaLevel.CITY][0]

    @property
    def counties(self) -> tuple[Area, ...]:
        """Counties in official order."""
        return self.at(AreaLevel.COUNTY)

    def at(self, level: AreaLevel) -> tuple[Area, ...]:
        """All areas of a level in official order."""
        return tuple(self._at[level])

    def children(self, area_id: str) -> tuple[Area, ...]:
        """The areas right below one, in official order; zones are children of the city."""
        return tuple(self._children[area_id])

    def ancestors(self, area_id: str) -> tuple[Area, ...]:
        """The areas above one, the nearest first and the city last. Raises UnknownName."""
        above, area = [], self[area_id]
        while area.parent:
            area = self[area.parent]
            above.append(area)
        return tuple(above)

    def holding(self, device: Device) -> dict[AreaLevel, str]:
        """The area of each level that a device counts for.

        A device without a declared area counts for the city alone, and for its zone if it names one.
        """
        area = self[device.area] if device.area in self else self.city
        found = {one.level: one.id for one in (area, *self.ancestors(area.id))}
        zone = device.attributes.get(ZONE_OF_DEVICE, "")
        return found | ({AreaLevel.ZONE: zone} if zone in self else {})

    def county_of(self, area_id: str) -> str:
        """The county that an area is or lies in; "" for the city and for zones. Raises UnknownName."""
        line = (self[area_id], *self.ancestors(area_id))
        return next((area.id for area in line if area.level is AreaLevel.COUNTY), "")

    def _misplaced(self, area: Area) -> str:
        """What is wrong with the place of an area in the tree, "" when nothing is."""
        parent = self._by_id.get(area.parent)
        if area.level is AreaLevel.CITY:
            return f"area {area.id!r} is a city: it has no parent" if area.parent else ""
        if parent is None:
            return f"area {area.id!r}: its parent {area.parent!r} is not declared; known: {', '.join(self._by_id)}"
        if area.level is AreaLevel.ZONE:
            accepted = {AreaLevel.CITY}
        else:
            accepted = set(DOWNWARDS[: DOWNWARDS.index(area.level)])
        if parent.level not in accepted:
            known = ", ".join(level for level in DOWNWARDS if level in accepted)
            return f"area {area.id!r}: a {area.level} hangs below one of {known}, not below a {parent.level}"
        return ""
