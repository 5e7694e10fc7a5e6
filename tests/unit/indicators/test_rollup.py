"""Stations become grids, villages, towns, counties, zones and the city: against a pandas group-by over all levels."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import indicator
from tall_city import AREAS, CITY, DEVICES, FEEDS, STANDING

from indicators.definition import Aggregate, Direction, RollUp
from indicators.groups import Groups
from indicators.plan import Plan

LEVELS = ("station", "grid", "village", "town", "county", "zone", "city")
NAMES = sorted(DEVICES)


def row_of(name: str) -> dict[str, object]:
    area, zone = STANDING[name]
    line = {one.level: one.id for one in ([AREAS[area], *AREAS.ancestors(area)] if area else [])}
    people = DEVICES[name].attributes.get("people")
    return {"station": name, "city": CITY, "zone": zone or None, "people": people} | line


FRAME = pd.DataFrame([row_of(name) for name in NAMES]).astype({"people": float})
NUMBER = st.one_of(st.just(math.nan), st.floats(-100, 100).map(lambda x: round(x, 3)))
ALL = np.arange(10)
VALUES = st.lists(NUMBER, min_size=10, max_size=10)


def plan(how: RollUp, levels: tuple[str, ...] = LEVELS, **more: object) -> Plan:
    declared = indicator("rain", ("rain",), 300, Aggregate.MEAN, how, levels=levels, weight="people", **more)
    return Plan(declared, [DEVICES[name] for name in NAMES], FEEDS, AREAS)


def rolled(planned: Plan, values: list[float], some: np.ndarray | None = None) -> list[float]:
    """The values of all subjects, or of some."""
    brought = planned.ascent.nothing(1)
    brought.values[0] = values
    planned.ascent.tally(brought, ALL)
    return planned.ascent.rolled_up(brought, 0, planned.all if some is None else some).tolist()


def combined(frame: pd.DataFrame, how: RollUp) -> float:
    """What pandas makes of the members of one area."""
    known = frame.dropna(subset=["value"])
    if how is RollUp.WEIGHTED:
        known = known[known["people"] > 0]
        weights = known["people"].sum()
        return float((known["value"] * known["people"]).sum() / weights) if weights else math.nan
    if known.empty:
        return math.nan
    value = known["value"]
    made = {
        RollUp.MEAN: value.mean, RollUp.SUM: value.sum, RollUp.MAX: value.max, RollUp.MIN: value.min,
        RollUp.WORST: value.max, RollUp.SHARE: lambda: 100 * value.mean(),
    }[how]  # fmt: skip
    return float(made())


@settings(max_examples=40, deadline=None)
@given(VALUES, st.sampled_from(list(RollUp)))
@pytest.mark.claim("ENGINE", "Roll-up to every level equals a pandas group-by, with any roll-up and unknown stations")
def test_every_level_equals_a_group_by(values: list[float], how: RollUp) -> None:
    planned, frame = plan(how), FRAME.assign(value=values)
    told = dict(zip(planned.subjects, rolled(planned, values), strict=True))
    expected = {
        name: combined(members, how)
        for level in LEVELS
        for name, members in frame.groupby(level)
        if isinstance(name, str)
    }
    assert told.keys() == expected.keys()
    for name, value in expected.items():
        assert told[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name


@settings(max_examples=40, deadline=None)
@given(VALUES, st.sampled_from([RollUp.MEAN, RollUp.WORST, RollUp.WEIGHTED]), st.sampled_from([RollUp.MAX, RollUp.SUM]))
@pytest.mark.claim("ENGINE", "A level may be rolled up from the areas below it, each level in its own way")
def test_steps_roll_up_areas(values: list[float], at_county: RollUp, at_city: RollUp) -> None:
    planned = plan(RollUp.MEAN, ("town", "county", "city"), steps={"county": at_county, "city": at_city})
    told = dict(zip(planned.subjects, rolled(planned, values), strict=True))
    frame = FRAME.assign(value=values)

    def stepped(level: str, below: str, lower: dict[str, float], how: RollUp) -> dict[str, float]:
        found = {}
        for name, members in frame.groupby(level):
            areas = [(lower[a], AREAS[a].attributes.get("people", math.nan)) for a in members[below].dropna().unique()]
            alone = members[members[below].isna()][["value", "people"]].itertuples(index=False)
            both = pd.DataFrame([*areas, *((a.value, a.people) for a in alone)], columns=["value", "people"])
            found[name] = combined(both, how)
        return found

    towns = {name: combined(members, RollUp.MEAN) for name, members in frame.groupby("town")}
    counties = stepped("county", "town", towns, at_county)
    city = stepped("city", "county", counties, at_city)
    for name, value in (towns | counties | city).items():
        assert told[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name


@settings(max_examples=30, deadline=None)
@given(VALUES, st.sets(st.integers(0, 20), min_size=1), st.booleans())
def test_some_subjects_have_the_values_that_they_have_among_all(
    values: list[float], rows: set[int], steps: bool
) -> None:
    planned = plan(RollUp.WEIGHTED, steps={"county": RollUp.MEAN, "city": RollUp.MAX} if steps else {})
    some = np.array(sorted(row for row in rows if row < len(planned.subjects)))
    np.testing.assert_array_equal(rolled(planned, values, some), np.array(rolled(planned, values))[some])


def test_the_worst_follows_the_direction() -> None:
    values = np.arange(10.0).tolist()
    worst = plan(RollUp.WORST).indicator
    up, down = (
        Plan(replace(worst, direction=direction), [DEVICES[name] for name in NAMES], FEEDS, AREAS)
        for direction in (Direction.UP_BAD, Direction.DOWN_BAD)
    )
    assert (rolled(up, values)[-1], rolled(down, values)[-1]) == (9.0, 0.0)


def test_only_devices_with_the_attributes_report() -> None:
    planned = plan(RollUp.MEAN, where={"kind": "manual"})
    assert planned.station_names == ("d8", "d9")
    assert planned.subjects == ("d8", "d9", "B", CITY)
    assert planned.ascent.expected.tolist() == [1, 1, 1, 2]


@pytest.mark.claim("ENGINE", "A functional zone counts its stations beside their counties")
def test_a_zone_counts_its_stations_beside_their_counties() -> None:
    planned = plan(RollUp.SUM, ("county", "zone", "city"))
    assert planned.subjects == ("A", "B", "port", CITY)
    assert rolled(planned, [1.0] * 10) == [7.0, 2.0, 3.0, 10.0]
    assert planned.ascent.subjects_of(np.array([1])).tolist() == [0, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=30), st.lists(st.integers(0, 5), max_size=8))
def test_groups_give_their_members_in_order(pairs: list[tuple[int, int]], asked: list[int]) -> None:
    group, member = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    found = Groups(group, member, 6).of(np.array(asked, dtype=np.intp))
    expected = list(itertools.chain(*([m for g, m in pairs if g == one] for one in asked)))
    assert found.member.tolist() == expected
    assert [asked[place] for place in found.group] == [one for one in asked for g, _ in pairs if g == one]
