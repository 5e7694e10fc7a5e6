"""A reading, the indicators of indicators above it, and the rule on the last of them: one tick, also when late."""

import pytest
from pane_maker import Reading, batch_of, panes_of
from small_city import AREAS, DEVICES, FEEDS, MINUTE_MS, SAME, SOURCE, T0_MS, indicator

from core.records import CityWarning, Level, Stamp, WarningPhase
from early_warning.rule import LevelBound, Rule, RuleState
from early_warning.watch import Watch
from indicators.city import CityFold
from indicators.definition import Aggregate, Direction, Input, Part, RollUp

LOSS = ((0.0, 100.0), (50.0, 0.0))
INDICATORS = {
    one.id: one
    for one in (
        indicator("rain", ("rain",), 300, Aggregate.SUM, RollUp.MAX),
        indicator(
            "rise", (), 300, Aggregate.LAST, RollUp.MEAN, formula="now - before", levels=("county", "city"),
            inputs=(Input("now", "rain"), Input("before", "rain", ago_s=300)),
        ),
        indicator(
            "index", (), 300, Aggregate.LAST, RollUp.MEAN, levels=("city",),
            parts=(Part("rain", 1, LOSS), Part("rise", 1, LOSS)),
        ),
    )
}  # fmt: skip
BOUNDS = (LevelBound(Level.RED, "index", bound=60.0),)
RULE = Rule("low", "1", SAME, "test", "city", Direction.DOWN_BAD, BOUNDS, RuleState.ACTIVE, SOURCE)


class Line:
    """The second stage with its rules."""

    def __init__(self) -> None:
        self.city = CityFold(INDICATORS, DEVICES, AREAS, FEEDS, {})
        self.watch = Watch({"low": RULE}, INDICATORS, DEVICES, AREAS, FEEDS)

    def at(self, minute: int, *readings: tuple[str, float, float]) -> list[CityWarning]:
        told = [Reading(device, T0_MS + int(at * MINUTE_MS), value) for device, at, value in readings]
        if told:
            self.city.fold(batch_of(panes_of(told, MINUTE_MS), "rain", (), 0))
        now_ms = T0_MS + minute * MINUTE_MS
        return self.watch.judge(self.city.tick(now_ms), now_ms, Stamp.TEST)


@pytest.mark.claim("ENGINE", "A rule on a score judges it in the tick of the reading, and late data correct both")
def test_a_rule_on_a_score_fires_in_the_tick_of_the_reading() -> None:
    line = Line()
    dry = [(device, minute + 0.5, 0.0) for device in ("g1", "g2", "g3") for minute in range(15)]
    assert line.at(15, *dry) == []
    (warning,) = line.at(16, ("g1", 14.6, 40.0))  # rain 40 scores 20, a rise of 40 scores 20
    assert (warning.level, warning.subject, warning.value) == (Level.RED, AREAS.city.id, pytest.approx(20.0))
    assert warning.since_ms == T0_MS + 15 * MINUTE_MS
    # Late: it rained as much before, so there is no rise now (20 and 100 make 60), but there was one then.
    changed = {one.since_ms: one for one in line.at(17, ("g2", 9.6, 40.0))}
    assert changed[warning.since_ms].phase is WarningPhase.RETRACTED
    before = changed[T0_MS + 10 * MINUTE_MS]
    assert (before.phase, before.ended_ms, before.late) == (WarningPhase.CLEARED, warning.since_ms, True)
