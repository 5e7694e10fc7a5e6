"""The life of a rule in a real database: who may do what to it, and what the next person finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounts.bearer import Bearer, Grant
from accounts.journal import Journal
from accounts.warden import Warden
from core.accounts import Reach, Role
from core.errors import DeclarationError, NotAllowed, Objection
from core.records import HOUR_MS
from core.rule_versions import RuleVersion, VersionState
from early_warning.rule_office import Relaxing, RuleOffice, Shipped, Terms
from store import audit
from store.outbox import told_after
from store.rules import in_force, versions_of
from store.sql import Database

CITY, RULE, NOW_MS = "440900", "water.stage", 1_795_341_600_000
SHIPPED: dict[str, Any] = {
    "name": {"zh": "水位", "en": "Stage"},
    "domain": "eco_environment",
    "subjects": "station",
    "direction": "up_bad",
    "bounds": [
        {"level": "red", "indicator": "water.stage", "bound": 9.0},
        {"level": "blue", "indicator": "water.stage", "bound": 5.0, "hold_s": 600},
    ],
    "source": {"standard": "GB 1", "bounds": "verified", "colours": "verified", "note": ""},
}


def somebody(name: str, role: Role, reach: Reach | None = None) -> Bearer:
    return Bearer(f"person:{name}", (Grant(role, reach or Reach(), f"{role}岗"),))


LI, WANG = somebody("li", Role.RULES), somebody("wang", Role.REVIEWER)
BOTH = replace(LI, grants=(*LI.grants, *WANG.grants))
LEADER, SHIFT = somebody("zhou", Role.LEADER), somebody("wu", Role.SHIFT_LEADER)


def with_bounds(red: float = 9.0, blue: float = 5.0, **of_blue: Any) -> dict[str, Any]:
    first, second = SHIPPED["bounds"]
    return SHIPPED | {"bounds": [first | {"bound": red}, second | {"bound": blue} | of_blue]}


@pytest.fixture
def rules(database: Database, tmp_path: Any) -> RuleOffice:
    warden = Warden(database, Journal(database, "sha256", tmp_path))
    shipped = {RULE: Shipped("1", SHIPPED)}
    return RuleOffice(warden, CITY, shipped.get, lambda rule, declaration: [])


@pytest.fixture
def now_judged(database: Database) -> Callable[[int], tuple[str, float] | None]:
    """Version and blue bound that judge at a time; None: what the pack says."""

    def found(at_ms: int) -> tuple[str, float] | None:
        with database.reading() as connection:
            version = in_force(versions_of(connection, CITY), at_ms).get(RULE)
        return (version.version, version.declaration["bounds"][1]["bound"]) if version else None

    return found


def reviewed(rules: RuleOffice, declaration: dict[str, Any], author: Bearer = LI) -> RuleVersion:
    return rules.submit(author, rules.save(author, RULE, declaration, None, "", NOW_MS), "误报多", NOW_MS)


@pytest.mark.claim("WARN", "A draft judges nothing until somebody else approves it; then what was active ends.")
def test_a_rule_is_released_by_somebody_else(rules: RuleOffice, database: Database, now_judged: Any) -> None:
    first = reviewed(rules, with_bounds(blue=5.5))
    assert (first.version, first.based_on, now_judged(NOW_MS)) == ("2", "1", None)
    rules.approve(WANG, first, Terms(effective_ms=NOW_MS + HOUR_MS), NOW_MS)
    assert now_judged(NOW_MS + HOUR_MS - 1) is None
    assert now_judged(NOW_MS + HOUR_MS) == ("2", 5.5)
    second = reviewed(rules, with_bounds(blue=6.0))
    assert (second.version, second.based_on) == ("3", "1")  # version 2 is not active yet
    rules.approve(WANG, second, Terms(), NOW_MS + 2 * HOUR_MS)
    assert now_judged(NOW_MS + 2 * HOUR_MS - 1) == ("2", 5.5)
    assert now_judged(NOW_MS + 2 * HOUR_MS) == ("3", 6.0)
    with database.reading() as connection:
        acts = [(one.act.actor, one.act.action) for one in audit.entries(connection)]
        states = [row.body["state"] for row in told_after(connection, 0) if row.topic == "rules"]
    assert acts.count(("person:li", "rules.edit")) == 4 and acts.count(("person:wang", "rules.release")) == 2
    assert states == ["review", "active", "review", "active"]


@pytest.mark.claim("WARN", "Nobody approves the rule that he drafted, and a leader cannot save one.")
def test_four_eyes(rules: RuleOffice, now_judged: Any) -> None:
    with pytest.raises(NotAllowed):
        rules.save(LEADER, RULE, with_bounds(blue=6.0), None, "", NOW_MS)
    with pytest.raises(NotAllowed):  # of another topic
        rules.save(somebody("hu", Role.RULES, Reach(topics=("air",))), RULE, with_bounds(), None, "", NOW_MS)
    with pytest.raises(NotAllowed):  # of one county: the rule holds in all
        rules.save(somebody("he", Role.RULES, Reach(areas=("440981",))), RULE, with_bounds(), None, "", NOW_MS)
    version = reviewed(rules, with_bounds(blue=6.0), BOTH)
    with pytest.raises(NotAllowed):
        rules.approve(LI, version, Terms(), NOW_MS)
    with pytest.raises(Objection, match="drafted himself"):
        rules.approve(BOTH, version, Terms(), NOW_MS)
    back = rules.send_back(WANG, version, "缺依据", NOW_MS)
    assert (back.state, back.remark) == (VersionState.DRAFT, "缺依据")
    assert now_judged(NOW_MS) is None


@pytest.mark.claim("WARN", "Who saves a rule second is told that somebody else changed it; nothing is lost.")
def test_the_second_writer_is_told(rules: RuleOffice, database: Database) -> None:
    seen = rules.save(LI, RULE, with_bounds(blue=5.5), None, "", NOW_MS)
    with pytest.raises(Objection, match="person:li"):
        rules.save(BOTH, RULE, with_bounds(blue=7.0), None, "", NOW_MS)
    later = rules.save(BOTH, RULE, with_bounds(blue=7.0), seen, "", NOW_MS)
    with pytest.raises(Objection, match="meanwhile"):
        rules.submit(LI, seen, "理由", NOW_MS)
    with database.reading() as connection:
        (kept,) = versions_of(connection, CITY)
    assert kept == later


def test_every_mistake_is_told_at_once(rules: RuleOffice) -> None:
    wrong = with_bounds(clear=7.0, hold_s=-1) | {"subjects": "planet"}
    with pytest.raises(DeclarationError) as refused:
        rules.save(LI, RULE, wrong, None, "", NOW_MS)
    assert len(refused.value.problems) >= 2


@pytest.mark.claim("WARN", "A draft that only tightens needs no second person; one that relaxes anything does.")
def test_tightening_needs_no_second_person(rules: RuleOffice, now_judged: Any) -> None:
    mixed = rules.save(LI, RULE, with_bounds(red=9.5, blue=4.5), None, "", NOW_MS)
    with pytest.raises(Objection, match="more than tighten"):
        rules.tighten(LI, mixed, Terms(), NOW_MS)
    tighter = rules.save(LI, RULE, with_bounds(blue=4.5, hold_s=300), mixed, "", NOW_MS)
    rules.tighten(LI, tighter, Terms(), NOW_MS)
    assert now_judged(NOW_MS) == ("2", 4.5)


@pytest.mark.claim(
    "WARN", "Break-glass: a shift leader relaxes a rule with a reason for at most 24 h; it ends by itself."
)
def test_break_glass(rules: RuleOffice, now_judged: Any) -> None:
    relaxed = with_bounds(blue=7.0, hold_s=1800)
    for wrong, refusal in [
        (Relaxing("台风", 24 * HOUR_MS + 1), "24 hours"),
        (Relaxing(" ", HOUR_MS), "say why"),
    ]:
        with pytest.raises(Objection, match=refusal):
            rules.relax(SHIFT, RULE, relaxed, wrong, NOW_MS)
    with pytest.raises(Objection, match="only relax"):
        rules.relax(SHIFT, RULE, with_bounds(red=8.0, blue=7.0), Relaxing("台风", HOUR_MS), NOW_MS)
    with pytest.raises(NotAllowed):
        rules.relax(LI, RULE, relaxed, Relaxing("台风", HOUR_MS), NOW_MS)
    rules.relax(SHIFT, RULE, relaxed, Relaxing("台风", 3 * HOUR_MS), NOW_MS)
    assert now_judged(NOW_MS) == ("2", 7.0)
    assert now_judged(NOW_MS + 3 * HOUR_MS) is None
    second = rules.relax(SHIFT, RULE, relaxed, Relaxing("又来", 3 * HOUR_MS), NOW_MS + 4 * HOUR_MS)
    rules.end_relaxing(SHIFT, second, NOW_MS + 5 * HOUR_MS)
    assert now_judged(NOW_MS + 5 * HOUR_MS) is None


@pytest.mark.claim("WARN", "Bounds that are only illustrative become active only when the city adopts them by name.")
def test_illustrative_bounds_are_adopted(rules: RuleOffice, now_judged: Any) -> None:
    source = {"standard": "", "bounds": "illustrative", "colours": "illustrative", "note": "示例"}
    version = reviewed(rules, with_bounds(blue=6.0) | {"source": source})
    with pytest.raises(Objection, match="illustrative"):
        rules.approve(WANG, version, Terms(), NOW_MS)
    adopted = rules.approve(WANG, version, Terms(adopts=True, remark="局务会 11-20"), NOW_MS)
    assert adopted.declaration["source"]["bounds"] == "adopted"
    assert now_judged(NOW_MS) == ("2", 6.0)


def test_an_old_version_comes_back_as_a_draft(rules: RuleOffice) -> None:
    first = rules.approve(WANG, reviewed(rules, with_bounds(blue=5.5)), Terms(), NOW_MS)
    rules.approve(WANG, reviewed(rules, with_bounds(blue=6.0)), Terms(), NOW_MS + 1)
    restored = rules.restore(LI, first.number, NOW_MS + 2)
    assert (restored.version, restored.based_on, restored.declaration) == ("4", "3", first.declaration)
    assert rules.put_on_trial(LI, restored, NOW_MS + 3).state is VersionState.TRIAL


def test_what_the_whole_city_refuses_does_not_get_to_trial(database: Database, tmp_path: Any) -> None:
    warden = Warden(database, Journal(database, "sha256", tmp_path))
    strict = RuleOffice(
        warden, CITY, lambda rule: Shipped("1", SHIPPED), lambda rule, declaration: ["no such indicator"]
    )
    draft = strict.save(LI, RULE, with_bounds(), None, "", NOW_MS)  # half an idea may be kept
    with pytest.raises(DeclarationError, match="no such indicator"):
        strict.put_on_trial(LI, draft, NOW_MS)
