"""Composite scores 0 to 100: what each part scores, what that makes together, and who pulled it down. Pure.

A part that is unknown takes its weight out: the known ones share 100 among them, and the detail names who is missing.
As soon as less than half of the weight is known, the score is unknown: it would tell of other things than it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.records import Float64
from indicators.aggregate import steady
from indicators.definition import Part

FULL = 100.0
KNOWN_AT_LEAST = 0.5  # of the weight


class Scored(NamedTuple):
    """score float64 (n,), NaN where unknown; scores float64 (parts, n); lost float64 (parts, n): points each cost."""

    score: Float64
    scores: Float64
    lost: Float64


def scored(parts: Sequence[Part], values: Float64) -> Scored:
    """The score of n areas from the values (parts, n) of its parts, NaN where unknown.

    Between two points of its table a part scores on the straight line, outside of them as at the nearest one.
    """
    weight = np.array([part.weight for part in parts])[:, None]
    tables = [np.array(part.score, dtype=np.float64).T for part in parts]
    scores = np.stack([np.interp(row, x, y) for row, (x, y) in zip(values, tables, strict=True)])
    known = ~np.isnan(scores)
    known_weight = np.where(known, weight, 0.0).sum(axis=0)
    share = np.where(known, weight / np.where(known_weight > 0, known_weight, 1.0), 0.0)
    lost = share * (FULL - np.where(known, scores, FULL))
    enough = known_weight >= KNOWN_AT_LEAST * weight.sum()
    return Scored(np.where(enough, steady(FULL - lost.sum(axis=0)), np.nan), scores, steady(lost))


def details(parts: Sequence[Part], result: Scored) -> tuple[str, ...]:
    """For each area `worst:<indicator>`, who cost most (of equals the first), and `unknown:<indicators>`, by `;`."""
    names = [part.indicator for part in parts]
    worst, costs = result.lost.argmax(axis=0).tolist(), result.lost.max(axis=0) > 0
    missing = np.isnan(result.scores)
    said = [f"worst:{names[part]}" if cost else "" for part, cost in zip(worst, costs.tolist(), strict=True)]
    for area in np.flatnonzero(missing.any(axis=0)).tolist():
        unknown = "unknown:" + ",".join(name for name, gone in zip(names, missing[:, area], strict=True) if gone)
        told = said[area] if not np.isnan(result.score[area]) else ""
        said[area] = f"{told};{unknown}" if told else unknown
    return tuple(said)
