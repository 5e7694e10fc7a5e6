"""Rules against their indicators: bounds that always or never fire, and bounds that a normal year would fire."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from catalogue.entries import Entries, refuse_unknown
from catalogue.findings import Findings
from catalogue.indicator_checks import OF_NO_DOMAIN
from early_warning.rule import Judged, RuleState
from early_warning.schema import BoundEntry, ConditionEntry, JudgedEntry, RuleEntry
from indicators.definition import Aggregate, Direction, Lifecycle, RollUp
from indicators.schema import IndicatorEntry

PERCENT = (Aggregate.SHARE_ABOVE, Aggregate.SHARE_BELOW)
FROM_ZERO = (Aggregate.COUNT, Aggregate.DISTINCT, Aggregate.INCREASE, Aggregate.TIME_IN_STATE)


def check_rules(entries: Entries, findings: Findings) -> None:
    """Add every mistake of a rule to the problems, and bounds that a normal year reaches to the doubts."""
    problems = findings.problems
    for rule_id, rule in entries.rules.items():
        name = f"rules.{rule_id}"
        if rule.domain not in OF_NO_DOMAIN:
            where = entries.where("rules", rule_id, "domain")
            refuse_unknown(problems, where, f"{name}.domain", rule.domain, entries.pack.sections["domains"])
        for row, bound in enumerate(rule.bounds):
            where = entries.where("rules", rule_id, "bounds", row)
            indicators = entries.pack.sections["indicators"]
            refuse_unknown(problems, where, f"{name}.bounds.{row}.indicator", bound.indicator, indicators)
            indicator = entries.indicators.get(bound.indicator)
            if indicator:
                problems.extend(f"{where}: {name} {said}" for said in _faults(entries, rule, bound, indicator))
                findings.doubts.extend(f"{where}: {name} {said}" for said in _doubts(entries, rule, bound, indicator))
            for more in bound.conditions:
                refuse_unknown(problems, where, f"{name}.bounds.{row}.conditions", more.indicator, indicators)
                problems.extend(f"{where}: {name} {said}" for said in _condition_faults(entries, rule, more))
        problems.extend(f"{entries.where('rules', rule_id)}: {name} {said}" for said in _override_faults(entries, rule))
        for row, other in enumerate(rule.inhibited_by):
            where = entries.where("rules", rule_id, "inhibited_by", row)
            refuse_unknown(problems, where, f"{name}.inhibited_by", other.rule, entries.pack.sections["rules"])
        _check_order(entries, rule_id, rule, problems)


def _faults(entries: Entries, rule: RuleEntry, bound: BoundEntry, indicator: IndicatorEntry) -> Iterator[str]:
    level = bound.level.name.lower()
    if not indicator.computed:
        yield f"{level} judges {bound.indicator}, which is {indicator.lifecycle} and has no value"
    if indicator.lifecycle is Lifecycle.TRIAL and rule.state is not RuleState.TRIAL:
        yield f"is {rule.state}, but {bound.indicator} is in trial; its rules stay in trial with it"
    if rule.subjects not in indicator.levels:
        yield f"judges a {rule.subjects}, but {bound.indicator} is valued for {', '.join(indicator.levels)}"
    if indicator.direction is not rule.direction:
        yield f"says {rule.direction}, its indicator {bound.indicator} says {indicator.direction}"
    yield from _judged_faults(bound, indicator)
    if bound.reference and not _reference_is_known(entries, bound.reference, indicator):
        yield f"{level} uses the reference {bound.reference!r}, which no station of this city has"
    if bound.bound is None or indicator.direction is not rule.direction:
        return
    best = _best(entries, indicator)
    if best is not None and fires(rule.direction, best, bound.bound):
        verb = "reaches the bound" if rule.direction is Direction.UP_BAD else "falls below the bound"
        yield f"{level}: the best possible value {best:g} already {verb} {bound.bound:g}"


def _judged_faults(judged: JudgedEntry, indicator: IndicatorEntry) -> Iterator[str]:
    """What of an indicator cannot be judged: a rate between windows that it has not, a deviation from no baseline."""
    if judged.judged is Judged.DEVIATION and not indicator.baseline:
        yield f"judges the deviation of {judged.indicator}, which has no baseline"
    if indicator.slide_s and judged.over_s % indicator.slide_s:
        yield f"over_s {judged.over_s} is no multiple of {indicator.slide_s} s, at which {judged.indicator} is valued"


def _condition_faults(entries: Entries, rule: RuleEntry, more: ConditionEntry) -> Iterator[str]:
    """A condition asks for a value that there is."""
    indicator = entries.indicators.get(more.indicator)
    if indicator is None:
        return
    if not indicator.computed:
        yield f"asks about {more.indicator}, which is {indicator.lifecycle} and has no value"
    yield from _judged_faults(more, indicator)
    level = {"same": rule.subjects, "city": "city"}.get(more.area)
    if level and level not in indicator.levels:
        yield f"asks about {more.indicator} of a {level}, but it is valued for {', '.join(indicator.levels)}"
    if level is None and not _is_place(entries, more.area):
        yield f"asks about {more.indicator} of {more.area!r}, which is neither same, city, an area nor a device"


def _override_faults(entries: Entries, rule: RuleEntry) -> Iterator[str]:
    for other in rule.overrides:
        if not _is_place(entries, other.area):
            yield f"overrides {other.level.name.lower()} for {other.area!r}, which is neither an area nor a device"


def _is_place(entries: Entries, name: str) -> bool:
    """An area by its code (built-in ones are not listed in packs) or a device."""
    return name in entries.areas or name in entries.devices or name.isdecimal()


def fires(direction: Direction, value: float, bound: float) -> bool:
    """True when a value satisfies a bound: at or above it when up is bad, strictly below it when down is bad."""
    return value >= bound if direction is Direction.UP_BAD else value < bound


def _doubts(entries: Entries, rule: RuleEntry, bound: BoundEntry, indicator: IndicatorEntry) -> Iterator[str]:
    """Bounds that the median of a normal year satisfies ring every other day."""
    level = bound.level.name.lower()
    if bound.bound is not None:
        normal = indicator.normal
        if normal is not None and fires(rule.direction, normal, bound.bound):
            yield f"{level}: the median of a normal year {normal:g} already satisfies the bound {bound.bound:g}"
        return
    for device_id, device in entries.devices.items():
        for reference in (one for one in device.references if one.name == bound.reference):
            at = device.in_own_datum(reference) + bound.offset
            for metric in indicator.metrics:
                if metric in device.normals and fires(rule.direction, device.normals[metric], at):
                    normal = device.normals[metric]
                    yield f"{level}: at {device_id} the median of a normal year {normal:g} already satisfies {at:g}"


def _reference_is_known(entries: Entries, reference: str, indicator: IndicatorEntry) -> bool:
    """True when a station of the indicator has the reference, or when it has no station yet."""
    reporting = (d for d in entries.devices.values() if set(indicator.metrics) & set(entries.expected_of(d)))
    stations = list(reporting)
    return not stations or any(r.name == reference for station in stations for r in station.references)


def _best(entries: Entries, indicator: IndicatorEntry) -> float | None:
    """The best value that the indicator can take; None where nothing limits it."""
    low, high = _range(entries, indicator)
    return low if indicator.direction is Direction.UP_BAD else high


def _range(entries: Entries, indicator: IndicatorEntry) -> tuple[float | None, float | None]:
    """The lowest and the highest value that the indicator can take; None where nothing limits it."""
    aggregate, metrics = indicator.aggregate, [entries.metrics[m] for m in indicator.metrics if m in entries.metrics]
    low = min((metric.low for metric in metrics), default=None)
    high = max((metric.high for metric in metrics), default=None)
    if indicator.formula not in ("value", "aqi") or aggregate is Aggregate.RATE:
        low, high = None, None
    elif indicator.parts or indicator.rollup is RollUp.SHARE or aggregate in PERCENT:
        low, high = 0.0, 100.0
    elif indicator.formula == "aqi" or aggregate in FROM_ZERO:
        low, high = 0.0, None
    elif aggregate is Aggregate.REPORTING:
        low, high = 0.0, 1.0
    elif aggregate is Aggregate.SUM or indicator.rollup is RollUp.SUM:
        low, high = (0.0 if low is not None and low >= 0 else None), None
    return low, high


def _check_order(entries: Entries, rule_id: str, rule: RuleEntry, problems: list[str]) -> None:
    """Of bounds on one indicator the graver is the harder to reach."""
    sign = 1 if rule.direction is Direction.UP_BAD else -1
    by_indicator: dict[str, list[BoundEntry]] = {}
    for bound in sorted(rule.bounds, key=lambda b: b.level):
        by_indicator.setdefault(bound.indicator, []).append(bound)
    for bounds in by_indicator.values():
        fixed = [bound for bound in bounds if bound.bound is not None]
        for milder, graver in pairwise(fixed):
            if sign * (milder.bound or 0.0) >= sign * (graver.bound or 0.0):
                where = entries.where("rules", rule_id, "bounds", rule.bounds.index(graver), "bound")
                problems.append(
                    f"{where}: rules.{rule_id} {graver.level.name.lower()} at {graver.bound:g} is reached before"
                    f" {milder.level.name.lower()} at {milder.bound:g}"
                )
