"""A whole sheet of station references held against the past: each rule that reads some, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.declared import Device
from core.labels import Label
from core.records import Level
from early_warning.backtest import Case, Past, backtest
from early_warning.rule import Rule
from early_warning.rule_desk import incidents
from early_warning.scoring import Difference, Score, difference, score
from early_warning.subjects import Ground
from early_warning.weighing import EARLY_S


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one rule would have told with the references of now, and with those of a sheet.

    reporting: share of the judged windows in which everything was known, 0 to 1; read it first. before, after:
    warnings by the gravest level that they reached. scores: against labels, before and after.
    """

    rule: Rule
    reporting: float
    before: Mapping[Level, int]
    after: Mapping[Level, int]
    difference: Difference
    scores: tuple[Score, Score]


def readers(rules: Mapping[str, Rule]) -> list[Rule]:
    """The rules that read references of stations."""
    return [rule for rule in rules.values() if any(bound.reference for bound in rule.bounds)]


def weigh_sheet(
    rules: Iterable[Rule], past: Past, ground: Ground, wanted: Mapping[str, Device], labels: Sequence[Label]
) -> list[Weighed]:
    """Every rule over the same past, with the stations as they are and as a sheet says.

    Args:
        rules: Those that read references.
        past: With the stations as they are.
        ground: The same stations, and whom a rule judges.
        wanted: All stations as the sheet says.
        labels: What people said of the same days.
    """
    cases = [Case(rule, tuple(ground.subjects(rule))) for rule in rules]
    now, then = backtest(cases, past), backtest(cases, replace(past, devices=wanted))
    found = []
    for case, before, after in zip(cases, now, then, strict=True):
        happened = incidents(labels, case.subjects, ground)
        first, second = (score(told, case.subjects, happened, EARLY_S) for told in (before, after))
        share = 1.0 - after.no_data_share
        found.append(Weighed(case.rule, share, before.counts, after.counts, difference(after, before), (first, second)))
    return found
