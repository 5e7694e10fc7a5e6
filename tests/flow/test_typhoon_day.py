"""A typhoon day by its real ways in: warnings, video, 12345 orders, telephones and grid workers, to an evaluated close.

The streams are read by the intake, everybody else comes over the website. Three reports in ten tell of what is known
already. City time makes two leaps: doubles come 70 minutes after what they repeat, and work is done in the night after.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from day_counted import counted
from guarded_site import Guarded, standing_house
from prerequisites import eventually
from streamed_event import panes_of

from core.accounts import Role
from core.clock import city_ms, real_ms
from core.declared import Device
from core.records import (
    MINUTE_MS,
    CityWarning,
    Event,
    Issuer,
    Level,
    Phase,
    Place,
    Scene,
    Stamp,
    WarningPhase,
)
from dispatch.evaluation import By, Measure
from dispatch.intake import Source
from dispatch.months import month_at
from geo.distance import great_circle_m
from stream.codec import encode_warnings
from stream.scenes import declare_scene
from workers.intake import TakingIn, taking_in
from workers.worker import Outage, Running, Stop

SOURCES = ("warning", "video", "12345", "phone", "grid")
KIND, RULE = "water.road_water", "meteorology.rainstorm"
LEADS = ("市水务局", "市城市管理和综合执法局")
PUMPS, FIRE = ("pump-1", "pump-2", "pump-3", "pump-4"), "fire-1"
APART_M = 1500.0
AGAIN_MIN, NIGHT_MIN = 70, 16 * 60


@dataclass(frozen=True, slots=True)
class Report:
    """One telling of an incident: who tells it, and where; degrees."""

    number: int
    incident: int
    source: str
    place: Place
    station: str = ""


@dataclass
class Day:
    """A city of its own with its intake, and the time in it."""

    site: Guarded
    taking: TakingIn
    began_ms: int
    rng: np.random.Generator
    scene: Scene
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def now_ms(self) -> int:
        return city_ms(self.scene, real_ms())

    def leap(self, minutes: float) -> None:
        """Let city time be so many minutes after the beginning, on every screen."""
        desk, wanted_ms = self.site.colleague(Role.DISPATCHER), self.began_ms + int(minutes * MINUTE_MS)
        self.scene = dataclasses.replace(self.scene, city_ms=wanted_ms, real_ms=real_ms())
        declare_scene(self.site.picture._client, self.scene, 2)
        eventually(lambda: self.site.ask("GET", "api/v1/cases", desk).json()["now_ms"] >= wanted_ms)

    def asks(self, path: str, role: Role, body: dict[str, Any], number: int = 1) -> dict[str, Any]:
        wanted = {"key": f"typhoon-{next(self.keys):06}"} | body
        answer = self.site.ask("POST", f"api/v1/{path}", self.site.colleague(role, number), json=wanted)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def step(self, case: str, minute: float, verb: str, role: Role, number: int = 1, **more: Any) -> None:
        happened_ms = self.began_ms + int(minute * MINUTE_MS)
        self.asks(f"cases/{case}/steps", role, {"verb": verb, "happened_ms": happened_ms} | more, number)

    def sends(self, queue: list[tuple[str, dict[str, Any]]], number: int) -> None:
        """A telephone that has a network again: all that waited in its order, and then all of it a second time."""
        crew = self.site.colleague(Role.FIELD, number)
        for what, told in queue + queue:
            waited_ms = self.now_ms - self.began_ms - int(told["minute"] * MINUTE_MS)
            form = told | {"key": f"{told['key']}-{told.get('verb', 'told')}", "waited_ms": waited_ms}
            answer = self.site.ask("POST", f"m/{what}", crew, data=form)
            assert answer.status_code == 303, answer.text

    def told(self, report: Report) -> None:
        """One telling by its own way in."""
        text = f"桥下积水严重，车辆无法通行（第{report.number}报）"
        where = {"lon_deg": report.place.lon_deg, "lat_deg": report.place.lat_deg, "accuracy_m": 40.0}
        match report.source:
            case "warning":
                self._streams("warnings", self._warning(f"w{report.number}", report.station))
            case "video":
                self._streams("panes", self._event(f"frigate:{report.number}", "camera.water", report.place, ""))
            case "12345":
                self._streams("panes", self._event(f"hotline:{report.number}", "hotline.order", report.place, text))
            case "phone":
                told = {"key": f"phone-{report.number}", "kind": KIND, "title": text, "area": "440902"}
                minute = (self.now_ms - self.began_ms) / MINUTE_MS - 4
                self.sends([("report", told | where | {"age_ms": 900, "minute": minute})], 1)
            case "grid":
                self.asks("cases", Role.HOTLINE, {"kind": KIND, "title": text, "area": "440981", "place": where})

    def _streams(self, name: str, told: Any) -> None:
        picture = self.site.picture
        stream = picture.keys.warnings if name == "warnings" else picture.keys.panes("0")
        picture._client.xadd(stream, told)

    def _warning(self, name: str, station: str) -> dict[Any, Any]:
        at_ms, level = self.now_ms, Level.ORANGE
        facts = ("meteorology.rain_3h", station, Issuer.COMPUTED, WarningPhase.ACTIVE, level, level)
        times = (at_ms, at_ms, None, at_ms)
        told = CityWarning(name, RULE, "1", *facts, *times, 62.0, 50.0, "mm", "rising", 1, Stamp.DEMO)
        return dict(encode_warnings([told]))

    def _event(self, name: str, kind: str, place: Place, text: str) -> dict[Any, Any]:
        at_ms, feed = self.now_ms, name.partition(":")[0]
        more = {"attributes": {"area": "440902", "text": text}, "confidence": None if text else 0.9}
        return panes_of(Event(name, feed, kind, Phase.NEW, "d", at_ms, at_ms, None, Stamp.DEMO, place, **more))


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    with standing_house(tmp_path) as site:
        picture, office = site.picture, site.office
        settings: Any = SimpleNamespace(language="zh")
        parts = (settings, picture._scene, picture.declared, picture.keys, picture._client)
        taking = taking_in(Running("relay", *parts, Stop(), Outage()), office.database, office.journal)
        yield Day(site, taking, real_ms(), np.random.default_rng(17), picture._scene)


def reports_of(day: Day, incidents: int, count: int) -> list[Report]:
    """Every incident once, the first ones a second time by another source; what a station warns of lies at it."""
    stations = iter(apart(day.site.picture.declared.devices.values()))
    sources = [(number + number // incidents) % len(SOURCES) for number in range(count)]
    warned = {number % incidents for number, source in enumerate(sources) if SOURCES[source] == "warning"}
    where: dict[int, tuple[Place, str]] = {}
    for incident in range(incidents):
        station = next(stations, None) if incident in warned else None
        north, east = divmod(incident, 12)
        sea = Place(
            111.5 + 0.03 * east, 20.5 + 0.03 * north, 40.0, "gps"
        )  # further from any station than anything reaches
        where[incident] = (station.place or sea, station.id) if station else (sea, "")
    found = []
    for number, source in enumerate(sources):
        incident = number % incidents
        place, station_id = where[incident]
        by = SOURCES[source] if station_id or SOURCES[source] != "warning" else "video"
        shift = float(day.rng.uniform(-0.001, 0.001)) if by != "warning" else 0.0
        found.append(
            Report(number, incident, by, dataclasses.replace(place, lat_deg=place.lat_deg + shift), station_id)
        )
    return found


def apart(devices: Any) -> list[Device]:
    """Stations so far from each other that two of them never warn of one incident."""
    found: list[Device] = []
    for one in devices:
        if one.place and set(one.metrics) & {"rain_mm", "level_m"}:
            others = [(other.place.lon_deg, other.place.lat_deg) for other in found if other.place]
            here = (one.place.lon_deg, one.place.lat_deg)
            if not others or float(great_circle_m(here, others).min()) > APART_M:
                found.append(one)
    return found


def takes_in(day: Day) -> None:
    while day.taking.turn(day.now_ms):
        pass


def one_case_each(day: Day) -> list[str]:
    """Every proposal accepted in one act, and what nobody told twice taken up alone. Returns the cases that lead."""
    desk = day.site.colleague(Role.DISPATCHER)
    while True:
        found = day.site.ask("GET", "api/v1/proposals", desk).json()
        groups = [([m["id"] for m in one["members"]], one["kind"]) for one in found["proposals"]]
        alone = [([one["id"]], one["kind"]) for one in found["waiting"] if one["source"] != Source.CASE]
        if not groups and not alone:
            break
        for members, kind in groups or alone:
            day.asks("proposals/accept", Role.DISPATCHER, {"members": members, "kind": kind, "title": "积水"})
    leads, after = [], ""
    while True:
        page = day.site.ask("GET", f"api/v1/cases?after={after}", desk).json()
        leads += [one["id"] for one in page["cases"]]
        if not (after := page["next"]):
            return leads


def worked(day: Day, case: str, number: int) -> dict[tuple[str, str], float]:
    """Filed, sent, worked by crews whose telephones were offline for hours, finished, sometimes redone, closed.

    Returns the minutes at which they tapped, by task and verb.
    """
    minute, hands = NIGHT_MIN - 700 + number * 0.5, number % 2 + 1
    tapped: dict[tuple[str, str], float] = {}

    def step(at: float, verb: str, role: Role = Role.DISPATCHER, **more: Any) -> None:
        day.step(case, at, verb, role, hands, **more)

    step(minute, "file")
    step(minute + float(day.rng.uniform(1, 90)), "dispatch", fields={"lead": LEADS[number % 2]})
    units = {"a": PUMPS[number % 4]} | ({"b": FIRE} if number % 3 == 0 else {})
    for task, unit in units.items():
        step(minute + 91, "notify", assignment=task, fields={"unit": unit})
        waited = float(day.rng.uniform(1, 30)) / (3 if unit == FIRE else 1)
        act = {"key": f"phone-{number}-{task}", "case": case, "assignment": task}
        taps = {"accept": minute + 92, "depart": minute + 93, "arrive": minute + 94 + waited}
        day.sends([("step", act | {"verb": verb, "minute": at}) for verb, at in taps.items()], hands)
        tapped |= {(task, verb): at for verb, at in taps.items()}
    handled = minute + 125 + float(day.rng.uniform(0, 300))
    step(handled, "finish", Role.FIELD, fields={"result": "已排水"})
    if number % 7 == 0:
        step(handled + 5, "redo", Role.SUPERVISOR, fields={"reason": "仍有积水"})
        step(handled + 30, "finish", Role.FIELD, fields={"result": "已排水"})
    step(handled + 40, "verify", Role.SUPERVISOR)
    rated = {"fields": {"satisfied": int(day.rng.integers(0, 101))}} if number % 5 < 3 else {}
    step(handled + 45, "close", **rated)
    if number % 11 == 4:
        step(handled + 50, "reopen", fields={"reason": "又积水"})
        step(handled + 55, "dispatch", fields={"lead": LEADS[number % 2]})
        step(handled + 56, "take", Role.FIELD)
        step(handled + 70, "finish", Role.FIELD, fields={"result": "已排水"})
        step(handled + 75, "verify", Role.SUPERVISOR)
        step(handled + 80, "close")
    if number % 13 == 6:
        step(handled + 90, "appeal", Role.FIELD, fields={"reason": "台风期间道路中断"})
        step(handled + 95, "grant-appeal", Role.SUPERVISOR)
    return tapped


def assert_each_tap_stands_once(day: Day, case: str, tapped: dict[tuple[str, str], float]) -> None:
    """What crews tapped without a network stands in the log once, when it was tapped and not when it came."""
    log = day.site.ask("GET", f"api/v1/cases/{case}", day.site.colleague(Role.DISPATCHER)).json()["log"]
    stands = [one for one in log if (one["assignment"], one["verb"]) in tapped]
    assert len(stands) == len(tapped)
    for one in stands:
        told_min = (one["at_ms"] - day.began_ms) / MINUTE_MS
        assert told_min == pytest.approx(tapped[one["assignment"], one["verb"]], abs=5), "but for what a request takes"
        assert one["entered_ms"] - one["at_ms"] > 60 * MINUTE_MS


@pytest.mark.claim(
    "COMMAND",
    "A typhoon day of five sources with doubles is grouped, dispatched, worked by telephones that were offline, closed "
    "by others, and evaluated exactly as an independent count of its log has it, of everybody.",
)
@pytest.mark.parametrize(("incidents", "count"), [(21, 30), pytest.param(140, 200, marks=pytest.mark.long)])
def test_a_typhoon_day(day: Day, incidents: int, count: int) -> None:
    reports = reports_of(day, incidents, count)
    assert {one.source for one in reports} == set(SOURCES) and count - incidents == pytest.approx(0.3 * count)
    for first, last, minute in ((0, incidents, 0.0), (incidents, count, float(AGAIN_MIN))):
        day.leap(minute)
        for report in reports[first:last]:
            day.told(report)
        takes_in(day)
    leads = one_case_each(day)
    assert len(leads) == incidents, "each incident is one case, however often it was told"
    day.leap(NIGHT_MIN)
    tapped = {case: worked(day, case, number) for number, case in enumerate(leads)}
    for case, taps in tapped.items():
        assert_each_tap_stands_once(day, case, taps)
    month = month_at(day.now_ms).name
    asked = f"api/v1/evaluation?month={month}&basis=close"
    found = day.site.ask("GET", asked, day.site.colleague(Role.LEADER)).json()
    log = day.site.entrance.settings.var / "cityvitals.sqlite"
    able = {name: set(unit.capabilities) for name, unit in day.site.picture.declared.units.items()}
    needs = {name: set(kind.capabilities) for name, kind in day.site.picture.declared.case_kinds.items()}
    wanted = counted(log, month, (able, needs), found["weights"])
    assert set(found["tables"]) == set(By) == set(wanted)
    for by, names in wanted.items():
        rows = {row["id"]: row for row in found["tables"][by]}
        assert set(rows) == set(names), by
        for name, of in names.items():
            told = {
                one: (rows[name]["measures"][one]["value"], rows[name]["measures"][one]["cases"]) for one in Measure
            }
            assert (rows[name]["cases"], rows[name]["excluded"]) == (of["cases"], of["excluded"]), (by, name)
            for measure in Measure:
                assert told[measure] == (pytest.approx(of[measure][0]), of[measure][1]), (by, name, measure)
            assert rows[name]["score"] == pytest.approx(of["score"]), (by, name)
    whole = wanted["all"][""]
    assert whole["cases"] + whole["excluded"] == incidents and whole["excluded"] > 0
    assert (
        0 < whole["handle"][0] < 1 and 0 < whole["redone"][0] < 1 and whole["first-arrival"][0] < whole["first-able"][0]
    )
