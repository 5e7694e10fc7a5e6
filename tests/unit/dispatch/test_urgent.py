"""Which case owes a report, the next stage and its limit; what a paper of then would say today."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.accounts import Role
from core.records import HOUR_MS, MINUTE_MS
from dispatch.calendars import Counting, round_the_clock
from dispatch.case import Case, fold
from dispatch.log import Entry
from dispatch.steps import Verb
from dispatch.urgent import (
    Hand,
    Sent,
    Stage,
    UrgentRule,
    chain_for,
    next_report,
    rule_of,
    signed_by,
    to_sign,
    waits_for,
)
from dispatch.urgent_paper import Changed, Facts, changed, facts_at

CALENDARS = {Counting.ALWAYS: round_the_clock()}
RULE = UrgentRule("r", None, ("water.pipe_burst",), 2, 1800, 7200, 86_400, ("市委值班室",), "")  # type: ignore[arg-type]
STEPS = (
    (0, Verb.REPORT, {"kind": "water.pipe_burst", "title": "爆管", "area": "440902"}),
    (5, Verb.FILE, {}),
    (6, Verb.DISPATCH, {"lead": "市水务局"}),
    (7, Verb.NOTIFY, {"unit": "a"}),
    (9, Verb.ARRIVE, {}),
    (10, Verb.TAKE, {}),
    (60, Verb.FINISH, {"result": "好"}),
    (61, Verb.VERIFY, {}),
    (62, Verb.CLOSE, {}),
)


def log_until(minute: int) -> list[Entry]:
    happened = [(number + 1, at * MINUTE_MS, verb, fields) for number, (at, verb, fields) in enumerate(STEPS)]
    units = {Verb.NOTIFY: "t", Verb.ARRIVE: "t"}
    return [
        Entry(number, "C", verb, at_ms, at_ms, "li", assignment=units.get(verb, ""), fields=fields)
        for number, at_ms, verb, fields in happened
        if at_ms <= minute * MINUTE_MS
    ]


def case_at(minute: int) -> Case:
    return fold(log_until(minute), CALENDARS)


@pytest.mark.claim("COMMAND", "First, follow-up and final report each have their limit from the pack, counted down.")
def test_each_stage_has_its_limit() -> None:
    first = next_report(case_at(10), RULE, [])
    assert first and (first.stage, first.due_ms) == (Stage.FIRST, 1800_000)
    follow = next_report(case_at(10), RULE, [Sent(Stage.FIRST, 20 * MINUTE_MS)])
    assert follow and (follow.stage, follow.due_ms) == (Stage.FOLLOW, 20 * MINUTE_MS + 2 * HOUR_MS)
    final = next_report(case_at(99), RULE, [Sent(Stage.FIRST, 20 * MINUTE_MS)])
    assert final and (final.stage, final.due_ms) == (Stage.FINAL, 62 * MINUTE_MS + 24 * HOUR_MS)
    assert next_report(case_at(99), RULE, [Sent(Stage.FINAL, HOUR_MS)]) is None
    unreported = next_report(case_at(99), RULE, [])
    assert unreported and unreported.stage is Stage.FIRST, "no final report without a first one"
    twice = next_report(case_at(10), RULE, [Sent(Stage.FIRST, 20 * MINUTE_MS), Sent(Stage.FOLLOW, 90 * MINUTE_MS)])
    assert twice and twice.due_ms == 90 * MINUTE_MS + 2 * HOUR_MS, "counted from the last one"
    wanted = next_report(case_at(10), None, [])
    assert wanted and wanted.due_ms is None


def test_the_rule_is_by_kind_or_by_grade() -> None:
    other = replace(RULE, id="soon", kinds=(), grade=1, first_s=600)
    case = case_at(10)
    assert rule_of(case, 0, [RULE, other]) is RULE
    assert rule_of(case, 1, [RULE, other]) is other
    assert rule_of(replace(case, facts={"kind": "x"}), 3, [RULE, other]) is None
    assert rule_of(replace(case, facts={"kind": "x"}), 0, [other]) is None


def test_a_paper_of_then_is_read_from_the_log_of_now() -> None:
    log = log_until(99)
    issued = facts_at(log_until(8), 8 * MINUTE_MS)
    assert (issued.units_sent, issued.units_arrived, issued.state, issued.lead) == (1, 0, "dispatched", "市水务局")
    assert changed(issued.plain(), facts_at(log, 8 * MINUTE_MS)) == [], "what happened later changes no paper"
    moved = Entry(
        10, "C", Verb.CORRECT, 63 * MINUTE_MS, 63 * MINUTE_MS, "li", fields={"entry": 5, "at_ms": 7 * MINUTE_MS}
    )
    late = facts_at([*log, moved], 8 * MINUTE_MS)
    assert changed(issued.plain(), late) == [
        Changed("units_arrived", 0, 1),
        Changed("first_arrival_ms", None, 7 * MINUTE_MS),
    ]
    assert changed(issued.plain() | {"reported_ms": 59_000}, issued) == [], "the same minute is the same time"
    assert isinstance(late, Facts)


def hands(*told: tuple[str, Hand]) -> list[dict[str, str]]:
    return [{"by": by, "hand": hand} for by, hand in told]


@pytest.mark.claim("COMMAND", "A pack says through whose hands an urgent report goes, and who issues it at the end.")
def test_a_draft_goes_through_its_chain() -> None:
    rule = replace(RULE, approval=(Role.SHIFT_LEADER, Role.LEADER, Role.LEADER))
    chain = chain_for(rule, {Role.DUTY})
    assert chain == ["shift-leader", "leader", "leader"]
    trail = hands(("lin", Hand.DRAFTED))
    assert waits_for(chain, trail) == "shift-leader"
    trail += hands(("chen", Hand.PASSED), ("liu", Hand.PASSED))
    assert to_sign(chain, trail) == ["leader"] and signed_by(trail) == {"lin", "chen", "liu"}
    back = [*trail, *hands(("zhang", Hand.RETURNED))]
    assert waits_for(chain, back) == "", "it is its author's again"
    again = [*back, *hands(("lin", Hand.DRAFTED))]
    assert to_sign(chain, again) == chain and signed_by(again) == {"lin"}, "from the beginning"
    assert waits_for(chain, [*trail, *hands(("zhang", Hand.ISSUED))]) == ""


def test_what_an_author_has_seen_he_does_not_check_again() -> None:
    rule = replace(RULE, approval=(Role.SHIFT_LEADER, Role.LEADER))
    assert chain_for(rule, {Role.SHIFT_LEADER}) == ["leader"]
    assert chain_for(rule, {Role.LEADER, Role.SHIFT_LEADER}) == ["leader"], "somebody else issues it"
    assert chain_for(None, set()) == ["leader"]
