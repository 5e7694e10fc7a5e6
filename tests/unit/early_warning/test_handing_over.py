"""Another version of a rule goes on with what stands: the levels are its backtest's, the warnings those of before."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river_town import AREAS, COUNTY, DEVICES, FEEDS, INDICATORS, MINUTE_MS, SAME, T0_MS, rule, told
from test_live_rules import Values, any_rule, history, past

from core.declared import Words
from core.records import CityWarning, Level, Stamp, WarningPhase
from early_warning.backtest import Case, backtest
from early_warning.rule import Judged, LevelBound, NoData, Override, Rule, RuleState
from early_warning.rule_watch import Judging
from early_warning.watch import Watch

BLUE, RED = LevelBound(Level.BLUE, "stage", 5.0, hysteresis=0.5), LevelBound(Level.RED, "stage", 8.0, hysteresis=0.5)
PLAIN = rule(BLUE, RED)


def blue_at(bound: float, **more: object) -> Rule:
    return replace(PLAIN, version="2", bounds=(replace(BLUE, bound=bound), RED), **more)


class Town:
    """A rule over three stations, judged minute by minute, its versions one after another."""

    def __init__(self, one: Rule = PLAIN, stations: str = "s1 s2 s3") -> None:
        self.watch = self.of(one, stations)
        self.newest: dict[str, CityWarning] = {}
        self.now_ms = T0_MS

    @staticmethod
    def of(one: Rule, stations: str) -> Watch:
        devices = {name: DEVICES[name] for name in stations.split()}
        return Watch({one.id: one}, INDICATORS, devices, AREAS, FEEDS)

    def values(self, first: int, *levels_m: float, station: str = "s1") -> list[CityWarning]:
        changed = []
        for minute, level_m in enumerate(levels_m, first):
            batch = told(("stage", station), T0_MS + minute * MINUTE_MS, (level_m, 1.0, 0.0))
            self.now_ms = max(self.now_ms, T0_MS + minute * MINUTE_MS)
            changed += self.keep(self.watch.judge([batch], self.now_ms, Stamp.TEST))
        return changed

    def becomes(self, one: Rule, stations: str = "s1 s2 s3") -> list[CityWarning]:
        """As an engine changes over, and the successor begins from what it left."""
        heir = self.of(one, stations)
        changed = self.watch.hand_over(heir, self.now_ms, Judging(self.now_ms, Stamp.TEST))
        left = {key: chunk for key, chunk in self.watch.dirty().items() if chunk is not None}
        same = {key: chunk for key, chunk in left.items() if self.watch.layout == heir.layout}
        self.watch = self.of(one, stations)
        self.watch.restore(same | heir.inherited())
        return self.keep(changed)

    def keep(self, changed: list[CityWarning]) -> list[CityWarning]:
        for warning in changed:
            before = self.newest.get(warning.id)
            assert warning.revision == (before.revision + 1 if before else 1)
            self.newest[warning.id] = warning
        return changed


def minute_ms(minute: int) -> int:
    return T0_MS + minute * MINUTE_MS


@pytest.mark.claim(
    "WARN", "What still stands under a new version of its rule goes on: same warning, same since, no ring."
)
def test_what_still_stands_goes_on_and_says_from_which_version() -> None:
    town = Town()
    (opened,) = town.values(0, 5.2)
    (kept,) = town.becomes(blue_at(5.1))
    assert (kept.id, kept.since_ms, kept.level, kept.phase) == (opened.id, T0_MS, Level.BLUE, WarningPhase.ACTIVE)
    assert (kept.rule_version, kept.bound, kept.facts["goes_on_from"]) == ("2", 5.1, "1")
    assert {w.revision > 1 and w.phase is WarningPhase.ACTIVE for w in town.values(1, 5.2)} <= {True}
    (over,) = town.values(2, 4.0)
    assert (over.id, over.phase, over.ended_ms, over.since_ms) == (opened.id, WarningPhase.CLEARED, minute_ms(2), T0_MS)
    assert over.facts["goes_on_from"] == "1" and "rule_replaced" not in over.facts


@pytest.mark.claim(
    "WARN", "What stands no more under a new version of its rule ends at once, with that for its reason."
)
def test_what_stands_no_more_ends_by_the_change() -> None:
    town = Town()
    (opened,) = town.values(0, 5.2)
    (ended,) = town.becomes(blue_at(5.5))
    assert (ended.id, ended.phase, ended.rule_version) == (opened.id, WarningPhase.CLEARED, "1")
    assert ended.facts["rule_replaced"] and ended.ended_ms == T0_MS
    assert town.values(1, 5.3) == [], "within the hysteresis of a bound that it never reached"
    (again,) = town.values(2, 5.5)
    assert again.id != opened.id and "goes_on_from" not in again.facts


def test_what_rises_rises_and_what_only_now_reaches_opens() -> None:
    town = Town()
    (opened,) = town.values(0, 5.2)
    town.values(0, 4.9, station="s2")
    sooner = replace(PLAIN, version="2", bounds=(replace(BLUE, bound=4.8), replace(RED, bound=5.1)))
    risen, new = sorted(town.becomes(sooner), key=lambda warning: warning.subject)
    assert (risen.id, risen.level, risen.peak, risen.since_ms) == (opened.id, Level.RED, Level.RED, T0_MS)
    assert (new.subject, new.level, new.revision, new.late) == ("s2", Level.BLUE, 1, False)
    (fallen,) = (w for w in town.becomes(replace(PLAIN, version="3")) if w.phase is WarningPhase.ACTIVE)
    assert (fallen.id, fallen.level, fallen.peak, fallen.facts["goes_on_from"]) == (
        opened.id,
        Level.BLUE,
        Level.RED,
        "2",
    )
    assert town.newest[new.id].facts["rule_replaced"]


def test_another_name_is_another_name() -> None:
    town = Town()
    town.values(0, 5.2)
    assert town.becomes(replace(PLAIN, name=Words("新名", "new"), inhibited_by=())) == []
    assert {w.revision > 1 and w.phase is WarningPhase.ACTIVE for w in town.values(1, 5.2)} <= {True}
    assert town.becomes(replace(PLAIN, name=SAME)) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, version="2", state=RuleState.TRIAL),
        replace(PLAIN, version="2", bounds=(replace(BLUE, judged=Judged.RATE, over_s=60), RED)),
        replace(PLAIN, version="2", subjects="county"),
        replace(PLAIN, version="2", min_reporting=0.5),
        replace(PLAIN, version="2", valid_from_ms=T0_MS + 1),
    ],
)
def test_what_judges_otherwise_does_not_go_on(other: Rule) -> None:
    town = Town()
    (opened,) = town.values(0, 5.2)
    (ended,) = town.becomes(other)
    assert ended.id == opened.id and ended.facts["rule_replaced"]


def test_a_relaxation_and_its_end_leave_one_warning() -> None:
    """What another version told of the time before is never taken back by the next one."""
    town = Town()
    town.values(0, 5.2, 4.0, 5.6)
    first, second = town.newest.values()
    town.becomes(blue_at(5.4))
    town.values(3, 5.6)
    town.becomes(PLAIN)
    town.values(4, 5.6, 5.7)
    town.values(0, 3.0)  # late: the first one never was, but that is told and over
    assert (town.newest[first.id].phase, town.newest[first.id].ended_ms) == (WarningPhase.CLEARED, minute_ms(1))
    standing = [w for w in town.newest.values() if w.phase is WarningPhase.ACTIVE]
    assert [(w.id, w.since_ms, w.rule_version, w.facts["goes_on_from"]) for w in standing] == [
        (second.id, minute_ms(2), "1", "2")
    ]


def test_what_has_stood_for_hours_goes_on_where_its_bound_moved_no_further() -> None:
    """Beyond the kept past nothing but the level is known."""
    for bound, goes_on in ((5.0, True), (4.9, True), (5.1, False)):
        town = Town()
        town.values(0, 5.2, *[4.8] * 240)
        (warning,) = town.becomes(replace(blue_at(bound), bounds=(replace(BLUE, bound=bound), replace(RED, bound=9.0))))
        assert (warning.phase is WarningPhase.ACTIVE) is goes_on, bound
        assert warning.since_ms == T0_MS


def test_a_hold_longer_than_the_kept_past_goes_on() -> None:
    held = replace(PLAIN, bounds=(BLUE, replace(RED, hold_s=3 * 3600)))
    town = Town(held)
    town.values(0, *[8.5] * 170)
    town.becomes(replace(held, version="2", bounds=(replace(BLUE, bound=5.1), held.bounds[1])))
    risen = [w for w in town.values(170, *[8.5] * 15) if w.level is Level.RED]
    assert [(w.since_ms, w.decided_ms) for w in risen[:1]] == [(T0_MS, minute_ms(180))]


def test_lost_data_keep_what_stands_and_since_when_they_are_lost() -> None:
    lost = replace(PLAIN, no_data=NoData.LOST, no_data_after_s=600)
    town = Town(lost)
    town.values(0, 5.2, *[float("nan")] * 240)
    (before,) = town.newest.values()
    assert before.facts["lost_ms"] == minute_ms(1)
    (kept,) = town.becomes(replace(lost, version="2", bounds=(replace(BLUE, bound=5.1), RED)))
    assert (kept.id, kept.phase, kept.facts["lost_ms"]) == (before.id, WarningPhase.ACTIVE, minute_ms(1))


def test_a_station_that_comes_or_goes_leaves_the_others_alone() -> None:
    town = Town(stations="s1 s2")
    town.values(0, 5.2)
    town.values(0, 5.3, station="s2")
    assert town.becomes(PLAIN, "s1 s2 s3") == []
    assert {w.revision > 1 and w.phase is WarningPhase.ACTIVE for w in town.values(1, 5.2)} <= {True}
    (gone,) = town.becomes(PLAIN, "s2 s3")
    assert gone.subject == "s1" and gone.facts["rule_replaced"]
    (still,) = [w for w in town.newest.values() if w.phase is WarningPhase.ACTIVE]
    assert still.subject == "s2"
    assert [w.subject for w in town.values(2, 5.4, station="s3")] == ["s3"]


def test_what_flapped_in_silence_is_silent_under_the_next_version() -> None:
    town = Town()
    town.values(0, *[5.2, 4.0] * 6, 5.2)
    (before,) = [w for w in town.newest.values() if w.phase is WarningPhase.ACTIVE]
    assert before.facts["flapping"] == 3
    (kept,) = town.becomes(blue_at(5.1))
    assert kept.id == before.id and kept.facts["flapping"] == 3


def rows(values: Values, minute: int) -> list[tuple[tuple[str, str], tuple[float, float, float]]]:
    return [(key, own[minute_ms(minute)]) for key, own in values.items() if minute_ms(minute) in own]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
@pytest.mark.claim(
    "WARN", "From a change of bounds on, live is the backtest of the new version, whatever else a rule says."
)
def test_from_the_turn_on_the_levels_are_those_of_the_backtest(seed: int) -> None:
    rng = random.Random(seed)
    before, values = any_rule(rng), history(rng)
    moved = tuple(
        replace(one, bound=one.bound + rng.choice((-0.6, -0.2, 0.0, 0.3, 0.8)), hold_s=rng.choice((one.hold_s, 180)))
        for one in before.bounds
    )
    after = replace(
        before,
        version="2",
        bounds=moved,
        overrides=rng.choice((before.overrides, (Override(COUNTY, Level.BLUE, 5.1),))),
    )
    town, turn = Town(before), rng.randrange(1, 69)
    for minute in range(70):
        town.now_ms = minute_ms(minute)
        batches = [told(key, minute_ms(minute), row) for key, row in rows(values, minute)]
        town.keep(town.watch.judge(batches, town.now_ms, Stamp.TEST))
        if minute == turn:
            town.becomes(after)
    was, now = backtest([Case(one, tuple(sorted(DEVICES))) for one in (before, after)], past(values))
    for station in DEVICES:
        wanted = [level for at_ms, level in levels(was, station) if at_ms < minute_ms(turn)]
        wanted += [level for at_ms, level in levels(now, station) if at_ms >= minute_ms(turn)]
        spans = [(w.since_ms, w.ended_ms or minute_ms(70)) for w in town.newest.values() if w.subject == station]
        live = [any(since <= minute_ms(at) < ended for since, ended in spans) for at in range(70)]
        assert live == [level > 0 for level in wanted]
        at_end = [w.level for w in town.newest.values() if w.subject == station and w.phase is WarningPhase.ACTIVE]
        assert at_end == [wanted[-1]] * (wanted[-1] > 0)


def levels(outcome, station: str) -> list[tuple[int, int]]:  # type: ignore[no-untyped-def]
    """(window end, level) at each minute."""
    turns = outcome.turns.get(station, ())
    at_ms = np.array([at for at, _ in turns], dtype=np.int64)
    found = np.array([0, *(int(level) for _, level in turns)])
    return [(minute_ms(m), int(found[np.searchsorted(at_ms, minute_ms(m), side="right")])) for m in range(70)]
