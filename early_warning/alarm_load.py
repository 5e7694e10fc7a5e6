"""How much the alarms ask of one person: rate, floods, chattering, standing, priorities, the ten worst rules. Pure.

An alarm is what rings once 一次告知: a card, whose warnings of one cause are looked at together, or a warning alone.
Its time is when it began, its priority the highest level that it reached. Late reports, rules in trial and signals of
an authority do not count. What chatters, what stands and which rules are worst is told of warnings, not of cards: there
a rule is to be mended.

Source: ANSI/ISA-18.2-2016 and EEMUA 191 (3rd ed.), for one operator position: about 1 alarm in 10 min is acceptable,
2 are manageable; more than 10 in 10 min is a flood, which lasts until fewer than 5 come in 10 min; about 80 / 15 / 5 %
low, medium and high priority; standing: longer than 24 h; the ten most frequent ones are looked at each week. Three or
more of the same in 60 s are chattering (ISA-18.2, 16.5). They know three priorities, we four levels: blue and yellow
are low.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.records import DAY_MS, MINUTE_MS, Level

TEN_MS = 10 * MINUTE_MS
ACCEPTABLE, MANAGEABLE = 1.0, 2.0  # alarms in 10 min, on average
FLOOD_ABOVE, FLOOD_ENDS_BELOW = 10, 5  # alarms in 10 min
CHATTER_COUNT, CHATTER_MS = 3, MINUTE_MS
STANDING_MS = DAY_MS
WORST = 10
LONGEST_HOLD_S = 1800  # a rule that would have to wait longer has the wrong bound

PRIORITIES: Mapping[str, tuple[Level, ...]] = {
    "low": (Level.BLUE, Level.YELLOW),
    "medium": (Level.ORANGE,),
    "high": (Level.RED,),
}
RECOMMENDED: Mapping[str, float] = {"low": 0.80, "medium": 0.15, "high": 0.05}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One warning that opened. ended_ms None: it stands. Times are ms UTC."""

    rule: str
    subject: str
    level: Level
    since_ms: int
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Flood:
    """A flood of alarms 告警风暴: from when to when, and how many came in it."""

    from_ms: int
    until_ms: int
    count: int


@dataclass(frozen=True, slots=True)
class Chatter:
    """One rule at one subject that chatters 抖动: how many alarms came within 60 s of two others, at most at once."""

    rule: str
    subject: str
    count: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Worst:
    """A rule by how much it rang. share: of all alarms; short_s: so long stood three quarters of those that ended.

    calm_s: a hold that three quarters of them would not have outlasted, 0: no hold would help.
    """

    rule: str
    count: int
    share: float
    chattering: int
    standing: int
    short_s: int
    calm_s: int


@dataclass(frozen=True, slots=True)
class Load:
    """The load of one position over one time.

    count: alarms; warnings: how many warnings these were. rates: alarms in each ten minutes from the beginning, int64
    (n,). mix: of alarms; worst: of warnings.
    """

    from_ms: int
    until_ms: int
    count: int
    warnings: int
    rates: NDArray[np.int64]
    floods: tuple[Flood, ...]
    chattering: tuple[Chatter, ...]
    standing: tuple[Alarm, ...]
    mix: Mapping[str, float]  # priority → share of the alarms; of no alarms nothing
    worst: tuple[Worst, ...]

    @property
    def average(self) -> float:
        """Alarms in 10 min."""
        return self.count * TEN_MS / max(1, self.until_ms - self.from_ms)

    @property
    def peak(self) -> int:
        """The most in one of its ten minutes."""
        return int(self.rates.max(initial=0))

    @property
    def in_flood(self) -> float:
        """The share of the time that was flood."""
        return sum(one.until_ms - one.from_ms for one in self.floods) / max(1, self.until_ms - self.from_ms)

    @property
    def verdict(self) -> str:
        """`acceptable`, `manageable` or `too-much`, by the average; a flood is too much by itself."""
        if self.floods or self.average > MANAGEABLE:
            return "too-much"
        return "acceptable" if self.average <= ACCEPTABLE else "manageable"


