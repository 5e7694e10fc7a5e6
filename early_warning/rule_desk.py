"""The rules desk: what a draft would have told of the past days, held against the active version and the labels.

Everything here takes up to a second; call it in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.labels import Label
from core.records import DAY_MS, Level, WarningPhase
from core.rule_versions import OPEN_STATES, Complaint, RuleVersion
from early_warning.alarm_shifts import seats_of
from early_warning.backtest import Case, Past
from early_warning.declaration import rule_of
from early_warning.episodes import NEVER_ENDED_MS, Episode
from early_warning.kept_past import Asked, KeptPast, Newest, indicators_of
from early_warning.rule import Rule
from early_warning.scoring import Incident
from early_warning.seats import SeatReach
from early_warning.subjects import Ground
from early_warning.week_after import WEEK_MS
from early_warning.weighing import Swept, Weighed, sweep_level, weigh
from store import people as roster
from store.labels import labels_between
from store.rules import complaints_about, in_force, versions_of
from store.sql import Database, Transaction
from store.warnings import Asked as Told
from store.warnings import warnings_between


@dataclass(frozen=True, slots=True)
class Question:
    """What is weighed: a draft as data, against a rule of this scene, over so many days up to a time (city time)."""

    scene: str
    draft: Mapping[str, Any]
    rule: str
    active: Rule | None
    days: int
    upto_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of it. subjects: whom the draft judges; labels: of the same days, incidents and verdicts."""

    draft: Rule
    subjects: tuple[str, ...]
    past: Past
    labels: tuple[Label, ...]
    weighed: Weighed


@dataclass(frozen=True, slots=True)
class File:
    """All that is kept of one rule, newest first."""

    versions: tuple[RuleVersion, ...] = ()
    complaints: tuple[Complaint, ...] = ()

    @property
    def open_version(self) -> RuleVersion | None:
        """The one that is being worked on."""
        return next((one for one in self.versions if one.state in OPEN_STATES), None)

    def judging(self, now_ms: int) -> RuleVersion | None:
        """The kept version that judges now; None: what the pack says."""
        return next(iter(in_force(self.versions, now_ms).values()), None)


class RuleDesk:
    """Answers for one city. database None: nobody has accounts, so there are neither labels nor versions."""

    def __init__(self, kept: KeptPast, database: Database | None) -> None:
        self._kept, self._database = kept, database

    def weigh(self, asked: Question, ground: Ground, newest: Newest) -> Answer:
        """Both versions over the same days. Raises ValidationError, OSError, UnreadableEntry, NeighbourDown."""
        case, past, labels = self._prepared(asked, ground, newest)
        told = incidents(labels, case.subjects, ground)
        return Answer(case.rule, case.subjects, past, tuple(labels), weigh(case, asked.active, past, told))

    def sweep(self, asked: Question, level: Level, ground: Ground, newest: Newest) -> dict[str, tuple[Swept, ...]]:
        """One level of the draft alone, its bound, hold and hysteresis varied. Raises as `weigh`."""
        case, past, labels = self._prepared(asked, ground, newest)
        return sweep_level(case, level, past, incidents(labels, case.subjects, ground))

    def file(self, city: str, rule: str = "") -> File:
        """Versions and complaints of one rule, or of all. Raises NeighbourDown."""
        if self._database is None:
            return File()
        with self._database.reading() as connection:
            return File(tuple(versions_of(connection, city, rule)), tuple(complaints_about(connection, city, rule)))

    def told_since(self, scene: str, rule: str, version: str, since_ms: int) -> int:
        """How many warnings of a version opened in the week from a time on (city time). Raises NeighbourDown."""
        if self._database is None:
            return 0
        with self._database.reading() as connection:
            return told_since(connection, scene, rule, version, since_ms)

    def seats(self) -> list[SeatReach]:
        """The seats of the room, with the reach of their posts. Raises NeighbourDown."""
        if self._database is None:
            return []
        with self._database.reading() as connection:
            return seats_of(roster.seats(connection), roster.posts(connection))

    def labels(self, city: str, scene: str, from_ms: int = 0, upto_ms: int = NEVER_ENDED_MS) -> list[Label]:
        """What people said of a span, of one scene and of the world. Raises NeighbourDown."""
        if self._database is None:
            return []
        with self._database.reading() as connection:
            return labels_between(connection, city, scene, from_ms, upto_ms)

    def _prepared(self, asked: Question, ground: Ground, newest: Newest) -> tuple[Case, Past, list[Label]]:
        draft = rule_of(asked.rule, asked.draft, "draft")
        rules = [draft, *([asked.active] if asked.active else [])]
        span = Asked(asked.scene, indicators_of(rules, ground.indicators), asked.days, asked.upto_ms)
        past = self._kept.of(span, ground, newest)
        labels = self.labels(ground.areas.city.id, asked.scene, asked.upto_ms - asked.days * DAY_MS, asked.upto_ms)
        return Case(draft, tuple(ground.subjects(draft))), past, labels


def told_since(connection: Transaction, scene: str, rule: str, version: str, since_ms: int) -> int:
    """How many warnings of a version opened in the week from a time on, those taken back left out."""
    found = warnings_between(connection, scene, since_ms, since_ms + WEEK_MS, Told(rule=rule))
    opened = (one.warning for one in found if since_ms <= one.warning.since_ms < since_ms + WEEK_MS)
    return sum(one.rule_version == version and one.phase is not WarningPhase.RETRACTED for one in opened)


def incidents(labels: Iterable[Label], subjects: Sequence[str], ground: Ground) -> list[Incident]:
    """The labels that say something happened, each with the subjects whose warnings may have told of it."""
    return [
        Incident(concerned, one.began_ms, one.ended_ms, timed=not one.warning and one.certain)
        for one in labels
        if one.verdict.is_true and (concerned := concerned_by(one.place, subjects, ground))
    ]


def concerned_by(place: str, subjects: Sequence[str], ground: Ground) -> frozenset[str]:
    """Those of some subjects that are a place, lie in it, or are an area that holds it."""
    above = set(ground.holding(place))
    return frozenset(one for one in subjects if one == place or place in ground.holding(one) or one in above)


def label_of(episode: Episode, subject: str, labels: Iterable[Label], ground: Ground) -> Label | None:
    """What people said of the time at which a warning would have stood at a subject; a verdict before an incident."""
    met = [
        one
        for one in labels
        if one.began_ms < episode.until_ms
        and episode.since_ms <= one.ended_ms
        and concerned_by(one.place, (subject,), ground)
    ]
    return min(met, key=lambda one: (not one.warning, abs(one.began_ms - episode.since_ms)), default=None)
