"""A changed definition: which indicators it touches, and until when their old definition holds."""

from dataclasses import replace
from pathlib import Path

import pytest

import catalogue
from catalogue.versions import superseded, unchanged_versions
from core.declared import Words
from indicators.definition import Indicator, Lifecycle

PACKS = Path(__file__).parents[3] / "packs"
FIRST_MS, SECOND_MS = 1_000, 2_000


@pytest.fixture(scope="module")
def maoming() -> catalogue.Declared:
    return catalogue.load(PACKS, "maoming")


def with_one(declared: catalogue.Declared, indicator: Indicator) -> catalogue.Declared:
    return replace(declared, indicators=dict(declared.indicators) | {indicator.id: indicator})


@pytest.mark.claim("ENGINE", "An indicator that is valued otherwise under the same version is named and not applied")
def test_what_decides_a_value_needs_another_version(maoming: catalogue.Declared) -> None:
    rain = maoming.indicators["meteorology.rain_1h"]
    wider = replace(rain, window_s=2 * rain.window_s)
    assert unchanged_versions(maoming, with_one(maoming, wider)) == ["meteorology.rain_1h"]
    assert unchanged_versions(maoming, with_one(maoming, replace(wider, version="2"))) == []


@pytest.mark.parametrize(
    "said",
    [
        {"name": Words("雨", "Rain")},
        {"owner": "市水务局"},
        {"relations": ()},
        {"lifecycle": Lifecycle.TRIAL},
        {"normal": 3.0},
        {"cadence": "daily"},
    ],
)
def test_what_is_only_said_may_be_mended(maoming: catalogue.Declared, said: dict) -> None:
    rain = maoming.indicators["meteorology.rain_1h"]
    assert unchanged_versions(maoming, with_one(maoming, replace(rain, **said))) == []


def test_each_old_definition_holds_until_its_successor(maoming: catalogue.Declared) -> None:
    rain = maoming.indicators["meteorology.rain_1h"]
    second = with_one(maoming, replace(rain, version="2", window_s=7200))
    third = replace(second, indicators={n: i for n, i in second.indicators.items() if n != "meteorology.rain_1h"})
    found = superseded([maoming, second, third], [FIRST_MS, SECOND_MS])
    assert [(one.indicator.id, one.indicator.version, one.until_ms) for one in found] == [
        ("meteorology.rain_1h", "1", FIRST_MS),
        ("meteorology.rain_1h", "2", SECOND_MS),
    ]
    assert superseded([maoming], []) == []
