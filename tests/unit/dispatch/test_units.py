"""Who should go and why, and when somebody arrived, against plain reckoning."""

from __future__ import annotations

from dataclasses import replace
from math import asin, cos, radians, sin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.units import UnitKind
from dispatch.arrival import Fence, arrived_ms, held_against, left_ms
from dispatch.shifts import is_on_shift
from dispatch.units import Duty, Fix, Fleet, Need, Shortfall, Unit

NOW_MS = 1_795_300_000_000
PUMP = frozenset({"pump"})
NEED = Need(PUMP, 110.92, 21.66)


def unit(name: str, north_deg: float, **other: object) -> Unit:
    fix = Fix(110.92, 21.66 + north_deg, 10.0, NOW_MS - 30_000)
    return replace(Unit(name, name, "市水务局", PUMP, fix=fix, home_deg=(110.92, 21.70), area="440902"), **other)  # type: ignore[arg-type]


def haversine_m(lat0: float, lat1: float) -> float:
    half = sin(radians(lat1 - lat0) / 2) ** 2 + cos(radians(lat0)) * cos(radians(lat1)) * 0.0
    return 2 * 6_371_008.8 * asin(sqrt(half))


@pytest.mark.claim("COMMAND", "A recommendation gives its reasons, and every shortfall its code.")
def test_each_unit_says_what_speaks_against_it() -> None:
    fleet = Fleet(
        [
            unit("near", 0.010),
            unit("nearer-but-tired", 0.005, rests_until_ms=NOW_MS + 1),
            unit("old", 0.001, fix=Fix(110.92, 21.661, 10, NOW_MS - 300_000)),
            unit("busy", 0.002, duty=Duty.BUSY),
            unit("lost", 0.0, fix=None, home_deg=None),
            unit("ladder", 0.0, capabilities=frozenset({"ladder"})),
            unit("shelter", 0.0, kind=UnitKind.SHELTER),
            unit("depot", 0.0, kind=UnitKind.MATERIALS),
            unit("broken", 0.0, duty=Duty.OFF),
            unit("short", 0.011, crew=1, crew_needed=3),
        ],
        NOW_MS,
    )
    found = fleet.recommend(NEED)
    assert [one.unit for one in found] == ["near", "old", "short", "nearer-but-tired", "lost", "busy"]
    assert [one.shortfalls for one in found] == [
        (),
        (Shortfall.PLACE_OLD,),
        (Shortfall.SHORT_OF_CREW,),
        (Shortfall.RESTING,),
        (Shortfall.PLACE_UNKNOWN,),
        (Shortfall.BUSY,),
    ]
    assert [one.can_go for one in found] == [True] * 5 + [False]
    assert found[0].distance_m == pytest.approx(haversine_m(21.66, 21.67), rel=1e-6)
    assert found[0].travel_s == pytest.approx(found[0].distance_m * 1.4 / (40 / 3.6))
    assert found[1].from_home and found[1].distance_m == pytest.approx(haversine_m(21.66, 21.70), rel=1e-6)


def test_when_nobody_can_do_it_the_nearest_say_why() -> None:
    found = Fleet([unit("a", 0.01), unit("b", 0.02)], NOW_MS).recommend(replace(NEED, capabilities=frozenset({"boat"})))
    assert [one.shortfalls for one in found] == [(Shortfall.CANNOT,), (Shortfall.CANNOT,)]
    assert Fleet([], NOW_MS).recommend(NEED) == []


@pytest.mark.claim(
    "COMMAND", "An area that would be left without a unit of its kind is said before, and counted after."
)
def test_the_last_one_of_an_area_leaves_a_void() -> None:
    units = [unit("a", 0.010), unit("b", 0.015, area="440981")]
    found = Fleet(units, NOW_MS).recommend(NEED)
    assert all(Shortfall.LEAVES_VOID in one.shortfalls for one in found)
    sent = Fleet([replace(units[0], duty=Duty.BUSY), units[1]], NOW_MS)
    assert sent.voids("pump", ["440902", "440981"]) == ["440902"]


@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=40, unique=True))
def test_of_equals_the_nearest_goes_first(norths_deg: list[float]) -> None:
    units = [unit(f"u{n}", north_deg) for n, north_deg in enumerate([*norths_deg, 0.3])]
    best = Fleet(units, NOW_MS).recommend(NEED)[0]
    assert best.distance_m == pytest.approx(min(haversine_m(21.66, 21.66 + abs(n)) for n in norths_deg), abs=1.0)


