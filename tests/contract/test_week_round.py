"""A week after a rule came into force: more or fewer warnings than promised put it back into review, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from kept_warning import warning
from test_rule_office import CITY, LI, NOW_MS, RULE, SHIPPED, WANG, with_bounds

from accounts.journal import Journal
from accounts.warden import Warden
from core.records import DAY_MS, MINUTE_MS, WarningPhase
from core.rule_versions import RuleVersion, VersionState
from early_warning.rule_office import RuleOffice, Shipped, Terms
from early_warning.week_round import WeekRound
from store.sql import Database
from store.warnings import KeptWarning, keep_warnings

SCENE = "live-440900"


class Week:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.warden = database, Warden(database, Journal(database, "sha256", folder))
        self.office = RuleOffice(self.warden, CITY, {RULE: Shipped("1", SHIPPED)}.get, lambda rule, declaration: [])
        self.round = WeekRound(self.warden, CITY, "zh")

    def release(self, a_week: float) -> RuleVersion:
        draft = self.office.save(LI, RULE, with_bounds(blue=4.0), None, "", NOW_MS)
        submitted = self.office.submit(LI, draft, "漏报", NOW_MS)
        return self.office.approve(WANG, submitted, Terms(expected={"a_week": {"blue": a_week}}), NOW_MS)

    def warn(self, count: int, version: str, phase: WarningPhase = WarningPhase.ACTIVE) -> None:
        of_rule = {"rule": RULE, "rule_version": version, "phase": phase}
        told = [warning(f"{phase}{n}", since_ms=NOW_MS + n * MINUTE_MS, **of_rule) for n in range(count)]
        with self.database.transaction() as connection:
            keep_warnings(connection, [KeptWarning(one, SCENE, "440983", "…") for one in told])


@pytest.fixture
def week(database: Database, tmp_path: Path) -> Week:
    return Week(database, tmp_path)


@pytest.mark.claim("WARN", "Seven days later a breach of what was promised sends the rule back to review by itself.")
def test_a_breach_goes_back_to_review_once(week: Week) -> None:
    active = week.release(a_week=4.0)
    week.warn(40, active.version)
    (again,) = week.round.turn(SCENE, NOW_MS + 3 * DAY_MS)
    assert (again.state, again.author, again.based_on) == (VersionState.REVIEW, "system", active.version)
    assert again.declaration == active.declaration and "预计每周 4.0 条，生效 3.0 天实际 40 条" in again.reason
    assert week.round.turn(SCENE, NOW_MS + 4 * DAY_MS) == []
    week.office.drop(LI, again, NOW_MS + 4 * DAY_MS)
    assert week.round.turn(SCENE, NOW_MS + 5 * DAY_MS) == [], "who looked and left it as it is, is not asked again"


def test_too_few_are_told_when_the_week_is_over(week: Week) -> None:
    active = week.release(a_week=40.0)
    week.warn(3, active.version)
    assert week.round.turn(SCENE, NOW_MS + 6 * DAY_MS) == []
    assert week.round.turn("demo-440900", NOW_MS + 9 * DAY_MS) == [], "long ago"
    assert len(week.round.turn(SCENE, NOW_MS + 7 * DAY_MS)) == 1


@pytest.mark.parametrize("count", [0, 3, 6])
def test_what_came_as_promised_stays(week: Week, count: int) -> None:
    active = week.release(a_week=3.0)
    week.warn(count, active.version)
    week.warn(60, active.version, WarningPhase.RETRACTED)
    assert week.round.turn(SCENE, NOW_MS + 7 * DAY_MS) == []


def test_who_works_on_the_rule_is_not_disturbed(week: Week) -> None:
    active = week.release(a_week=1.0)
    week.warn(30, active.version)
    week.office.save(LI, RULE, with_bounds(blue=5.0), None, "", NOW_MS + DAY_MS)
    assert week.round.turn(SCENE, NOW_MS + 2 * DAY_MS) == []
