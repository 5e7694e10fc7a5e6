"""The picture: what it shows, that counts add up, that differences are minimal and restarts invisible."""

from __future__ import annotations

import copy
import random

import numpy as np
import pytest

from board.canvas import apply
from board.picture import Picture
from core.records import (
    DAY_MS,
    HOUR_MS,
    CityWarning,
    Event,
    Issuer,
    Level,
    PaneBatch,
    Phase,
    Stamp,
    Status,
    ValueBatch,
    WarningPhase,
)

T0 = 1_793_500_000_000
AREAS = ("440902", "440904", "440981", "440900")


def values(indicator, end_ms, rows, detail=(), reported=1):
    """rows: area → value or None."""
    known = [v is not None for v in rows.values()]
    n = len(rows)
    return ValueBatch(
        indicator=indicator,
        version="1",
        window_end_ms=end_ms,
        decided_ms=end_ms,
        areas=tuple(rows),
        value=np.array([np.nan if v is None else v for v in rows.values()]),
        reported=np.full(n, reported, np.int32),
        expected=np.full(n, 2, np.int32),
        newest_ms=np.where(known, end_ms - 5, 0),
        status=np.where(known, Status.FINAL, Status.UNKNOWN).astype(np.uint8),
        detail=tuple(detail) or ("",) * n,
    )


def panes(rows, events=(), received_ms=T0):
    """rows: (device, metric, ms, value)."""
    devices = tuple(dict.fromkeys(r[0] for r in rows))
    metrics = tuple(dict.fromkeys(r[1] for r in rows))
    last_ms = np.array([r[2] for r in rows], np.int64)
    last = np.array([r[3] for r in rows], float)
    return PaneBatch(
        partition=0,
        now_ms=received_ms,
        received_ms=received_ms,
        devices=devices,
        metrics=metrics,
        device=np.array([devices.index(r[0]) for r in rows], np.int32),
        metric=np.array([metrics.index(r[1]) for r in rows], np.uint16),
        pane_end_ms=last_ms,
        count=np.ones(len(rows), np.int64),
        total=last,
        low=last,
        high=last,
        last_ms=last_ms,
        last=last,
        events=tuple(events),
    )


def warning(n, subject="river-1", level=Level.YELLOW, **more):
    plain = {
        "id": f"w{n}",
        "rule": "stage",
        "rule_version": "1",
        "indicator": "river.stage",
        "subject": subject,
        "issuer": Issuer.COMPUTED,
        "phase": WarningPhase.ACTIVE,
        "level": level,
        "peak": level,
        "since_ms": T0 + n,
        "updated_ms": T0 + n,
        "ended_ms": None,
        "decided_ms": T0 + n,
        "value": 71.62,
        "bound": 70.4,
        "unit": "m",
        "trend": "rising",
        "revision": 1,
        "stamp": Stamp.DEMO,
    }
    return CityWarning(**(plain | more))


@pytest.fixture
def picture(declared, scene):
    return Picture(declared, scene, "zh")


def ticked(picture, at_ms=T0):
    picture.tick(at_ms, at_ms)
    return picture.sections


def test_a_value_is_written_and_an_unknown_one_is_null(picture):
    picture.fold_values([values("river.stage", T0, {"440981": 71.624, "440902": None})])
    shown = ticked(picture)["values"]
    assert shown["river.stage¦440981"] | {"level": "normal"} == shown["river.stage¦440981"]
    assert (shown["river.stage¦440981"]["value"], shown["river.stage¦440981"]["text"]) == (71.624, "71.62")
    unknown = shown["river.stage¦440902"]
    assert (unknown["value"], unknown["text"], unknown["status"], unknown["level"]) == (None, "—", "unknown", None)


