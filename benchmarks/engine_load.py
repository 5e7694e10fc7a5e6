"""A city of 100,000 device-metrics and its readings as stream entries, made before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogue.declared import City, Declared
from core.declared import Device, Feed, Metric, Words
from core.records import MINUTE_MS, ReadingBatch, Scene, Stamp
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification
from stream.codec import encode_readings
from stream.keys import partition_of

SAME = Words("同", "same")
SOURCE = Source("none", Verification.NONE, Verification.NONE)
CODE, COUNTIES, METRICS = "990000", 100, 5
BATCH = 5_000
EVERY_MS = 5_000  # each device-metric tells each five seconds
AGAIN_EVERY = 50  # one reading in so many is one of the round before, told a second time
BEGIN_MS = 1_795_305_600_000
SCENE = Scene("replay-load", CODE, Stamp.REPLAY, "load/city", BEGIN_MS, 1, 1.0, BEGIN_MS)

Fields = Mapping[bytes, bytes]


def declared(series: int, *, early: bool = False, metrics: int = METRICS) -> Declared:
    """A city whose devices bring some metrics each; every metric is averaged over five minutes, for counties and city.

    early: the indicators are also valued before their window ends, as their panes change.
    """
    areas = [Area(CODE, SAME, AreaLevel.CITY, "", (0.0, 0.0))]
    areas += [Area(f"99{n:04d}", SAME, AreaLevel.COUNTY, CODE, (0.0, 0.0)) for n in range(1, COUNTIES + 1)]
    brought = {f"m{n}": Metric(f"m{n}", SAME, "", -1e9, 1e9) for n in range(metrics)}
    devices = {
        name: Device(name, "gauge", SAME, f"99{number % COUNTIES + 1:04d}", None, tuple(brought))
        for number, name in enumerate(names(series, metrics))
    }
    indicators = {f"load.{metric}": _mean(metric, early) for metric in brought}
    city = City(CODE, SAME, "", "", "", "", "")
    feeds = {"gauge": Feed("gauge", SAME, "gauge/+/+")}
    return Declared(city, AreaTree(areas), {}, (), brought, feeds, devices, indicators, {}, fingerprint="load")


def names(series: int, metrics: int = METRICS) -> list[str]:
    """The devices of so many series, by number."""
    return [f"gauge-{number:07d}" for number in range(series // metrics)]


def _mean(metric: str, early: bool) -> Indicator:
    return Indicator(
        id=f"load.{metric}",
        name=SAME,
        domain="load",
        unit="",
        direction=Direction.INFO,
        window_s=300,
        slide_s=60,
        settle_s=0,
        aggregate=Aggregate.MEAN,
        rollup=RollUp.MEAN,
        levels=("county", "city"),
        source=SOURCE,
        metrics=(metric,),
        early=early,
    )


@dataclass(frozen=True, slots=True)
class Load:
    """Entries in the order of their arrival, and what must come out.

    count, total: (minutes, series) of what counts, by the minute of the pane, from that of the first round on;
    series: device × metrics + metric.
    """

    entries: list[Fields]
    count: NDArray[np.int64]
    total: NDArray[np.float64]
    readings: int
    again: NDArray[np.float64]  # (series,): the sum of what was told a second time
    end_ms: int


def load(
    series: int,
    rounds: int,
    numbers: NDArray[np.int64] | None = None,
    first_round: int = 0,
    metrics: int = METRICS,
) -> Load:
    """Every series tells once a round, but for one in `AGAIN_EVERY`: that one tells its last reading a second time.

    numbers: Only these devices.
    """
    told_by = np.arange(series // metrics) if numbers is None else numbers
    per_batch = BATCH // metrics
    everyone = names(series, metrics)
    first_minute = first_round * EVERY_MS // MINUTE_MS
    minutes = -(-(first_round + rounds) * EVERY_MS // MINUTE_MS) - first_minute
    count, total = np.zeros((minutes, series), np.int64), np.zeros((minutes, series))
    entries: list[Fields] = []
    repeated = np.zeros(series)
    for round_number in range(first_round, first_round + rounds):
        for start in range(0, len(told_by), per_batch):
            device = told_by[start : start + per_batch]
            row, metric = np.repeat(np.arange(len(device)), metrics), np.tile(np.arange(metrics), len(device))
            of_series = np.repeat(device, metrics) * metrics + metric
            event_ms = BEGIN_MS + 1 + round_number * EVERY_MS + (of_series * 7919) % EVERY_MS
            value = np.round(10 + 5 * np.sin(of_series + event_ms / 1e6), 1)
            again = ((of_series + round_number) % AGAIN_EVERY == 0) & (round_number > first_round)
            event_ms[again] -= EVERY_MS
            minute = (event_ms - BEGIN_MS - 1) // MINUTE_MS - first_minute
            np.add.at(count, (minute[~again], of_series[~again]), 1)
            np.add.at(total, (minute[~again], of_series[~again]), value[~again])
            np.add.at(repeated, of_series[again], value[again])
            entries.append(encode_readings(_batch([everyone[n] for n in device], row, metric, event_ms, value)))
    readings = rounds * len(told_by) * metrics
    return Load(entries, count, total, readings, repeated, BEGIN_MS + (first_round + rounds) * EVERY_MS)


def _batch(devices: list[str], row: Any, metric: Any, event_ms: Any, value: Any) -> ReadingBatch:
    return ReadingBatch(
        feed="gauge",
        stamp=Stamp.REPLAY,
        received_ms=int(event_ms.max()),
        devices=tuple(devices),
        metrics=tuple(f"m{n}" for n in range(int(metric.max()) + 1)),
        device=row.astype(np.int32),
        metric=metric.astype(np.uint16),
        event_ms=event_ms,
        value=value,
        quality=np.zeros(len(row), np.uint16),
    )


def by_partition(series: int, partitions: int) -> list[NDArray[np.int64]]:
    """The numbers of the devices that lie in each partition."""
    of = np.array([partition_of(name, partitions) for name in names(series)])
    return [np.flatnonzero(of == partition) for partition in range(partitions)]
