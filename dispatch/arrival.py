"""When a unit arrived: a vehicle by a fence with dwell, a telephone by its tap held against one fix. Pure.

The accuracy of a fix counts: a vehicle is inside when its whole circle is, and has left when its whole circle is
outside; a doubtful fix neither arrives nor leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.units import STALE_MS, Fix
from geo.distance import great_circle_m

DWELL_MS = 30_000  # so long inside, or so many fixes, before a passing vehicle has arrived
DWELL_FIXES = 3


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


def arrived_ms(fence: Fence, fixes: Sequence[Fix]) -> int | None:
    """When a vehicle arrived: the first fix of a stay inside; None: it has not. fixes: rising by time, ms UTC."""
    since: Fix | None = None
    count = 0
    for fix in fixes:
        far_m = _far_m(fence, fix)
        if far_m + fix.accuracy_m <= fence.radius_m:
            since, count = since or fix, count + 1
            if count >= DWELL_FIXES or fix.at_ms - since.at_ms >= DWELL_MS:
                return since.at_ms
        elif far_m - fix.accuracy_m > fence.radius_m:
            since, count = None, 0
    return None


def left_ms(fence: Fence, fixes: Sequence[Fix]) -> int | None:
    """When a vehicle that had arrived left: its first fix that is wholly outside; None: it is there."""
    return next((fix.at_ms for fix in fixes if _far_m(fence, fix) - fix.accuracy_m > fence.radius_m), None)


def held_against(fence: Fence, fix: Fix | None, tapped_ms: int) -> Held | None:
    """A 到场 tap against the telephone's own fix; None: there is none, or none from that time."""
    if fix is None or abs(tapped_ms - fix.at_ms) > STALE_MS:
        return None
    beyond_m = max(_far_m(fence, fix) - fix.accuracy_m - fence.radius_m, 0.0)
    return Held(beyond_m == 0.0, beyond_m)


def _far_m(fence: Fence, fix: Fix) -> float:
    return float(great_circle_m((fence.lon_deg, fence.lat_deg), (fix.lon_deg, fix.lat_deg))[0])