def test_a_late_correction_does_not_replace_the_newest_value(picture):
    picture.fold_values([values("river.stage", T0, {"440981": 3.0})])
    picture.fold_values([values("river.stage", T0 - 60_000, {"440981": 9.0})])
    assert ticked(picture)["values"]["river.stage¦440981"]["value"] == 3.0
    assert [p[1] for p in picture.history.points("river.stage", "440981")] == [9.0, 3.0]


def test_aqi_carries_class_colour_primary_and_scheme(picture):
    picture.fold_values([values("air.aqi", T0, {"440902": 135.0, "440904": 42.0}, detail=("pm25_ugm3", ""))])
    shown = ticked(picture)["values"]
    assert shown["air.aqi¦440902"]["aqi"] == {
        "class": "light",
        "word": "轻度污染",
        "colour": "#FF7E00",
        "primary": ["PM2.5"],
        "scheme": "HJ 633-2012 实时报",
    }
    assert shown["air.aqi¦440904"]["aqi"]["class"] == "excellent"
    assert shown["air.aqi¦440904"]["aqi"]["primary"] == []


@pytest.mark.claim("PULSE", "A value slower than daily carries its period instead of an age")
def test_a_monthly_value_carries_its_period(picture):
    october_ends_ms = 1_793_462_400_000  # 2026-11-01T00:00+08:00
    picture.fold_values([values("econ.growth", october_ends_ms, {"440900": 4.2})])
    sections = ticked(picture)
    assert sections["values"]["econ.growth¦440900"]["period"] == "2026年10月"
    assert sections["domains"]["econ"]["headline"]["text"] == "4.2"


@pytest.mark.claim("PULSE", "With 0, 1, 8, 60 and 500 active warnings the counts by county add up to all of them")
@pytest.mark.parametrize("many", [0, 1, 8, 60, 500])
def test_counts_by_county_add_up(picture, many):
    rng = random.Random(many)
    subjects = ("river-1", "cam-1", "air-1", "bus-1", "440902", "440900", "nobody-knows-me")
    warnings = [warning(n, rng.choice(subjects), Level(rng.randint(1, 4))) for n in range(many)]
    picture.fold_warnings(warnings)
    picture.fold_warnings([warning(1000, rule="trial")])
    sections = ticked(picture)
    assert sum(area["total"] for area in sections["areas"].values()) == many == len(sections["warnings"])
    for area in sections["areas"].values():
        assert sum(area["counts"].values()) == area["total"]
    for word in ("red", "orange", "yellow", "blue"):
        expected = sum(1 for w in warnings if w.level.name.lower() == word)
        assert sum(area["counts"][word] for area in sections["areas"].values()) == expected
    assert sum(sections["domains"]["eco"]["counts"].values()) == many


def test_a_cleared_warning_is_shown_five_minutes_and_counts_for_nothing(picture):
    picture.fold_warnings([warning(1)])
    ticked(picture)
    picture.fold_warnings([warning(1, phase=WarningPhase.CLEARED, ended_ms=T0 + 9, revision=2)])
    sections = ticked(picture, T0 + 1000)
    assert sections["warnings"]["w1"]["phase"] == "cleared"
    assert sum(area["total"] for area in sections["areas"].values()) == 0
    assert ticked(picture, T0 + 6 * 60_000)["warnings"] == {}


def test_a_retracted_warning_goes_at_once(picture):
    picture.fold_warnings([warning(1)])
    ticked(picture)
    picture.difference()
    picture.fold_warnings([warning(1, phase=WarningPhase.RETRACTED)])
    ticked(picture)
    assert picture.difference().drop["warnings"] == ["w1"]


