"""Many windows valued in one go say, to the last bit, what they say one by one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pane_maker import Reading, reading_batch
from small_city import AREAS, DEVICES, FEEDS, METRICS, SAME, indicator
from window_oracle import BEGIN_MS, HOWS, METRIC, PARAMETER, SPAN_MS, WINDOWS, history

from core.declared import Device
from core.records import HOUR_MS, Event, Phase, Stamp, ValueBatch
from indicators.city import CityFold
from indicators.definition import Aggregate, Indicator, Input, Part, RollUp
from indicators.line import Line
from indicators.measures import needed
from indicators.panes import PartitionFold
from indicators.valuation import Valuation, Valued

CITY = DEVICES | {
    name: Device(name, "hotline", SAME, area, None, ()) for name, area in (("h1", "440902"), ("h2", "440981"))
}
LEVELS = ("station", "county", "city")
TABLE = ((0.0, 100.0), (40.0, 60.0), (80.0, 0.0))
CALLS = {"c1": "video.person", "c2": "video.person", "h1": "hotline.call", "h2": "hotline.call"}


class OneByOne(Valuation):
    """Values every window for itself."""

    def at_once(self, line: Line, whole: Mapping[int, bool]) -> dict[int, Valued]:
        return {}


class Counting(Valuation):
    """Counts what is valued in one go."""

    windows = 0

    def at_once(self, line: Line, whole: Mapping[int, bool]) -> dict[int, Valued]:
        found = super().at_once(line, whole)
        self.windows += len(found)
        return found


class Twins:
    """Two second stages behind one first stage: one values windows one by one, the other many at once."""

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        declared = {one.id: one for one in indicators}
        self._partition = PartitionFold(0, METRICS, FEEDS, CITY, needed(declared))
        self._cities = [CityFold(declared, CITY, AREAS, FEEDS, {}) for _ in range(2)]
        one_by_one, at_once = self._cities
        one_by_one._valuation = OneByOne(one_by_one._inputs)
        at_once._valuation = self.counting = Counting(at_once._inputs)

    def tick(self, now_ms: int, told: Sequence[Reading | Event]) -> None:
        readings = [one for one in told if isinstance(one, Reading)]
        if readings:
            self._partition.fold(reading_batch(readings, METRIC))
        self._partition.fold_events(one for one in told if isinstance(one, Event))
        panes = self._partition.tick(now_ms)
        for city in self._cities if panes is not None else ():
            city.fold(panes)
        one_by_one, at_once = ([*map(_bits, city.tick(now_ms))] for city in self._cities)
        assert at_once == one_by_one
        assert self._cities[1].dirty() == self._cities[0].dirty()


def _bits(batch: ValueBatch) -> tuple[object, ...]:
    return tuple(_column_bits(getattr(batch, column.name)) for column in fields(batch))


def _column_bits(column: object) -> object:
    if isinstance(column, np.ndarray):
        return column.dtype.str, column.tobytes()
    return {name: _column_bits(one) for name, one in column.items()} if isinstance(column, dict) else column


def declared(rng: random.Random) -> list[Indicator]:
    """A few indicators of every kind: measured, counted, heard, derived from others, scored."""

    def one(name: str, metrics: tuple[str, ...] = (METRIC,), **more: object) -> Indicator:
        rollup, early = rng.choice([*RollUp]), rng.random() < 0.3
        given_ = {"window_s": 600, "aggregate": Aggregate.LAST, "rollup": rollup, "levels": LEVELS, "early": early}
        return indicator(name, metrics, **(given_ | more))  # type: ignore[arg-type]

    def measured(name: str, **more: object) -> Indicator:
        how = rng.choice(HOWS)
        beside = {"baseline": rng.choice(("", "hour_of_week")), "forecast_s": rng.choice((0, 3600))}
        return one(name, parameter=PARAMETER.get(how["aggregate"]), **rng.choice(WINDOWS) | how | beside | more)  # type: ignore[call-overload]

    counts = {"aggregate": Aggregate.COUNT}
    score = (Part("m0", 2, TABLE), Part("m1", 1, TABLE))
    usual = (Input("usual", "m0", area="parent"),)
    return [
        *(measured(f"m{number}") for number in range(3)),
        measured("stepped", steps={"city": rng.choice([*RollUp])}),
        measured("excess", formula="max(rain - usual, 0)", formula_at="station", inputs=usual),
        one("here", aggregate=Aggregate.REPORTING),
        one("online", (), aggregate=Aggregate.REPORTING),
        one("persons", (), event_types=("video.*",), **counts),
        one("calls", (), event_types=("hotline.call",), **counts),
        one("grown", (), formula="now - before", inputs=(Input("now", "m0"), Input("before", "m1", ago_s=1200))),
        one("score", (), levels=("county", "city"), parts=score),
    ]


def told(seed: int) -> list[tuple[int, Reading | Event]]:
    """Readings, beginnings of windows, video and calls, with the times at which they arrive: late, in any order."""
    rng = random.Random(seed)
    arrivals: list[tuple[int, Reading | Event]] = [(arrival.at_ms, arrival.told) for arrival in history(seed)[2]]
    for number in range(rng.choice((0, 5, 40))):
        device, began_ms = rng.choice([*CALLS]), BEGIN_MS + rng.randrange(SPAN_MS)
        feed = CITY[device].feed
        event = Event(f"x{number}", feed, CALLS[device], Phase.NEW, device, began_ms, began_ms, None, Stamp.TEST)
        arrivals.append((began_ms + rng.randrange(HOUR_MS), event))
    return sorted(arrivals, key=lambda one: (one[0], str(one[1])))


def run(twins: Twins, arrivals: list[tuple[int, Reading | Event]], rng: random.Random) -> None:
    """Turn both; between some ticks hours pass, so that many windows fall due at once."""
    now_ms = BEGIN_MS
    while arrivals or now_ms < BEGIN_MS + SPAN_MS:
        now_ms += rng.choice((30_000, 400_000, HOUR_MS, 3 * HOUR_MS))
        come = [one for at_ms, one in arrivals if at_ms <= now_ms]
        arrivals = arrivals[len(come) :]
        rng.shuffle(come)
        twins.tick(now_ms, come)
    twins.tick(now_ms + HOUR_MS, [])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
@pytest.mark.claim("ENGINE", "Many windows valued in one go say to the last bit what they say one by one")
def test_many_windows_at_once_change_no_bit(seed: int) -> None:
    rng = random.Random(seed)
    run(Twins(declared(rng)), told(seed), rng)


def test_after_a_long_stop_windows_are_valued_at_once() -> None:
    twins = Twins(declared(random.Random(7)))
    twins.tick(BEGIN_MS, [])
    twins.tick(BEGIN_MS + SPAN_MS, [one for _, one in told(3)])
    assert twins.counting.windows > 8 * 40
