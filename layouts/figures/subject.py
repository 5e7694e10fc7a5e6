"""What a page is about: one indicator at one subject, with all that is declared for the two."""

from __future__ import annotations

from dataclasses import dataclass

from board.names import Names
from catalogue.declared import Declared
from early_warning.rule import Rule, RuleState
from indicators.definition import Indicator


@dataclass(frozen=True, slots=True)
class Subject:
    """One indicator at the city, a county or a station. `station` True: `id` is a device."""

    indicator: Indicator
    id: str
    name: str
    county: str
    station: bool
    city: str


def subject_of(declared: Declared, indicator: str, subject: str, language: str) -> Subject | None:
    """The subject that an address names, "" being the whole city; None when either is not declared."""
    found = declared.indicators.get(indicator)
    wanted = subject or declared.city.code
    if found is None or (wanted not in declared.areas and wanted not in declared.devices):
        return None
    names = Names(declared, language)
    station = wanted in declared.devices
    return Subject(found, wanted, names.subject(wanted), names.county_of(wanted), station, declared.city.code)


def rule_on(declared: Declared, indicator: str) -> Rule | None:
    """The rule that bounds an indicator: one in force before one on trial."""
    rules = [rule for rule in declared.rules.values() if any(bound.indicator == indicator for bound in rule.bounds)]
    return min(rules, key=lambda rule: (rule.state is not RuleState.ACTIVE, rule.id), default=None)


def judged(declared: Declared, indicator: str) -> bool:
    """Whether a rule in force looks at an indicator: only then may anything be called normal."""
    rule = rule_on(declared, indicator)
    return rule is not None and rule.state is RuleState.ACTIVE


def reporters(declared: Declared, subject: Subject) -> list[str]:
    """Devices that are expected to report to the indicator, by id: of the subject's area, of a station's county."""
    wanted, area = set(subject.indicator.metrics), subject.county if subject.station else subject.id
    return [
        device.id
        for device in sorted(declared.devices.values(), key=lambda one: one.id)
        if wanted & set(device.metrics) and area in declared.areas.holding(device).values()
    ]