def test_a_warning_colours_value_station_and_domain(picture):
    picture.fold_values([values("river.stage", T0, {"river-1": 71.7, "440981": 71.7})])
    picture.fold_warnings([warning(1, level=Level.ORANGE)])
    picture.fold_panes(panes([("river-1", "stage_m", T0, 71.7)]))
    sections = ticked(picture)
    assert sections["stations"]["river-1"]["level"] == "orange"
    domain = sections["domains"]["eco"]
    assert (domain["level"], domain["status"]) == ("orange", "ok")
    assert (
        domain["headline"] | {"area": "river-1", "text": "71.70", "level": "orange", "area_name": "信宜站"}
        == (domain["headline"])
    )
    assert sections["trends"]["focus"]["subject"] == "river-1"
    bands = [(b["level"], b["bound"], b["name"]) for b in sections["trends"]["focus"]["bands"]]
    assert bands == [("yellow", 70.4, "警戒水位"), ("orange", 71.3, "严重")]  # 0.1 m above the guaranteed stage


def test_a_silent_source_says_since_when_and_what_it_blinds(picture):
    picture.fold_panes(panes([("river-1", "stage_m", T0, 3.0), ("river-2", "stage_m", T0 - 100_000, 3.0)]))
    source = ticked(picture)["sources"]["river"]
    assert (source["state"], source["reporting"], source["expected"], source["since_ms"]) == ("ok", 2, 2, None)
    assert ticked(picture, T0 + 250_000)["sources"]["river"]["reporting"] == 1
    assert ticked(picture, T0 + 300_000)["sources"]["river"]["state"] == "ok"
    sections = ticked(picture, T0 + 300_001)
    source = sections["sources"]["river"]
    assert (source["state"], source["reporting"], source["since_ms"]) == ("silent", 0, T0)
    assert source["blinds"] == ["river.stage"]
    assert (source["owner"], source["phone"]) == ("水务局", "12345")
    assert sections["stations"]["river-1"]["state"] == "silent"
    assert sections["domains"]["eco"]["status"] == "unknown"
    picture.fold_panes(panes([("river-1", "stage_m", T0 + 400_000, 3.0)]))
    assert ticked(picture, T0 + 400_000)["sources"]["river"]["state"] == "ok"


def test_who_never_reported_is_unknown_and_never_normal(picture):
    sections = ticked(picture)
    assert sections["stations"]["air-1"]["state"] == "never"
    assert sections["sources"]["air"]["state"] == "never"
    domain = sections["domains"]["eco"]
    assert (domain["status"], domain["level"], domain["headline"]["text"]) == ("unknown", None, "—")


def test_the_trend_catches_up_when_nothing_moves_any_more(picture):
    """As at the end of a replay: the last figure came less than a paint before, and no other follows."""
    picture.fold_values([values("river.stage", T0, {"river-1": 71.0})])
    picture.fold_warnings([warning(1)])
    subject = ticked(picture, T0 + 59_000)["trends"]["focus"]["subject"]
    picture.fold_values([values("river.stage", T0 + 60_000, {subject: 72.5})])
    ticked(picture, T0 + 61_000)
    assert ticked(picture, T0 + 67_000)["trends"]["focus"]["points"][-1][1] == 72.5


def test_a_calm_trend_says_between_what_it_moved(picture):
    for hour, index in enumerate((52, 28, 58, 56)):
        picture.fold_values([values("air.aqi", T0 + hour * 3_600_000, {"440900": index})])
    focus = ticked(picture, T0 + 3 * 3_600_000)["trends"]["focus"]
    assert focus["indicator"] == "air.aqi"
    assert focus["sentence"].endswith("56，近24小时 28 至 58")


def test_unplaced_devices_vehicles_and_the_probe(picture):
    rows = [("stranger", "pm25", T0, 1.0), ("bus-1", "lon_deg", T0, 110.9), ("bus-1", "lat_deg", T0, 21.6)]
    picture.fold_panes(panes([*rows, ("probe-1", "sent_ms", T0, 5.0)]))
    picture.fold_values([values("system.probe", T0, {"440900": 1.7e12})])
    sections = ticked(picture)
    stranger = sections["stations"]["stranger"]
    assert (stranger["area"], stranger["unplaced"], stranger["readings"]) == ("", True, {"pm25": [1.0, T0]})
    assert (sections["vehicles"]["bus-1"]["lon"], sections["vehicles"]["bus-1"]["lat"]) == (110.9, 21.6)
    assert "probe-1" not in sections["stations"] and "probe" not in sections["sources"]
    assert sections["values"]["system.probe¦440900"]["value"] == 1.7e12


