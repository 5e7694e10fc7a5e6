"""Statuses, silence, lateness, the index rolled up, and jumps: what a city says case by case."""

import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from small_city import AREAS, DEVICES, FEEDS, LATENESS_S, METRICS, MINUTE_MS, SAME, T0_MS, indicator

from core.declared import Device
from core.records import PaneBatch, Quality, ReadingBatch, Stamp, Status, ValueBatch
from indicators.city import CityFold
from indicators.definition import Aggregate, Indicator, RollUp
from indicators.panes import PartitionFold

ONLINE = indicator("online", (), 300, Aggregate.REPORTING, RollUp.SHARE, slide_s=60, levels=("county", "city"))
PEAK = indicator("peak", ("rain",), 600, Aggregate.MAX, RollUp.MAX, early=True)
TOTAL = indicator("total", ("rain",), 600, Aggregate.SUM, RollUp.SUM)


def batch(device: str, metric: str, *told: tuple[int, float], flag: Quality = Quality.GOOD) -> ReadingBatch:
    n = len(told)
    times_ms, values = np.array([t for t, _ in told]), np.array([float(v) for _, v in told])
    columns = (np.zeros(n, np.int32), np.zeros(n, np.uint16), times_ms, values, np.full(n, int(flag), np.uint16))
    return ReadingBatch("gauge", Stamp.TEST, 0, (device,), (metric,), *columns)


class Line:
    """Both stages in a row."""

    def __init__(
        self, *indicators: Indicator, devices: dict[str, Device] = DEVICES, schemes: dict | None = None
    ) -> None:
        self.partition = PartitionFold(0, METRICS, FEEDS)
        self.city = CityFold({i.id: i for i in indicators}, devices, AREAS, FEEDS, schemes or {})
        self.panes: PaneBatch | None = None

    def at(self, minute: float, *batches: ReadingBatch) -> list[ValueBatch]:
        for told in batches:
            self.partition.fold(told)
        self.panes = self.partition.tick(T0_MS + int(minute * MINUTE_MS))
        if self.panes is not None:
            self.city.fold(self.panes)
        return self.city.tick(T0_MS + int(minute * MINUTE_MS))


def row(values: list[ValueBatch], area: str, minute: int) -> tuple[float, int, Status]:
    (found,) = (b for b in values if b.window_end_ms == T0_MS + minute * MINUTE_MS and area in b.areas)
    at = found.areas.index(area)
    return float(found.value[at]), int(found.reported[at]), Status(int(found.status[at]))


def minutes(minute: float) -> int:
    return T0_MS + int(minute * MINUTE_MS)


def test_an_early_window_is_open_until_it_is_due_and_then_final_for_all() -> None:
    line = Line(PEAK)
    line.at(1)
    opened = line.at(2, batch("g1", "rain", (minutes(1), 7.0)))
    assert row(opened, "g1", 5) == (7.0, 1, Status.OPEN)
    assert all("g3" not in b.areas for b in opened)  # only those whose panes changed
    assert line.at(3) == []  # nothing came, nothing fell due
    final = line.at(6)
    assert row(final, "g1", 5) == (7.0, 1, Status.FINAL)
    assert row(final, "g3", 5)[1:] == (0, Status.UNKNOWN)
    assert row(final, "440900", 5) == (7.0, 1, Status.FINAL)


def test_a_window_that_is_not_early_waits_until_it_has_settled() -> None:
    line = Line(TOTAL)
    line.at(1)
    assert line.at(5.9, batch("g1", "rain", (minutes(5), 7.0))) == []
    assert row(line.at(6), "g1", 5) == (7.0, 1, Status.FINAL)
    corrected = line.at(7, batch("g1", "rain", (minutes(4), 1.0)))
    assert row(corrected, "g1", 5) == (8.0, 1, Status.FINAL)
    assert row(line.at(11), "g1", 10) == (8.0, 1, Status.FINAL)


def test_the_right_edge_belongs_to_a_window_and_the_left_does_not() -> None:
    line = Line(TOTAL)
    line.at(0, batch("g1", "rain", (minutes(0), 1.0), (minutes(5), 2.0), (minutes(10), 4.0), (minutes(10) + 1, 8.0)))
    values = line.at(20)
    assert [row(values, "g1", m)[0] for m in (5, 10, 15)] == [3.0, 6.0, 12.0]


