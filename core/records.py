"""All that is stored or streamed, frozen. Arrays are columns of equal length; times are int64 ms UTC.

A window is closed on the right: the window that ends at 07:00 holds the readings of (06:00, 07:00].
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Stamp(StrEnum):
    """Where data come from. Stamps never mix, and only LIVE ever reaches a real recipient."""

    LIVE = "live"
    DEMO = "demo"
    DRILL = "drill"
    REPLAY = "replay"
    TEST = "test"


class Level(IntEnum):
    """Warning level; the higher the graver. Words, shapes and colours are in `core.messages`."""

    NORMAL = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


class Quality(IntFlag):
    """What is known against a reading. A flagged reading is kept; rules decide what to use. 8 and 32 are free."""

    GOOD = 0
    OUT_OF_RANGE = 1
    UNPLACED = 2
    UNKNOWN_METRIC = 4
    TEST = 16
    SETTLING = 64  # 上电: among the first after a reconnect
    CLOCK_SKEWED = 128  # the clock of its device runs ahead or behind


class Status(IntEnum):
    """Of an indicator value: final, still being filled, or nothing known."""

    FINAL = 0
    OPEN = 1
    UNKNOWN = 2


class Phase(StrEnum):
    """Of an event as its source tells it. The end may never come."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


class WarningPhase(StrEnum):
    """Of a warning episode. RETRACTED: late data showed that it never was."""

    ACTIVE = "active"
    CLEARED = "cleared"
    RETRACTED = "retracted"


class Issuer(StrEnum):
    """COMPUTED by us (监测告警) or ISSUED by an authority (预警信号); the two never mix."""

    COMPUTED = "computed"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a message is none. `reason` is a code of `core.messages` (`reject.*`), counted.

    `feed` ("": no feed is declared for the topic) and `received_ms` are known to whoever keeps it as a dead letter.
    """

    reason: str
    topic: str
    payload: bytes
    detail: str
    feed: str = ""
    received_ms: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ReadingBatch:
    """Readings of one feed as columns; `device[i]` and `metric[i]` index the two name tables.

    device int32 (n,), metric uint16 (n,), event_ms int64 (n,), value float64 (n,) finite,
    quality uint16 (n,) of `Quality`.
    """

    feed: str
    stamp: Stamp
    received_ms: int
    devices: tuple[str, ...]
    metrics: tuple[str, ...]
    device: Int32
    metric: UInt16
    event_ms: Int64
    value: Float64
    quality: UInt16

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True, slots=True)
class Place:
    """A point, degrees WGS 84, and how sure it is: `accuracy_m` is a radius, origin: gps, device, road, caller."""

    lon_deg: float
    lat_deg: float
    accuracy_m: float
    origin: str


@dataclass(frozen=True, slots=True)
class Event:
    """One telling of an event; tellings with one `id` are one event, in whatever order they come.

    `told_ms` orders the tellings of the source; `began_ms` is when it happened; `ended_ms` None: not ended,
    as far as told. `false_positive` True: the source took it back, it counts for nothing.
    """

    id: str
    feed: str
    type: str
    phase: Phase
    device: str
    began_ms: int
    told_ms: int
    ended_ms: int | None
    stamp: Stamp
    place: Place | None = None
    confidence: float | None = None
    false_positive: bool = False
    correlation_id: str = ""
    attributes: dict[str, str | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tick:
    """A decision point in the log: what is read up to here is decided as of `now_ms` (city time).

    `upto` maps the name of each other stream that is folded with this one to the last entry id consumed.
    """

    now_ms: int
    upto: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class PaneBatch:
    """What changed in one partition since its last tick: panes as columns, events folded.

    A pane is one metric of one device over (pane_end − width, pane_end]; its row replaces the earlier one.
    last_ms/last belong to the newest reading of the pane. count 0: the device was alive at last_ms, but nothing it
    told was in range; total is 0, low, high and last are NaN. crowded: readings left out because they name one
    undeclared device or metric too many. measures, sketches: what further aggregates need (`indicators/measures.py`),
    a column a name; NaN, or b"", in the rows of metrics that do not need it.
    settling: by device the span of event time [since_ms, until_ms] whose readings settle 上电, told when it changes;
    those readings are told like those out of range. clock_s: by device how far its clock runs ahead (> 0) or behind
    (< 0), told when it changes; 0: it is right again.
    """

    partition: int
    now_ms: int
    received_ms: int
    devices: tuple[str, ...]
    metrics: tuple[str, ...]
    device: Int32
    metric: UInt16
    pane_end_ms: Int64
    count: Int64
    total: Float64
    low: Float64
    high: Float64
    last_ms: Int64
    last: Float64
    events: tuple[Event, ...] = ()
    event_counts: tuple[tuple[str, str, int, int], ...] = ()  # (device, type, pane_end_ms, count)
    late: int = 0
    doubled: int = 0
    crowded: int = 0
    measures: dict[str, Float64] = field(default_factory=dict)
    sketches: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    settling: dict[str, tuple[int, int]] = field(default_factory=dict)
    clock_s: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.count)


@dataclass(frozen=True, slots=True, eq=False)
class ValueBatch:
    """One indicator at one window end for some areas. A row replaces the row of the same three.

    value float64 (n,), NaN exactly where status is UNKNOWN; reported and expected int32 (n,) reporters;
    newest_ms int64 (n,) event time of the newest reading inside, 0 when none; detail: a code or "" per row
    (for AQI the primary pollutants, joined by commas); beside: what is shown with the value and never replaces it
    (`baseline`, `forecast`), float64 (n,), NaN where not known.
    """

    indicator: str
    version: str
    window_end_ms: int
    decided_ms: int
    areas: tuple[str, ...]
    value: Float64
    reported: Int32
    expected: Int32
    newest_ms: Int64
    status: UInt8
    detail: tuple[str, ...]
    beside: dict[str, Float64] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True, slots=True)
class CityWarning:
    """One episode of one rule at one subject (area or station), as it stands after `revision`.

    since_ms is event time (the window end that opened it); decided_ms city time of the deciding tick.
    value, bound and unit are those of the highest level reached now (`level`) and ever (`peak`).
    late True: it opened already over (补报) and neither rings nor starts a clock.
    """

    id: str
    rule: str
    rule_version: str
    indicator: str
    subject: str
    issuer: Issuer
    phase: WarningPhase
    level: Level
    peak: Level
    since_ms: int
    updated_ms: int
    ended_ms: int | None
    decided_ms: int
    value: float
    bound: float
    unit: str
    trend: str  # rising, falling, steady, unknown
    revision: int
    stamp: Stamp
    late: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    def cleared_by(self, fact: str, at_ms: int) -> CityWarning:
        """As it stands after no value ended it, but what `fact` names, at a city time."""
        return replace(
            self,
            phase=WarningPhase.CLEARED,
            level=Level.NORMAL,
            ended_ms=at_ms,
            decided_ms=at_ms,
            revision=self.revision + 1,
            facts=self.facts | {fact: True},
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """What the installation shows now: one city, one stamp, one clock, one set of streams.

    `id` prefixes every Redis key, so that data of two stamps cannot meet. `topic_root` is where its
    messages are published (`city`; a replay has its own). City time runs from `city_ms` at `real_ms`
    with `speed`; it never passes `hold_ms` (a replay raises it as its readings land; 0: no hold).
    """

    id: str
    city: str
    stamp: Stamp
    topic_root: str
    city_ms: int = 0
    real_ms: int = 0
    speed: float = 1.0
    hold_ms: int = 0
