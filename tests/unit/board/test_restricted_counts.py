"""Whoever may not see a warning cannot tell from counts, colours or what is missing that there is one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from test_picture import T0, panes, values, warning

from accounts.bearer import Bearer, Grant
from api.sight import Sight, _gravest
from board.picture import Picture
from catalogue.declared import Declared
from core.accounts import EVERYWHERE, Reach, Role, Sensitivity
from core.records import CityWarning, Level, Scene, WarningPhase

SECTIONS = ("warnings", "areas", "domains", "stations", "cards", "duty", "trends", "sparks", "values")


@pytest.fixture(scope="module")
def police(declared: Declared) -> Declared:
    """The small city, whose police judge something that only they may see, at the same places, in the same domain."""
    stage, rule = declared.indicators["river.stage"], declared.rules["stage"]
    calls = replace(stage, id="police.calls", sensitivity=Sensitivity.RESTRICTED)
    bounds = tuple(replace(bound, indicator=calls.id) for bound in rule.bounds)
    return replace(
        declared,
        indicators={**declared.indicators, calls.id: calls},
        rules={**declared.rules, "calls": replace(rule, id="calls", bounds=bounds)},
    )


def _picture(declared: Declared, scene: Scene, warnings: Sequence[CityWarning]) -> dict[str, Any]:
    picture = Picture(declared, scene, "zh")
    stages = {"440981": 3.0, "440900": 4.0}
    picture.fold_values([values("river.stage", T0, stages), values("air.aqi", T0, {"440900": 40.0})])
    picture.fold_panes(panes([(device, "stage_m", T0, 3.0) for device in ("river-1", "river-2")]))
    picture.fold_warnings(warnings)
    picture.tick(T0, T0)
    return {name: picture.sections[name] for name in SECTIONS}


def _seen(declared: Declared, sections: dict[str, Any], highest: Sensitivity, *areas: str) -> dict[str, Any]:
    grant = Grant(Role.DUTY, Reach(areas or (EVERYWHERE,), sensitivity=highest), "duty")
    return dict(Sight(Bearer("person:x", (grant,)), declared).picture(sections))


def _warnings(rng: random.Random, indicator: str, rule: str, first: int) -> list[CityWarning]:
    more = {"indicator": indicator, "rule": rule}
    return [
        warning(first + n, f"river-{rng.choice((1, 2))}", rng.choice(list(Level)[1:]), phase=phase, **more)
        for n, phase in enumerate(rng.choices((WarningPhase.ACTIVE, WarningPhase.CLEARED), k=rng.randint(0, 4)))
    ]


@pytest.mark.claim(
    "ACCOUNTS",
    "Counts, levels, colours and headlines are of the warnings that the bearer may see: with and without a restricted "
    "warning his picture is the same.",
)
@pytest.mark.parametrize("seed", range(12))
def test_a_picture_with_hidden_warnings_is_the_one_without_them(police: Declared, scene: Scene, seed: int) -> None:
    rng = random.Random(seed)
    of_all, of_police = _warnings(rng, "river.stage", "stage", 0), _warnings(rng, "police.calls", "calls", 50)
    secret = warning(99, "river-1", Level.RED, indicator="police.calls", rule="calls")
    both, one = (_picture(police, scene, found) for found in ([*of_all, *of_police, secret], of_all))
    seen, without = (_seen(police, sections, Sensitivity.INTERNAL) for sections in (both, one))
    assert seen == without
    cleared = _seen(police, both, Sensitivity.RESTRICTED)
    assert cleared["areas"]["440981"]["total"] > without["areas"]["440981"]["total"]
    assert cleared["stations"]["river-1"]["level"] == cleared["domains"]["eco"]["level"] == "red"


def test_areas_and_domains_add_up_to_the_warnings_that_are_seen(police: Declared, scene: Scene) -> None:
    rng = random.Random(3)
    found = [*_warnings(rng, "river.stage", "stage", 0), *_warnings(rng, "police.calls", "calls", 50)]
    for highest in Sensitivity:
        seen = _seen(police, _picture(police, scene, found), highest)
        active = [one for one in seen["warnings"].values() if one["phase"] == "active"]
        assert sum(area["total"] for area in seen["areas"].values()) == len(active)


@pytest.mark.claim(
    "ACCOUNTS", "A domain counts for a post of one county the warnings that it sees there, and no others."
)
@pytest.mark.parametrize("seed", range(6))
def test_a_domain_counts_for_a_county_what_stands_there(police: Declared, scene: Scene, seed: int) -> None:
    rng = random.Random(seed)
    found = [*_warnings(rng, "river.stage", "stage", 0), *_warnings(rng, "police.calls", "calls", 50)]
    county = police.areas.county_of(police.devices["river-1"].area)
    whole = _picture(police, scene, found)
    for highest in Sensitivity:
        seen = _seen(police, whole, highest, county)
        active = Counter(one["level"] for one in seen["warnings"].values() if one["phase"] == "active")
        eco = seen["domains"]["eco"]
        assert {level: count for level, count in eco["counts"].items() if count} == dict(active)
        assert (eco["status"], eco["level"]) == (("ok", _gravest(active)) if active else ("unknown", None))
        assert (eco["reported"], eco["expected"]) == (0, 0), "those are of the whole city"
        assert eco["headline"] is None or police.devices[eco["headline"]["area"]].area.startswith(county)
