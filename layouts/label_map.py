"""Where labels say that something happened, or did not: a map without scripts, counties under marks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.markup import Markup, el

WIDE = 600
RADIUS = 7

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One label at its place, degrees WGS 84. true: something happened; else the warning was false."""

    at_deg: LonLat
    said: str
    true: bool


def label_map(boundaries: Mapping[str, Any], names: Mapping[str, str], marks: Sequence[Mark], source: str) -> Markup:
    """Counties with their names; of each label a mark, filled where something happened, hollow where nothing did.

    boundaries: GeoJSON of the counties. names: county → its name. source: whose borders these are, and their review.
    """
    shapes = {str(one["id"]): _rings(one["geometry"]) for one in boundaries["features"]}
    to = _Projection([point for rings in shapes.values() for ring in rings for point in ring])
    paths = (el("path", d="".join(to.path(ring) for ring in rings)) for rings in shapes.values())
    land = [el("g", path, class_="county") for path in paths]  # its end is that of the path, which has no other
    named = [
        el("text", names.get(county, county), x=x, y=y)
        for county, rings in shapes.items()
        for x, y in [to.point(_middle(max(rings, key=len)))]
    ]
    found = [_mark(to, one) for one in sorted(marks, key=lambda one: one.true)]
    drawn = el("svg", land, named, found, viewBox=f"0 0 {WIDE} {WIDE}", role="img")
    return el("div", drawn, el("p", source, class_="note"), class_="label-map")


def _mark(to: _Projection, one: Mark) -> Markup:
    x, y = to.point(one.at_deg)
    return el("circle", el("title", one.said), cx=x, cy=y, r=str(RADIUS), class_="true" if one.true else "false")


class _Projection:
    """Equal metres along both axes, all points in one square."""

    def __init__(self, points: Sequence[LonLat]) -> None:
        lons, lats = [lon for lon, _ in points] or [0.0], [lat for _, lat in points] or [0.0]
        self._lon, self._lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
        self._shrink = math.cos(math.radians(self._lat))
        across = max((max(lons) - min(lons)) * self._shrink, max(lats) - min(lats), 1e-6)
        self._scale = WIDE * 0.96 / across

    def point(self, at_deg: LonLat) -> tuple[str, str]:
        """Where a point lies, as an attribute says it."""
        x = (at_deg[0] - self._lon) * self._shrink * self._scale + WIDE / 2
        y = (self._lat - at_deg[1]) * self._scale + WIDE / 2
        return f"{x:.1f}", f"{y:.1f}"

    def path(self, ring: Iterable[LonLat]) -> str:
        """A ring as path data."""
        return "M" + "L".join(" ".join(self.point((lon, lat))) for lon, lat in ring) + "Z"


def _rings(geometry: Mapping[str, Any]) -> list[list[LonLat]]:
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[(float(lon), float(lat)) for lon, lat in part[0]] for part in parts]


def _middle(ring: Sequence[LonLat]) -> LonLat:
    """The mean of a ring's corners: near enough for a name."""
    return sum(lon for lon, _ in ring) / len(ring), sum(lat for _, lat in ring) / len(ring)
