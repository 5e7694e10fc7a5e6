"""Versions of rules and complaints, read and written. What is allowed is decided in `early_warning/rule_office.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import RowMapping, insert, select, update

from core.errors import UnknownName
from core.rule_versions import OPEN_STATES, Complaint, RuleVersion, VersionState
from store.sql import Transaction
from store.tables.rules import complaints, rule_versions


def add_version(connection: Transaction, version: RuleVersion) -> RuleVersion:
    """Write a new version; as it is kept, with its number."""
    row = asdict(version)
    del row["number"]
    added = connection.execute(insert(rule_versions).values(**row).returning(rule_versions.c.number))
    return replace(version, number=int(added.scalar_one()))


def change_version(connection: Transaction, version: RuleVersion) -> RuleVersion | None:
    """Write a version that was read with its revision; as it is kept, one revision later.

    None: somebody changed it meanwhile, and nothing was written.
    """
    row = asdict(version) | {"revision": version.revision + 1}
    del row["number"]
    same = (rule_versions.c.number == version.number) & (rule_versions.c.revision == version.revision)
    if not connection.execute(update(rule_versions).where(same).values(**row)).rowcount:
        return None
    return replace(version, revision=version.revision + 1)


def version_numbered(connection: Transaction, number: int) -> RuleVersion:
    """One version. Raises UnknownName."""
    row = connection.execute(select(rule_versions).where(rule_versions.c.number == number)).mappings().first()
    if row is None:
        raise UnknownName(f"no version of a rule has the number {number}")
    return _version(row)


def versions_of(connection: Transaction, city: str, rule: str = "") -> list[RuleVersion]:
    """All versions of one rule, or of all rules of a city, newest first."""
    asked = select(rule_versions).where(rule_versions.c.city == city).order_by(rule_versions.c.number.desc())
    if rule:
        asked = asked.where(rule_versions.c.rule == rule)
    return [_version(row) for row in connection.execute(asked).mappings()]


def open_version(connection: Transaction, city: str, rule: str) -> RuleVersion | None:
    """The version that is being worked on: a rule has at most one."""
    return next((one for one in versions_of(connection, city, rule) if one.state in OPEN_STATES), None)


def in_force(versions: Sequence[RuleVersion], now_ms: int) -> dict[str, RuleVersion]:
    """Rule → the version that judges now; a relaxation goes before what is active, of two the later one."""
    found: dict[str, RuleVersion] = {}
    for one in sorted(versions, key=lambda v: (v.state is VersionState.RELAXED, v.effective_ms, v.number)):
        if one.in_force(now_ms):
            found[one.rule] = one
    return found


def add_complaint(connection: Transaction, complaint: Complaint) -> int:
    """Write a complaint. Returns its number."""
    row = asdict(complaint)
    del row["number"]
    return int(connection.execute(insert(complaints).values(**row).returning(complaints.c.number)).scalar_one())


def answer_complaint(connection: Transaction, number: int, answer: str, answered_by: str, answered_ms: int) -> None:
    """Write the answer."""
    told = {"answer": answer, "answered_by": answered_by, "answered_ms": answered_ms}
    connection.execute(update(complaints).where(complaints.c.number == number).values(**told))


def complaints_about(connection: Transaction, city: str, rule: str = "") -> list[Complaint]:
    """What was said about one rule, or about all of a city, newest first."""
    asked = select(complaints).where(complaints.c.city == city).order_by(complaints.c.number.desc())
    if rule:
        asked = asked.where(complaints.c.rule == rule)
    return [Complaint(**row) for row in connection.execute(asked).mappings()]


def _version(row: RowMapping) -> RuleVersion:
    return RuleVersion(**{**row, "state": VersionState(row["state"])})
