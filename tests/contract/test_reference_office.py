"""Sheets of station references in a real database: who may do what, and what then lies over the packs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prerequisites import REPOSITORY
from test_rule_office import somebody

from accounts.journal import Journal
from accounts.warden import Warden
from catalogue.load import load
from core.accounts import Reach, Role
from core.errors import DeclarationError, NotAllowed, Objection, UnknownName
from core.records import HOUR_MS
from core.reference_sheets import SheetState
from early_warning.bounds import reference_at
from early_warning.reference_office import Concerned, ReferenceOffice
from store.sql import Database
from workers.adoption import references_of

CITY, NOW_MS = "440900", 1_795_341_600_000
LI, WANG = somebody("li", Role.RULES), somebody("wang", Role.REVIEWER)
ROW: dict[str, Any] = {"name": "warning", "value": 117.9, "unit": "m", "datum": "1985国家高程基准", "source": "文"}
SHEET = {"mm-river-01": [ROW, ROW | {"value": 117.2, "season": ["07-01", "09-15"], "period": "主汛期"}]}
PROMISED = [["江河水位", "98.0%", "3 (0/0/1/2)", "4 (0/0/2/2)", "1", "0", "—"]]


@pytest.fixture
def office(database: Database, tmp_path: Path) -> ReferenceOffice:
    warden = Warden(database, Journal(database, "sha256", tmp_path))
    unfit = ["no such station"]
    return ReferenceOffice(
        warden, Concerned(CITY, ("water",)), lambda wanted: [] if set(wanted) <= {"mm-river-01"} else unfit
    )


def laid_over(office: ReferenceOffice, at_ms: int) -> dict[str, dict[str, Any]]:
    return references_of(office.sheets(), at_ms)


@pytest.mark.claim("WARN", "References of a sheet judge from their time on, once somebody else has approved it.")
def test_a_sheet_is_released_by_somebody_else(office: ReferenceOffice) -> None:
    draft = office.draw_up(LI, SHEET, PROMISED, NOW_MS)
    assert (draft.state, draft.number, laid_over(office, NOW_MS)) == (SheetState.DRAFT, 1, {})
    with pytest.raises(Objection):
        office.submit(LI, draft.number, " ", NOW_MS)
    office.submit(LI, draft.number, "水文年鉴改版", NOW_MS)
    with pytest.raises(NotAllowed):
        office.approve(LI, draft.number, 0, NOW_MS)
    with pytest.raises(Objection, match="in review"):
        office.draw_up(LI, SHEET, [], NOW_MS)
    office.approve(WANG, draft.number, NOW_MS + HOUR_MS, NOW_MS)
    assert laid_over(office, NOW_MS + HOUR_MS - 1) == {}
    over = laid_over(office, NOW_MS + HOUR_MS)
    assert over == {"devices": {"mm-river-01": {"references": SHEET["mm-river-01"]}}}
    (kept,) = office.sheets()
    assert (kept.approver, kept.reason, [list(row) for row in kept.promised]) == (
        "person:wang",
        "水文年鉴改版",
        PROMISED,
    )

    station = load(REPOSITORY / "packs", CITY, over).devices["mm-river-01"]
    summer, winter = 1_784_800_000_000, 1_795_341_600_000  # 23 July and 22 November 2026
    found = [reference_at(station, name, at_ms) for name, at_ms in (("warning", summer), ("warning", winter))]
    assert [one and one.value for one in found] == [117.2, 117.9]
    assert reference_at(station, "guaranteed", winter) is None, "the sheet says all of a station"


def test_who_may_and_who_was_faster(office: ReferenceOffice) -> None:
    for stranger in (somebody("zhou", Role.LEADER), somebody("he", Role.RULES, Reach(areas=("440981",)))):
        with pytest.raises(NotAllowed):
            office.draw_up(stranger, SHEET, [], NOW_MS)
    with pytest.raises(NotAllowed):  # of another topic than the rules that read references
        office.draw_up(somebody("hu", Role.RULES, Reach(topics=("air",))), SHEET, [], NOW_MS)
    first, second = (office.draw_up(LI, SHEET, [], NOW_MS) for _ in range(2))
    assert [one.state for one in office.sheets()] == [SheetState.DRAFT, SheetState.DROPPED], "one is open at a time"
    with pytest.raises(Objection):
        office.submit(LI, first.number, "依据", NOW_MS)
    office.submit(LI, second.number, "依据", NOW_MS)
    back = office.send_back(WANG, second.number, "缺文号", NOW_MS)
    assert (back.state, back.remark) == (SheetState.DRAFT, "缺文号")
    office.drop(LI, second.number, NOW_MS)
    with pytest.raises(Objection):
        office.drop(LI, second.number, NOW_MS)
    with pytest.raises(UnknownName):
        office.drop(LI, 99, NOW_MS)
    with pytest.raises(DeclarationError):
        office.draw_up(LI, {"r9": [ROW]}, [], NOW_MS)


def test_of_two_sheets_the_later_one_counts_for_the_stations_that_it_names(office: ReferenceOffice) -> None:
    for value, effective_ms in ((118.0, NOW_MS + 9), (117.0, NOW_MS)):
        draft = office.draw_up(LI, {"mm-river-01": [ROW | {"value": value}]}, [], NOW_MS)
        office.submit(LI, draft.number, "依据", NOW_MS)
        office.approve(WANG, draft.number, effective_ms, NOW_MS)
    found = [laid_over(office, NOW_MS + ms)["devices"]["mm-river-01"]["references"][0]["value"] for ms in (0, 9)]
    assert found == [117.0, 118.0]