FENCE = Fence(110.92, 21.66, 100.0)


def fixes(*rows: tuple[float, float, int]) -> list[Fix]:
    """(metres north, accuracy in m, second)."""
    return [
        Fix(110.92, 21.66 + north_m / 111_195.08, accuracy_m, second * 1000) for north_m, accuracy_m, second in rows
    ]


@pytest.mark.claim("COMMAND", "A vehicle arrives by fence with dwell and accuracy; a doubtful fix decides nothing.")
def test_arrival_by_fence() -> None:
    passing = fixes((500, 10, 0), (50, 10, 10), (300, 10, 20))
    assert arrived_ms(FENCE, passing) is None
    assert arrived_ms(FENCE, fixes(*((abs(150 - 11 * s), 5, s) for s in range(29)), (500, 5, 60))) is None, (
        "each second"
    )
    staying = fixes((500, 10, 0), (50, 10, 10), (60, 10, 45))
    assert arrived_ms(FENCE, staying) == 10_000
    doubtful = fixes((50, 10, 10), (150, 80, 15), (40, 10, 20), (45, 10, 40))
    assert arrived_ms(FENCE, doubtful) == 10_000
    assert arrived_ms(FENCE, fixes((20, 90, 0), (20, 90, 30), (20, 90, 60))) is None
    assert left_ms(FENCE, fixes((20, 10, 60), (150, 80, 70), (400, 80, 80), (400, 80, 110))) == 80_000
    assert left_ms(FENCE, fixes((20, 10, 60), (400, 80, 80), (20, 10, 90), (400, 80, 110))) is None
    assert left_ms(FENCE, fixes((400, 80, 80), (400, 80, 120))) is None, "it was never seen there"
    assert left_ms(FENCE, fixes((150, 80, 70))) is None


def test_a_tap_is_held_against_one_fix_of_its_time() -> None:
    here, far = fixes((90, 30, 100))[0], fixes((900, 30, 100))[0]
    held = held_against(FENCE, here, 100_000)
    assert held is not None and held.agrees and held.distance_m == 0
    away = held_against(FENCE, far, 100_000)
    assert away is not None and not away.agrees and away.distance_m == pytest.approx(770, abs=2)
    assert held_against(FENCE, here, 400_000) is None
    assert held_against(FENCE, None, 100_000) is None


def test_five_thousand_units_are_judged_as_few() -> None:
    rng = np.random.default_rng(7)
    many = [unit(f"u{n:04}", north) for n, north in enumerate(rng.uniform(0.001, 0.5, 5000))]
    found = Fleet(many, NOW_MS).recommend(NEED, 3)
    nearest = sorted(many, key=lambda one: one.fix.lat_deg if one.fix else 0.0)[:3]
    assert [one.unit for one in found] == [one.id for one in nearest]


@pytest.mark.parametrize(
    ("shifts", "on_duty"),
    [
        ((), True),
        (("08:00-20:00",), True),
        (("18:00-18:30",), True),
        (("08:00-18:00",), False),
        (("20:00-08:00",), False),
        (("17:00-02:00",), True),
        (("06:00-09:00", "17:59-18:01"), True),
        (("18:00-18:00",), True),
    ],
)
def test_who_is_on_duty_at_six_in_the_evening(shifts: tuple[str, ...], on_duty: bool) -> None:
    assert is_on_shift(shifts, 1_795_341_600_000) == on_duty


@pytest.mark.claim("COMMAND", "A unit outside its shift is proposed after those on duty, and the reason is told.")
def test_who_is_off_duty_is_proposed_last() -> None:
    pump = frozenset({"pump"})
    near = Unit("near", "近", "", pump, home_deg=(110.92, 21.66), shifts=("20:00-08:00",))
    far = Unit("far", "远", "", pump, home_deg=(111.02, 21.66), shifts=("08:00-20:00",))
    found = Fleet([near, far], 1_795_341_600_000).recommend(Need(pump, 110.92, 21.66))
    assert [one.unit for one in found] == ["far", "near"] and found[1].can_go
    assert Shortfall.OFF_SHIFT in found[1].shortfalls and Shortfall.OFF_SHIFT not in found[0].shortfalls
