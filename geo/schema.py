"""How areas of one's own and a boundary file are written in a pack."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.declared import Words
from core.schema import Entry

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
LonLat = tuple[Lon, Lat]


class AreaEntry(Entry):
    """An area of the city: its names, its level and, below the counties, what it hangs below.

    `outline` is a simple ring in degrees WGS 84, longitude first; it need not be closed by hand. A county needs one
    where no table or file draws it; a town, village, grid or zone without one is known by name and centre alone.
    attributes: numbers that a roll-up may weigh it with (`population`). Names of invented ones say so.
    """

    name: Words
    level: Literal["county", "zone", "town", "village", "grid"] = "county"
    parent: str = ""
    outline: tuple[LonLat, ...] = ()
    centre_deg: LonLat | None = None
    attributes: dict[str, float] = Field({})

    @model_validator(mode="after")
    def _hangs_somewhere(self) -> Self:
        if (self.level in ("county", "zone")) == bool(self.parent):
            below = "stands in the city and has no parent" if self.parent else "needs a parent"
            raise ValueError(f"a {self.level} {below}")
        return self


class BoundaryFileEntry(Entry):
    """A boundary file that replaces the polygons of the division table, with the names of its columns."""

    file: str
    id_column: str
    name_column: str
    crs: str = ""


class RoadFileEntry(Entry):
    """A file of roads, CSV or GeoJSON, by which travel times are reckoned. `source`: whose roads, and of when.

    `crs` must be said: roads of a commercial map lie hundreds of metres off (GCJ-02) and look like degrees.
    """

    file: str
    crs: Literal["EPSG:4326", "EPSG:4490"]
    source: str = ""
