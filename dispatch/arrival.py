"""When a unit arrived: a vehicle by a fence with dwell, a telephone by its tap held against one fix. Pure.

The accuracy of a fix counts: a vehicle is inside when its whole circle is, and has left when its whole circle is
outside; a doubtful fix neither arrives nor leaves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.units import STALE_MS, Fix
from geo.distance import great_circle_m

NEAR_M = 100.0  # who is so near to a place has arrived there, its doubt left aside
USUAL_ACCURACY_M = 20.0  # of a vehicle that does not tell its own
DWELL_MS = 30_000  # so long inside before a vehicle has arrived, outside before it has left; passing by takes less


@dataclass(frozen=True, slots=True)
class Fence:
    """Around a case: centre in degrees WGS 84, radius in m, the doubt about the place included."""

    lon_deg: float
    lat_deg: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Held:
    """A tap held against one fix. distance_m: from the edge of the doubt, 0 inside."""

    agrees: bool
    distance_m: float


def fence_of(place: Mapping[str, Any] | None) -> Fence | None:
    """The fence round the place of a case; None: it has none."""
    if not place:
        return None
    return Fence(place["lon_deg"], place["lat_deg"], NEAR_M + float(place.get("accuracy_m", NEAR_M)))


def fix_told(told: object, tapped_ms: int) -> Fix | None:
    """A position as a telephone tells it with a tap: degrees WGS 84, accuracy_m, age_ms; None: it is no position."""
    if not isinstance(told, Mapping):
        return None
    values = [told.get(name) for name in ("lon_deg", "lat_deg", "accuracy_m")] + [told.get("age_ms", 0)]
    if not all(isinstance(value, (int, float)) and math.isfinite(value) for value in values):
        return None
    lon_deg, lat_deg, accuracy_m, age_ms = (float(value) for value in values if value is not None)
    if abs(lon_deg) > 180 or abs(lat_deg) > 90 or accuracy_m <= 0 or age_ms < 0:
        return None
    return Fix(lon_deg, lat_deg, accuracy_m, tapped_ms - int(age_ms))


def arrived_ms(fence: Fence, fixes: Sequence[Fix]) -> int | None:
    """When a vehicle arrived: the first fix of a stay inside; None: it has not. fixes: rising by time, ms UTC."""
    since: Fix | None = None
    for fix in fixes:
        far_m = _far_m(fence, fix)
        if far_m + fix.accuracy_m <= fence.radius_m:
            since = since or fix
            if fix.at_ms - since.at_ms >= DWELL_MS:
                return since.at_ms
        elif far_m - fix.accuracy_m > fence.radius_m:
            since = None
    return None


def left_ms(fence: Fence, fixes: Sequence[Fix]) -> int | None:
    """When a vehicle left: the first fix of a stay wholly outside; None: it is there, or was never seen there."""
    was_inside, since = False, None
    for fix in fixes:
        far_m = _far_m(fence, fix)
        if far_m + fix.accuracy_m <= fence.radius_m:
            was_inside, since = True, None
        elif was_inside and far_m - fix.accuracy_m > fence.radius_m:
            since = since or fix
            if fix.at_ms - since.at_ms >= DWELL_MS:
                return since.at_ms
    return None


def held_against(fence: Fence, fix: Fix | None, tapped_ms: int) -> Held | None:
    """A 到场 tap against the telephone's own fix; None: there is none, or none from that time."""
    if fix is None or abs(tapped_ms - fix.at_ms) > STALE_MS:
        return None
    beyond_m = max(_far_m(fence, fix) - fix.accuracy_m - fence.radius_m, 0.0)
    return Held(beyond_m == 0.0, beyond_m)


def with_check(place: Mapping[str, Any] | None, fields: Mapping[str, Any], tapped_ms: int) -> dict[str, Any]:
    """The fields of a 到场 tap, with what its one fix says of the place of the case; nobody is refused for it.

    agrees: whether the fix lies within reach; beyond_m: else how far off.
    """
    told = {name: value for name, value in fields.items() if name not in ("agrees", "beyond_m")}
    fence = fence_of(place)
    held = held_against(fence, fix_told(fields.get("fix"), tapped_ms), tapped_ms) if fence else None
    return told if held is None else told | {"agrees": held.agrees, "beyond_m": round(held.distance_m)}


def _far_m(fence: Fence, fix: Fix) -> float:
    return float(great_circle_m((fence.lon_deg, fence.lat_deg), (fix.lon_deg, fix.lat_deg))[0])
