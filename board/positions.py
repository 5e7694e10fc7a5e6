"""Where a kept warning belongs: its areas, its topic and its rule, by which seats, silences and routes know it."""

from __future__ import annotations

from board.belonging import chain_of
from catalogue.declared import Declared
from early_warning.duty_rules import Concerned
from early_warning.grades import grade_of
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
        grade=grade_of(indicator),
    )