def test_a_device_that_tells_its_own_place_is_drawn_as_a_vehicle(picture):
    picture.fold_panes(panes([("minibus", "lon_deg", T0, 110.9), ("minibus", "lat_deg", T0, 21.6)]))
    assert ticked(picture)["vehicles"]["minibus"]["lat"] == 21.6


def test_devices_that_nobody_declared_are_counted_and_only_some_listed(picture):
    picture.fold_panes(panes([(f"stranger-{n}", "pm25", T0, 1.0) for n in range(250)]))
    picture.fold_counts({}, T0)
    sections = ticked(picture)
    assert sections["load"]["main"]["unplaced"] == 250
    assert sum(1 for station in sections["stations"].values() if station["unplaced"]) == 100


def event(n, phase=Phase.NEW, **more):
    plain = {"id": f"e{n}", "feed": "cam", "type": "video.person", "phase": phase, "device": "cam-1"}
    times = {"began_ms": T0, "told_ms": T0 + n, "ended_ms": None, "stamp": Stamp.DEMO}
    return Event(**(plain | times | more))


def test_events_come_end_and_go(picture):
    picture.fold_panes(panes([], [event(1), event(2), event(3)]))
    assert set(ticked(picture)["events"]) == {"e1", "e2", "e3"}
    picture.fold_panes(panes([], [event(1, Phase.END, ended_ms=T0 + 5), event(2, false_positive=True)]))
    sections = ticked(picture, T0 + 1000)
    assert set(sections["events"]) == {"e1", "e3"}
    assert sections["events"]["e1"]["phase"] == "end" and sections["events"]["e1"]["area"] == "440904"
    assert set(ticked(picture, T0 + 11 * 60_000)["events"]) == {"e3"}
    assert set(ticked(picture, T0 + 2 * HOUR_MS)["events"]) == set()


def test_workers_and_probe_are_told_to_be_lost(picture):
    picture.fold_beats({"engine": (T0, "ok", ""), "ingest": (T0, "broker-lost", "代理没有应答")})
    sections = ticked(picture)
    assert sections["probe"]["main"]["state"] == "never"
    assert sections["workers"]["ingest"]["state"] == "broker-lost"
    picture.fold_probe(400, T0)
    assert ticked(picture)["probe"]["main"] == {"round_trip_ms": 400, "seen_ms": T0, "state": "ok"}
    sections = ticked(picture, T0 + 30_001)
    assert sections["workers"]["engine"]["state"] == "down" and "engine" in sections["workers"]["engine"]["says"]
    assert sections["probe"]["main"]["state"] == "late"


def test_load_is_a_rate_and_refusals_are_of_the_last_hour(picture):
    for second in range(0, 4000, 10):
        counts = {
            "air|messages": second * 100,
            "air|readings": second * 500,
            "river|messages": 0,
            "air|refused": second,
        }
        picture.fold_counts(counts, T0 + second * 1000)
    load = ticked(picture)["load"]["main"]
    assert (load["messages_s"], load["readings_s"]) == (100.0, 500.0)
    assert 3500 <= load["refused_hour"] <= 3660


def test_nothing_changed_is_no_difference(picture):
    picture.fold_values([values("river.stage", T0, {"440981": 1.0})])
    ticked(picture)
    assert picture.difference() is not None
    picture.fold_values([values("river.stage", T0, {"440981": 1.0})])
    ticked(picture)
    assert picture.difference() is None


