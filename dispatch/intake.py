"""What comes in beside reports: warnings, video items, messages told by machine or by telephone. Pure.

A pack declares what becomes of each: it is kept for the record only, waits for a person, or opens a case at once.
Whatever is not declared is record only: indicators count it, and nobody is asked about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from core.clock import in_china
from core.records import HOUR_MS, Level
from dispatch.grouping import Sighting

OPEN_FOR_MS = 24 * HOUR_MS  # what nobody took up for a day waits no longer; it stays readable


class Source(StrEnum):
    """Who told it. Cases are a source of their own: a grid worker's finding, an order, a field report."""

    WARNING = "warning"
    VIDEO = "video"
    HOTLINE = "hotline"
    FIELD = "field"
    CASE = "case"


class Becomes(StrEnum):
    """What becomes of something that came in."""

    RECORD = "record"  # 仅记录
    REVIEW = "review"  # 待核查
    CASE = "case"  # 自动立案


class ItemState(StrEnum):
    """Where an item stands."""

    OPEN = "open"
    JOINED = "joined"  # a case has it
    DISMISSED = "dismissed"  # a person said that it is nothing
    WITHDRAWN = "withdrawn"  # its source took it back, or late data did


@dataclass(frozen=True, slots=True)
class Admission:
    """One row of the pack: a rule or a type of event (`video.*`), and what becomes of it.

    kind: of the case that it would open. level: of warnings the least, 0: any. confidence: of events the least;
    below either it is record only. quiet_s: from and to, s after local midnight: then nothing opens by itself.
    """

    id: str
    becomes: Becomes
    kind: str
    rule: str = ""
    event: str = ""
    level: Level = Level.NORMAL
    confidence: float = 0.0
    quiet_s: tuple[int, int] | None = None

    def decide(self, at_ms: int, level: Level = Level.NORMAL, confidence: float | None = None) -> Becomes:
        """What becomes of one that happened at a time, ms UTC. confidence None: its source tells none."""
        if level < self.level or (confidence is not None and confidence < self.confidence):
            return Becomes.RECORD
        if self.becomes is Becomes.CASE and self.quiet_s and _lies_in(self.quiet_s, at_ms):
            return Becomes.REVIEW
        return self.becomes


@dataclass(frozen=True, slots=True)
class Item:
    """Something that came in. lon_deg None: no place; accuracy_m: radius of the place. Times in city time, ms UTC.

    name: the rule or the type of the event. correlation: one id from the readings to the close of a case.
    withdrawn: its source took it back.
    """

    id: str
    source: Source
    name: str
    kind: str
    becomes: Becomes
    area: str
    topic: str
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m: float
    at_ms: int
    told_ms: int
    title: str
    correlation: str
    withdrawn: bool = False

    def sighting(self) -> Sighting | None:
        """What the grouper sees of it; None: it has no place."""
        if self.lon_deg is None or self.lat_deg is None:
            return None
        return Sighting(
            self.id,
            self.lon_deg,
            self.lat_deg,
            self.accuracy_m,
            self.at_ms,
            kind=self.kind,
            rule=self.name if self.source is Source.WARNING else "",
            event="" if self.source is Source.WARNING else self.name,
            text=self.title,
        )


def admission_of(admissions: Iterable[Admission], *, rule: str = "", event: str = "") -> Admission | None:
    """The row for a rule or a type of event; of several the one that names it most closely. None: record only."""
    fitting = [
        one
        for one in admissions
        if (rule and one.rule == rule) or (event and one.event and fnmatchcase(event, one.event))
    ]
    return max(fitting, key=lambda one: (one.event == event, len(one.event)), default=None)


def source_of_feed(kind: str) -> Source:
    """Who tells the events of a feed, by its kind."""
    return {"camera": Source.VIDEO, "hotline": Source.HOTLINE}.get(kind, Source.FIELD)


def _lies_in(hours_s: tuple[int, int], at_ms: int) -> bool:
    """Whether a time lies in hours of the day; they may go over midnight."""
    at = in_china(at_ms)
    second = at.hour * 3600 + at.minute * 60 + at.second
    begin_s, end_s = hours_s
    return begin_s <= second < end_s if begin_s <= end_s else second >= begin_s or second < end_s
