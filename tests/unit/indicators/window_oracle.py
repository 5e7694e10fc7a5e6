"""Windows and aggregates as pandas sees them, and histories of readings and events to try them with."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from pane_maker import Reading
from small_city import FEEDS, LATENESS_S, MINUTE_MS, T0_MS, indicator

from core.records import DAY_MS, HOUR_MS, Event, Phase, Stamp
from indicators.definition import Aggregate, Indicator, Reset, RollUp, WindowKind

METRIC, EVENT = "rain", "rain.began"
LATE_AFTER_MS = FEEDS["gauge"].late_after_s * 1000
STATIONS = ("g1", "g2", "g3")
COUNTY_OF = {"g1": "440902", "g2": "440902", "g3": "440981", "c1": "440981", "c2": "440902"}
BEGIN_MS, SPAN_MS = T0_MS - 90 * MINUTE_MS, 4 * HOUR_MS  # over the boundary at T0, which is 08:00 or 20:00
ZONE_MS = 8 * HOUR_MS
BOUNDARY_S = (T0_MS + ZONE_MS) % DAY_MS // 1000
NOTHING = (math.nan, 0)

WINDOWS: tuple[dict[str, object], ...] = (
    {"window_s": 600, "slide_s": 600},
    {"window_s": 1500, "slide_s": 300},
    {"window_s": 300, "slide_s": 900},  # with gaps between the windows
    {"window": WindowKind.CALENDAR, "calendar": "hour", "begins_at_s": 1800, "window_s": 3600, "slide_s": 600},
    {"window": WindowKind.CALENDAR, "calendar": "day", "begins_at_s": BOUNDARY_S, "window_s": 86_400, "slide_s": 1200},
    {"window": WindowKind.CALENDAR, "calendar": "year", "window_s": 31_536_000, "slide_s": 1800},
    {"window": WindowKind.LAST, "window_s": 900, "slide_s": 300},
    {"window": WindowKind.SINCE_EVENT, "since_event": EVENT, "window_s": 3600, "slide_s": 300},
)
HOWS: tuple[dict[str, object], ...] = (
    *({"aggregate": how} for how in Aggregate if how is not Aggregate.REPORTING),
    {"aggregate": Aggregate.INCREASE, "reset": Reset.RESTART},
    {"aggregate": Aggregate.INCREASE, "reset": Reset.DAILY},
    {"aggregate": Aggregate.INCREASE, "reset": Reset.ROLLOVER, "rollover_at": 128.0},
)
PARAMETER = {
    Aggregate.QUANTILE: 0.75,
    Aggregate.SHARE_ABOVE: 50.0,
    Aggregate.SHARE_BELOW: 50.0,
    Aggregate.TIME_IN_STATE: 1.0,
}


def declared(name: str, window: dict[str, object], how: dict[str, object], early: bool) -> Indicator:
    parameter = PARAMETER.get(how["aggregate"])  # type: ignore[call-overload]
    given_ = {"rollup": RollUp.MEAN, "levels": ("station",), "early": early, "parameter": parameter}
    return indicator(name, (METRIC,), **(given_ | window | how))  # type: ignore[arg-type]


class Arrival(NamedTuple):
    """Something told, and when it arrives."""

    at_ms: int
    told: Reading | Event


def history(seed: int) -> tuple[list[Reading], list[Event], list[Arrival]]:
    """What was measured and what happened; and how it arrives: late, doubled, in any order."""
    rng = random.Random(seed)
    readings: dict[tuple[str, int], Reading] = {}
    for _ in range(rng.choice((0, 3, 30, 100))):
        event_ms = BEGIN_MS + rng.randrange(1, SPAN_MS, rng.choice((1, 1000, MINUTE_MS, 5 * MINUTE_MS)))
        event_ms = rng.choice((event_ms, -(-event_ms // (10 * MINUTE_MS)) * 10 * MINUTE_MS))  # often at a boundary
        device = rng.choice(STATIONS)
        readings[device, event_ms] = Reading(device, event_ms, rng.choice((1.0, 0.1, 50.0, rng.uniform(0, 127))))
    states: dict[str, Event] = {}
    arrivals = []
    for number in range(rng.choice((0, 1, 5))):
        device, began_ms = rng.choice(("g1", "g3", "c2")), BEGIN_MS + rng.randrange(SPAN_MS)
        facts = {"feed": "gauge", "type": EVENT, "device": device, "stamp": Stamp.TEST, "ended_ms": None}
        event = Event(id=f"e{number}", phase=Phase.NEW, began_ms=began_ms, told_ms=began_ms, **facts)
        arrivals.append(Arrival(began_ms + rng.randrange(LATENESS_S * 500), event))
        if rng.random() < 0.4:  # taken back, or it began otherwise
            moved_ms = began_ms - rng.randrange(600_000)
            event = Event(
                id=event.id, phase=Phase.UPDATE, began_ms=moved_ms, told_ms=began_ms,
                false_positive=rng.random() < 0.5, **facts,
            )  # fmt: skip
            arrivals.append(Arrival(began_ms + LATENESS_S * 500 + 1, event))
        states[event.id] = event
    for reading in readings.values():
        for _ in range(rng.choice((1, 1, 2))):
            late_ms = rng.choice((0, rng.randrange(LATENESS_S * 1000 - 1)))
            arrivals.append(Arrival(reading.event_ms + late_ms, reading))
    return list(readings.values()), [e for e in states.values() if not e.false_positive], arrivals


def begin_of(one: Indicator, end_ms: int, station: str, events: list[Event]) -> int | None:
    """After which time the window begins; None without an event."""
    if one.window is WindowKind.CALENDAR:
        offset = pd.Timedelta(seconds=one.begins_at_s)
        if offset > pd.Timedelta(hours=12) and one.calendar != "hour":
            offset -= pd.Timedelta(days=1)
        local = pd.Timestamp(end_ms + ZONE_MS, unit="ms") - offset - pd.Timedelta(milliseconds=1)
        period = local.to_period({"hour": "h", "day": "D", "month": "M", "year": "Y"}[one.calendar])
        return (period.start_time + offset).value // 10**6 - ZONE_MS
    if one.window is WindowKind.SINCE_EVENT:
        slide_ms = one.slide_s * 1000
        mine = [e for e in events if e.device == station or COUNTY_OF[e.device] == COUNTY_OF[station]]
        begins = [e.began_ms // slide_ms * slide_ms for e in mine]
        inside = [begin for begin in begins if end_ms - one.window_s * 1000 <= begin < end_ms]
        return max(inside, default=None)
    return end_ms - one.window_s * 1000


def between(table: pd.DataFrame, after_ms: int, upto_ms: int) -> pd.DataFrame:
    """The readings of (after, up to]."""
    first, stop = table.event_ms.searchsorted([after_ms, upto_ms], side="right")
    return table.iloc[first:stop]


def gained(one: Indicator, before: pd.Series, after: pd.Series) -> float:
    """What a counter gained from one reading to the next."""
    rise = after.value - before.value
    if one.reset is Reset.NEVER or (rise >= 0 and one.reset is not Reset.DAILY):
        return rise
    if one.reset is Reset.ROLLOVER:
        return rise + 128.0
    if one.reset is Reset.DAILY and rise >= 0:
        shift = ZONE_MS - one.begins_at_s * 1000
        if -(-(before.event_ms + shift) // DAY_MS) == -(-(after.event_ms + shift) // DAY_MS):
            return rise
    return after.value


def increase(one: Indicator, table: pd.DataFrame, inside: pd.DataFrame, begin_ms: int, _end_ms: int) -> float:
    before = between(table, begin_ms - LATE_AFTER_MS - 1, begin_ms).tail(1)
    chain = pd.concat([before, inside])
    if len(chain) < 2:
        return math.nan
    return math.fsum(gained(one, chain.iloc[at], chain.iloc[at + 1]) for at in range(len(chain) - 1))


def seconds_in_state(one: Indicator, table: pd.DataFrame, inside: pd.DataFrame, begin_ms: int, end_ms: int) -> float:
    """Each reading holds until the next one, the window's end, or for as long as a reading may."""
    before = between(table, begin_ms - LATE_AFTER_MS - 1, begin_ms).tail(1)
    chain = pd.concat([before, inside])
    if chain.empty:
        return math.nan
    until = np.minimum(chain.event_ms.shift(-1, fill_value=end_ms), chain.event_ms + LATE_AFTER_MS)
    held = until - chain.event_ms.clip(lower=begin_ms)
    return float(held[chain.value == one.parameter].sum()) / 1000


