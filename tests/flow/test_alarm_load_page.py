"""The alarm load as people and systems read it: seats by reach, shifts by name, targets beside the figures."""

from __future__ import annotations

import pytest
from guarded_site import Guarded
from kept_warning import warning
from prerequisites import eventually

from accounts.founding import console
from core.accounts import Department, Post, Reach, Role, Seat
from core.clock import real_ms
from core.records import HOUR_MS, CityWarning, Level, WarningPhase
from early_warning.alarm_shifts import shift_at
from store.warnings import KeptWarning, keep_warnings


def _warning(name: str, since_ms: int, **more: object) -> CityWarning:
    """One that lasted a minute and a half."""
    ended = {"phase": WarningPhase.CLEARED, "ended_ms": since_ms + 90_000, "subject": "mm-river-01"}
    return warning(name, Level.ORANGE, since_ms, **ended | more)


@pytest.mark.claim("WARN", "Alarm load of each seat and shift with its targets; worst rules lead to the desk's draft.")
def test_a_shift_of_two_seats(house: Guarded) -> None:
    by, now_ms, scene = console(), real_ms(), "demo-440900"
    shift = shift_at(now_ms).before.before.before
    house.office.roster.put_department(by, Department("load", "应急办"), now_ms)
    house.office.roster.put_post(by, Post("load-water", "水务岗", "load", Role.DUTY, Reach(("440900",))), now_ms)
    house.office.roster.put_seat(by, Seat("load-1", "水务席", "load-water"), now_ms)
    at_ms = shift.from_ms + HOUR_MS
    # twelve that have nothing to do with one another, and a power cut: one card of five
    flood = [_warning(f"load-f{n}", at_ms + n * 10_000, subject=f"nowhere-{n}") for n in range(12)]
    flood += [_warning(f"load-c{n}", at_ms + 5 * HOUR_MS + n * 10_000) for n in range(5)]
    late = _warning("load-late", at_ms, late=True)
    trial = _warning("load-trial", at_ms, facts={"trial": True})
    stands = _warning("load-s", shift.from_ms - 30 * HOUR_MS, phase=WarningPhase.ACTIVE, ended_ms=None, rule="x.old")
    with house.office.database.transaction() as connection:
        keep_warnings(connection, [KeptWarning(one, scene, "440983", "…") for one in (*flood, late, trial, stands)])
    who = house.colleague(Role.RULES)
    told = house.ask("GET", f"api/v1/alarm-load?shift={shift.name}", who).json()
    (seat,) = (one for one in told["seats"] if one["seat"] == "load-1")
    assert (seat["count"], seat["peak_per_10_min"], seat["standing"], seat["verdict"]) == (
        13,
        12,
        1,
        "too-much",
    ) and seat["warnings"] == 17
    assert seat["mix"] == {"low": 0.0, "medium": 1.0, "high": 0.0}
    assert [(one["count"], one["from_ms"]) for one in seat["floods"]] == [(2, at_ms + 100_000)]
    assert seat["chattering"] == 1 and seat["worst"][0]["calm_s"] == 120
    page = house.ask("GET", f"alarm-load?shift={shift.name}", who).text
    for words in (
        "水务席",
        "告警风暴",
        "ISA-18.2",
        "EEMUA 191",
        "建议 80%",
        "过重",
        "rules/water.river_stage?hold_s=120",
    ):
        assert words in page
    assert "洪水" not in page


def test_shifts_have_names_and_their_load_is_not_for_everybody(house: Guarded) -> None:
    who = house.colleague(Role.RULES)
    assert house.ask("GET", "alarm-load", who).status_code == 200
    assert house.ask("GET", "alarm-load?shift=yesterday", who).status_code == 404
    assert house.ask("GET", "api/v1/alarm-load?shift=2026-13-01-day", who).status_code == 404
    for name in ("0001-01-01-day", "9999-12-31-night", "2026-11-22-dawn"):
        assert house.ask("GET", f"alarm-load?shift={name}", who).status_code == 404
    assert house.ask("GET", "api/v1/alarm-load", house.colleague(Role.FIELD)).status_code == 403


@pytest.mark.claim("COMMAND", "The worst response and the count stand in the header of pages without scripts too.")
def test_a_plain_page_tells_the_responses_in_force(house: Guarded) -> None:
    told = {
        "plan": "typhoon",
        "name": "页眉所见",
        "level": 2,
        "word": "Ⅱ级",
        "areas": ["440900"],
        "area_names": ["茂名市"],
    }
    told |= {"exercise": False, "approver": "", "began_ms": 0, "review_ms": 0, "review_late": False}
    house.picture.change({"responses": {"R-header": told | {"steps": 1, "done": 0, "late": 0}}})
    try:
        who = house.colleague(Role.DUTY)
        eventually(lambda: "页眉所见" in house.ask("GET", "alarm-load", who).text, 10)
        assert "shell-responses" not in house.ask("GET", "people", house.colleague(Role.SYSTEM)).text, "no right to see"
    finally:
        house.picture.change({}, {"responses": ["R-header"]})
