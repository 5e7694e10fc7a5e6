"""Props of the trend that `assets/trend.js` draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from board.names import Names
from board.trends import TrendPanel
from catalogue.declared import Declared
from early_warning.rule import RuleState
from indicators.definition import Direction
from layouts.figures.headline import Headline
from layouts.figures.subject import Subject, rule_on

Point = tuple[int, float | None]


def trend(
    declared: Declared, names: Names, subject: Subject, head: Headline, points: Sequence[Point], now_ms: int
) -> dict[str, Any]:
    """The last day with the bounds of the rule in force as bands; a rule on trial bounds nothing yet."""
    rule = rule_on(declared, subject.indicator.id)
    bands = []
    if rule is not None and rule.state is RuleState.ACTIVE:
        bands = TrendPanel(declared, names).bands(rule, subject.indicator.id, subject.id, now_ms)
    return {
        "name": subject.indicator.name[names.language],
        "unit": subject.indicator.unit,
        "decimals": subject.indicator.decimals,
        "level": None if head.own_level == "unknown" else head.own_level,
        "down_bad": subject.indicator.direction is Direction.DOWN_BAD,
        "points": [list(point) for point in points],
        "bands": bands,
        "sentence": head.sentence,
    }
