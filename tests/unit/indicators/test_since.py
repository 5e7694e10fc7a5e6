"""For which stations the beginning of an event holds."""

from __future__ import annotations

import numpy as np
import pytest
from small_city import SAME, T0_MS

from core.declared import Device
from core.records import Event, Phase, Stamp
from geo.areas import Area, AreaLevel, AreaTree
from indicators.since import Beginnings

AREAS = AreaTree(
    [
        Area("44", SAME, AreaLevel.CITY, "", (0, 0)),
        Area("4401", SAME, AreaLevel.COUNTY, "44", (0, 0)),
        Area("4402", SAME, AreaLevel.COUNTY, "44", (0, 0)),
        Area("440101", SAME, AreaLevel.TOWN, "4401", (0, 0)),
    ]
)
PLACES = {"in-town": "440101", "in-county": "4401", "in-other": "4402", "nowhere": ""}
DEVICES = [Device(name, "gauge", SAME, area, None, ("rain",)) for name, area in PLACES.items()]
EVERYBODY = np.arange(len(DEVICES))


def event(name: str, began_ms: int, *, taken_back: bool = False) -> Event:
    return Event(name, "gauge", "rain", Phase.NEW, "x", began_ms, T0_MS, None, Stamp.TEST, false_positive=taken_back)


@pytest.mark.parametrize(
    ("at", "holds_for"),
    [
        ("in-town", ["in-town"]),
        ("in-county", ["in-town", "in-county"]),  # a town lies in its county
        ("in-other", ["in-other"]),
        ("nowhere", list(PLACES)),  # it stands for the city
    ],
)
def test_an_event_holds_for_its_device_and_all_in_the_area_of_the_device(at: str, holds_for: list[str]) -> None:
    beginnings = Beginnings(DEVICES, AREAS)
    device = list(PLACES).index(at)
    assert beginnings.put(event("e", T0_MS), device)
    told = beginnings.newest_ms(["rain"], T0_MS, EVERYBODY)
    assert [name for name, ms in zip(PLACES, told.tolist(), strict=True) if ms == T0_MS] == holds_for
    assert [list(PLACES)[n] for n in beginnings.holds_for(device, EVERYBODY).tolist()] == holds_for


def test_the_newest_event_counts_that_nobody_took_back() -> None:
    beginnings = Beginnings(DEVICES, AREAS)
    for name, began_ms in (("a", T0_MS), ("b", T0_MS + 5), ("c", T0_MS + 9)):
        beginnings.put(event(name, began_ms), 0)
    assert beginnings.newest_ms(["rain"], T0_MS + 8, np.array([0])).tolist() == [T0_MS + 5]
    assert beginnings.put(event("b", T0_MS + 5), 0) == []
    assert len(beginnings.put(event("b", T0_MS + 5, taken_back=True), 0)) == 1
    assert beginnings.newest_ms(["rain"], T0_MS + 8, np.array([0])).tolist() == [T0_MS]
    assert beginnings.newest_ms(["snow"], T0_MS + 8, np.array([0])).tolist() == [0]


def test_what_is_forgotten_is_dropped_from_the_state() -> None:
    beginnings, other = Beginnings(DEVICES, AREAS), Beginnings(DEVICES, AREAS)
    beginnings.put(event("old", T0_MS), 0)
    beginnings.put(event("new", T0_MS + 5), 2)
    other.restore((name, chunk) for name, chunk in beginnings.dirty().items() if chunk)
    for held in (beginnings, other):
        assert held.newest_ms(["rain"], T0_MS + 9, EVERYBODY).tolist() == [T0_MS, 0, T0_MS + 5, 0]
        held.forget(T0_MS + 1)
        assert held.dirty() == {"old": None}
