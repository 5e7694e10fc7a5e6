"""From the rules in the database to the running engines: what judges now is laid over the packs and announced.

Nothing is told to this file, it compares: what the database says of this moment against what the workers read. So a
version comes into force at its time, a relaxation ends at its time, an emptied Redis gets everything back, and a crash
between two steps is mended by the next look.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.errors import DeclarationError, UnknownName
from core.reference_sheets import ReferenceSheet
from core.reference_sheets import in_force as in_force_of
from core.rule_versions import RuleVersion, VersionState
from core.settings import Settings
from dispatch.plans import Plan, Response
from dispatch.response_rows import in_force as responses_in_force
from early_warning.declaration import beside, declaration_of
from early_warning.rule import Rule, RuleState
from indicators.definition import Verification
from store.people import people
from store.references import sheets_of
from store.rules import in_force, versions_of
from store.sql import Database
from stream.adopted import RELAXED, adopt, adopted, is_announced, note_announced
from stream.connect import Client
from stream.scenes import active_scene
from workers.definitions import apply

log = logging.getLogger(__name__)

NO_RULES: Mapping[str, Rule] = {}


def lay_over(
    database: Database,
    client: Client,
    settings: Settings,
    city: str,
    now_ms: int,
    rules: Mapping[str, Rule] = NO_RULES,
) -> bool:
    """Bring what all workers read to what the database says of now; whether anything changed.

    Args:
        database: Where versions are kept.
        client: Redis.
        settings: Where the packs are.
        city: Code of the city whose scene is shown.
        now_ms: Real time, ms UTC.
        rules: The declared rules, by id: those that a response wakes are among them.

    Raises NeighbourDown.
    """
    scene = active_scene(client)
    if scene is None:
        return False
    with database.reading() as connection:
        named = {f"person:{one.login}": one.name for one in people(connection)}
        wanted = sections_of(versions_of(connection, city), now_ms, named)
        wanted |= references_of(sheets_of(connection, city), now_ms)
        awake = woken(responses_in_force(connection, scene.id), rules)
    if awake:
        wanted["rules"] = awake | wanted.get("rules", {})  # what the city released judges as released
    if adopted(client, scene.city) == wanted and (is_announced(client, scene.city, wanted) or not wanted):
        return False
    adopt(client, scene.city, wanted)
    try:
        apply(settings, 0)
    except UnknownName:  # no engine has ever begun; the first one reads what is adopted by itself
        return False
    except DeclarationError as wrong:  # it was checked when it was approved: the packs have changed since
        log.error("the rules of the database do not fit the packs, which judge alone:\n%s", wrong)
    note_announced(client, scene.city, wanted)
    return True


def woken(responses: Iterable[tuple[Plan, Response]], rules: Mapping[str, Rule]) -> dict[str, dict[str, Any]]:
    """Rules on trial 试运行 that judge while a response is in force: its plan names them, each from a level on."""
    named = {
        rule: plan.id
        for plan, response in responses
        for rule, level in plan.wakes.items()
        if response.counts and response.level <= level and rule in rules and is_sourced(rules[rule])
    }
    return {
        rule: {**declaration_of(rules[rule]), "version": _version(rules[rule], plan), "state": str(RuleState.ACTIVE)}
        for rule, plan in sorted(named.items())
    }


def is_sourced(rule: Rule) -> bool:
    """Whether a rule may be active at all: illustrative bounds stay in trial until a source is read."""
    return rule.source.bounds is not Verification.ILLUSTRATIVE


def _version(rule: Rule, plan: str) -> str:
    """A version of its own: warnings say that they are of the rule as the plan woke it."""
    return f"{rule.version.removesuffix(f'.{plan}')}.{plan}"


def references_of(sheets: Sequence[ReferenceSheet], now_ms: int) -> dict[str, dict[str, Any]]:
    """What lies over the stations of the packs at a time: their references as the city approved them."""
    found = in_force_of(sheets, now_ms)
    return {"devices": {station: {"references": list(rows)} for station, rows in found.items()}} if found else {}


def sections_of(versions: Iterable[RuleVersion], now_ms: int, named: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What lies over the packs at a time: rules in force, those on trial beside them, and which are relaxed.

    named: how people are called who relaxed one.
    """
    kept = list(versions)
    standing = in_force(kept, now_ms)
    judging = {rule: _entry(version, RuleState.ACTIVE) for rule, version in standing.items()}
    tried = (version for version in kept if version.state is VersionState.TRIAL)
    judging |= {beside(version.rule): _entry(version, RuleState.TRIAL) for version in tried}
    relaxed = {
        rule: {"until_ms": one.ended_ms, "by": named.get(one.author, one.author), "reason": one.reason}
        for rule, one in standing.items()
        if one.state is VersionState.RELAXED
    }
    return ({"rules": judging} if judging else {}) | ({RELAXED: relaxed} if relaxed else {})


def _entry(version: RuleVersion, state: RuleState) -> dict[str, Any]:
    return {**version.declaration, "version": version.version, "state": str(state)}
