"""The burst pipe of five sources over 3 km is one proposal; what only looks like it is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np
import pytest
from prerequisites import REPOSITORY

from catalogue.load import load
from dispatch.grouping import Grouper, Proposal, Sighting

CENTRE = 110.920, 21.660
BEGAN_MS = 1_795_280_000_000
A_DEGREE_M = 111_195.0


@cache
def grouper() -> Grouper:
    declared = load(REPOSITORY / "packs", "maoming")
    return Grouper(declared.case_kinds, declared.case_causes.values())


def seen(name: str, minute: float, north_m: float, accuracy_m: float = 50, **what: str) -> Sighting:
    lat_deg = CENTRE[1] + north_m / A_DEGREE_M
    return Sighting(name, CENTRE[0], lat_deg, accuracy_m, BEGAN_MS + int(minute * 60_000), **what)


def burst_pipe() -> list[Sighting]:
    """02:10 to 02:40: camera, water on the road, ten calls without water up to 3 km away, a grid worker, a hole."""
    calls = [
        seen(f"call-{n}", 6 + 2 * n, offset, 400, text="家里没水了，什么时候来水")
        for n, offset in enumerate(np.linspace(-2800, 2900, 10))
    ]
    return [
        seen("camera", 4, 30, event="camera.water"),
        seen("order", 8, 120, 100, text="路上冒水，像是水管爆裂"),
        seen("grid", 15, 90, 20, kind="water.road_water", case="C-1"),
        seen("hole", 40, 20, 10, kind="transport.road_collapse"),
        *calls,
    ]


def members(found: Sequence[Proposal]) -> list[set[str]]:
    return [{member.id for member in proposal.members} for proposal in found]


@pytest.mark.claim(
    "COMMAND", "The burst pipe of five sources over 3 km is one proposal, with a reason for each member."
)
def test_the_burst_pipe_is_one_proposal() -> None:
    (found,) = grouper().propose(burst_pipe())
    assert (found.cause, found.kind) == ("pipe-burst", "water.pipe_burst")
    assert members([found]) == [{one.id for one in burst_pipe()}]
    by_id = {member.id: member for member in found.members}
    assert by_id["call-0"].words == ("没水",) and by_id["call-0"].shows == "water.no_supply"
    assert by_id["call-9"].distance_m == pytest.approx(2880, abs=150)
    assert by_id["order"].words == ("水管爆裂", "冒水")
    assert [member.delay_s for member in found.members] == sorted(member.delay_s for member in found.members)


def test_the_order_in_which_they_came_changes_nothing() -> None:
    few = burst_pipe()[:5]
    first = grouper().propose(few)
    assert all(grouper().propose(order) == first for order in permutations(few))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (seen("x", 10, 9000, kind="water.no_supply"), "9 km away"),
        (seen("x", -600, 50, kind="water.no_supply"), "ten hours before"),
        (seen("x", 10, 1200, kind="water.road_water"), "water on a road 1.2 km away"),
        (seen("x", 10, 50, kind="ecology.exposed_rubbish"), "no symptom of a burst pipe"),
        (seen("x", 10, 50, text="路灯不亮"), "words that say nothing"),
    ],
)
def test_what_only_looks_like_it_stays_out(other: Sighting, why: str) -> None:
    found = grouper().propose([*burst_pipe(), other])
    assert all("x" not in group for group in members(found)), why


def test_one_symptom_alone_speaks_for_no_cause_but_is_one_thing_told_often() -> None:
    calls = [one for one in burst_pipe() if one.id.startswith("call")]
    found = grouper().propose(calls)
    assert {proposal.cause for proposal in found} == {""}
    assert {proposal.kind for proposal in found} == {"water.no_supply"}


@pytest.mark.claim("COMMAND", "What a person took apart is not proposed again.")
def test_what_was_taken_apart_stays_apart() -> None:
    (before,) = grouper().propose(burst_pipe())
    anchor = min(before.members, key=lambda member: member.distance_m).id
    apart = frozenset({frozenset({anchor, "call-3"})})
    found = grouper().propose(burst_pipe(), apart)
    together = next(group for group in members(found) if anchor in group)
    assert "call-3" not in together


def test_a_vague_place_is_granted_only_so_much() -> None:
    near = [seen("a", 0, 0, kind="water.road_water"), seen("b", 1, 5000, 20_000, kind="water.road_water")]
    assert grouper().propose(near) == []
    assert grouper().propose([near[0], replace(near[1], lat_deg=near[0].lat_deg + 1500 / A_DEGREE_M)])


def test_two_of_one_case_are_no_duplicates() -> None:
    twice = [seen("a", 0, 0, kind="water.road_water", case="C"), seen("b", 1, 5, kind="water.road_water", case="C")]
    assert grouper().propose(twice) == []
