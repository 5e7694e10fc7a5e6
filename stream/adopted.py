"""What the city itself has adopted over its packs, as every process reads it when it loads them.

The database is its home; here it lies where all workers look anyway, and comes back from there when Redis was emptied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stream.connect import Client

ADOPTED = "cityvitals:adopted"  # hash: city → sections; city + ANNOUNCED → what the engines were told last
RELAXED = "relaxed"  # a section that is no section of packs: rule → until_ms, by, reason of a relaxation 临时放宽
ANNOUNCED = ":announced"

Sections = Mapping[str, Mapping[str, Any]]  # as in a pack: section → id → entry; and `RELAXED`


def adopted(client: Client, city: str) -> Sections:
    """What lies over the packs of a city; empty: nothing. Raises NeighbourDown."""
    kept = client.hget(ADOPTED, city)
    found: Sections = msgspec.json.decode(kept) if kept else {}
    return found


def adopt(client: Client, city: str, sections: Sections) -> None:
    """Lay this over the packs of a city from now on."""
    client.hset(ADOPTED, city, msgspec.json.encode(sections, order="sorted"))


def is_announced(client: Client, city: str, sections: Sections) -> bool:
    """Whether the engines know of exactly this."""
    return bool(client.hget(ADOPTED, city + ANNOUNCED) == msgspec.json.encode(sections, order="sorted"))


def note_announced(client: Client, city: str, sections: Sections) -> None:
    """The engines were told."""
    client.hset(ADOPTED, city + ANNOUNCED, msgspec.json.encode(sections, order="sorted"))
