"""The bounds of one rule for each of its subjects, as they hold at a time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from calendar import isleap
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from core.clock import CHINA, in_china, to_ms
from core.declared import Device, Reference
from core.records import Float64, Level
from early_warning.judge import LEVELS
from early_warning.rule import LevelBound, Rule

Season = tuple[tuple[int, int], tuple[int, int]]
YEARS = range(2000, 2101)  # of which the turns of seasons are laid out


class BoundsOfRule:
    """Bounds change only where the validity of some station's reference begins or ends; between, they are kept."""

    def __init__(self, rule: Rule, subjects: Sequence[str], devices: Mapping[str, Device]) -> None:
        self._rule, self._subjects, self._devices = rule, subjects, devices
        references = [reference for name in subjects if name in devices for reference in devices[name].references]
        changes = {at_ms for reference in references for at_ms in (reference.valid_from_ms, reference.valid_to_ms)}
        seasons = {reference.season for reference in references if reference.season}
        self.changes_ms = sorted(changes.union(*map(turns_ms, seasons)) - {0})
        self._found: dict[int, Float64] = {}

    def at(self, at_ms: int) -> Float64:
        """Where each level is reached at a time, ms UTC: float64 (LEVELS, n), NaN: the subject has no such level."""
        era = bisect_right(self.changes_ms, at_ms)
        if era not in self._found:
            self._found[era] = self._bounds(at_ms)
        return self._found[era]

    def reference(self, level: Level, subject: str, at_ms: int) -> Reference | None:
        """The station's own reference that a level of the rule is read from; None for a plain number."""
        declared = next((b for b in self._rule.bounds if b.level == level and b.reference), None)
        return reference_at(self._devices[subject], declared.reference, at_ms) if declared else None

    def _bounds(self, at_ms: int) -> Float64:
        found = np.full((LEVELS, len(self._subjects)), np.nan)
        for declared in self._rule.bounds:
            found[declared.level - 1] = [self._bound(declared, subject, at_ms) for subject in self._subjects]
        return found

    def _bound(self, declared: LevelBound, subject: str, at_ms: int) -> float:
        if declared.bound is not None:
            return declared.bound
        reference = reference_at(self._devices[subject], declared.reference, at_ms)
        return np.nan if reference is None else round(reference.value + declared.offset, 9)


def reference_at(device: Device, name: str, at_ms: int) -> Reference | None:
    """A station's own bound as valid at a time; one in another vertical datum than its readings is none.

    One of a season 汛期 goes before one that holds all year.
    """
    found = None
    for reference in device.references:
        begun = reference.valid_from_ms <= at_ms
        over = reference.valid_to_ms and at_ms >= reference.valid_to_ms
        if reference.name == name and begun and not over and reference.datum == device.datum:
            if reference.season is None:
                found = found or reference
            elif in_season(reference.season, at_ms):
                return reference
    return found


def in_season(season: Season, at_ms: int) -> bool:
    """Whether a time lies in a season, by local days; it may pass the end of the year."""
    day = in_china(at_ms)
    first, last = season
    at = (day.month, day.day)
    return first <= at <= last if first <= last else at >= first or at <= last


def turns_ms(season: Season) -> set[int]:
    """When a season begins and ends, each year, ms UTC."""
    first, last = season
    begins = (datetime(year, *first, tzinfo=CHINA) for year in YEARS if _is_day(year, first))
    ends = (datetime(year, *last, tzinfo=CHINA) + timedelta(days=1) for year in YEARS if _is_day(year, last))
    # Where 29 February is named and is no day, the first of March turns it.
    others = (datetime(year, 3, 1, tzinfo=CHINA) for year in YEARS if (2, 29) in season and not _is_day(year, (2, 29)))
    return {to_ms(at) for at in (*begins, *ends, *others)}


def _is_day(year: int, day: tuple[int, int]) -> bool:
    return day != (2, 29) or isleap(year)
