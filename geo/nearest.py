"""Which county a point belongs to that may lie a little beside all of them: on a bridge, at sea, across the border."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapely.geometry import shape

from geo.distance import distance_to_m


def nearest_area(boundaries: Mapping[str, Any], lon_deg: float, lat_deg: float, within_m: float) -> str:
    """The area of a GeoJSON feature collection that holds a point or is nearest to it; "" when none is so near.

    boundaries: with `id` in the properties of each feature; all in degrees WGS 84. Of several that are equally near,
    the first.
    """
    found = [
        (distance_to_m(shape(feature["geometry"]), lon_deg, lat_deg), place)
        for place, feature in enumerate(boundaries["features"])
    ]
    far_m, place = min(found, default=(within_m + 1, 0))
    return str(boundaries["features"][place]["properties"]["id"]) if far_m <= within_m else ""
