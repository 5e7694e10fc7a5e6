"""The city is a pure function of its course and the time; calm is calm, and a typhoon comes in the right order."""

from itertools import pairwise

import numpy as np
import orjson
import pytest

from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from simulator.past import past_24h
from simulator.weather import Scenario

BEGAN_MS = 1_772_319_600_000 + 1_234_567
BLUE_BELOW_WARNING_M = 0.5


def measured(city, device_id, metric, at_ms):
    """One metric of one device, asked of its source as the publisher does."""
    reporter = next(r for r in city.reporters if r.device.id == device_id)
    return reporter.source.values(reporter.device, at_ms, reporter.pace_s)[metric]


def devices_with(city, metric):
    return [r.device for r in city.reporters if metric in r.device.metrics]


def minutes(first, last):
    return (BEGAN_MS // MINUTE_MS + np.arange(first, last)) * MINUTE_MS


def window_sums(depth_mm, window_min):
    """Sum of the window that ends at each minute, straight from the definition."""
    total = np.concatenate([[0.0], np.cumsum(depth_mm)])
    return total[window_min:] - total[:-window_min]


def first_minute(reached, at_ms):
    return (at_ms[np.argmax(reached)] - BEGAN_MS) / MINUTE_MS if reached.any() else np.inf


def reached_by_rain(city, device_id):
    """level → minutes after the begin at which the bureau's scheme is reached at one gauge."""
    at_ms = minutes(-24 * 60, 60)
    depth_mm = measured(city, device_id, "rain_mm", at_ms)
    scheme = {"blue": (720, 50), "yellow": (360, 50), "orange": (180, 50), "red": (180, 100)}
    return {
        level: first_minute(window_sums(depth_mm, window) >= bound - 1e-9, at_ms[window - 1 :])
        for level, (window, bound) in scheme.items()
    }


def reached_by_river(city, device):
    at_ms = minutes(-24 * 60, 90)
    stage_m = measured(city, device.id, "stage_m", at_ms)
    bound_m = {r.name: r.value for r in device.references}
    levels = {
        "blue": bound_m["warning"] - BLUE_BELOW_WARNING_M,
        "yellow": bound_m["warning"],
        "orange": bound_m["guaranteed"],
        "red": bound_m["record"],
    }
    return {level: first_minute(stage_m >= bound, at_ms) for level, bound in levels.items()}


@pytest.mark.claim("PULSE", "the same seed gives the same city byte for byte, another seed another one")
def test_the_seed_decides_everything(make_city):
    one, same, other = make_city(7, faults=1.0), make_city(7, faults=1.0), make_city(8, faults=1.0)
    span = (BEGAN_MS, BEGAN_MS + 3 * MINUTE_MS)
    assert one.told(*span) == same.told(*span)
    assert {m.payload for m in one.told(*span)} != {m.payload for m in other.told(*span)}


def test_spans_that_join_tell_what_one_long_span_tells(make_city):
    city = make_city(scenario=Scenario.TYPHOON, faults=1.0)
    ends = [BEGAN_MS, BEGAN_MS + 700, BEGAN_MS + 20_001, BEGAN_MS + 60_000, BEGAN_MS + 4 * MINUTE_MS]
    in_parts = [message for span in pairwise(ends) for message in city.told(*span)]
    whole = city.told(ends[0], ends[-1])
    assert len(whole) > 500
    assert sorted(in_parts, key=repr) == sorted(whole, key=repr)


def test_nothing_is_sent_before_it_happened(make_city):
    city = make_city(scenario=Scenario.TYPHOON, faults=1.0)
    for message in city.told(BEGAN_MS, BEGAN_MS + 5 * MINUTE_MS):
        assert message.send_ms >= message.event_ms


@pytest.mark.parametrize("seed", [1, 7, 99])
@pytest.mark.claim("PULSE", "a calm demonstration day reaches no warning level at any rain gauge or river station")
def test_a_calm_day_is_calm(make_city, seed):
    city = make_city(seed)
    at_ms = minutes(-24 * 60, 24 * 60)
    for device in devices_with(city, "rain_mm"):
        assert window_sums(measured(city, device.id, "rain_mm", at_ms), 720).max() < 40
    for device in devices_with(city, "stage_m"):
        warning_m = next(r.value for r in device.references if r.name == "warning")
        assert measured(city, device.id, "stage_m", at_ms).max() < warning_m - BLUE_BELOW_WARNING_M - 0.3
    bounds_of_liang = {"pm25_ugm3": 75, "pm10_ugm3": 150, "so2_ugm3": 500, "no2_ugm3": 200, "co_mgm3": 10}
    for device in devices_with(city, "pm25_ugm3"):
        for metric, bound in (bounds_of_liang | {"o3_ugm3": 200}).items():
            values = measured(city, device.id, metric, at_ms)
            assert 0 < values.min() <= values.max() < bound
    for metric in ("online", "kitchen_online"):
        for device in devices_with(city, metric):
            assert (measured(city, device.id, metric, at_ms) == 1).all()


@pytest.mark.parametrize("seed", [1, 7, 99])
@pytest.mark.claim("PULSE", "the typhoon raises rain first, then rivers upstream, then rivers downstream")
def test_a_typhoon_comes_in_the_right_order(make_city, seed):
    city = make_city(seed, Scenario.TYPHOON)
    gauges = [reached_by_rain(city, device.id) for device in devices_with(city, "rain_mm")]
    rivers = {device.id: reached_by_river(city, device) for device in devices_with(city, "stage_m")}

    for levels in [*gauges, *rivers.values()]:
        assert min(levels.values()) > 0, "nothing may be reached before the visitor came"
    wettest = min(gauges, key=lambda levels: levels["blue"])
    assert wettest["blue"] < wettest["yellow"] < wettest["orange"] < wettest["red"] < 40
    assert wettest["blue"] < min(levels["blue"] for levels in rivers.values())
    assert min(levels["yellow"] for levels in rivers.values()) < 20
    assert min(levels["orange"] for levels in rivers.values()) < 40
    assert 1 <= sum(levels["red"] < 45 for levels in rivers.values()) <= 3


@pytest.mark.claim("PULSE", "on one river the flood passes the upper station before the lower one")
def test_the_flood_runs_down_each_river(make_city):
    city = make_city(scenario=Scenario.TYPHOON)
    at_ms = BEGAN_MS + np.arange(0, 180 * 60, 10) * 1000
    by_river = {}
    for device in devices_with(city, "stage_m"):
        stage_m = measured(city, device.id, "stage_m", at_ms)
        half_ms = at_ms[np.argmax(stage_m >= (stage_m[0] + stage_m.max()) / 2)]
        station = (float(device.attributes["upstream_km2"]), half_ms)
        by_river.setdefault(device.attributes["river"], []).append(station)
    shared = [sorted(stations) for stations in by_river.values() if len(stations) > 1]
    assert shared
    for stations in shared:
        for (_, upper_ms), (_, lower_ms) in pairwise(stations):
            assert lower_ms > upper_ms + MINUTE_MS / 2


def test_every_declared_device_says_something(make_city):
    city = make_city()
    telling = {r.device.id for r in (*city.reporters, *city.statistics)}
    telling |= {desk.id for w in city.witnesses if w.feed.kind == "hotline" for desk in w.desks}
    silent = {d.id for d in city.declared.devices.values() if d.feed not in ("probe", "by-hand")} - telling
    assert not silent


def test_calls_rise_after_the_rain(make_city):
    storm, calm = make_city(scenario=Scenario.TYPHOON), make_city()

    def calls(city, first_min, last_min):
        hotline = next(w for w in city.witnesses if w.feed.kind == "hotline")
        span = (BEGAN_MS + first_min * MINUTE_MS, BEGAN_MS + last_min * MINUTE_MS)
        return sum(event.phase == "new" for event in hotline.tellings(*span))

    assert calls(storm, 0, 10) < 2 * calls(calm, 0, 10) + 10
    assert calls(storm, 30, 90) > 2.5 * calls(calm, 30, 90)


def test_some_calls_of_the_storm_are_urgent_orders(make_city):
    def urgent(city):
        hotline = next(w for w in city.witnesses if w.feed.kind == "hotline")
        told = hotline.tellings(BEGAN_MS, BEGAN_MS + 3 * HOUR_MS)
        return {event.id: event.attributes for event in told if event.attributes.get("urgent")}

    found = urgent(make_city(scenario=Scenario.TYPHOON))
    assert 3 <= len(found) <= 40, "enough to be seen, few enough to be looked at"
    assert all(attributes["text"] for attributes in found.values())
    assert urgent(make_city()) == {}


def test_calls_follow_the_hour_of_the_day(make_city):
    hotline = next(w for w in make_city().witnesses if w.feed.kind == "hotline")
    midnight_ms = (BEGAN_MS + 8 * HOUR_MS) // DAY_MS * DAY_MS - 8 * HOUR_MS
    begun = [
        event.began_ms for event in hotline.tellings(midnight_ms, midnight_ms + 4 * DAY_MS) if event.phase == "new"
    ]
    by_hour = np.bincount([(at - midnight_ms) // HOUR_MS % 24 for at in begun], minlength=24) / 4
    expected = 5 * 18.0  # five counties at the busiest hour
    assert abs(by_hour[9] - expected) < 4 * np.sqrt(expected / 4)
    assert 0 < by_hour[3] < 0.25 * by_hour[9]


def test_buses_stay_inside_the_city_and_drive_as_fast_as_they_say(make_city, maoming):
    city = make_city()
    at_ms = BEGAN_MS + np.arange(0, 600) * 1000
    places = [d.place for d in maoming.devices.values() if d.place is not None]
    lons, lats = [p.lon_deg for p in places], [p.lat_deg for p in places]
    for device in devices_with(city, "speed_kmh"):
        lon, lat = (measured(city, device.id, metric, at_ms) for metric in ("lon_deg", "lat_deg"))
        assert min(lons) <= lon.min() <= lon.max() <= max(lons)
        assert min(lats) <= lat.min() <= lat.max() <= max(lats)
        step_km = np.hypot(np.diff(lon) * np.cos(np.radians(lat[0])), np.diff(lat)) * 111.2
        said_km = measured(city, device.id, "speed_kmh", at_ms).sum() / 3600
        assert step_km.sum() == pytest.approx(said_km, rel=0.05)
        assert step_km.max() * 3600 < 90


def test_traffic_is_slower_in_the_rush_hour(make_city):
    city = make_city()
    midnight_ms = (BEGAN_MS + 8 * HOUR_MS) // DAY_MS * DAY_MS - 8 * HOUR_MS

    def mean_kmh(hour):
        at_ms = midnight_ms + hour * HOUR_MS + np.arange(0, 3600, 7) * 1000
        return np.mean([measured(city, d.id, "speed_kmh", at_ms).mean() for d in devices_with(city, "speed_kmh")])

    assert mean_kmh(8) < 0.65 * mean_kmh(3)


@pytest.mark.parametrize("scenario", list(Scenario))
@pytest.mark.claim("PULSE", "the past 24 h run into the live part without a gap, a jump or a doubled stamp")
def test_the_past_runs_into_the_present(make_city, scenario):
    city = make_city(scenario=scenario)
    stamps, last_value = {}, {}
    for slice_ in past_24h(city, from_ms=BEGAN_MS - DAY_MS, to_ms=BEGAN_MS):
        for batch in slice_.batches:
            assert batch.stamp == "demo"
            assert (np.diff(batch.event_ms) >= 0).all()
            assert batch.event_ms.max() <= slice_.upto_ms
            for device, metric, at, value in zip(batch.device, batch.metric, batch.event_ms, batch.value, strict=True):
                name = (batch.devices[device], batch.metrics[metric])
                stamps.setdefault(name, []).append(int(at))
                last_value[name] = value
    for reporter in city.reporters:
        metric = reporter.device.metrics[0]
        times = stamps[(reporter.device.id, metric)] + reporter.times_ms(BEGAN_MS, BEGAN_MS + HOUR_MS).tolist()
        steps_s = np.diff(times) / 1000
        past_s = max(reporter.feed.every_s, reporter.source.PAST_S)
        assert set(steps_s) <= {past_s, reporter.pace_s}, reporter.device.id
        if metric == "stage_m":
            first = reporter.times_ms(BEGAN_MS, BEGAN_MS + MINUTE_MS)[:1]
            jump_m = measured(city, reporter.device.id, metric, first)[0] - last_value[(reporter.device.id, metric)]
            assert abs(jump_m) < 0.05


def test_the_past_holds_the_rain_that_fell(make_city):
    """Coarser stamps of the past carry larger increments: the sum over the day is that of the fine ones."""
    city = make_city(scenario=Scenario.TYPHOON)
    told_mm = {}
    for slice_ in past_24h(city, from_ms=BEGAN_MS - DAY_MS, to_ms=BEGAN_MS):
        for batch in (b for b in slice_.batches if b.feed == "rain"):
            for device, value in zip(batch.device, batch.value, strict=True):
                told_mm[batch.devices[device]] = told_mm.get(batch.devices[device], 0.0) + value
    for device in devices_with(city, "rain_mm"):
        fine_mm = measured(city, device.id, "rain_mm", minutes(-24 * 60, 1)).sum()
        assert told_mm[device.id] == pytest.approx(fine_mm, abs=0.35)
        assert 10 < told_mm[device.id] < 60


def test_events_of_the_past_and_the_present_are_each_told_once(make_city):
    city = make_city()
    before = [e for s in past_24h(city, from_ms=BEGAN_MS - HOUR_MS, to_ms=BEGAN_MS) for e in s.events]
    after = [e for w in city.witnesses for e in w.tellings(BEGAN_MS, BEGAN_MS + HOUR_MS)]
    told = [(event.id, event.phase, event.told_ms) for event in before + after]
    assert len(told) == len(set(told)) > 500
    assert {e.id for e in before if e.phase == "new"} & {e.id for e in after}, "some go on over the seam"


def test_monthly_figures_are_told_once_for_the_month_that_ended(make_city):
    city = make_city()
    monthly = [m for m in city.told(BEGAN_MS, BEGAN_MS + MINUTE_MS) if m.topic.startswith("statistics/")]
    assert [orjson.loads(m.payload)["t"] for m in monthly] == ["2026-03-01T00:00:00+08:00"] * len(monthly)
    assert monthly
    assert not [
        m for m in city.told(BEGAN_MS + MINUTE_MS, BEGAN_MS + 3 * MINUTE_MS) if m.topic.startswith("statistics/")
    ]
