"""Scores: what each part costs, who is to blame, and what unknown parts do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.composite import details, scored
from indicators.definition import Part

AIR = Part("air", 2, ((0.0, 100.0), (50.0, 80.0), (300.0, 0.0)))
RIVER = Part("river", 1, ((-2.0, 100.0), (0.0, 60.0), (1.5, 0.0)))
CALLS = Part("calls", 1, ((0.0, 0.0), (100.0, 100.0)))
PARTS = (AIR, RIVER, CALLS)
VALUE = st.one_of(st.just(math.nan), st.floats(-500, 500))


def score_of(*values: float) -> tuple[float, str]:
    result = scored(PARTS, np.array(values)[:, None])
    return float(result.score[0]), details(PARTS, result)[0]


@pytest.mark.parametrize(
    ("values", "score", "detail"),
    [
        ((0, -2, 100), 100.0, ""),
        ((0, -5, 700), 100.0, ""),  # outside of the tables as at their ends
        ((50, -2, 100), 90.0, "worst:air"),
        ((50, 0, 100), 80.0, "worst:air"),  # both cost 10: of equals the first
        ((0, 1.5, 50), 62.5, "worst:river"),
        ((0, math.nan, 50), 100 - 50 / 3, "worst:calls;unknown:river"),
        ((math.nan, 0, 100), 80.0, "worst:river;unknown:air"),  # exactly half of the weight is known
        ((math.nan, math.nan, 100), math.nan, "unknown:air,river"),
        ((math.nan, math.nan, math.nan), math.nan, "unknown:air,river,calls"),
    ],
)
def test_a_score_names_who_pulled_it_down(values: tuple[float, ...], score: float, detail: str) -> None:
    told = score_of(*values)
    assert told[0] == pytest.approx(score, nan_ok=True)
    assert told[1] == detail


@given(st.lists(st.tuples(VALUE, VALUE, VALUE), min_size=1, max_size=5))
@pytest.mark.claim("ENGINE", "A score of 0 to 100 loses exactly what its parts cost, and says which cost most")
def test_what_parts_cost_adds_up(rows: list[tuple[float, float, float]]) -> None:
    result = scored(PARTS, np.array(rows).T)
    for score, lost, scores, detail in zip(
        result.score, result.lost.T, result.scores.T, details(PARTS, result), strict=True
    ):
        if math.isnan(score):
            assert sum(p.weight for p, s in zip(PARTS, scores, strict=True) if not math.isnan(s)) < 2
            continue
        assert 0 <= score <= 100
        assert score == pytest.approx(100 - lost.sum())
        weights = [(p.weight, s) for p, s in zip(PARTS, scores, strict=True) if not math.isnan(s)]
        mean = sum(w * s for w, s in weights) / sum(w for w, _ in weights)
        assert score == pytest.approx(mean, abs=1e-8)  # a score is rounded
        worst = detail.partition(";")[0].removeprefix("worst:")
        if detail.startswith("worst:"):
            assert lost[[p.indicator for p in PARTS].index(worst)] == lost.max() > 0
