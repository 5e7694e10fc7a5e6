"""What a case is likely one with, from what is open around it."""

from __future__ import annotations

from functools import cache

from dispatch.grouping import Grouper, Sighting
from dispatch.incidents import Look, sighting_of
from dispatch.urgency import Sees
from store import cases as kept
from store.sql import Database
from store.units import kept_apart

REACH_M = 5000.0  # as far as any cause of a pack reaches, and a little more


def nearby(database: Database, scene: str, about: Sighting, grouper: Grouper, sees: Sees) -> Look:
    """Open cases near a case, of what somebody may see, and what it is likely one with."""
    sees, circle = cache(sees), kept.Circle(about.lon_deg, about.lat_deg, REACH_M)
    with database.reading() as connection:
        around = kept.near(connection, scene, circle, grouper.within_ms(about))
        rows = [row for row in around if sees(row.area, row.topic)]
        apart = kept_apart(connection, [row.id for row in rows])
    told = [sighting for row in rows if row.id != about.id and (sighting := sighting_of(row))]
    found = [one for one in grouper.propose([about, *told], apart) if about.id in {member.id for member in one.members}]
    return Look({}, {row.id: row for row in rows}, found)
