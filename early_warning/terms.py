"""What a rule says, in words: each level with its bound, how long it holds, how it is left, what else it asks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from core.messages import text
from core.wording import measured
from early_warning.rule import Comparison, Condition, Judged, LevelBound, NoData, Rule
from indicators.definition import Direction, Indicator

SIGNS = {Comparison.AT_LEAST: "≥", Comparison.ABOVE: ">", Comparison.AT_MOST: "≤", Comparison.BELOW: "<"}


def terms(rule: Rule, indicators: Mapping[str, Indicator], name_of: Callable[[str], str], language: str) -> list[str]:
    """One line a level, the gravest first, then what holds for all of them.

    name_of: the name of an area or a station in the language.
    """

    def said(code: str, **values: object) -> str:
        return text(f"warning.term_{code}", language, **values)

    def lines() -> Iterator[str]:
        for bound in rule.bounds:
            colour = text(f"level.{bound.level.name.lower()}_colour", language)
            parts = [_bound(rule, bound, indicators, language)]
            joined = said("and" if bound.join == "all" else "or")
            parts += [joined + _condition(one, indicators, name_of, language) for one in bound.conditions]
            parts += [said("hold", minutes=_minutes(bound.hold_s))] if bound.hold_s else []
            parts += [said("clear_after", minutes=_minutes(bound.clear_after_s))] if bound.clear_after_s else []
            yield said("level", colour=colour, terms=text("warning.and", language).join(parts))
        for other in rule.overrides:
            colour = text(f"level.{other.level.name.lower()}_colour", language)
            yield said("override", place=name_of(other.area), colour=colour, bound=f"{other.bound:g}")
        if rule.min_reporting:
            yield said("reporting", share=f"{100 * rule.min_reporting:g} %")
        if rule.no_data is not NoData.KEEP:
            yield said(f"no_data_{rule.no_data}", minutes=_minutes(rule.no_data_after_s))

    return list(lines())


def _bound(rule: Rule, bound: LevelBound, indicators: Mapping[str, Indicator], language: str) -> str:
    """What of an indicator reaches which bound; of a reference which one, and how far from it."""
    down = rule.direction is Direction.DOWN_BAD
    sign = SIGNS[bound.comparison or (Comparison.BELOW if down else Comparison.AT_LEAST)]
    what, unit = _what(bound, indicators, language)
    if bound.bound is not None:
        return f"{what} {sign} {_number(bound.bound, unit, language)}"
    offset = f" {bound.offset:+g}" if bound.offset else ""
    return f"{what} {sign} {text(f'warning.reference_{bound.reference}', language)}{offset}"


def _condition(
    one: Condition, indicators: Mapping[str, Indicator], name_of: Callable[[str], str], language: str
) -> str:
    what, unit = _what(one, indicators, language)
    place = {"same": "", "city": text("warning.term_city", language)}.get(one.area)
    here = name_of(one.area) if place is None else place
    return f"{here} {what} {SIGNS[one.comparison]} {_number(one.bound, unit, language)}".strip()


def _what(one: LevelBound | Condition, indicators: Mapping[str, Indicator], language: str) -> tuple[str, str]:
    """The name of what is judged, and its unit."""
    indicator = indicators.get(one.indicator)
    name, unit = (indicator.name[language], indicator.unit) if indicator else (one.indicator, "")
    if one.judged is Judged.VALUE:
        return name, unit
    spans = {"name": name, "over": _minutes(one.over_s), "ahead": _minutes(one.ahead_s)}
    return text(f"warning.term_{one.judged}", language, **spans), f"{unit}/h" if one.judged is Judged.RATE else unit


def _minutes(span_s: int) -> str:
    return f"{span_s / 60:g}"


def _number(value: float, unit: str, language: str) -> str:
    decimals = 0 if float(value).is_integer() else 2
    return measured(value, unit, decimals, language)
