"""Warnings on show, and their counts by county, which always add up to all that are active."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from board.canvas import Canvas, Record
from board.names import Names
from board.values import source_record
from board.words import level_word, number
from catalogue.declared import Declared
from core.accounts import Sensitivity
from core.records import CityWarning, Issuer, Level, WarningPhase
from early_warning.grades import grade_of
from early_warning.rule import RuleState
from early_warning.rule_watch import GOES_ON
from early_warning.sentence import sentence

CLEARED_SHOWN_MS = 5 * 60_000  # real time: long enough to be seen going by someone who looked away
CLEARED_AT_MOST = 50
ALARMING = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)


def no_counts() -> dict[str, int]:
    """Counts by level, all zero."""
    return {level_word(level): 0 for level in ALARMING}


def is_restricted(indicator: str, declared: Declared) -> bool:
    """Whether warnings on an indicator are hidden from some of those who see the whole city."""
    return grade_of(declared.indicators.get(indicator)) is Sensitivity.RESTRICTED


def graded_counts(warnings: Iterable[CityWarning], declared: Declared) -> dict[str, dict[str, int]]:
    """Counts by level of those warnings of each grade that there are: who may not see a grade, may not count it."""
    graded: dict[str, dict[str, int]] = {}
    for warning in warnings:
        grade = grade_of(declared.indicators.get(warning.indicator)).word
        graded.setdefault(grade, no_counts())[level_word(warning.level)] += 1
    return graded


def said(warning: CityWarning, declared: Declared, names: Names) -> str:
    """The one sentence of a warning, the same on every screen, in messages and in the database."""
    indicator = declared.indicators.get(warning.indicator)
    if indicator is None:  # of a definition that is gone
        return names.rule(warning.rule)
    return sentence(warning, names.subject(warning.subject), indicator, names.language)


class WarningBook:
    """Every warning that is active, and those cleared during the last minutes."""

    def __init__(self, declared: Declared, names: Names) -> None:
        self._declared = declared
        self._names = names
        self._active: dict[str, CityWarning] = {}
        self._by_place: dict[tuple[str, str], dict[str, Level]] = {}  # (indicator, subject) → warning id → level
        self._cleared: dict[str, tuple[int, CityWarning]] = {}  # id → (real time seen, warning)
        self._touched: set[tuple[str, str]] = set()

    def fold(self, warnings: Iterable[CityWarning], real_now_ms: int) -> list[CityWarning]:
        """Take in changes. Returns those that anybody may see, as they came."""
        seen = [warning for warning in warnings if self._is_shown(warning)]
        for warning in seen:
            self._forget(warning.id)
            if warning.phase is WarningPhase.ACTIVE:
                self._active[warning.id] = warning
                place = (warning.indicator, warning.subject)
                self._by_place.setdefault(place, {})[warning.id] = warning.level
                self._touched.add(place)
            elif warning.phase is WarningPhase.CLEARED and not warning.late:
                self._cleared[warning.id] = (real_now_ms, warning)
        return seen

    def active(self) -> list[CityWarning]:
        """Active warnings, the gravest first and of equal level the oldest."""
        return sorted(self._active.values(), key=lambda w: (-w.level, w.since_ms, w.id))

    def level_of(self, indicator: str, subject: str) -> Level:
        """The gravest active level on an indicator at one subject."""
        return max(self._by_place.get((indicator, subject), {}).values(), default=Level.NORMAL)

    def take_touched(self) -> set[tuple[str, str]]:
        """(indicator, subject) where a level may have changed since the last call."""
        touched, self._touched = self._touched, set()
        return touched

    def levels_by_subject(self) -> dict[str, dict[str, Level]]:
        """The gravest active level of each grade at each subject that has one."""
        levels: dict[str, dict[str, Level]] = {}
        for warning in self._active.values():
            graded = levels.setdefault(warning.subject, {})
            grade = grade_of(self._declared.indicators.get(warning.indicator)).word
            graded[grade] = max(warning.level, graded.get(grade, Level.NORMAL))
        return levels

    def paint(self, canvas: Canvas, changed: Iterable[CityWarning], real_now_ms: int) -> None:
        """Show what changed, take off what was cleared long enough ago, and count by county."""
        for warning in changed:
            if warning.id in self._active or warning.id in self._cleared:
                canvas.put("warnings", warning.id, self.record(warning), urgent=True)
            else:
                canvas.drop("warnings", warning.id)
        leaving = [i for i, (seen_ms, _) in self._cleared.items() if real_now_ms - seen_ms >= CLEARED_SHOWN_MS]
        leaving += list(self._cleared)[: max(0, len(self._cleared) - len(leaving) - CLEARED_AT_MOST)]
        for warning_id in leaving:
            self._cleared.pop(warning_id, None)
            canvas.drop("warnings", warning_id)

    def paint_areas(self, canvas: Canvas) -> None:
        """Counts by county and level; what has no county is counted under the city."""
        of_area: dict[str, list[CityWarning]] = {area: [] for area in self._order()}
        for warning in self._active.values():
            of_area[self._names.county_of(warning.subject)].append(warning)
        for order, (area, active) in enumerate(of_area.items()):
            by_level = no_counts()
            for warning in active:
                by_level[level_word(warning.level)] += 1
            gravest = next((level for level in ALARMING if by_level[level_word(level)]), Level.NORMAL)
            record = {
                "name": self._names.subject(area),
                "order": order,
                "level": level_word(gravest),
                "counts": by_level,
                "total": len(active),
                "graded": graded_counts(active, self._declared),
            }
            canvas.put("areas", area, record, urgent=True)

    def record(self, warning: CityWarning) -> Record:
        """One warning as a record of the section `warnings`."""
        indicator = self._declared.indicators.get(warning.indicator)
        rule = self._declared.rules.get(warning.rule)
        decimals = indicator.decimals if indicator else 1
        return {
            "rule": warning.rule,
            "rule_name": self._names.rule(warning.rule),
            "version": warning.rule_version,
            "goes_on_from": warning.facts.get(GOES_ON, ""),
            "indicator": warning.indicator,
            "subject": warning.subject,
            "subject_name": self._names.subject(warning.subject),
            "area": self._names.county_of(warning.subject),
            "level": level_word(warning.level),
            "peak": level_word(warning.peak),
            "phase": str(warning.phase),
            "issuer": str(warning.issuer),
            "since_ms": warning.since_ms,
            "updated_ms": warning.updated_ms,
            "ended_ms": warning.ended_ms,
            "value": warning.value,
            "text": number(warning.value, decimals, self._names.language),
            "bound": warning.bound,
            "unit": warning.unit,
            "trend": warning.trend,
            "sentence": said(warning, self._declared, self._names),
            "late": warning.late,
            "lost_ms": warning.facts.get("lost_ms", 0),
            "revision": warning.revision,
            "source": source_record(rule.source) if rule else None,
        }

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, ready for JSON."""
        return {
            "active": msgspec.to_builtins(list(self._active.values())),
            "cleared": msgspec.to_builtins(list(self._cleared.values())),
        }

    def restore(self, kept: Mapping[str, Any]) -> list[CityWarning]:
        """Continue from a snapshot. Returns what is on show; warnings of rules that are gone stay away."""
        active = self.fold(msgspec.convert(kept["active"], list[CityWarning]), 0)
        for seen_ms, warning in msgspec.convert(kept["cleared"], list[tuple[int, CityWarning]]):
            if self._is_shown(warning):
                self._cleared[warning.id] = (seen_ms, warning)
        return [*active, *(warning for _, warning in self._cleared.values())]

    def _order(self) -> list[str]:
        return [*(county.id for county in self._declared.areas.counties), self._names.city]

    def _is_shown(self, warning: CityWarning) -> bool:
        if warning.issuer is Issuer.ISSUED:
            return True
        rule = self._declared.rules.get(warning.rule)
        return rule is not None and rule.state is RuleState.ACTIVE

    def _forget(self, warning_id: str) -> None:
        self._cleared.pop(warning_id, None)
        old = self._active.pop(warning_id, None)
        if old is not None:
            place = (old.indicator, old.subject)
            self._touched.add(place)
            self._by_place[place].pop(warning_id)
            if not self._by_place[place]:
                del self._by_place[place]
