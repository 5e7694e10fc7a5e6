"""The rule as it was when it judged: a warning pins its version, and is explained by that one, not by today's."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from core.records import CityWarning
from early_warning.declaration import rule_of
from early_warning.rule import Rule
from store.rules import versions_of
from store.sql import Transaction


def pinned(
    connection: Transaction,
    city: str,
    warning: CityWarning,
    judging: Rule | None,
    shipped: Callable[[str], Rule | None],
) -> Rule | None:
    """The rule in the version that judged a warning; None: it is kept nowhere any more.

    Args:
        connection: Where versions are kept.
        city: Whose rules these are.
        warning: What was judged.
        judging: The rule as it judges now.
        shipped: The rule as the packs declare it.
    """
    if judging is not None and judging.version == warning.rule_version:
        return judging
    for kept in versions_of(connection, city, warning.rule):
        if kept.version == warning.rule_version:
            try:
                return rule_of(warning.rule, kept.declaration, kept.version)
            except ValidationError:  # as it was written once; today's schema reads it no more
                return None
    found = shipped(warning.rule)
    return found if found is not None and found.version == warning.rule_version else None
