"""What the public may know of a case: kind, district, where it stands, until when. No title, words or name. Pure.

Places are told to some 100 m. A case that was merged stands as the one that leads it.
"""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.states import OPEN, CaseState
from store.cases import CaseRow

ABOUT_DEG = 3  # decimals of a place


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A case as everybody may see it. Times are city time, ms UTC.

    expected_ms: when it should be done, whatever the room owes before; None: no clock says so.
    """

    id: str
    kind: str
    area: str
    state: str
    is_open: bool
    requested_ms: int
    updated_ms: int
    expected_ms: int | None
    lon_deg: float | None
    lat_deg: float | None


def public_case(row: CaseRow) -> PublicCase:
    """What of a row everybody may see."""
    is_open = CaseState(row.state) in OPEN or row.state == CaseState.MERGED
    return PublicCase(
        id=row.id,
        kind=row.kind,
        area=row.area,
        state=row.state,
        is_open=is_open,
        requested_ms=row.reported_ms,
        updated_ms=row.since_ms,
        expected_ms=row.body.get("expected_ms") if is_open else None,
        lon_deg=None if row.lon_deg is None else round(row.lon_deg, ABOUT_DEG),
        lat_deg=None if row.lat_deg is None else round(row.lat_deg, ABOUT_DEG),
    )
