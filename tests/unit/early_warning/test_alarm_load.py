"""The load of alarms against pandas, which counts windows its own way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.records import DAY_MS, HOUR_MS, MINUTE_MS, Level
from early_warning.alarm_load import RECOMMENDED, TEN_MS, Alarm, Load, floods
from early_warning.alarm_load import load as load_of_cards

FROM_MS = 1_795_276_800_000  # 00:00 UTC
UNTIL_MS = FROM_MS + 12 * HOUR_MS
LEVELS = (Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED)


def load(alarms: list[Alarm], from_ms: int, until_ms: int) -> Load:
    """Of warnings that have nothing to do with one another."""
    return load_of_cards([[one] for one in alarms], from_ms, until_ms)


def _shift(seed: int, count: int) -> list[Alarm]:
    """A shift with quiet hours, bursts and alarms that end, or do not."""
    chance = np.random.default_rng(seed)
    bursts = chance.integers(0, 12 * 60, 4) * MINUTE_MS
    spread = chance.integers(0, 12 * HOUR_MS, count)
    crowded = bursts[chance.integers(0, 4, count)] + chance.integers(0, 20 * MINUTE_MS, count)
    times = np.where(chance.random(count) < 0.6, crowded, spread) // 1000 * 1000
    lasted = chance.integers(10, 4000, count) * 1000
    return [
        Alarm(
            rule=f"rule{chance.integers(0, 14)}",
            subject=f"s{chance.integers(0, 3)}",
            level=LEVELS[int(chance.choice(4, p=[0.5, 0.3, 0.15, 0.05]))],
            since_ms=FROM_MS + int(at),
            ended_ms=None if chance.random() < 0.1 else FROM_MS + int(at + each),
        )
        for at, each in zip(times, lasted, strict=True)
    ]


def _frame(alarms: list[Alarm]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime([one.since_ms for one in alarms], unit="ms"),
            "rule": [one.rule for one in alarms],
            "subject": [one.subject for one in alarms],
            "level": [int(one.level) for one in alarms],
        }
    )
    return frame[(frame["at"] < pd.to_datetime(UNTIL_MS, unit="ms"))].sort_values("at", kind="stable")


def _floods_by_second(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """Second by second: how many came in the last 10 min, and what that means for a flood."""
    seconds = pd.date_range(pd.to_datetime(FROM_MS, unit="ms"), pd.to_datetime(UNTIL_MS, unit="ms"), freq="s")
    came = frame.groupby("at").size().reindex(seconds, fill_value=0)
    last_ten = came.rolling("10min").sum().to_numpy()
    found, begun = [], None
    for second, count in enumerate(last_ten):
        if begun is None and count > 10:
            begun = second
        elif begun is not None and count < 5:
            found.append((begun, second))
            begun = None
    return found + ([(begun, len(last_ten) - 1)] if begun is not None else [])


@pytest.mark.claim("WARN", "Alarm load by ISA-18.2/EEMUA 191: rate, floods, chattering, priorities agree with pandas.")
@pytest.mark.parametrize(("seed", "count"), [(1, 40), (2, 150), (3, 400), (4, 12), (5, 900)])
def test_a_shift_against_pandas(seed: int, count: int) -> None:
    alarms = _shift(seed, count)
    found, frame = load(alarms, FROM_MS, UNTIL_MS), _frame(alarms)
    assert found.count == len(frame)
    assert found.average == pytest.approx(len(frame) / 72)
    tens = frame.set_index("at").resample("10min", origin=pd.to_datetime(FROM_MS, unit="ms")).size()
    assert found.peak == tens.max() and len(found.rates) == 72 and found.rates.sum() == len(frame)
    seconds = [((one.from_ms - FROM_MS) // 1000, (one.until_ms - FROM_MS) // 1000) for one in found.floods]
    assert seconds == _floods_by_second(frame)
    within = frame.set_index("at").groupby(["rule", "subject"])["level"].rolling("60s").count()
    chattering = within.groupby(level=["rule", "subject"]).max()
    assert {(one.rule, one.subject): one.count for one in found.chattering} == chattering[chattering >= 3].to_dict()
    priority = frame["level"].map({1: "low", 2: "low", 3: "medium", 4: "high"})
    mix = priority.value_counts(normalize=True).reindex(list(RECOMMENDED), fill_value=0)
    assert dict(found.mix) == pytest.approx(mix.to_dict())
    often = frame["rule"].value_counts()
    assert [one.count for one in found.worst] == often.head(10).tolist()
    assert all(often[one.rule] == one.count for one in found.worst)


def test_eleven_in_ten_minutes_are_a_flood_and_ten_are_none() -> None:
    ten = np.arange(10, dtype=np.int64) * 1000
    assert floods(ten, 10**9) == ()
    (flood,) = floods(np.append(ten, 11_000), 10**9)
    assert (flood.from_ms, flood.count) == (11_000, 1)
    assert flood.until_ms == 6000 + TEN_MS, "then four are left"
    (cut,) = floods(np.append(ten, 11_000), 60_000)
    assert cut.until_ms == 60_000


def test_what_stands_longer_than_a_day_is_standing_also_from_before() -> None:
    old = Alarm("a", "s", Level.YELLOW, UNTIL_MS - DAY_MS - 1)
    young = Alarm("b", "s", Level.YELLOW, UNTIL_MS - DAY_MS + 1)
    gone = Alarm("c", "s", Level.YELLOW, FROM_MS - 3 * DAY_MS, FROM_MS - DAY_MS)
    ended = Alarm("d", "s", Level.YELLOW, FROM_MS - 3 * DAY_MS, FROM_MS + 1000)
    found = load([old, young, gone, ended], FROM_MS, UNTIL_MS)
    assert [one.rule for one in found.standing] == ["d", "a"]
    assert found.count == 0 and [one.rule for one in found.worst] == ["a", "d"]


def test_the_hold_that_would_calm_a_rule_outlasts_three_quarters_of_its_alarms() -> None:
    def lasting(*seconds: int) -> int:
        alarms = [
            Alarm("r", "s", Level.BLUE, FROM_MS + n * HOUR_MS, FROM_MS + n * HOUR_MS + s * 1000)
            for n, s in enumerate(seconds)
        ]
        return load(alarms, FROM_MS, UNTIL_MS).worst[0].calm_s

    assert lasting(20, 30, 50, 4000) == 60
    assert lasting(20, 30, 130, 4000) == 180
    assert lasting(4000, 4000, 4000) == 0, "no hold helps: its bound is wrong"
    assert load([Alarm("r", "s", Level.BLUE, FROM_MS)], FROM_MS, UNTIL_MS).worst[0].calm_s == 0


def test_a_quiet_shift_is_acceptable_and_says_nothing_of_priorities() -> None:
    found = load([], FROM_MS, UNTIL_MS)
    assert (found.verdict, found.average, found.peak, dict(found.mix), found.worst) == ("acceptable", 0, 0, {}, ())


@pytest.mark.parametrize(("every_min", "verdict"), [(10, "acceptable"), (6, "manageable"), (3, "too-much")])
def test_the_verdict_is_that_of_the_standard(every_min: int, verdict: str) -> None:
    times = range(FROM_MS, UNTIL_MS, every_min * MINUTE_MS)
    assert load([Alarm("r", f"s{at}", Level.BLUE, at) for at in times], FROM_MS, UNTIL_MS).verdict == verdict


@pytest.mark.claim("WARN", "A card counts once for its seat: its rate is what rang; worst rules are told by warning.")
def test_a_card_counts_once() -> None:
    cut = [Alarm("silent", f"s{n}", Level.BLUE, FROM_MS + n * 1000) for n in range(40)]
    cut[7] = Alarm("cut", "feeder", Level.RED, FROM_MS + 7000)
    found = load_of_cards([cut, [Alarm("rain", "r1", Level.ORANGE, FROM_MS + HOUR_MS)]], FROM_MS, UNTIL_MS)
    assert (found.count, found.warnings, found.peak, found.floods) == (2, 41, 1, ())
    assert found.mix == {"low": 0.0, "medium": 0.5, "high": 0.5}, "a card is as grave as its gravest"
    assert [(one.rule, one.count) for one in found.worst] == [("silent", 39), ("cut", 1), ("rain", 1)]
