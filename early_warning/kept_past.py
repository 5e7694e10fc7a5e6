"""What the history holds of a rule's indicators, as the dense series that backtests judge.

Series are kept for whoever drags next: a desk asks for the same days a hundred times.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.records import DAY_MS, MINUTE_MS, Float64, Int64
from early_warning.backtest import Past
from early_warning.past import Series
from early_warning.rule import Rule
from early_warning.subjects import Ground
from indicators.definition import Direction, Indicator

if TYPE_CHECKING:
    from store.history.reader import Series as Told

HOURLY_FROM_DAYS = 90  # beyond it a window a row would not fit: each hour stands for its gravest value
KEPT = 6  # loaded spans; one of 30 days with 75 stations and three indicators takes 20 MB
FRESH_MS = 5 * MINUTE_MS  # so long a loaded span is as good as new
BEHIND_MS = 10 * MINUTE_MS  # the archive writes each minute: further behind, the newest comes from the picture

Point = tuple[int, float | None]
Newest = Callable[[str, str], Sequence[Point]]  # indicator, subject → (window end ms, value) of the last day, rising


@dataclass(frozen=True, slots=True)
class Asked:
    """Which past: of one scene, of some indicators, over so many days up to a time (city time, ms UTC)."""

    scene: str
    indicators: tuple[Indicator, ...]
    days: int
    upto_ms: int

    @property
    def step_s(self) -> int:
        """The pace at which a rule on them is judged, s."""
        pace_s = min(indicator.slide_s for indicator in self.indicators)
        return max(pace_s, 3600) if self.days >= HOURLY_FROM_DAYS else pace_s


class KeptPast:
    """Reads the history of a folder. Call it in a thread: a first look takes up to a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[tuple[str, tuple[str, ...], int], tuple[int, Past]] = OrderedDict()

    def of(self, asked: Asked, ground: Ground, newest: Newest) -> Past:
        """Everything a backtest needs. Raises OSError, UnreadableEntry."""
        key = (asked.scene, tuple(indicator.id for indicator in asked.indicators), asked.days)
        loaded_ms, past = self._kept.get(key, (0, None))
        if past is None or not loaded_ms <= asked.upto_ms < loaded_ms + FRESH_MS:
            past = self._loaded(asked, ground, newest)
            self._kept[key] = (asked.upto_ms, past)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return past

    def _loaded(self, asked: Asked, ground: Ground, newest: Newest) -> Past:
        from store.history.reader import History  # noqa: PLC0415 - Arrow is loaded when somebody asks for the past

        history, step_ms = History(self._folder, asked.scene), asked.step_s * 1000
        upto_ms = asked.upto_ms // step_ms * step_ms
        ends_ms = np.arange(upto_ms - asked.days * DAY_MS + step_ms, upto_ms + 1, step_ms, dtype=np.int64)
        series: dict[tuple[str, str], Series] = {}
        for indicator in asked.indicators:
            hourly = asked.step_s >= 3600 > indicator.slide_s
            told = history.many([indicator.id], int(ends_ms[0]) - DAY_MS, upto_ms, "hour" if hourly else "window")
            for area in {area for _, area in told} | set(ground.devices):
                kept = told.get((indicator.id, area))
                columns = _columns(kept, indicator, hourly)
                columns = _with_newest(columns, newest(indicator.id, area), asked.upto_ms, hourly)
                if len(columns[0]):
                    series[indicator.id, area] = _on_grid(columns, ends_ms, indicator.slide_s * 1000)
        within = {subject: ground.holding(subject) for _, subject in series}
        return Past(ends_ms, series, ground.devices, ground.areas.city.id, within)


def indicators_of(rules: Sequence[Rule], indicators: Mapping[str, Indicator]) -> tuple[Indicator, ...]:
    """All that some rules look at, conditions too, by id."""
    names = {bound.indicator for rule in rules for bound in rule.bounds}
    names |= {also.indicator for rule in rules for bound in rule.bounds for also in bound.conditions}
    return tuple(indicators[name] for name in sorted(names) if name in indicators)


Columns = tuple[Int64, Float64, Float64]  # window ends, values, share of reporters


def _columns(told: Told | None, indicator: Indicator, hourly: bool) -> Columns:
    """Of an hour the gravest value: what stood for a minute only must not vanish in a mean."""
    if told is None:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    value = told.value
    if hourly:
        value = told.low if indicator.direction is Direction.DOWN_BAD else told.high
    share = np.divide(told.reported, told.expected, out=np.ones(len(told)), where=told.expected > 0)
    return told.end_ms, value, share


def _with_newest(columns: Columns, points: Sequence[Point], upto_ms: int, hourly: bool) -> Columns:
    """What the archive has not written yet, from the picture."""
    ends_ms, value, share = columns
    last_ms = int(ends_ms[-1]) if len(ends_ms) else 0
    if hourly or last_ms > upto_ms - BEHIND_MS:
        return columns
    later = [(end_ms, np.nan if told is None else told) for end_ms, told in points if last_ms < end_ms <= upto_ms]
    if not later:
        return columns
    more_ms, more = np.array([end for end, _ in later], np.int64), np.array([told for _, told in later], np.float64)
    return np.append(ends_ms, more_ms), np.append(value, more), np.append(share, np.ones(len(later)))


def _on_grid(columns: Columns, ends_ms: Int64, valid_ms: int) -> Series:
    """The newest window at each end of the grid, for as long as it counts; NaN where there is none."""
    told_ms, value, share = columns
    newest = np.searchsorted(told_ms, ends_ms, side="right") - 1
    counts = (newest >= 0) & (ends_ms - told_ms[newest] < valid_ms)
    return Series(ends_ms, np.where(counts, value[newest], np.nan), np.where(counts, share[newest], 0.0))