def test_only_what_changed_travels_and_a_level_does_not_wait(picture):
    picture.fold_values([values("river.stage", T0, {"440981": 1.0, "440902": 1.0})])
    ticked(picture)
    picture.difference()
    picture.fold_values([values("river.stage", T0 + 60_000, {"440981": 2.0})])
    ticked(picture, T0 + 2000)
    difference = picture.difference()
    assert list(difference.set["values"]) == ["river.stage¦440981"]
    picture.fold_values([values("river.stage", T0 + 120_000, {"440981": 3.0, "440902": None})])
    ticked(picture, T0 + 2100)
    assert list(picture.difference().set["values"]) == ["river.stage¦440902"]  # a figure waits, 无数据 does not
    ticked(picture, T0 + 3100)
    assert list(picture.difference().set["values"]) == ["river.stage¦440981"]


def day(seed, picture_of, steps):
    """Fold a random day into a picture; yields after each step."""
    rng = random.Random(seed)
    for step in range(steps):
        now = T0 + step * 700
        for _ in range(rng.randint(0, 3)):
            rows = {area: rng.choice([None, round(rng.uniform(0, 80), 2)]) for area in rng.sample(AREAS, 2)}
            picture_of().fold_values([values(rng.choice(["river.stage", "air.aqi"]), now - rng.randint(0, 9), rows)])
        if rng.random() < 0.5:
            phase = rng.choice([WarningPhase.ACTIVE, WarningPhase.ACTIVE, *WarningPhase])
            subject = rng.choice(["river-1", "440902", "bus-1"])
            folded = warning(rng.randint(0, 9), subject, Level(rng.randint(1, 4)), phase=phase)
            picture_of().fold_warnings([folded])
        device = rng.choice(["river-1", "river-2", "air-1", "bus-1", "stranger"])
        told = [event(rng.randint(0, 4), rng.choice(list(Phase)), told_ms=now)] if rng.random() < 0.3 else []
        picture_of().fold_panes(panes([(device, "stage_m", now - rng.randint(0, 200_000), rng.random())], told))
        picture_of().fold_beats({"engine": (now - rng.choice([0, 9000]), "ok", "")})
        picture_of().tick(now, now)
        yield now


@pytest.mark.parametrize("seed", range(8))
def test_snapshot_and_differences_give_the_picture(declared, scene, seed):
    picture = Picture(declared, scene, "zh")
    mirror = {}
    for _ in day(seed, lambda: picture, 60):
        difference = picture.difference()
        if difference is not None:
            apply(mirror, copy.deepcopy(difference))
    for wait in range(1, 5):  # what only moved a figure follows
        picture.tick(T0 + 42_000 + wait * 6000, T0 + 42_000 + wait * 6000)
        if (difference := picture.difference()) is not None:
            apply(mirror, copy.deepcopy(difference))
    assert {s: r for s, r in mirror.items() if r} == {s: r for s, r in picture.sections.items() if r}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.claim("PULSE", "A restarted Board continues from its snapshot as if it had never stopped")
def test_a_restored_picture_goes_on_as_if_nothing_had_happened(declared, scene, seed):
    runs = []
    for restart_at in (None, 25):
        pictures = [Picture(declared, scene, "zh")]
        for step, now in enumerate(day(seed, lambda: pictures[0], 60)):  # noqa: B023
            pictures[0].difference()
            if step == restart_at:
                old = pictures[0]
                pictures[0] = Picture(declared, scene, "zh")
                assert pictures[0].restore(copy.deepcopy(old.snapshot()), copy.deepcopy(old.sections))
                pictures[0].history = old.history
                pictures[0].fold_beats({"engine": (now, "ok", "")})
        pictures[0].tick(now + DAY_MS, now + DAY_MS)
        runs.append(pictures[0].sections)
    assert runs[0] == runs[1]


def test_a_memory_of_another_version_is_not_continued(declared, scene):
    picture = Picture(declared, scene, "zh")
    assert not picture.restore({"version": 0}, {"warnings": {"old": {}}})
    picture.tick(T0, T0)
    assert picture.difference().drop["warnings"] == ["old"]
