"""Where a kept warning belongs: its areas, its topic and its rule, by which seats, silences and routes know it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from accounts.bearer import Bearer
from board.belonging import chain_of
from catalogue.declared import Declared
from core.accounts import Sensitivity
from core.records import Issuer
from early_warning.alarm_shifts import Ground
from early_warning.belongings import Belongings
from early_warning.duty_rules import Concerned
from early_warning.grades import grade_of_kept, sees
from store.warnings import KeptWarning


def kept_concerned(declared: Declared, one: KeptWarning) -> Concerned:
    """A warning of the database as acts and seats see it."""
    warning = one.warning
    indicator = declared.indicators.get(warning.indicator)
    return Concerned(
        id=warning.id,
        level=warning.level,
        area=chain_of(declared, warning.subject),
        topic=indicator.domain if indicator else "",
        rule=warning.rule,
        subject=warning.subject,
        since_ms=warning.since_ms,
        ended_ms=warning.ended_ms or 0,
        grade=grade_of_kept(warning.issuer, one.grade, indicator),
    )


def load_ground(declared: Declared, by: Bearer) -> Ground:
    """What a city's alarm load is counted on, of those warnings alone that somebody may see."""
    belongings = Belongings(declared.devices, declared.areas, declared.indicators, declared.rules)
    return Ground(partial(kept_concerned, declared), belongings, _seen_by(declared, by))


def _seen_by(declared: Declared, by: Bearer) -> Callable[[KeptWarning], bool]:
    """Whether he may see a warning; asked once for each place, indicator and grade: a shift has a hundred thousand."""

    @cache
    def is_seen(subject: str, indicator: str, issuer: Issuer, kept: Sensitivity | None) -> bool:
        known = declared.indicators.get(indicator)
        topic, area = known.domain if known else "", chain_of(declared, subject)
        return sees(by, area, topic, grade_of_kept(issuer, kept, known))

    return lambda one: is_seen(one.warning.subject, one.warning.indicator, one.warning.issuer, one.grade)
