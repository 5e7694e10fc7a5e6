"""What panes cost: bytes a cell, rows of long windows, bytes of a checkpoint."""

from __future__ import annotations

import numpy as np
import pytest
from small_city import AREAS, DEVICES, FEEDS, LATENESS_S, MINUTE_MS, T0_MS, indicator

from core.records import DAY_MS, PaneBatch
from indicators.cells import one_window
from indicators.definition import Aggregate, Indicator, RollUp, WindowKind
from indicators.inputs import Inputs
from indicators.plan import Plan
from indicators.table import BLOCK, PaneTable

MEAN = ("last_ms", "count", "total")
MONTH = {"window": WindowKind.CALENDAR, "calendar": "month", "slide_s": 3600}


def told(end_ms: int, members: int, value: float = 1.0) -> dict[str, np.ndarray]:
    return {"last_ms": np.full(members, end_ms), "count": np.ones(members), "total": np.full(members, value)}


def rain(end_ms: int, value: float) -> PaneBatch:
    one, at = np.array([value]), np.array([end_ms])
    device, metric = np.zeros(1, np.int32), np.zeros(1, np.uint16)
    return PaneBatch(0, end_ms, 0, ("g1",), ("rain",), device, metric, at, np.array([1]), one, one, one, at, one)


def kept_rows(one: Indicator, minutes: int) -> tuple[Inputs, Plan, int]:
    """Turn the second stage's inputs for so many minutes with a reading each; the most rows that they held."""
    numbered = [DEVICES[device] for device in sorted(DEVICES)]
    plan = Plan(one, numbered, FEEDS, AREAS)
    inputs = Inputs({"one": plan}, numbered, FEEDS, AREAS)
    most = 0
    for minute in range(1, minutes + 1):
        now_ms = T0_MS + minute * MINUTE_MS
        inputs.fold(rain(now_ms, float(minute)))
        inputs.pass_time(now_ms)
        most = max(most, len(inputs.metrics["rain"].table.ends_ms))
    return inputs, plan, most


@pytest.mark.claim("ENGINE", "A cell of a mean costs 12 bytes")
def test_a_cell_of_a_mean_costs_twelve_bytes() -> None:
    table = PaneTable(BLOCK, MEAN)
    table.put(MINUTE_MS, np.arange(BLOCK), told(MINUTE_MS, BLOCK))
    (chunk,) = table.dirty().values()
    assert chunk is not None and len(chunk) <= 12 * BLOCK + 100


@pytest.mark.claim("ENGINE", "A calendar month of panes costs no more rows than the lateness has panes")
def test_a_month_keeps_the_panes_of_the_lateness_and_one_row() -> None:
    inputs, plan, most = kept_rows(indicator("month", ("rain",), 31 * 86_400, Aggregate.SUM, RollUp.SUM, **MONTH), 2000)
    assert most <= LATENESS_S // 60 + 10
    end_ms = T0_MS + 33 * 3_600_000
    (begin_ms,) = inputs.begins_ms(plan, end_ms, np.array([0])).tolist()
    minutes = [m for m in range(1, 1981) if T0_MS + m * MINUTE_MS > begin_ms]
    assert inputs.measured(plan, "rain", one_window(end_ms, np.array([0]))).value.tolist() == [float(sum(minutes))]


def test_the_newest_value_costs_one_row_beside_the_lateness_however_old_it_may_be() -> None:
    kind = {"window": WindowKind.LAST, "slide_s": 3600}
    inputs, plan, most = kept_rows(indicator("gdp", ("rain",), 100 * 86_400, Aggregate.LAST, RollUp.SUM, **kind), 300)
    assert most <= LATENESS_S // 60 + 10
    for now_ms in range(T0_MS, T0_MS + 90 * DAY_MS, DAY_MS):
        inputs.pass_time(now_ms)
    taken = inputs.measured(plan, "rain", one_window(T0_MS + 100 * DAY_MS, np.array([0])))
    assert (taken.value.tolist(), taken.newest_ms.tolist()) == ([300.0], [T0_MS + 300 * MINUTE_MS])
    assert np.isnan(inputs.measured(plan, "rain", one_window(T0_MS + 101 * DAY_MS, np.array([0]))).value).all()


def test_a_window_with_finer_beginnings_keeps_what_lies_between_them_apart() -> None:
    sliding = indicator("hours", ("rain",), 7200, Aggregate.SUM, RollUp.SUM, slide_s=300)
    _, _, most = kept_rows(sliding, 300)
    assert 120 // 5 <= most <= 120 // 5 + LATENESS_S // 60 + 10  # five minutes a row where nothing can change


def test_a_late_pane_changes_one_block_of_one_row() -> None:
    table = PaneTable(100_000, MEAN)
    for end_ms in (2 * MINUTE_MS, 3 * MINUTE_MS):
        table.put(end_ms, np.arange(100_000), told(end_ms, 100_000))
    table.dirty()
    table.put(MINUTE_MS, np.array([BLOCK + 1]), told(MINUTE_MS, 1))
    (name,) = changed = table.dirty()
    assert name == f"{MINUTE_MS}:1" and len(changed[name] or b"") < 13 * BLOCK


def test_rows_that_merged_are_restored_as_they_were() -> None:
    table, other = PaneTable(BLOCK + 5, MEAN), PaneTable(BLOCK + 5, MEAN)
    held: dict[str, bytes] = {}
    for minute in range(1, 6):
        end_ms = minute * MINUTE_MS
        table.put(end_ms, np.array([3, BLOCK + 4]), told(end_ms, 2, value=0.1))
        if minute == 4:
            table.settle(3 * MINUTE_MS, 0, lambda _end_ms, _next_end_ms: False)
        for name, chunk in table.dirty().items():
            held.pop(name, None) if chunk is None else held.update({name: chunk})
    other.restore(held.items())
    assert table.ends_ms == other.ends_ms == [m * MINUTE_MS for m in (3, 4, 5)]
    whole = slice(0, BLOCK + 5)
    for mine, restored in zip(table.rows(0, 5 * MINUTE_MS), other.rows(0, 5 * MINUTE_MS), strict=True):
        for name in MEAN:
            np.testing.assert_array_equal(mine.read(name, whole), restored.read(name, whole))


def test_counts_and_times_that_need_more_bits_get_them() -> None:
    table = PaneTable(3, MEAN)
    table.put(DAY_MS, np.array([0]), told(DAY_MS, 1))
    table.dirty()
    far = {"last_ms": np.array([1]), "count": np.array([3_000_000_000]), "total": np.ones(1)}
    table.put(DAY_MS, np.array([2]), far)
    other = PaneTable(3, MEAN)
    other.restore((name, chunk) for name, chunk in table.dirty().items() if chunk)
    for kept in (table, other):
        (row,) = kept.rows(0, DAY_MS)
        assert row.read("last_ms", slice(0, 3)).tolist() == [DAY_MS, 0, 1]
        assert row.read("count", slice(0, 3)).tolist() == [1, 0, 3_000_000_000]
        assert kept.window([row, row], ("count",), slice(0, 3))["count"].tolist() == [2, 0, 6_000_000_000]
