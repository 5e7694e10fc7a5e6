"""How areas of one's own and a boundary file are written in a pack."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.declared import Words
from core.schema import Entry

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
LonLat = tuple[Lon, Lat]


class AreaEntry(Entry):
    """A county of the city: its name in both languages and, where no table or file draws it, its outline.

    `outline` is a simple ring in degrees WGS 84, longitude first; it need not be closed by hand.
    """

    name: Words
    outline: tuple[LonLat, ...] = ()


class BoundaryFileEntry(Entry):
    """A boundary file that replaces the polygons of the division table, with the names of its columns."""

    file: str
    id_column: str
    name_column: str
    crs: str = ""
