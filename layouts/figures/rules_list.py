"""The rows of the list of rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.declared import Declared
from core.labels import Label
from core.messages import text
from core.rule_versions import OPEN_STATES
from core.wording import measured
from early_warning.rule import Comparison, LevelBound, Rule
from early_warning.rule_desk import File
from indicators.definition import Direction
from layouts.figures.rule_words import person_words

Record = Mapping[str, Any]
SIGNS = {Comparison.AT_LEAST: "≥", Comparison.ABOVE: ">", Comparison.AT_MOST: "≤", Comparison.BELOW: "<"}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule. state, open_state: words of `rules.state_…`, "" for none. bounds: level → its bound in words.

    looks: level → the name of what it looks at, where levels look at several; {}: all look at one.

    true of judged: what people said of its warnings. complaints: without an answer. standing: active warnings.
    """

    rule: str
    name: str
    domain: str
    state: str
    version: str
    source: str
    bounds: Mapping[str, str]
    looks: Mapping[str, str]
    open_version: str
    open_state: str
    author: str
    true: int
    judged: int
    complaints: int
    standing: int


@dataclass(frozen=True, slots=True)
class Known:
    """What stands about the rules that somebody may see. people: login → name."""

    declared: Declared
    rules: Sequence[Rule]
    file: File
    labels: Sequence[Label]
    warnings: Mapping[str, Record]
    people: Mapping[str, str]


def rule_rows(known: Known, language: str) -> list[RuleRow]:
    """A row a rule, by domain; what is judged on trial beside a rule belongs to the rule."""
    declared, file = known.declared, known.file
    order = {domain.id: (number, domain.name[language]) for number, domain in enumerate(declared.domains)}
    found = []
    for rule in sorted(known.rules, key=lambda one: (order.get(one.domain, (99, ""))[0], one.id)):
        if rule.id.endswith(".trial"):
            continue
        drafted = next((one for one in file.versions if one.rule == rule.id and one.state in OPEN_STATES), None)
        judged = [
            one.verdict.is_true for one in known.labels if one.rule == rule.id and one.verdict.is_true is not None
        ]
        found.append(
            RuleRow(
                rule=rule.id,
                name=rule.name[language],
                domain=order.get(rule.domain, (0, text("desk.installation", language)))[1],
                state=str(rule.state),
                version=rule.version,
                source=rule.source.standard or text(f"wall.bounds_{rule.source.bounds}", language),
                bounds={b.level.name.lower(): _bound(b, rule, declared, language) for b in rule.bounds},
                looks=_looks(rule, declared, language),
                open_version=drafted.version if drafted else "",
                open_state=str(drafted.state) if drafted else "",
                author=person_words(drafted.author, known.people) if drafted else "",
                true=sum(judged),
                judged=len(judged),
                complaints=sum(one.rule == rule.id and not one.answer for one in file.complaints),
                standing=sum(one["rule"] == rule.id and one["phase"] == "active" for one in known.warnings.values()),
            )
        )
    return found


def _bound(bound: LevelBound, rule: Rule, declared: Declared, language: str) -> str:
    """`≥ 50 mm`, `≥ 警戒水位 -0.5`."""
    indicator = declared.indicators[bound.indicator]
    compared = bound.comparison or (Comparison.BELOW if rule.direction is Direction.DOWN_BAD else Comparison.AT_LEAST)
    if bound.bound is not None:
        decimals = 0 if bound.bound == round(bound.bound) else indicator.decimals
        return f"{SIGNS[compared]} {measured(bound.bound, indicator.unit, decimals, language)}"
    name = text(f"rules.reference_{bound.reference}", language)
    return f"{SIGNS[compared]} {name}" + (f" {bound.offset:+g}" if bound.offset else "")


def _looks(rule: Rule, declared: Declared, language: str) -> dict[str, str]:
    if len({bound.indicator for bound in rule.bounds}) < 2:
        return {}
    return {b.level.name.lower(): declared.indicators[b.indicator].name[language] for b in rule.bounds}
