"""Props of the trend that `assets/trend.js` draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from board.names import Names
from board.trends import TrendPanel
from board.words import number
from catalogue.declared import Declared
from core.messages import text
from early_warning.rule import RuleState
from indicators.definition import Direction, Indicator
from layouts.figures.headline import Headline
from layouts.figures.moments import length
from layouts.figures.subject import Subject, rule_on

Point = tuple[int, float | None]
Record = Mapping[str, Any]


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


def beside(indicator: Indicator, record: Record | None, language: str) -> dict[str, Any]:
    """What is drawn beside the newest value and never instead of it: what is usual at this hour, where the trend leads.

    usual: {value, low, high}, forecast: {value, at_ms}, both None unless told; said: the same in words.
    """
    known = record["beside"] if record and record["value"] is not None else {}
    usual, forecast, said = None, None, []

    def written(name: str) -> str:
        return number(known[name], indicator.decimals, language)

    if all(known.get(name) is not None for name in ("baseline", "baseline_low", "baseline_high")):
        usual = {"value": known["baseline"], "low": known["baseline_low"], "high": known["baseline_high"]}
        words = {"value": written("baseline"), "low": written("baseline_low"), "high": written("baseline_high")}
        said.append(text("desk.usual", language, **words))
    if record is not None and known.get("forecast") is not None:
        forecast = {"value": known["forecast"], "at_ms": record["end_ms"] + indicator.forecast_s * 1000}
        ahead, value = length(indicator.forecast_s, language), f"{written('forecast')} {indicator.unit}"
        said.append(text("desk.forecast", language, ahead=ahead, value=value))
    return {"usual": usual, "forecast": forecast, "said": said}