def load(told: Iterable[Sequence[Alarm]], from_ms: int, until_ms: int) -> Load:
    """The load of one position in a time [from_ms, until_ms).

    told: warnings as they rang, those of one card together; those that began before may still stand.
    """
    cards = [sorted(one, key=lambda alarm: (alarm.since_ms, alarm.rule, alarm.subject)) for one in told]
    known = sorted((one for card in cards for one in card), key=lambda one: (one.since_ms, one.rule, one.subject))
    opened = [one for one in known if from_ms <= one.since_ms < until_ms]
    firsts = sorted((replace(c[0], level=max(one.level for one in c)) for c in cards), key=lambda one: one.since_ms)
    rung = [one for one in firsts if from_ms <= one.since_ms < until_ms]
    times_ms = np.array([one.since_ms for one in rung], np.int64)
    standing = tuple(one for one in known if _stood_ms(one, until_ms) > STANDING_MS and _reaches(one, from_ms))
    chattering = _chattering(opened)
    bins = np.arange(from_ms, max(until_ms, from_ms + 1), TEN_MS)
    return Load(
        from_ms=from_ms,
        until_ms=until_ms,
        count=len(rung),
        warnings=len(opened),
        rates=np.bincount((times_ms - from_ms) // TEN_MS, minlength=len(bins)).astype(np.int64),
        floods=floods(times_ms, until_ms),
        chattering=chattering,
        standing=standing,
        mix=_mix(rung),
        worst=_worst(opened, chattering, standing),
    )


def floods(times_ms: NDArray[np.int64], until_ms: int) -> tuple[Flood, ...]:
    """Floods among rising times: from the alarm that is more than the tenth in 10 min until fewer than 5 are left.

    >>> floods(np.arange(12, dtype=np.int64) * 1000, 10**9)
    (Flood(from_ms=10000, until_ms=607000, count=2),)
    """
    found: list[Flood] = []
    begun_ms, count, oldest = 0, 0, 0
    for newest, at_ms in enumerate(times_ms.tolist()):
        oldest, ended_ms = _left(times_ms, oldest, newest, at_ms)
        if begun_ms and ended_ms:
            found.append(Flood(begun_ms, ended_ms, count))
            begun_ms = 0
        if begun_ms:
            count += 1
        elif newest - oldest + 1 > FLOOD_ABOVE:
            begun_ms, count = at_ms, 1
    if begun_ms:
        last_ms = int(times_ms[-(FLOOD_ENDS_BELOW)]) + TEN_MS
        found.append(Flood(begun_ms, min(last_ms, until_ms), count))
    return tuple(found)


def _left(times_ms: NDArray[np.int64], oldest: int, newest: int, at_ms: int) -> tuple[int, int]:
    """The oldest alarm that lies in the 10 min before `at_ms`, and when meanwhile fewer than 5 were left, else 0."""
    ended_ms = 0
    while times_ms[oldest] <= at_ms - TEN_MS:
        oldest += 1
        if newest - oldest < FLOOD_ENDS_BELOW and not ended_ms:
            ended_ms = int(times_ms[oldest - 1]) + TEN_MS
    return oldest, ended_ms


def _chattering(rung: Sequence[Alarm]) -> tuple[Chatter, ...]:
    """The worst first."""
    same: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in rung:
        same[one.rule, one.subject].append(one.since_ms)
    found = []
    for (rule, subject), times in same.items():
        times_ms = np.array(times, np.int64)
        within = np.arange(1, len(times) + 1) - np.searchsorted(times_ms, times_ms - CHATTER_MS, side="right")
        at = int(within.argmax())
        if within[at] >= CHATTER_COUNT:
            found.append(Chatter(rule, subject, int(within[at]), times[at]))
    return tuple(sorted(found, key=lambda one: (-one.count, one.at_ms)))


def _mix(rung: Sequence[Alarm]) -> dict[str, float]:
    if not rung:
        return {}
    of = {level: priority for priority, levels in PRIORITIES.items() for level in levels}
    counted = Counter(of[one.level] for one in rung)
    return {priority: counted[priority] / len(rung) for priority in PRIORITIES}


def _worst(rung: Sequence[Alarm], chattering: Sequence[Chatter], standing: Sequence[Alarm]) -> tuple[Worst, ...]:
    counted = Counter(one.rule for one in rung)
    counted.update({one.rule: 0 for one in standing})
    chatters, stands = Counter(one.rule for one in chattering), Counter(one.rule for one in standing)
    found = []
    for rule, count in counted.items():
        lasted_s = [(one.ended_ms - one.since_ms) // 1000 for one in rung if one.rule == rule and one.ended_ms]
        short_s = int(np.percentile(lasted_s, 75, method="inverted_cdf")) if lasted_s else 0
        own = Worst(rule, count, count / max(1, len(rung)), chatters[rule], stands[rule], short_s, _calm_s(short_s))
        found.append(own)
    return tuple(sorted(found, key=lambda one: (-one.count, -one.standing, one.rule))[:WORST])


def _calm_s(short_s: int) -> int:
    """The next whole minute, if a hold of that length still warns in time."""
    hold_s = (short_s // 60 + 1) * 60
    return hold_s if 0 < short_s and hold_s <= LONGEST_HOLD_S else 0


def _stood_ms(one: Alarm, until_ms: int) -> int:
    ended_ms = until_ms if one.ended_ms is None else min(one.ended_ms, until_ms)
    return ended_ms - one.since_ms


def _reaches(one: Alarm, from_ms: int) -> bool:
    return one.ended_ms is None or one.ended_ms > from_ms
