"""An independent computation of Beijing's hourly air quality index: pandas, exact fractions, none of our own code.

The table is HJ 633-2012, 1 h columns; PM10 and PM2.5 are read in the 24 h columns, as the hourly report does.
Which district a station stands in is written down here from the city's list of stations.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pandas as pd

CITY = "110000"
DISTRICT_OF = {
    "Aotizhongxin": "110105",  # 朝阳区
    "Changping": "110114",  # 昌平区
    "Dingling": "110114",
    "Dongsi": "110101",  # 东城区
    "Guanyuan": "110102",  # 西城区
    "Gucheng": "110107",  # 石景山区
}
INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
# column of the recording → (our metric, concentrations at INDEX, µg/m³; CO mg/m³)
TABLE = {
    "PM2.5": ("pm25_ugm3", (0, 35, 75, 115, 150, 250, 350, 500)),
    "PM10": ("pm10_ugm3", (0, 50, 150, 250, 350, 420, 500, 600)),
    "SO2": ("so2_ugm3", (0, 150, 500, 650, 800)),
    "NO2": ("no2_ugm3", (0, 100, 200, 700, 1200, 2340, 3090, 3840)),
    "CO": ("co_mgm3", (0, 5, 10, 35, 60, 90, 120, 150)),
    "O3": ("o3_ugm3", (0, 160, 200, 300, 400, 800, 1000, 1200)),
}


class Hour(NamedTuple):
    """The index of one place over one hour, how many stations reported, and the primary pollutants."""

    index: int
    reported: int
    primary: frozenset[str]


def recorded(folder: Path, start: str, stop: str) -> pd.DataFrame:
    """(station, end_ms, one column of fractions a pollutant) for the hours in (start, stop], Beijing time."""
    files = sorted(folder.glob("*.csv.gz"))
    table = pd.concat([pd.read_csv(file, dtype=str, keep_default_na=False) for file in files])
    hour = pd.to_datetime(table[["year", "month", "day", "hour"]].astype(int)).dt.tz_localize("Asia/Shanghai")
    table["end_ms"] = (hour - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(milliseconds=1)
    table = table[(hour > pd.Timestamp(start)) & (hour <= pd.Timestamp(stop))].copy()
    for column in TABLE:
        unit = Fraction(1, 1000) if column == "CO" else Fraction(1)
        table[column] = [None if word == "NA" else Fraction(word) * unit for word in table[column]]
    return table[["station", "end_ms", *TABLE]]


def index_by_hour(table: pd.DataFrame) -> dict[tuple[str, int], Hour]:
    """(station, district or city; end of the hour) → its index, where anybody reported."""
    hours = {}
    station = pd.Series(list(table[list(TABLE)].itertuples(index=False, name=None)), index=table.index)
    for place in (table["station"], table["station"].map(DISTRICT_OF), pd.Series(CITY, index=table.index)):
        for (name, end_ms), stations in station.groupby([place, table["end_ms"]]).agg(list).items():
            reported = sum(any(value is not None for value in values) for values in stations)
            if reported:
                hours[name, end_ms] = _hour(stations, reported)
    return hours


def _hour(stations: list[tuple[Fraction | None, ...]], reported: int) -> Hour:
    """stations: of each of the place's stations its concentrations, in the order of the table."""
    sub_index = {}
    for (metric, bounds), column in zip(TABLE.values(), zip(*stations, strict=True), strict=True):
        known = [value for value in column if value is not None]
        if known:
            sub_index[metric] = _sub_index(sum(known, Fraction(0)) / len(known), bounds)
    index = max(sub_index.values())
    primary = frozenset(metric for metric, own in sub_index.items() if own == index and index > 50)
    return Hour(index, reported, primary)


def _sub_index(concentration: Fraction, bounds: tuple[int, ...]) -> int:
    """IAQI = (I_hi − I_lo)/(C_hi − C_lo) · (C − C_lo) + I_lo, rounded up; above the column its last index."""
    for (low, high), (index_low, index_high) in zip(pairwise(bounds), pairwise(INDEX), strict=False):
        if concentration <= high:
            return math.ceil(Fraction(index_high - index_low, high - low) * (concentration - low) + index_low)
    return INDEX[len(bounds) - 1]