def circular(inside: pd.DataFrame) -> float:
    unit = np.exp(1j * np.radians(inside.value.to_numpy())).mean()
    return float(np.degrees(np.angle(unit)) % 360)


PLAIN: dict[Aggregate, Callable[[pd.DataFrame], float]] = {
    Aggregate.MEAN: lambda t: t.value.mean(),
    Aggregate.SUM: lambda t: t.value.sum(),
    Aggregate.FIRST: lambda t: t.value.iloc[0],
    Aggregate.LAST: lambda t: t.value.iloc[-1],
    Aggregate.MIN: lambda t: t.value.min(),
    Aggregate.MAX: lambda t: t.value.max(),
    Aggregate.COUNT: lambda t: float(len(t)),
    Aggregate.DISTINCT: lambda t: float(t.value.nunique()),
    Aggregate.QUANTILE: lambda t: t.value.quantile(0.75, interpolation="lower"),
    Aggregate.SHARE_ABOVE: lambda t: (t.value >= 50.0).mean() * 100,
    Aggregate.SHARE_BELOW: lambda t: (t.value < 50.0).mean() * 100,
    Aggregate.CIRCULAR_MEAN: circular,
}


def expected(one: Indicator, station: str, end_ms: int, table: pd.DataFrame, events: list[Event]) -> tuple[float, int]:
    """The number of a station and the time of its newest reading; table: its readings in order of time."""
    begin_ms = begin_of(one, end_ms, station, events)
    heard = between(table, begin_ms or end_ms - one.window_s * 1000, end_ms)
    newest_ms = int(heard.event_ms.iloc[-1]) if len(heard) else 0
    how = Aggregate.LAST if one.window is WindowKind.LAST else one.aggregate
    if begin_ms is None:
        return math.nan, newest_ms
    if how is Aggregate.TIME_IN_STATE:
        return seconds_in_state(one, table, heard, begin_ms, end_ms), newest_ms
    if not len(heard):
        return NOTHING
    if how is Aggregate.INCREASE:
        return increase(one, table, heard, begin_ms, end_ms), newest_ms
    if how is Aggregate.RATE:
        ends = heard.iloc[[0, -1]]
        hours = (ends.event_ms.iloc[1] - ends.event_ms.iloc[0]) / HOUR_MS
        return (ends.value.iloc[1] - ends.value.iloc[0]) / hours if hours else math.nan, newest_ms
    return PLAIN[how](heard), newest_ms


