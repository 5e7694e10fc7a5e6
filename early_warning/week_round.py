"""Seven days later: a rule that told far more or less than its backtest promised goes back into review by itself."""

from __future__ import annotations

from accounts.warden import Warden
from core.messages import text
from core.records import DAY_MS
from core.rule_versions import RuleVersion, VersionState
from early_warning.rule_desk import told_since
from early_warning.rule_office import RuleOffice
from early_warning.week_after import WEEK_MS, WeekAfter, week_after
from store.rules import in_force, versions_of

LOOKED_FOR_MS = WEEK_MS + DAY_MS  # so long after it came into force a version is held against its promise


class WeekRound:
    """Looks at every version of a city that came into force in the last eight days."""

    def __init__(self, warden: Warden, city: str, language: str) -> None:
        self._warden, self._city, self._language = warden, city, language
        self._office = RuleOffice(warden, city, lambda rule: None, lambda rule, declaration: [])

    def turn(self, scene: str, now_ms: int) -> list[RuleVersion]:
        """What went back into review now, by the warnings of a scene. now_ms: real time. Raises NeighbourDown."""
        with self._warden.database.reading() as connection:
            judging = in_force(versions_of(connection, self._city), now_ms).values()
            young = [one for one in judging if one.state is VersionState.ACTIVE and self._is_young(one, now_ms)]
            counted = [told_since(connection, scene, one.rule, one.version, one.effective_ms) for one in young]
        found = []
        for version, actual in zip(young, counted, strict=True):
            week = week_after(version.expected, version.effective_ms, actual, now_ms)
            if week is not None and week.is_breached:
                found.append(self._office.look_again(version, self._said(week), now_ms))
        return [one for one in found if one is not None]

    @staticmethod
    def _is_young(version: RuleVersion, now_ms: int) -> bool:
        return bool(version.expected) and now_ms - version.effective_ms <= LOOKED_FOR_MS

    def _said(self, week: WeekAfter) -> str:
        figures = {"expected": f"{week.expected:.1f}", "actual": week.actual, "days": f"{week.days:.1f}"}
        return text("rules.week_breached", self._language, **figures)
