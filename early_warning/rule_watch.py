"""One rule over all of its subjects: inputs aligned on window ends, levels, episodes, warnings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.declared import Device
from core.records import MINUTE_MS, CityWarning, Issuer, Level, Stamp, Status, UInt8, ValueBatch, WarningPhase
from early_warning.bounds import BoundsOfRule
from early_warning.episodes import Continued, Episode, continued, episodes, warning_id
from early_warning.frames import Frame, Frames
from early_warning.machine import step
from early_warning.rule import LevelBound, Rule, RuleState
from indicators.definition import Indicator

# Over this span a value is called rising or falling: long enough that a river's hour shows, short enough to be now.
TREND_MS = 30 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Judging:
    """When and with what stamp warnings are decided."""

    now_ms: int
    stamp: Stamp


class RuleWatch:
    """State of one rule: frames over the lateness, and the warnings that frames can still change."""

    def __init__(
        self,
        rule: Rule,
        subjects: Sequence[str],
        indicators: Mapping[str, Indicator],
        devices: Mapping[str, Device],
        lateness_ms: int,
    ) -> None:
        self._rule, self._subjects, self._indicators = rule, tuple(subjects), indicators
        self._column = {subject: column for column, subject in enumerate(self._subjects)}
        self._declared: dict[Level, LevelBound] = {bound.level: bound for bound in rule.bounds}
        self._bounds = BoundsOfRule(rule, self._subjects, devices)
        # One window end may still be valued by a tick that the first stage decided two minutes earlier.
        self._keep_ms = max(lateness_ms, TREND_MS) + 2 * MINUTE_MS
        self._frames = Frames(len(self._subjects))
        self._warnings: dict[int, list[CityWarning]] = {}  # by column

    def judge(self, values: Iterable[ValueBatch], judging: Judging) -> list[CityWarning]:
        """The warnings that the values open, change, clear or retract, each as it stands now."""
        touched = np.zeros(len(self._subjects), dtype=np.bool_)
        ends = [end_ms for batch in values if (end_ms := self._take(batch, touched))]
        changed: list[CityWarning] = []
        if ends:
            moved = self._frames.fold_from(min(ends), self._step)
            for column in np.flatnonzero(moved | touched).tolist():
                if moved[column]:
                    changed += self._rebuilt(column, judging)
                else:
                    changed += self._refreshed(column, judging)
        self._forget(judging.now_ms)
        return changed

    def _take(self, batch: ValueBatch, touched: NDArray[np.bool_]) -> int:
        """Put the rows of our subjects into their frame; returns the window end, 0 when nothing was of use."""
        if batch.window_end_ms <= self._frames.folded_upto_ms:
            return 0
        levels = [level for level, bound in self._declared.items() if bound.indicator == batch.indicator]
        columns = np.array([self._column.get(area, -1) for area in batch.areas], dtype=np.intp)
        ours = np.flatnonzero(columns >= 0)
        if not levels or not len(ours):
            return 0
        frame = self._frames.frame(batch.window_end_ms)
        for level in levels:
            frame.value[level - 1, columns[ours]] = batch.value[ours]
            frame.open[level - 1, columns[ours]] = batch.status[ours] == Status.OPEN
        touched[columns[ours]] = True
        return batch.window_end_ms

    def _step(self, end_ms: int, level: UInt8, frame: Frame) -> UInt8:
        bounds = self._bounds.at(end_ms)
        return step(level, frame.value, bounds.bound, bounds.clear, self._rule.direction, ~frame.open.any(axis=0))

    def _rebuilt(self, column: int, judging: Judging) -> list[CityWarning]:
        """The warnings of a subject whose levels changed."""
        known = self._warnings.get(column, [])
        told = {w.id: w.revision for w in known}
        found = episodes(self._frames.levels(column), self._frames.standing(column))
        pairs, orphans = continued(found, known)
        gone = {w.id: w for w in known if w.phase is WarningPhase.RETRACTED}
        changed = {w.id: _retracted(w, judging) for w in orphans}
        gone |= changed
        standing: dict[str, CityWarning] = {}
        for pair in pairs:
            warning = self._warning(column, pair, told.keys() - gone.keys() | standing.keys(), judging)
            if pair.warning is None and warning.id in gone:  # retracted before, and back again
                warning = replace(warning, revision=told[warning.id] + 1)
            standing[warning.id] = warning
            if warning != pair.warning:
                changed[warning.id] = warning
        self._warnings[column] = list((gone | standing).values())
        return list(changed.values())

    def _refreshed(self, column: int, judging: Judging) -> list[CityWarning]:
        """The standing warning of a subject, when what it says of its value changed."""
        changed = []
        for at, warning in enumerate(self._warnings.get(column, [])):
            if warning.phase is WarningPhase.ACTIVE:
                episode = Episode(warning.since_ms, None, warning.level, warning.peak, warning.level)
                now = self._warning(column, Continued(episode, warning), set(), judging)
                if now is not warning:
                    self._warnings[column][at] = now
                    changed.append(now)
        return changed

    def _warning(self, column: int, pair: Continued, taken: set[str], judging: Judging) -> CityWarning:
        """The warning of an episode: the one it continues, itself if that says the same, or a new one."""
        episode, before = pair.episode, pair.warning
        subject = self._subjects[column]
        level = episode.last_level
        indicator = self._indicators[self._declared[level].indicator]
        known = self._frames.known(level, column, episode.until_ms)
        end_ms, value = known[-1] if known else (episode.since_ms, before.value if before else np.nan)
        warning = CityWarning(
            id=before.id if before else warning_id(self._rule.id, subject, episode.since_ms, taken),
            rule=self._rule.id,
            rule_version=self._rule.version,
            indicator=indicator.id,
            subject=subject,
            issuer=Issuer.COMPUTED,
            phase=WarningPhase.ACTIVE if episode.ended_ms is None else WarningPhase.CLEARED,
            level=episode.level,
            peak=episode.peak,
            since_ms=episode.since_ms,
            updated_ms=max(end_ms, episode.since_ms),
            ended_ms=episode.ended_ms,
            decided_ms=judging.now_ms,
            value=value,
            bound=float(self._bounds.at(end_ms).bound[level - 1, column]),
            unit=indicator.unit,
            trend=_trend(known, indicator.decimals),
            revision=before.revision + 1 if before else 1,
            stamp=judging.stamp,
            late=before.late if before else episode.ended_ms is not None,
            facts=self._facts(level, subject, end_ms),
        )
        says_the_same = before is not None and _says(before, indicator) == _says(warning, indicator)
        return before if before is not None and says_the_same else warning

    def _facts(self, level: Level, subject: str, at_ms: int) -> dict[str, Any]:
        """What a sentence needs beyond the numbers: trial or not, the level meant, the reference and its datum."""
        facts: dict[str, Any] = {"trial": self._rule.state is RuleState.TRIAL, "bound_level": int(level)}
        reference = self._bounds.reference(level, subject, at_ms)
        if reference is not None:
            facts |= {"reference": reference.name, "datum": reference.datum, "offset": self._declared[level].offset}
        return facts

    def _forget(self, now_ms: int) -> None:
        """Drop what no late value can reach any more."""
        horizon_ms = now_ms - self._keep_ms
        self._frames.forget_before(horizon_ms)
        for column, warnings in list(self._warnings.items()):
            kept = [w for w in warnings if w.phase is WarningPhase.ACTIVE or (w.ended_ms or 0) >= horizon_ms]
            if len(kept) < len(warnings):
                self._warnings[column] = kept
            if not kept:
                del self._warnings[column]

    @property
    def layout(self) -> str:
        """What its chunks hang on: two watches of equal layout read each other's."""
        return repr((self._rule, self._subjects))

    def ended(self, at_ms: int) -> list[CityWarning]:
        """What stands, as it is told when the rule is replaced or given up: cleared, by no value."""
        standing = [w for warnings in self._warnings.values() for w in warnings if w.phase is WarningPhase.ACTIVE]
        return [
            replace(
                warning,
                phase=WarningPhase.CLEARED,
                level=Level.NORMAL,
                ended_ms=at_ms,
                decided_ms=at_ms,
                revision=warning.revision + 1,
                facts=warning.facts | {"rule_replaced": True},
            )
            for warning in standing
        ]

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped."""
        chunks: dict[bytes, bytes | None] = {b"warnings": msgspec.msgpack.encode(self._warnings)}
        return chunks | {f"frame:{end_ms}".encode(): chunk for end_ms, chunk in self._frames.dirty().items()}

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave, of a fresh start nothing."""
        if b"warnings" in chunks:
            self._warnings = msgspec.msgpack.decode(chunks[b"warnings"], type=dict[int, list[CityWarning]])
            frames = {name: chunk for name, chunk in chunks.items() if name.startswith(b"frame:")}
            self._frames.restore({int(name.removeprefix(b"frame:")): chunk for name, chunk in frames.items()})


def _retracted(warning: CityWarning, judging: Judging) -> CityWarning:
    """What is told when late data show that an episode never was."""
    return replace(
        warning,
        phase=WarningPhase.RETRACTED,
        level=Level.NORMAL,
        ended_ms=warning.ended_ms or warning.updated_ms,
        decided_ms=judging.now_ms,
        revision=warning.revision + 1,
    )


def _says(warning: CityWarning, indicator: Indicator) -> tuple[object, ...]:
    """What a reader learns from a warning, its value as it is shown."""
    shown = round(warning.value, indicator.decimals)
    span = (warning.phase, warning.level, warning.peak, warning.since_ms, warning.ended_ms)
    return (*span, warning.indicator, shown, warning.bound, warning.trend, warning.facts)


def _trend(known: Sequence[tuple[int, float]], decimals: int) -> str:
    """rising, falling or steady as far as the shown decimals tell, over the last half hour; unknown from one value."""
    recent = [value for end_ms, value in known if end_ms >= known[-1][0] - TREND_MS]
    if len(recent) < 2:
        return "unknown"
    change = round(recent[-1] - recent[0], decimals)
    return "rising" if change > 0 else "falling" if change < 0 else "steady"
