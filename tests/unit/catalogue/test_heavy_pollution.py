"""Heavy pollution runs as data: the shipped formula against the plan's sentences, day by day."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catalogue
from indicators.formula import compile_formula

PACKS = Path(__file__).parents[3] / "packs"
INDEX = st.one_of(st.none(), st.sampled_from([150.0, 200.0, 201.0, 300.0, 301.0, 499.0, 500.0]))
LEVEL = catalogue.load(PACKS, "maoming").indicators["ecology.heavy_pollution"]
SPREADS = {"min": np.min, "sum": np.sum, "count": len}


def plan(days: list[float | None]) -> int | None:
    """The level of the last day, from the sentences of the plan; None where that day is unknown."""
    today = days[-1]
    if today is None:
        return None
    run = 0
    for index in reversed(days):
        if index is None or index <= 200:
            break
        run += 1
    severe = [index is not None and index > 300 for index in days]
    if today >= 500 or (run >= 4 and sum(severe[-4:]) >= 2):
        return 4
    if run >= 3 and any(severe[-3:]):
        return 3
    return min(run, 2)


@pytest.mark.claim("ENGINE", "Heavy pollution runs as data in a pack: its formula says what the plan says, day by day")
@given(st.lists(INDEX, min_size=4, max_size=8))
def test_the_formula_says_what_the_plan_says(days: list[float | None]) -> None:
    level = LEVEL
    formula = compile_formula(level.formula, level.formula_names)

    def read(one) -> float:
        span = days[-one.spread_s // 86_400 :] if one.spread else days[-1:]
        known = [day for day in span if day is not None]
        if one.indicator == "ecology.severe_day":
            known = [float(day > 300) for day in known]
        if not one.spread:
            return known[0] if known else np.nan
        return float(SPREADS[one.spread](known)) if known or one.spread == "count" else np.nan

    (value,) = formula({one.name: np.array([read(one)]) for one in level.inputs})
    expected = plan(days)
    assert (expected is None) == np.isnan(value)
    assert expected is None or value == expected
