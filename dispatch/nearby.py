"""What a case is likely one with, from what is open around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from dispatch.grouping import Grouper, Proposal, Sighting
from dispatch.incidents import sighting_of
from dispatch.urgency import Sees
from geo.distance import great_circle_m
from store import cases as kept
from store.sql import Database
from store.units import kept_apart

REACH_M = 5000.0  # as far as any cause of a pack reaches, and a little more


@dataclass(frozen=True, slots=True)
class Around:
    """What is open around a case, and what it is likely one with."""

    cases: Mapping[str, kept.Near]
    proposals: Sequence[Proposal]


def nearby(database: Database, scene: str, about: Sighting, grouper: Grouper, sees: Sees) -> Around:
    """Open cases near a case, of what somebody may see, and what it is likely one with."""
    sees, circle = cache(sees), kept.Circle(about.lon_deg, about.lat_deg, REACH_M)
    with database.reading() as connection:
        squares = kept.near(connection, scene, circle, grouper.within_ms(about))
        rows = [row for row in _within(circle, squares) if sees(row.area, row.topic)]
        apart = kept_apart(connection, [row.id for row in rows])
    told = [sighting for row in rows if row.id != about.id and (sighting := sighting_of(row))]
    found = grouper.about(about, told, apart)
    return Around({row.id: row for row in rows}, [found] if found else [])


def _within(circle: kept.Circle, rows: Sequence[kept.Near]) -> list[kept.Near]:
    places_deg = np.array([(row.lon_deg, row.lat_deg) for row in rows], np.float64).reshape(-1, 2)
    far_m = great_circle_m((circle.lon_deg, circle.lat_deg), places_deg)
    return [row for row, m in zip(rows, far_m.tolist(), strict=True) if m <= circle.reach_m]
