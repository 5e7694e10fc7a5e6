"""How areas of one's own and a boundary file are written in a pack."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.declared import Words
from core.schema import Entry

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
LonLat = tuple[Lon, Lat]


class AreaEntry(Entry):
    """An area outside the division table: the one city, or a county of it with its outline.

    `outline` is a simple ring in degrees WGS 84, longitude first; it need not be closed by hand.
    """

    name: Words
    level: Literal["city", "county"]
    outline: tuple[LonLat, ...] = ()


class BoundaryFileEntry(Entry):
    """A boundary file that replaces the polygons of the division table, with the names of its columns."""

    file: str
    id_column: str
    name_column: str
    crs: str = ""