def test_a_reading_out_of_range_is_a_sign_of_life_and_no_value() -> None:
    line = Line(PEAK, ONLINE)
    line.at(0)
    values = line.at(1, batch("g1", "rain", (minutes(1), -999.0), flag=Quality.OUT_OF_RANGE))
    assert line.panes is not None and line.panes.count.tolist() == [0] and math.isnan(line.panes.last[0])
    assert row(values, "g1", 5)[1:] == (1, Status.UNKNOWN)
    line.at(2, batch("g1", "rain", (minutes(0.5), 3.0)))
    assert line.panes.count.tolist() == [1]  # the same pane, with a value now


def test_a_reading_beyond_the_lateness_is_counted_and_left_out() -> None:
    line = Line(TOTAL)
    line.at(61)
    assert line.at(62, batch("g1", "rain", (minutes(61 - LATENESS_S / 60) - 1, 3.0))) == []
    assert line.panes is not None and (line.panes.late, len(line.panes)) == (1, 0)


def test_nobody_is_silent_before_we_listened_long_enough() -> None:
    line = Line(ONLINE)
    assert row(line.at(0), "440900", -1)[1:] == (0, Status.UNKNOWN)
    values = line.at(2, batch("g1", "rain", (minutes(1), 1.0)), batch("c1", "heartbeat", (minutes(1), 1.0)))
    assert row(values, "440900", 1) == (100.0, 2, Status.FINAL)  # of those known: the other three may yet speak
    later = line.at(13)
    assert row(later, "440900", 10) == (40.0, 2, Status.FINAL)  # 10 min without a word: silent
    assert row(later, "440900", 12)[0] == 0.0  # now all are


def test_the_citys_index_is_that_of_its_mean_concentrations() -> None:
    name = "hj633-2012-hourly"
    table = yaml.safe_load(Path(f"packs/topics/schemes/{name}.yaml").read_text("utf-8"))["schemes"][name]
    pollutants = tuple(table["inputs"])
    air = {d: Device(d, "gauge", SAME, "440902", None, pollutants) for d in ("a1", "a2")}
    hourly = indicator("aqi", pollutants, 3600, Aggregate.MEAN, RollUp.MEAN, slide_s=3600, formula="aqi", scheme=name)
    line = Line(hourly, devices=air, schemes={name: table})
    line.at(0)
    line.at(59, batch("a1", "pm25_ugm3", (minutes(60), 35.0)), batch("a2", "pm25_ugm3", (minutes(60), 115.0)))
    (valued,) = line.at(61)
    assert dict(zip(valued.areas, valued.value.tolist(), strict=True)) == {
        "a1": 50.0, "a2": 150.0, "440902": 100.0, "440900": 100.0,
    }  # fmt: skip
    assert dict(zip(valued.areas, valued.detail, strict=True))["440902"] == "pm25_ugm3"
    assert valued.detail[0] == ""  # at 50 no pollutant is primary


def test_a_monthly_value_stands_with_its_own_time() -> None:
    monthly = indicator("gdp", ("rain",), 40 * 86_400, Aggregate.LAST, RollUp.MEAN, slide_s=86_400, levels=("city",))
    line = Line(monthly, devices={"t1": Device("t1", "gauge", SAME, "", None, ("rain",))})
    line.at(0, batch("t1", "rain", (minutes(-1), 5.2)))
    values = line.at(3 * 24 * 60)
    newest = values[-1]
    assert newest.areas == ("440900",) and newest.value.tolist() == [5.2]
    assert newest.newest_ms.tolist() == [minutes(-1)]


@pytest.mark.parametrize("hours", [5, 30])
def test_after_a_long_stop_every_window_of_the_last_day_is_decided_in_order(hours: int) -> None:
    line = Line(TOTAL)
    line.at(0)
    values = [b for b in line.at(hours * 60) if b.indicator == "total"]
    ends = [b.window_end_ms for b in values]
    decided = min(hours, 24) * 12 - (1 if hours < 24 else 0)
    assert ends == sorted(ends) and len(ends) in {decided, decided + 1}
