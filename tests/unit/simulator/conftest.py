from collections.abc import Callable
from pathlib import Path

import pytest

import catalogue
from simulator.city import City, Course, Declarations, city_of
from simulator.weather import Scenario

PACKS = Path(__file__).resolve().parents[3] / "packs"
BEGAN_MS = 1_772_319_600_000 + 1_234_567  # 2026-03-01 07:20:34.567 in China: no round number anywhere

MakeCity = Callable[..., City]


@pytest.fixture(scope="session")
def maoming() -> Declarations:
    found = catalogue.load(PACKS, "茂名")
    centres_deg = {area.id: area.centre_deg for area in found.areas.counties}
    return Declarations(found.metrics, found.feeds, found.devices, centres_deg)


@pytest.fixture
def make_city(maoming: Declarations) -> MakeCity:
    """A Maoming without faults unless asked for, on any course."""

    def make(seed: int = 7, scenario: Scenario = Scenario.CALM, **course: float) -> City:
        return city_of(Course(seed, scenario, BEGAN_MS, **{"faults": 0.0, **course}), maoming)

    return make
