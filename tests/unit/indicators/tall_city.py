"""A city with every level of areas, for tests of roll-up: two counties, towns, villages, grids, and a zone beside."""

from __future__ import annotations

from core.declared import Device, Feed, Words
from geo.areas import Area, AreaLevel, AreaTree

SAME = Words("同", "same")
CITY = "440900"


def area(area_id: str, level: AreaLevel, parent: str, people: float | None = None) -> Area:
    return Area(area_id, SAME, level, parent, (110.9, 21.7), {} if people is None else {"people": people})


AREAS = AreaTree(
    [
        area(CITY, AreaLevel.CITY, ""),
        area("A", AreaLevel.COUNTY, CITY, 500.0),
        area("B", AreaLevel.COUNTY, CITY, 100.0),
        area("A1", AreaLevel.TOWN, "A", 30.0),
        area("A2", AreaLevel.TOWN, "A", 70.0),
        area("B1", AreaLevel.TOWN, "B"),
        area("A1v", AreaLevel.VILLAGE, "A1", 5.0),
        area("A1w", AreaLevel.VILLAGE, "A1", 9.0),
        area("A1vg", AreaLevel.GRID, "A1v", 1.0),
        area("A2g", AreaLevel.GRID, "A2", 2.0),
        area("port", AreaLevel.ZONE, CITY, 3.0),
    ]
)
STANDING = {
    "d0": ("A1vg", ""), "d1": ("A1vg", "port"), "d2": ("A1v", ""), "d3": ("A1w", "port"), "d4": ("A2g", ""),
    "d5": ("A2", ""), "d6": ("A", "port"), "d7": ("B1", ""), "d8": ("B", ""), "d9": ("", ""),
}  # fmt: skip
FEEDS = {"gauge": Feed("gauge", SAME, "gauge/+/+", late_after_s=600, lateness_s=1800)}
DEVICES = {
    name: Device(
        name,
        "gauge",
        SAME,
        where,
        None,
        ("rain",),
        attributes={"zone": zone, "kind": "automatic" if name < "d8" else "manual"}
        | ({} if name == "d2" else {"people": str(1 + int(name[1]))}),
    )
    for name, (where, zone) in STANDING.items()
}
