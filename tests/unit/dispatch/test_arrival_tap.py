"""A 到场 tap against its one fix: within reach or so far off; what is no position, or is old, says nothing."""

from __future__ import annotations

import pytest

from dispatch.arrival import with_check

PLACE = {"lon_deg": 110.92, "lat_deg": 21.66, "accuracy_m": 50.0, "origin": "gps"}
NEAR = {"lon_deg": 110.9203, "lat_deg": 21.6602, "accuracy_m": 20, "age_ms": 3000}


@pytest.mark.parametrize(
    ("told", "marked"),
    [
        (NEAR, {"agrees": True, "beyond_m": 0}),
        (NEAR | {"lon_deg": 110.95}, {"agrees": False, "beyond_m": 2930}),
        (NEAR | {"lon_deg": 110.9217, "accuracy_m": 20}, {"agrees": False, "beyond_m": 7}),
        (NEAR | {"lon_deg": 110.9217, "accuracy_m": 30}, {"agrees": True, "beyond_m": 0}),
        (NEAR | {"age_ms": 121_000}, {}),
        (NEAR | {"lat_deg": "x"}, {}),
        (NEAR | {"accuracy_m": float("nan")}, {}),
        (NEAR | {"accuracy_m": 0}, {}),
        (NEAR | {"lat_deg": 95}, {}),
        ("somewhere", {}),
        (None, {}),
    ],
)
def test_a_tap_against_its_fix(told: object, marked: dict[str, object]) -> None:
    checked = with_check(PLACE, {"fix": told, "agrees": "says the browser"}, 1_000_000)
    assert {name: checked[name] for name in ("agrees", "beyond_m") if name in checked} == marked
    assert checked["fix"] == told


def test_a_case_without_a_place_has_nothing_to_hold_it_against() -> None:
    assert with_check(None, {"fix": NEAR}, 0) == with_check({}, {"fix": NEAR}, 0) == {"fix": NEAR}
