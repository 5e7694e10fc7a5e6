"""The pack of a city that has none yet: real names and borders, simulated stations, marked so by name and flag.

The same city gets the same stations on every machine: positions are seeded by the county's code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from catalogue.source import Piece, piece_of
from geo.boundaries import Shape, county_polygons
from geo.divisions import CityEntry, CountyEntry
from geo.sampling import points_inside_deg

# feed → (Chinese word, English word, how many in a county of a small city, how many in one of a large city)
KINDS = {
    "air": ("空气站", "air station", 4, 2),
    "rain": ("雨量站", "rain gauge", 8, 3),
    "river": ("水位站", "river station", 2, 1),
    "camera": ("视频点", "camera", 4, 2),
    "bus": ("公交车", "bus", 6, 2),
    "kitchen": ("后厨视频", "kitchen camera", 1, 1),
}
LARGE = 12  # counties; from here on the smaller numbers, so that no wall opens with a thousand invented stations
DATUM = "1985国家高程基准"
INVENTED = "模拟值,无出处"


def pack_of(city: CityEntry) -> Piece:
    """The invented pack of a city of the division table."""
    shapes = county_polygons(city.code)
    row = 3 if len(city.counties) >= LARGE else 2
    devices: dict[str, Any] = {}
    for county in city.counties:
        for number, (feed, kind) in enumerate(KINDS.items()):
            count = int(kind[row])
            devices.update(_devices(county, shapes[county.code], feed, count, number))
        devices[f"{county.code}-hotline"] = _device(f"{county.name} 12345热线", "12345 hotline", "hotline", county)
    devices["statistics-1"] = {
        "feed": "statistics",
        "name": {"zh": "统计数据(模拟)", "en": "Statistics (simulated)"},
        "simulated": True,
    }
    content = {
        "city": {"code": city.code, "name": {"zh": city.name, "en": city.name}},
        "devices": devices,
    }
    return piece_of(content, f"(invented pack of {city.name}):1")


def _devices(county: CountyEntry, shape: Shape, feed: str, count: int, kind: int) -> dict[str, Any]:
    zh, en, *_ = KINDS[feed]
    seed = [int(county.code.partition("-")[0]), kind]
    rng = np.random.default_rng(seed)
    found = {}
    for number, (lon, lat) in enumerate(points_inside_deg(shape, count, rng), 1):
        device = _device(f"{county.name} {zh}{number}", f"{county.name} {en} {number}", feed, county)
        if feed != "bus":  # a vehicle belongs to a county and stands nowhere
            device |= {"lon_deg": round(float(lon), 5), "lat_deg": round(float(lat), 5)}
        found[f"{county.code}-{feed}-{number}"] = device | (_stages(rng.uniform(5, 60)) if feed == "river" else {})
    return found


def _device(zh: str, en: str, feed: str, county: CountyEntry) -> dict[str, Any]:
    name = {"zh": f"{zh}(模拟)", "en": f"{en} (simulated)"}
    return {"feed": feed, "name": name, "area": county.code, "simulated": True}


def _stages(warning_m: float) -> dict[str, Any]:
    """References of an invented river station, and their datum."""
    steps_m = {"warning": 0.0, "guaranteed": 1.5, "record": 3.0}
    references = [
        {"name": name, "value": round(warning_m + step, 2), "datum": DATUM, "source": INVENTED}
        for name, step in steps_m.items()
    ]
    return {"datum": DATUM, "references": references}
