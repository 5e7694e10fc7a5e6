"""How far a warning may be seen, and the one question whether somebody may know of it at all. Pure.

A warning is as sensitive as the indicator that it is about. Whoever acts on one by its id, or reads of one, comes by
here: what he may not see is for him not there, and what he does about it is refused as if it were not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from accounts.bearer import Bearer
from accounts.rights import may
from core.accounts import Sensitivity
from core.duty import Scope
from core.errors import UnknownName
from core.records import Issuer
from early_warning.duty_rules import Concerned
from early_warning.rule import Rule
from early_warning.subjects import looked_at
from indicators.definition import Indicator

SEE = "warnings.see"


def grade_of(indicator: Indicator | None) -> Sensitivity:
    """How far an indicator may be seen; one that no pack declares any more, least far."""
    return indicator.sensitivity if indicator else Sensitivity.RESTRICTED


def grade_of_kept(issuer: Issuer, kept: Sensitivity | None, indicator: Indicator | None) -> Sensitivity:
    """How far a warning of the database may be seen: as it was told, and never further than its indicator may today.

    kept: the grade that was written with it, None: nobody knows. What an authority issued is there for everybody.
    """
    if issuer is Issuer.ISSUED:
        return Sensitivity.PUBLIC
    if kept is None or indicator is not None:
        return max(kept or Sensitivity.PUBLIC, grade_of(indicator))
    return kept


def grade_of_all(names: Iterable[str], indicators: Mapping[str, Indicator]) -> Sensitivity:
    """How far something that tells of several indicators may be seen."""
    return max((grade_of(indicators.get(name)) for name in names), default=Sensitivity.PUBLIC)


def grade_of_rule(rule: Rule, indicators: Mapping[str, Indicator]) -> Sensitivity:
    """How far a rule may be seen: as far as all that it looks at."""
    return grade_of_all(looked_at(rule), indicators)


def grade_of_scope(scope: Scope, rules: Mapping[str, Rule], indicators: Mapping[str, Indicator]) -> Sensitivity:
    """How far a silence may be seen: as far as every rule that it names; one that nobody declares, least far."""
    known = (rules.get(name) for name in scope.rules)
    grades = (grade_of_rule(rule, indicators) if rule else Sensitivity.RESTRICTED for rule in known)
    return max(grades, default=Sensitivity.PUBLIC)


def reaches(by: Bearer, grade: Sensitivity) -> bool:
    """Whether any post of his reaches a grade: for what is of no place."""
    return any(grade <= grant.reach.sensitivity for grant in by.grants)


def sees(by: Bearer, area: Sequence[str], topic: str, grade: Sensitivity) -> bool:
    """Whether somebody may know that a warning is there. area: where it is, with those that this lies in."""
    return may(by, SEE, area=area, topic=topic, sensitivity=grade).allowed


def sees_one(by: Bearer, one: Concerned) -> bool:
    """The same of one as acts see it."""
    return sees(by, one.area, one.topic, one.grade)


def check_seen(by: Bearer, concerned: Iterable[Concerned]) -> None:
    """Raise UnknownName, as for what is not there, when he may not see one of these."""
    for one in concerned:
        if not sees_one(by, one):
            raise UnknownName(one.id)
