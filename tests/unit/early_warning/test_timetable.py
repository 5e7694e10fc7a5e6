"""Each behaviour of warnings as a timetable: minute, what is told then, which warnings follow and what rings ♪.

A row is `minute  readings  →  warnings`. Readings: `6.0` is the stage at s1 in the window that ends then, `s3=6.0` at
another station, `rain=9` of the city, `@2=6.0` a late one for minute 2, `?` unknown, `6.0/40` told by 40 % of its
reporters, `6.0~4.0` beside a baseline of 4.0. Warnings: a level word stands for "active at it".
"""

import math
import re
from dataclasses import replace

import pytest
from river_town import CITY, COUNTY, DEVICES, MINUTE_MS, T0_MS, rule, told, watch

from core.declared import Reference
from core.records import CityWarning, Level, Stamp, ValueBatch, WarningPhase
from early_warning.cards import rings
from early_warning.rule import (
    Comparison,
    Condition,
    Judged,
    LevelBound,
    NoData,
    Override,
    Rule,
    RuleState,
    Schedule,
)

BLUE, RED = LevelBound(Level.BLUE, "stage", 5.0), LevelBound(Level.RED, "stage", 8.0)
RAINING = Condition("rain", Comparison.AT_LEAST, 10.0, area="city")

STORIES: dict[str, tuple[Rule, str]] = {
    "A level opens at its bound, rises, falls and clears; only opening and rising ring": (
        rule(BLUE, RED),
        """
        0  4.9  →
        1  5.0  →  s1 blue ♪opened
        2  8.0  →  s1 red ♪risen
        3  7.9  →  s1 blue
        4  4.9  →  s1 cleared
        """,
    ),
    "Between bound and clear bound a level stays (回差)": (
        rule(replace(BLUE, hysteresis=0.5)),
        """
        0  5.2  →  s1 blue ♪opened
        1  4.5  →  s1 blue
        2  4.4  →  s1 cleared
        3  4.9  →
        """,
    ),
    "A hold must last without a break": (
        rule(replace(BLUE, hold_s=120)),
        """
        0  6.0  →
        1  4.0  →
        2  6.0  →
        3  6.0  →
        4  6.0  →  s1 blue ♪opened
        """,
    ),
    "A clear time keeps the level until it was over for long enough": (
        rule(replace(BLUE, clear_after_s=120)),
        """
        0  6.0  →  s1 blue ♪opened
        1  4.0  →  s1 blue
        2  6.0  →  s1 blue
        3  4.0  →  s1 blue
        4  4.0  →
        5  4.0  →  s1 cleared
        """,
    ),
    "A rate judges the change in an hour": (
        rule(replace(BLUE, bound=30.0, judged=Judged.RATE, over_s=120)),
        """
        0  4.0  →
        1  4.0  →
        2  4.9  →
        3  5.0  →  s1 blue ♪opened
        4  4.9  →  s1 cleared
        """,
    ),
    "A deviation judges the distance from what is usual": (
        rule(replace(BLUE, bound=2.0, judged=Judged.DEVIATION)),
        """
        0  6.0~5.0  →
        1  6.0~4.0  →  s1 blue ♪opened
        2  9.0~8.0  →  s1 cleared
        """,
    ),
    "A forecast warns when the bound is reached within the time ahead": (
        rule(replace(BLUE, judged=Judged.FORECAST, over_s=60, ahead_s=600)),
        """
        0  4.0  →
        1  4.05  →
        2  4.2  →  s1 blue ♪opened
        3  4.2  →  s1 cleared
        """,
    ),
    "A level asks about the city as well; its newest value counts until the next one": (
        rule(replace(BLUE, conditions=(RAINING,))),
        """
        0  rain=12 4.0  →
        3  6.0  →  s1 blue ♪opened
        5  rain=3 6.0  →  s1 cleared
        8  6.0  →
        """,
    ),
    "Any of several conditions is enough": (
        rule(replace(BLUE, conditions=(RAINING,), join="any")),
        """
        0  rain=3 6.0  →  s1 blue ♪opened
        1  4.0  →  s1 cleared
        5  rain=12 4.0  →  s1 blue ♪opened, s2 blue ♪opened, s3 blue ♪opened
        """,
    ),
    "Each level has its own window, and colours may be missing": (
        rule(replace(RED, indicator="stage"), LevelBound(Level.YELLOW, "stage", 6.0)),
        """
        0  5.9  →
        1  6.0  →  s1 yellow ♪opened
        2  8.0  →  s1 red ♪risen
        """,
    ),
    "Outside its schedule nothing is judged and levels end": (
        rule(BLUE, schedule=Schedule(hours=((0, 120),))),
        """
        0  6.0  →  s1 blue ♪opened
        1  6.1  →  s1 blue
        2  6.2  →  s1 cleared
        3  6.3  →
        """,
    ),
    "Missing data keep a level": (
        rule(BLUE),
        """
        0  6.0  →  s1 blue ♪opened
        1  ?  →
        9  ?  →
        10  4.0  →  s1 cleared
        """,
    ),
    "Missing data leave a level, where the rule says so": (
        rule(BLUE, no_data=NoData.CLEAR, no_data_after_s=120),
        """
        0  6.0  →  s1 blue ♪opened
        1  ?  →
        2  ?  →
        3  ?  →  s1 cleared
        """,
    ),
    "Lost data 数据中断 are told on the warning, and ring": (
        rule(BLUE, no_data=NoData.LOST, no_data_after_s=120),
        """
        0  6.0  →  s1 blue ♪opened
        1  ?  →
        2  ?  →
        3  ?  →  s1 blue lost ♪lost
        4  6.0  →  s1 blue
        """,
    ),
    "Of too few reporters a value counts as unknown": (
        rule(BLUE, min_reporting=0.5),
        """
        0  6.0/40  →
        1  6.0/60  →  s1 blue ♪opened
        2  4.0/40  →
        3  4.0/60  →  s1 cleared
        """,
    ),
    "What a county overrides holds for the stations in it, the nearest first": (
        rule(BLUE, overrides=(Override(COUNTY, Level.BLUE, 7.0), Override("s3", Level.BLUE, 9.0))),
        """
        0  s1=6.0 s2=6.0 s3=8.0  →  s2 blue ♪opened
        1  s1=7.0 s2=6.1 s3=9.0  →  s1 blue ♪opened, s2 blue, s3 blue ♪opened
        """,
    ),
    "The station's own reference counts as it is valid": (
        rule(LevelBound(Level.BLUE, "stage", reference="warning")),
        """
        0  6.0  →
        1  6.0  →
        2  6.0  →  s1 blue ♪opened
        3  4.9  →  s1 cleared
        """,
    ),
    "Late data open a warning that stands": (
        rule(replace(BLUE, hysteresis=1.0)),
        """
        0  4.5  →
        2  4.5  →
        3  @1=6.0 4.5  →  s1 blue ♪opened
        """,
    ),
    "What opens already over is recorded 补报 and does not ring": (
        rule(BLUE),
        """
        0  4.0  →
        3  4.0  →
        4  @1=6.0 4.0  →  s1 late
        """,
    ),
    "Late data retract a warning, and bring it back": (
        rule(BLUE),
        """
        0  6.0  →  s1 blue ♪opened
        1  @0=4.0  →  s1 retracted
        2  @0=6.0  →  s1 blue ♪opened
        """,
    ),
    "Late data move the beginning of a warning": (
        rule(BLUE),
        """
        0  4.0  →
        2  6.0  →  s1 blue ♪opened
        3  @1=6.0 6.0  →  s1 blue
        """,
    ),
    "What opens more often than five times an hour flaps 抖动: told once more, then silent": (
        rule(BLUE, flap_limit=2),
        """
        0  6.0  →  s1 blue ♪opened
        1  4.0  →  s1 cleared
        2  6.0  →  s1 blue ♪opened
        3  4.0  →  s1 cleared
        4  6.0  →  s1 blue flapping ♪opened
        5  4.0  →  s1 cleared
        6  6.0  →  s1 blue flapping
        """,
    ),
    "A rule in trial is judged and never rings": (
        replace(rule(BLUE), state=RuleState.TRIAL),
        """
        0  6.0  →  s1 blue trial
        1  4.0  →  s1 cleared
        """,
    ),
    "A rule that is not in force yet does not judge": (
        rule(BLUE, valid_from_ms=T0_MS + 2 * MINUTE_MS),
        """
        0  6.0  →
        1  6.0  →
        2  6.0  →  s1 blue ♪opened
        """,
    ),
}
REFERENCES = (
    Reference("warning", 9.0, "m", valid_to_ms=T0_MS + 2 * MINUTE_MS),
    Reference("warning", 5.0, "m", valid_from_ms=T0_MS + 2 * MINUTE_MS),
)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.claim("WARN", "A timetable for each behaviour: readings, the warnings that follow, and what rings")
def test_the_timetable(story: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, table = STORIES[story]
    monkeypatch.setitem(DEVICES, "s1", replace(DEVICES["s1"], references=REFERENCES))
    watching = watch(one)
    newest: dict[str, CityWarning] = {}
    for row in table.strip().splitlines():
        when, warned = (part.strip() for part in row.split("→"))
        minute, *readings = when.split()
        changed = watching.judge(
            [batch(int(minute), reading) for reading in readings], T0_MS + int(minute) * MINUTE_MS, Stamp.TEST
        )
        said = sorted(words(newest.get(warning.id), warning) for warning in changed)
        assert said == sorted(filter(None, warned.split(", "))), f"minute {minute}"
        newest |= {warning.id: warning for warning in changed}


def batch(minute: int, reading: str) -> ValueBatch:
    found = re.fullmatch(r"(?:(s\d|rain)=)?(?:@(\d+)=)?([\d.]+|\?)(?:/(\d+))?(?:~([\d.]+))?", reading)
    assert found, reading
    who, late, value, reporting, baseline = found.groups()
    key = ("rain", CITY) if who == "rain" else ("stage", who or "s1")
    at_ms = T0_MS + int(late or minute) * MINUTE_MS
    row = math.nan if value == "?" else float(value), int(reporting or 100) / 100, float(baseline or "nan")
    return told(key, at_ms, row)


def words(before: CityWarning | None, now: CityWarning) -> str:
    """A telling as the timetables write it."""
    if now.phase is WarningPhase.ACTIVE:
        marks = [name for name in ("lost", "flapping", "trial") if now.facts.get(name, now.facts.get(f"{name}_ms"))]
        phase = " ".join([now.level.name.lower(), *marks])
    else:
        phase = "late" if now.late else str(now.phase)
    ringing = rings(before, now)
    return f"{now.subject} {phase}" + (f" ♪{ringing}" if ringing else "")
