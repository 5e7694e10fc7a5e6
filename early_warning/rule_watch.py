"""One rule over all of its subjects: what was told becomes levels, levels become episodes, episodes warnings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.records import MINUTE_MS, CityWarning, Issuer, Level, Stamp, ValueBatch, WarningPhase
from early_warning.bounds import BoundsOfRule
from early_warning.episodes import FLAP_MS, Continued, Episode, continued, episodes, warning_id
from early_warning.frames import Frames
from early_warning.rule import Judged, LevelBound, Rule, RuleState
from early_warning.sight import Sight
from early_warning.subjects import Ground
from indicators.definition import Indicator

# Over this span a value is called rising or falling: long enough that a river's hour shows, short enough to be now.
TREND_MS = 30 * MINUTE_MS
# One window end may still be valued by a tick that the first stage decided two minutes earlier.
SLACK_MS = 2 * MINUTE_MS
REPLACED = "rule_replaced"  # fact: ended because its rule was replaced or given up 规则改版
GOES_ON = "goes_on_from"  # fact: the version that opened, or last held, a warning that goes on under another


@dataclass(frozen=True, slots=True)
class Judging:
    """When and with what stamp warnings are decided."""

    now_ms: int
    stamp: Stamp


class RuleWatch:
    """State of one rule: what was told, levels over the lateness, and the warnings that these can still change."""

    def __init__(self, rule: Rule, ground: Ground) -> None:
        self._rule, self._indicators = rule, ground.indicators
        self._subjects = tuple(ground.subjects(rule))
        self._declared: dict[Level, LevelBound] = {bound.level: bound for bound in rule.bounds}
        self._references = BoundsOfRule(rule, self._subjects, ground.devices)
        within = {one: ground.holding(one) for one in self._subjects} if rule.overrides else {}
        places = ground.areas.city.id, within
        self._sight = Sight(rule, self._subjects, ground.indicators, ground.devices, places)
        self._keep_ms = max(ground.lateness_ms(rule), TREND_MS, FLAP_MS) + SLACK_MS
        self._frames = Frames(len(self._subjects), keeps_losses=self._sight.keeps_losses)
        self._warnings: dict[int, list[CityWarning]] = {}  # by column
        self._taken: dict[int, list[str]] = {}  # by column: ids of what another version told of the time we tell of

    def judge(self, values: Iterable[ValueBatch], judging: Judging) -> list[CityWarning]:
        """The warnings that the values open, change, clear or retract, each as it stands now."""
        told: dict[str, list[NDArray[np.intp]]] = {}
        first_ms, last_ms = self._take(values, told)
        changed: list[CityWarning] = []
        if told:
            moved = self._frames.fold_from(first_ms, self._sight.looks)
            touched = self._sight.touched(told, last_ms)
            warned = (column for column in self._warnings if touched[column])
            for column in sorted({*np.flatnonzero(moved).tolist(), *warned}):
                if moved[column]:
                    changed += self._rebuilt(column, judging)
                else:
                    changed += self._refreshed(column, judging)
        self._forget(judging.now_ms)
        return changed

    def _take(self, values: Iterable[ValueBatch], told: dict[str, list[NDArray[np.intp]]]) -> tuple[int, int]:
        """Keep what concerns us; of that the first and the last window end, and by indicator the areas told of.

        A window that ended before the frames begin is a value that still counts in them, as far as it does.
        """
        ends: list[int] = []
        for batch in values:
            kept = self._sight.told.get(batch.indicator)
            if kept is None:  # nobody is judged here
                continue
            begun_ms = self._frames.folded_upto_ms
            if batch.window_end_ms + self._sight.reach_ms <= begun_ms:
                continue
            columns = kept.take(batch)
            if len(columns):
                told.setdefault(batch.indicator, []).append(columns)
                ends.append(batch.window_end_ms)
                if batch.window_end_ms > begun_ms and self._sight.is_judged_at(batch.indicator, batch.window_end_ms):
                    self._frames.begin(batch.window_end_ms)
        return min(ends, default=0), max(ends, default=0)

    def _rebuilt(self, column: int, judging: Judging) -> list[CityWarning]:
        """The warnings of a subject whose levels changed."""
        known = self._warnings.get(column, [])
        told = {w.id: w.revision for w in known}
        found = episodes(self._frames.levels(column), self._frames.standing(column))
        pairs, orphans = continued(found, known, self._rule.flap_limit)
        pairs = [self._flapping_as_before(pair) for pair in pairs]
        gone = {w.id: w for w in known if w.phase is WarningPhase.RETRACTED}
        changed = {w.id: _retracted(w, judging) for w in orphans}
        gone |= changed
        standing: dict[str, CityWarning] = {}
        for pair in pairs:
            taken = told.keys() - gone.keys() | standing.keys() | set(self._taken.get(column, ()))
            warning = self._warning(column, pair, taken, judging)
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
                same = Continued(episode, warning, warning.facts.get("flapping", 0))
                now = self._warning(column, same, set(), judging)
                if now is not warning:
                    self._warnings[column][at] = now
                    changed.append(now)
        return changed

    def _warning(self, column: int, pair: Continued, taken: set[str], judging: Judging) -> CityWarning:
        """The warning of an episode: the one it continues, itself if that says the same, or a new one."""
        episode, before = pair.episode, pair.warning
        subject = self._subjects[column]
        level, over = episode.last_level, episode.ended_ms is not None
        indicator = self._indicators[self._declared[level].indicator]
        known = self._sight.known(level, column, episode.until_ms)
        end_ms, value = known[-1] if known else (episode.since_ms, before.value if before else np.nan)
        plain = self._plain(level, column, episode.until_ms)
        warning = CityWarning(
            id=before.id if before else warning_id(self._rule.id, subject, episode.since_ms, taken),
            rule=self._rule.id,
            rule_version=self._rule.version,
            indicator=indicator.id,
            subject=subject,
            issuer=Issuer.COMPUTED,
            phase=WarningPhase.CLEARED if over else WarningPhase.ACTIVE,
            level=episode.level,
            peak=episode.peak,
            since_ms=episode.since_ms,
            updated_ms=max(end_ms, episode.since_ms),
            ended_ms=episode.ended_ms,
            decided_ms=judging.now_ms,
            value=value,
            bound=self._sight.bound(level, column, end_ms),
            unit=indicator.unit,
            trend=_trend(plain or known, indicator.decimals),
            revision=before.revision + 1 if before else 1,
            stamp=judging.stamp,
            late=over and (before is None or before.late),
            facts=self._facts(level, column, end_ms)
            | _judged(self._declared[level], plain, indicator)
            | ({"flapping": pair.flapping} if pair.flapping else {})
            | ({GOES_ON: before.facts[GOES_ON]} if before and GOES_ON in before.facts else {}),
        )
        says_the_same = before is not None and _says(before, indicator) == _says(warning, indicator)
        return before if before is not None and says_the_same else warning

    def _plain(self, level: Level, column: int, upto_ms: int) -> list[tuple[int, float]]:
        """The values behind what a level judges; [] when it judges the value itself."""
        if self._declared[level].judged is Judged.VALUE:
            return []
        return self._sight.known(level, column, upto_ms, Judged.VALUE)

    def _facts(self, level: Level, column: int, at_ms: int) -> dict[str, Any]:
        """What a sentence needs beyond the numbers: trial, the level meant, lost data, the reference and its datum."""
        facts: dict[str, Any] = {"trial": self._rule.state is RuleState.TRIAL, "bound_level": int(level)}
        if lost_ms := self._frames.lost_ms(column):
            facts["lost_ms"] = lost_ms
        reference = self._references.reference(level, self._subjects[column], at_ms)
        if reference is not None:
            facts |= {"reference": reference.name, "datum": reference.datum, "offset": self._declared[level].offset}
        return facts

    def _flapping_as_before(self, pair: Continued) -> Continued:
        """What another version opened flaps as it did: the openings before it are not known any more."""
        if pair.warning is None or pair.episode.since_ms > self._frames.told_from_ms:
            return pair
        return replace(pair, flapping=pair.warning.facts.get("flapping", 0))

    def _forget(self, now_ms: int) -> None:
        """Drop what no late value can reach any more."""
        before_ms = self._frames.folded_upto_ms
        self._frames.forget_before(now_ms - self._keep_ms)
        begun_ms = self._frames.folded_upto_ms
        if begun_ms == before_ms:
            return
        self._sight.forget_before(begun_ms)
        if begun_ms >= self._frames.told_from_ms:
            self._taken.clear()
        for column, warnings in list(self._warnings.items()):
            kept = [w for w in warnings if w.phase is WarningPhase.ACTIVE or (w.ended_ms or 0) > begun_ms]
            if len(kept) < len(warnings):
                self._warnings[column] = kept
            if not kept:
                del self._warnings[column]

    @property
    def layout(self) -> str:
        """What its chunks hang on: two watches of equal layout read each other's, however the rule is called."""
        said = {"name": None, "source": None, "jurisdiction": "", "domain": "", "inhibited_by": ()}
        return repr((replace(self._rule, **said), self._subjects))  # type: ignore[arg-type]

    def ended(self, at_ms: int) -> list[CityWarning]:
        """What stands, as it is told when the rule is replaced or given up: cleared, by no value."""
        return [warning.cleared_by(REPLACED, at_ms) for _, warning in self._standing()]

    def follows(self, before: RuleWatch, now_ms: int) -> bool:
        """Whether it judges the same as another, by whatever bounds and at whatever subjects, so that it may go on."""
        ours, theirs = ({bound.level: bound for bound in one._rule.bounds} for one in (self, before))
        shared = [(ours[level], theirs[level]) for level in ours.keys() & theirs.keys()]
        turn_ms = before._frames.turn_ms(now_ms)
        return (
            self._rule.state == before._rule.state
            and self._sight.asked == before._sight.asked
            and all(_asked(one) == _asked(other) for one, other in shared)
            and turn_ms is not None
            and self._rule.valid_from_ms <= turn_ms
        )

    def take_over(self, before: RuleWatch, at_ms: int, judging: Judging) -> list[CityWarning]:
        """Go on from another version of the rule at a time, city time; the warnings that this changes.

        What it was told is folded anew, so that from the turn on the levels are those of this version's backtest. What
        still stands by them goes on under its id, since when it stood; what does no more ends by the change. Whatever
        was told of the time before the turn stays as it was told: late data change it no more.
        """
        turn_ms = before._frames.turn_ms(judging.now_ms)
        assert turn_ms is not None  # `follows`
        begun_ms = before._frames.folded_upto_ms
        self._sight.take_over(before._sight)
        self._frames.take_over(self._sight.led_by(before._sight, before._frames.base, begun_ms), begun_ms, turn_ms)
        self._fold_anew()
        stands, changed = self._frames.stands(), []
        columns = {subject: column for column, subject in enumerate(self._subjects)}
        for column, known in before._warnings.items():
            if (ours := columns.get(before._subjects[column])) is not None:
                told = [warning.id for warning in known if warning.since_ms >= turn_ms]
                self._taken[ours] = [*before._taken.get(column, ()), *told]
        for subject, warning in before._standing():
            ours = columns.get(subject)
            if ours is None or not stands[ours]:
                changed.append(warning.cleared_by(REPLACED, at_ms))
                continue
            if warning.since_ms <= turn_ms:
                self._frames.carry(ours, Episode(warning.since_ms, None, warning.level, warning.peak, warning.level))
            version = {} if warning.rule_version == self._rule.version else {GOES_ON: warning.rule_version}
            self._warnings[ours] = [replace(warning, facts=warning.facts | version)]
        for column in sorted({*np.flatnonzero(stands).tolist(), *self._warnings}):
            changed += self._rebuilt(column, judging)
        return changed

    def _standing(self) -> list[tuple[str, CityWarning]]:
        """What stands, with its subject."""
        known = ((self._subjects[column], warning) for column, own in self._warnings.items() for warning in own)
        return [(subject, warning) for subject, warning in known if warning.phase is WarningPhase.ACTIVE]

    def dirty(self) -> dict[bytes, bytes | None]:
        """Chunks that changed since this was last asked; None: dropped."""
        chunks: dict[bytes, bytes | None] = {
            b"warnings": msgspec.msgpack.encode(self._warnings),
            b"taken": msgspec.msgpack.encode(self._taken),
            b"begun": self._frames.packed(),
        }
        for name, told in self._sight.told.items():
            chunks |= {f"told:{name}:{end_ms}".encode(): chunk for end_ms, chunk in told.dirty().items()}
        return chunks

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave, of a fresh start nothing; levels are found anew from what was told."""
        if b"warnings" not in chunks:
            return
        self._warnings = msgspec.msgpack.decode(chunks[b"warnings"], type=dict[int, list[CityWarning]])
        self._taken = msgspec.msgpack.decode(chunks[b"taken"], type=dict[int, list[str]])
        self._frames.restore(chunks[b"begun"])
        for name, told in self._sight.told.items():
            prefix = f"told:{name}:".encode()
            rows = {key.removeprefix(prefix): chunk for key, chunk in chunks.items() if key.startswith(prefix)}
            told.restore({int(end_ms): chunk for end_ms, chunk in rows.items()})
        self._fold_anew()

    def _fold_anew(self) -> None:
        """The levels, from the state that the frames begin with and from what was told."""
        ends_ms = self._sight.ends_ms(self._frames.folded_upto_ms)
        for end_ms in ends_ms:
            self._frames.begin(end_ms)
        if ends_ms:
            self._frames.fold_from(ends_ms[0], self._sight.looks)


def _asked(bound: LevelBound) -> object:
    """What a level compares with its bound."""
    return bound.indicator, bound.judged, bound.over_s, bound.ahead_s


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


def _judged(declared: LevelBound, plain: Sequence[tuple[int, float]], indicator: Indicator) -> dict[str, Any]:
    """Of a level that judges no plain value: what it judges, over which spans, and the value itself."""
    if declared.judged is Judged.VALUE:
        return {}
    spans = {name: span for name in ("over_s", "ahead_s") if (span := getattr(declared, name))}
    now = {"plain": round(plain[-1][1], indicator.decimals)} if plain else {}
    return {"judged": str(declared.judged)} | spans | now


def _says(warning: CityWarning, indicator: Indicator) -> tuple[object, ...]:
    """What a reader learns from a warning, its value as it is shown."""
    shown = round(warning.value, indicator.decimals)
    span = (warning.rule_version, warning.phase, warning.level, warning.peak, warning.since_ms, warning.ended_ms)
    return (*span, warning.indicator, shown, warning.bound, warning.trend, warning.late, warning.facts)


def _trend(known: Sequence[tuple[int, float]], decimals: int) -> str:
    """rising, falling or steady as far as the shown decimals tell, over the last half hour; unknown from one value."""
    recent = [value for end_ms, value in known if end_ms >= known[-1][0] - TREND_MS]
    if len(recent) < 2:
        return "unknown"
    change = round(recent[-1] - recent[0], decimals)
    return "rising" if change > 0 else "falling" if change < 0 else "steady"
