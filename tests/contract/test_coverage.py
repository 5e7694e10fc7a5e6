"""Areas without a free unit: found when the last one is sent, told once, gone when one is free; kept over restarts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from office_day import NOW_MS

from accounts.office import Office
from accounts.warden import Warden
from core.acts import ActTopic
from core.records import MINUTE_MS
from core.units import FixRow, UnitRow
from dispatch.book import Now
from dispatch.coverage import Coverage
from dispatch.fleet import UnitBook
from dispatch.units import Duty, Fix
from store import cases, units
from store.cases import AssignmentRow, CaseRow
from store.outbox import told_after
from store.sql import Transaction

NOW = Now("live-440900", "live", "440900", NOW_MS, NOW_MS)
PUMPS = {
    "pump-1": UnitRow("pump-1", "排水1队", "市水务局", ("pump", "boat"), "440902"),
    "pump-2": UnitRow("pump-2", "排水2队", "市水务局", ("pump",), "440902"),
    "pump-3": UnitRow("pump-3", "排水3队", "市水务局", ("pump",), "440904"),
    "roving": UnitRow("roving", "机动队", "市水务局", ("pump",)),
}


def at(minutes: int) -> Now:
    return replace(NOW, city_ms=NOW_MS + minutes * MINUTE_MS, real_ms=NOW_MS + minutes * MINUTE_MS)


def looks(office: Office, minutes: int) -> tuple[int, dict[tuple[str, str], int]]:
    """One look of another process: how many are new, and all that are known, by minute."""
    book = UnitBook(Warden(office.database, office.journal), lambda: PUMPS, lambda: NOW.scene)
    new = Coverage(office.database, book).turn(at(minutes))
    with office.database.reading() as connection:
        return new, {void: (ms - NOW_MS) // MINUTE_MS for void, ms in units.voids(connection, NOW.scene).items()}


def sends(connection: Transaction, *names: str) -> None:
    """Who is at work, and nobody else."""
    rows = [AssignmentRow("A", f"t-{name}", name, "accepted", False, NOW_MS) for name in names]
    cases.put_assignments(connection, "A", rows)


@pytest.fixture
def case(office: Office) -> None:
    row = CaseRow(
        *("A", NOW.scene, "live", "k", "积水", 0, "handling", "none", True, "440902", "t", "局", None, None, None),
        *(NOW_MS, NOW_MS, None, "", "", "", 1, {}),
    )
    with office.database.transaction() as connection:
        cases.add_case(connection, row)


@pytest.mark.claim("COMMAND", "An area that is left without a free unit of a capability is found, kept and told once.")
def test_the_last_one_leaves_a_void(office: Office, case: None) -> None:
    assert looks(office, 0) == (0, {})
    with office.database.transaction() as connection:
        sends(connection, "pump-1")
    assert looks(office, 1) == (1, {("440902", "boat"): 1})
    with office.database.transaction() as connection:
        sends(connection, "pump-1", "pump-2", "roving")
    assert looks(office, 2) == (1, {("440902", "boat"): 1, ("440902", "pump"): 2})
    assert looks(office, 3)[0] == 0, "known, also to another process"
    with office.database.transaction() as connection:
        sends(connection, "pump-2")
        units.put_unit(connection, replace(PUMPS["pump-3"], off=True))
    assert looks(office, 4) == (1, {("440904", "pump"): 4})
    with office.database.reading() as connection:
        rows = told_after(connection, 0)
    calls = [row.body for row in rows if row.topic == ActTopic.CALL]
    assert [(one["area"], one["about"]["capability"], one["to"]) for one in calls] == [
        ("440902", "boat", ["role:dispatcher"]),
        ("440902", "pump", ["role:dispatcher"]),
        ("440904", "pump", ["role:dispatcher"]),
    ]
    assert len({one["key"] for one in calls}) == 3
    told = [row.body["voids"] for row in rows if row.topic == ActTopic.COVERAGE]
    assert told[-1] == [["440904", "pump", NOW_MS + 4 * MINUTE_MS]]


def test_what_another_scene_sends_out_leaves_no_void_here(office: Office, case: None) -> None:
    with office.database.transaction() as connection:
        cases.add_case(connection, replace(cases.case_of(connection, "A"), id="B", scene="replay-440900"))
        cases.put_assignments(connection, "B", [AssignmentRow("B", "t", "pump-3", "accepted", False, NOW_MS)])
    assert looks(office, 1) == (0, {})


def test_who_is_reserved_and_where_he_was_seen_last(office: Office, case: None) -> None:
    """A unit that is kept free for a task is no free one; of two positions the newer one counts, whoever told it."""
    told = FixRow("pump-1", 110.90, 21.60, 10.0, NOW_MS, "person:crew")
    with office.database.transaction() as connection:
        cases.put_assignments(connection, "A", [AssignmentRow("A", "t", "pump-1", "reserved", False, NOW_MS)])
        units.put_fix(connection, told)
    declared = PUMPS | {"pump-1": replace(PUMPS["pump-1"], device="gps-1")}
    book = UnitBook(Warden(office.database, office.journal), lambda: declared, lambda: NOW.scene)
    for seen_ms, lon_deg in ((NOW_MS - 1, 110.90), (NOW_MS + 1, 110.95)):
        found = {one.id: one for one in book.units({"gps-1": Fix(110.95, 21.60, 10.0, seen_ms)})}
        assert found["pump-1"].fix is not None and found["pump-1"].fix.lon_deg == lon_deg
        assert (found["pump-1"].duty, found["pump-2"].duty) == (Duty.RESERVED, Duty.FREE)
