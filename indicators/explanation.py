"""What an explanation of one value consists of. Numbers are None where unknown, times ms UTC."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan


@dataclass(frozen=True, slots=True)
class ReadingTold:
    """One reading as it lies in the log: entry `entry` of the readings of a partition; quality: of `core.records`."""

    partition: str
    entry: str
    metric: str
    event_ms: int
    value: float
    quality: int


@dataclass(frozen=True, slots=True)
class PaneTold:
    """The readings of one metric over one small span, as the first stage folded them."""

    metric: str
    end_ms: int
    count: int
    total: float | None
    low: float | None
    high: float | None
    last: float | None
    last_ms: int


@dataclass(frozen=True, slots=True)
class StationTold:
    """What one station brought: its number by metric, or its count of events; after `begin_ms`, 0: no window here.

    panes and readings only where few stations are told of.
    """

    station: str
    numbers: dict[str, float | None]
    begin_ms: int
    newest_ms: int
    reported: bool
    detail: str
    panes: tuple[PaneTold, ...] = ()
    readings: tuple[ReadingTold, ...] = ()


@dataclass(frozen=True, slots=True)
class InputTold:
    """Another indicator that the formula reads: the windows that it looks at, and why the newest of them says so."""

    name: str
    ends_ms: tuple[int, ...]
    spread: str
    value: float | None
    of: Explanation | None


@dataclass(frozen=True, slots=True)
class PartTold:
    """One part of a score: its value, what that scores, and how many points it costs."""

    indicator: str
    weight: float
    value: float | None
    score: float | None
    lost: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """One value and everything that it follows from.

    It holds the readings of (begin_ms, end_ms] (of windows since an event each station says its own beginning) and is
    decided at due_ms. numbers: what the formula was reckoned with, by name. sub_indices: by pollutant, of an index.
    """

    indicator: str
    version: str
    area: str
    begin_ms: int
    end_ms: int
    due_ms: int
    aggregate: str
    rollup: str
    formula: str
    formula_at: str
    scheme: str
    numbers: dict[str, float | None]
    value: float | None
    detail: str
    reported: int
    expected: int
    newest_ms: int
    sub_indices: dict[str, float | None]
    stations: tuple[StationTold, ...]
    inputs: tuple[InputTold, ...]
    parts: tuple[PartTold, ...]


def told(value: float) -> float | None:
    """A number as it is told: None for NaN."""
    return None if isnan(value) else float(value)
