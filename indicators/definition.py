"""How an indicator is declared 口径: inputs, window, aggregate, roll-up, formula, and where its bounds come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.declared import Words


class Verification(StrEnum):
    """How far a number was checked against its source; bounds and colours apart."""

    VERIFIED = "verified"
    PARTIAL = "partial"
    ILLUSTRATIVE = "illustrative"
    NONE = "none"


class Direction(StrEnum):
    """UP_BAD: a level fires at or above its bound; DOWN_BAD: strictly below; INFO: no levels."""

    UP_BAD = "up_bad"
    DOWN_BAD = "down_bad"
    INFO = "info"


class Aggregate(StrEnum):
    """How the readings of one device inside one window become one number."""

    MEAN = "mean"
    SUM = "sum"
    LAST = "last"
    MIN = "min"
    MAX = "max"
    COUNT = "count"  # of readings, or of distinct events
    REPORTING = "reporting"  # 1 when the device reported at all, else 0


class RollUp(StrEnum):
    """How the stations of an area become the number of the area."""

    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    MIN = "min"
    SHARE = "share"  # mean × 100, of expected stations: silent ones count as 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where bounds come from, and how far they and their colours are verified."""

    standard: str
    bounds: Verification
    colours: Verification
    note: str = ""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One declared vital sign 体征指标.

    metrics: inputs in the order of the formula. Expected reporters of an area: its devices that declare one
    of them. event_types: counts events instead; `*` stands for any ending (`video.*`). Window ends lie at
    whole multiples of `slide_s` (epoch UTC) and hold (end − window_s, end]; `early` True: also valued before
    its end, as OPEN. A window is due `settle_s` after its end; without readings then it is UNKNOWN.
    Reporters: at city level all devices that declare one of the metrics, placed or not; below it those placed
    there. With neither metrics nor event_types (aggregate `reporting`): every device of a station or camera
    feed that stands in a county; a parked bus is not off line. Who reports less often than the window is long
    counts as reporting until the feed's `late_after_s` is over.
    formula: "value", or "aqi" with `scheme` naming the table. levels: station, county, city.
    period: "" for live values; month, quarter or year for values that carry their period instead of an age.
    """

    id: str
    name: Words
    domain: str
    unit: str
    direction: Direction
    window_s: int
    slide_s: int
    aggregate: Aggregate
    rollup: RollUp
    levels: tuple[str, ...]
    source: Source
    metrics: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    formula: str = "value"
    scheme: str = ""
    early: bool = False
    settle_s: int = 60
    decimals: int = 1
    period: str = ""
    version: str = "1"
    method: Words = field(default_factory=lambda: Words("", ""))