def assert_equals_the_oracle(
    values: Mapping[tuple[str, int, str], tuple[float, int]],
    indicators: Iterable[Indicator],
    readings: list[Reading],
    events: list[Event],
    until_ms: int,
) -> None:
    """values: by indicator, window end and station the number and the time of the newest reading."""
    table = pd.DataFrame(readings, columns=["device", "event_ms", "value"]).sort_values("event_ms")
    of_station = {station: table[table.device == station] for station in STATIONS}
    for one in indicators:
        slide_ms = one.slide_s * 1000
        phase_ms = (one.begins_at_s * 1000 - ZONE_MS) % slide_ms if one.window is WindowKind.CALENDAR else 0
        last_ms = (until_ms - one.settle_s * 1000 - phase_ms) // slide_ms * slide_ms + phase_ms
        first_ms = -(-(BEGIN_MS - phase_ms) // slide_ms) * slide_ms + phase_ms
        for end_ms in range(first_ms, last_ms + 1, slide_ms):
            for station in STATIONS:
                value, newest_ms = values[one.id, end_ms, station]
                right, right_newest_ms = expected(one, station, end_ms, of_station[station], events)
                about = f"{one.window} {one.aggregate} {station} {end_ms - T0_MS}"
                if (
                    one.aggregate is Aggregate.CIRCULAR_MEAN
                    and not math.isnan(right)
                    and one.window is not WindowKind.LAST
                ):
                    value, right = (math.cos(math.radians(v - right)) for v in (value, right))
                tolerance = 0.006 if one.aggregate is Aggregate.QUANTILE else 1e-9
                assert value == pytest.approx(right, rel=tolerance, abs=1e-8, nan_ok=True), about
                assert newest_ms == right_newest_ms, about
