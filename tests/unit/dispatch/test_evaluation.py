"""Figures of a random month against counting with pandas from the raw entries alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from core.declared import Words
from core.errors import IllegalStep
from core.records import HOUR_MS, MINUTE_MS
from dispatch.calendars import Counting, round_the_clock
from dispatch.case import fold, follow
from dispatch.clocks import Obligation, Terms
from dispatch.evaluation import By, Figures, Measure, Outcome, figures, known, of_name, outcome, score, value_of
from dispatch.evaluations import Basis, stepped_ms
from dispatch.kinds import CaseKind, KindClass
from dispatch.log import Entry
from dispatch.months import Month
from dispatch.scores import CaseScore, CaseScoreEntry, score_of
from dispatch.steps import Verb

CALENDARS = {Counting.ALWAYS: round_the_clock()}
LIMITS = {Obligation.FILE: Terms(30 * MINUTE_MS), Obligation.HANDLE: Terms(4 * HOUR_MS)}
KIND = CaseKind("k", "1", Words("积水", "Water"), KindClass.EVENT, "市水务局", limits=LIMITS, capabilities=("pump",))
ABLE = {"pump-1": frozenset({"pump"}), "patrol-1": frozenset[str]()}
DAY_END_MS = 10_000 * HOUR_MS


def a_month() -> tuple[list[Outcome], pd.DataFrame]:
    """200 cases with random times; and one row an entry, for the oracle."""
    rng, outcomes, rows = np.random.default_rng(11), [], []
    for number in range(200):
        log = a_case(f"C{number}", rng)
        case = None
        for at, entry in enumerate(log):
            case = follow(case, log[:at], entry, CALENDARS)
        assert case is not None
        outcomes.append(outcome(case, log, KIND, ABLE, (DAY_END_MS, CALENDARS)))
        rows += [
            (e.case, str(e.verb), e.at_ms, e.fields.get("lead"), e.fields.get("unit"), e.assignment,
             e.fields.get("satisfied")) for e in log
        ]  # fmt: skip
    names = ["case", "verb", "at_ms", "lead", "unit", "assignment", "satisfied"]
    return outcomes, pd.DataFrame(rows, columns=names)


def a_case(name: str, rng: np.random.Generator) -> list[Entry]:
    """Filed, sent to one of two departments with two units, sometimes redone, closed, sometimes appealed."""
    minute, log = 0.0, []

    def add(verb: Verb, after_min: float, task: str = "", **fields: object) -> None:
        nonlocal minute
        minute += after_min
        at_ms = int(minute * MINUTE_MS)
        by = "li" if verb is Verb.GRANT_APPEAL else "wang"
        log.append(Entry(len(log) + 1, name, verb, at_ms, at_ms, by, assignment=task, fields=fields, terms=LIMITS))

    add(Verb.REPORT, 0, kind="k", title="积水", area=str(rng.choice(["440902", "440981"])))
    add(Verb.FILE, rng.uniform(1, 60))
    add(Verb.DISPATCH, rng.uniform(1, 60), lead=str(rng.choice(["水务局", "城管局"])))
    add(Verb.TAKE, rng.uniform(1, 30))
    for task, unit in (("a", "patrol-1"), ("b", "pump-1")):
        add(Verb.NOTIFY, 0, task, unit=unit)
        if rng.random() < 0.8:
            add(Verb.ARRIVE, rng.uniform(1, 60), task)
    add(Verb.FINISH, rng.uniform(10, 300), result="好了")
    if rng.random() < 0.3:
        add(Verb.REDO, 10, reason="还有水")
        add(Verb.FINISH, rng.uniform(10, 300), result="好了")
    add(Verb.VERIFY, 5)
    rated = {"satisfied": float(rng.integers(0, 101))} if rng.random() < 0.7 else {}
    add(Verb.CLOSE, 5, **rated)
    if rng.random() < 0.2:
        add(Verb.APPEAL, 5, reason="不可抗力")
        add(Verb.GRANT_APPEAL, 5)
    return log


def expected(entries: pd.DataFrame, lead: str) -> Figures:
    """The same figures, counted from rows."""
    lead_of = entries[entries.verb == "dispatch"].set_index("case").lead
    mine = entries[entries.case.map(lead_of) == lead]
    granted = set(mine[mine.verb == "grant-appeal"].case)
    counted = mine[~mine.case.isin(granted)]
    at = counted.groupby(["case", "verb"]).at_ms
    first, last = at.first().unstack(), at.last().unstack()
    filed = (first["file"] - first["report"]) <= 30 * MINUTE_MS
    # The clock of handling runs from dispatch to the first finish, and anew from a redo to the last finish.
    handled = (first["finish"] - first["dispatch"]) <= 4 * HOUR_MS
    redo = first["redo"].notna() if "redo" in first else pd.Series(False, index=first.index)
    again = (last["finish"] - first["redo"]) <= 4 * HOUR_MS
    handled &= again | ~redo
    arrived = counted[counted.verb == "arrive"].merge(
        counted[counted.verb == "notify"][["case", "assignment", "unit"]], on=["case", "assignment"]
    )
    soon = arrived.groupby("case").at_ms.min() - first["dispatch"]
    pump = arrived[arrived.unit_y == "pump-1"].groupby("case").at_ms.min() - first["dispatch"]
    return Figures(
        cases=counted.case.nunique(),
        excluded=len(granted),
        on_time={
            Obligation.FILE: (int(filed.sum()), len(filed)),
            Obligation.HANDLE: (int(handled.sum()), len(handled)),
        },
        redone=int(redo.sum()),
        reopened=0,
        first_arrival_ms=float(soon.median()),
        first_able_ms=float(pump.median()),
        satisfied=float(counted.satisfied.mean()),
    )


@pytest.mark.claim("COMMAND", "Evaluation from the log alone equals an independent count from its entries.")
def test_figures_equal_an_independent_count() -> None:
    outcomes, entries = a_month()
    found = figures(outcomes, By.LEAD)
    assert set(found) == {"水务局", "城管局"}
    for lead, of in found.items():
        wanted = expected(entries, lead)
        assert of.satisfied == pytest.approx(wanted.satisfied)
        assert (of.cases, of.excluded, of.on_time, of.redone) == (
            wanted.cases,
            wanted.excluded,
            wanted.on_time,
            wanted.redone,
        )
        assert of.first_arrival_ms == pytest.approx(wanted.first_arrival_ms)
        assert of.first_able_ms == pytest.approx(wanted.first_able_ms)


def test_one_case_counted_by_hand() -> None:
    """Dispatched, returned and dispatched again, redone twice, rated twice; an appeal that was denied."""
    log: list[Entry] = []

    def add(minute: float, verb: Verb, task: str = "", by: str = "wang", **fields: object) -> None:
        at_ms = int(minute * MINUTE_MS)
        log.append(Entry(len(log) + 1, "C", verb, at_ms, at_ms, by, assignment=task, fields=fields, terms=limits))

    limits = LIMITS | {Obligation.CLOSE: Terms(1000 * HOUR_MS), Obligation.REPLY: Terms(9999 * HOUR_MS)}
    add(0, Verb.REPORT, kind="k", title="积水", area="440902")
    add(40, Verb.FILE, by="chen")  # ten minutes late
    add(50, Verb.DISPATCH, lead="城管局")
    add(60, Verb.RETURN, reason="不属我局")
    add(70, Verb.DISPATCH, lead="水务局")
    add(75, Verb.NOTIFY, "a", unit="patrol-1")
    add(80, Verb.NOTIFY, "b", unit="pump-1")
    add(90, Verb.ARRIVE, "a")
    add(100, Verb.TAKE, by="zhou")
    add(120, Verb.ARRIVE, "b")
    for minute in (130, 150):
        add(minute, Verb.FINISH, result="好了")
        add(minute + 5, Verb.REDO, reason="还有水")
    add(160, Verb.FINISH, result="好了")
    add(165, Verb.VERIFY)
    add(170, Verb.CLOSE, satisfied=20)
    add(180, Verb.CALL_BACK, satisfied=90)
    add(190, Verb.APPEAL, by="zhou", reason="台风")
    asked = said_of(log)
    add(200, Verb.DENY_APPEAL, reason="不成立")
    denied = said_of(log)
    assert (asked.appeal, denied.appeal) == ("asked", "denied") and not asked.excluded and not denied.excluded
    assert denied.on_time == {Obligation.FILE: False, Obligation.HANDLE: True, Obligation.CLOSE: True}
    assert (denied.lead, denied.units, denied.satisfied) == ("水务局", ("patrol-1", "pump-1"), 90.0)
    assert denied.persons == ("chen", "wang", "zhou")
    assert (denied.first_arrival_ms, denied.first_able_ms) == (40 * MINUTE_MS, 70 * MINUTE_MS)
    of = figures([denied], By.ALL)[""]
    assert (of.cases, of.excluded, of.redone, of.reopened) == (1, 0, 1, 0), "a case that was redone, however often"
    assert Obligation.REPLY not in of.on_time, "what still runs in time says nothing yet"


def said_of(log: list[Entry]) -> Outcome:
    """What a case says two hundred hours later."""
    case = fold(log, CALENDARS)
    return outcome(case, log, KIND, ABLE, (200 * HOUR_MS, CALENDARS))


def test_a_figure_rests_on_the_cases_behind_it() -> None:
    outcomes, _ = a_month()
    for lead, of in figures(outcomes, By.LEAD).items():
        under = [one for one in of_name(outcomes, By.LEAD, lead) if not one.excluded]
        for measure in Measure:
            values = [value for one in under if (value := value_of(one, measure)) is not None]
            found = known(of, measure)
            assert found.cases == len(values)
            middle = np.median if measure in (Measure.FIRST_ARRIVAL, Measure.FIRST_ABLE) else np.mean
            assert found.value == (pytest.approx(middle(values)) if values else None)
    assert known(figures([], By.ALL).get("") or Figures(0, 0, {}, 0, 0, None, None, None), Measure.REDONE).value is None


def test_the_parts_add_up_to_the_whole() -> None:
    outcomes, _ = a_month()
    for by in (By.LEAD, By.AREA, By.KIND):
        assert sum(of.cases + of.excluded for of in figures(outcomes, by).values()) == 200


def test_one_mark_weighs_what_is_known() -> None:
    of = Figures(10, 0, {Obligation.FILE: (9, 10)}, 2, 0, None, None, None)
    assert score(
        of, {Measure.FILE: 3.0, Measure.REDONE: 1.0, Measure.SATISFIED: 5.0, Measure.CLOSE: 2.0}
    ) == pytest.approx((270 + 80) / 4)
    assert score(of, {Measure.SATISFIED: 1.0}) is None


def test_nobody_decides_on_his_own_appeal() -> None:
    log = a_case("C1", np.random.default_rng(1))
    log = [one for one in log if one.verb not in (Verb.APPEAL, Verb.GRANT_APPEAL)]
    asked = replace(log[-1], number=len(log) + 1, verb=Verb.APPEAL, by="wang", fields={"reason": "台风"}, terms={})
    answer = replace(asked, number=asked.number + 1, verb=Verb.GRANT_APPEAL)
    case = fold([*log, asked], CALENDARS)
    with pytest.raises(IllegalStep, match="asked"):
        follow(case, [*log, asked], answer, CALENDARS)
    assert follow(case, [*log, asked], replace(answer, by="zhou"), CALENDARS).appeal == "granted"


def test_a_corrected_close_counts_where_it_belongs() -> None:
    log = a_case("C1", np.random.default_rng(1))
    closed = next(one for one in log if one.verb is Verb.CLOSE)
    moved = {"entry": closed.number, "at_ms": closed.at_ms - HOUR_MS, "reason": "补录"}
    log.append(replace(closed, number=len(log) + 1, verb=Verb.CORRECT, fields=moved, terms={}))
    assert stepped_ms(log)[Basis.CLOSED] == (closed.at_ms - HOUR_MS,)


def test_weights_hold_for_their_days() -> None:
    old = CaseScore("old", Words("旧", "old"), date(2024, 1, 1), date(2025, 6, 30), {Measure.FILE: 1})
    new = CaseScore("new", Words("新", "new"), date(2025, 7, 1), None, {Measure.CLOSE: 1})
    assert [score_of(month, (old, new)) for month in (Month(2023, 12), Month(2025, 6), Month(2025, 7))] == [
        None,
        old,
        new,
    ]
    with pytest.raises(ValidationError, match="no mark"):
        CaseScoreEntry(name=Words("一", "one"), valid_from=date(2025, 1, 1), weights={Measure.FIRST_ABLE: 1.0})
