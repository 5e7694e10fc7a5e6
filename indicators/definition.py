"""How an indicator is declared 口径: inputs, window, aggregate, roll-up, formula, and where its bounds come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.accounts import Sensitivity
from core.declared import Words


class Verification(StrEnum):
    """How far a number was checked against its source; bounds and colours apart.

    ADOPTED: no standard says it; the city has adopted it in its own name, and who approved that is kept.
    """

    VERIFIED = "verified"
    PARTIAL = "partial"
    ADOPTED = "adopted"
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
    FIRST = "first"
    LAST = "last"
    MIN = "min"
    MAX = "max"
    COUNT = "count"  # of readings, or of distinct events
    DISTINCT = "distinct"  # how many different values
    RATE = "rate"  # (last − first) an hour
    INCREASE = "increase"  # what a counter gained, over its resets
    QUANTILE = "quantile"  # `parameter`: 0 to 1
    SHARE_ABOVE = "share_above"  # % of readings ≥ `parameter`
    SHARE_BELOW = "share_below"  # % of readings < `parameter`
    TIME_IN_STATE = "time_in_state"  # s for which the newest reading was `parameter`
    CIRCULAR_MEAN = "circular_mean"  # of directions, degrees 0 to 360
    REPORTING = "reporting"  # 1 when the device reported at all, else 0


class WindowKind(StrEnum):
    """Which readings a window that ends at `end` holds; all are closed on the right."""

    SLIDING = "sliding"  # (end − window_s, end]; tumbling when slide_s is window_s
    CALENDAR = "calendar"  # since the `calendar` period began that holds the end (closed on the right): so far 累计
    LAST = "last"  # the newest value ever, as long as it is not older than window_s
    SINCE_EVENT = "since_event"  # since the last event of type `since_event` at the station or its area began


class Reset(StrEnum):
    """How a counter falls: never, at a restart from 0, each day at a time, or past `rollover_at`."""

    NEVER = "never"
    RESTART = "restart"
    DAILY = "daily"  # at `begins_at_s` of local time
    ROLLOVER = "rollover"


class RollUp(StrEnum):
    """How the stations of an area become the number of the area."""

    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    MIN = "min"
    WORST = "worst"  # the largest when up is bad, the smallest when down is bad
    WEIGHTED = "weighted"  # mean weighted with the attribute `weight` of station or area
    SHARE = "share"  # mean × 100, of expected stations: silent ones count as 0


class Lifecycle(StrEnum):
    """Draft: declared, not computed. Trial: computed, its rules judged but never rung. Retired: kept, not computed."""

    DRAFT = "draft"
    TRIAL = "trial"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Source:
    """Where bounds come from, and how far they and their colours are verified."""

    standard: str
    bounds: Verification
    colours: Verification
    note: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """Another indicator as a name in a formula: its value `ago_s` before the end of this window.

    That is the value of its last window that ended by then and is due no later than this one: what has the same pace or
    a faster one is waited for, what is slower holds nobody back (`indicators/links.py`). NaN when that one is unknown.
    area: the same area, the nearest above it that has a value, or the city. `spread` other than "": instead of that one
    value an aggregate (`mean`, `max`, `min`, `sum`, `count`) of all its known values in (end − spread_s, end], both
    ends `ago_s` earlier, NaN when less than half of them are known; spread_s 0: of those in this indicator's own window
    (a calendar day, say).
    """

    name: str
    indicator: str
    ago_s: int = 0
    area: str = "same"  # same, parent, city
    spread: str = ""
    spread_s: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One input of a composite score: its weight, and (value, score 0 to 100) points joined by straight lines.

    Which of its values counts is as for an `Input` of the same area.
    """

    indicator: str
    weight: float
    score: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """How this indicator hangs together with another 关联关系: kind cause, effect, same_source, see_also."""

    kind: str
    indicator: str
    note: Words = field(default_factory=lambda: Words("", ""))


@dataclass(frozen=True, slots=True)
class Indicator:
    """One declared vital sign 体征指标.

    metrics: inputs in the order of the formula. Expected reporters of an area: its devices that declare one
    of them. event_types: counts events instead; `*` stands for any ending (`video.*`). Window ends lie at
    whole multiples of `slide_s` (epoch UTC; of CALENDAR windows counted from the hour `begins_at_s`, so that a daily
    one ends with its day) and hold (end − window_s, end]; `early` True: also valued before
    its end, as OPEN. A window is due `settle_s` after its end; without readings then it is UNKNOWN.
    Reporters: at city level all devices that declare one of the metrics, placed or not; below it those placed
    there. With neither metrics nor event_types (aggregate `reporting`): every device of a station or camera
    feed that stands in a county; a parked bus is not off line. Who reports less often than the window is long
    counts as reporting until the feed's `late_after_s` is over.
    formula: "value" (the one input), "aqi" with `scheme` naming the table whose columns are the metrics or inputs in
    their order, or an expression over `formula_names` (`indicators/formula.py`). formula_at "station": before the
    roll-up, "area": after it. parts: instead of all that, a composite score 0 to 100 of other indicators.
    levels: of `geo.areas.AreaLevel`, and "station". where: only devices whose attributes are these. At a level named
    in `steps` the areas of the next finer one of `levels` are rolled up instead of the stations; zones stand beside
    and are never a step.
    period: "" for live values; month, quarter or year for values that carry their period instead of an age.
    Times of day are seconds after local midnight; the city's zone is UTC+8 all year.
    baseline "hour_of_week": a robust usual value stands beside each value; forecast_s: so far ahead a trend is told.
    normal: the median of a normal year, said for the check of bounds. cadence: how often its source reports 更新频率.
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
    definition: Words = field(default_factory=lambda: Words("", ""))
    where: dict[str, str] = field(default_factory=dict)
    parameter: float | None = None
    window: WindowKind = WindowKind.SLIDING
    calendar: str = ""  # hour, day, month, year
    begins_at_s: int = 0  # a hydrological day 28800 (08:00), a meteorological one 72000 (20:00)
    since_event: str = ""
    reset: Reset = Reset.NEVER
    rollover_at: float | None = None
    weight: str = ""
    formula_at: str = "area"
    inputs: tuple[Input, ...] = ()
    parts: tuple[Part, ...] = ()
    baseline: str = ""
    forecast_s: int = 0
    owner: str = ""  # department 责任部门
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    discloses: tuple[str, ...] = ()  # more sensitive ones of which it may tell what it tells
    relations: tuple[Relation, ...] = ()
    steps: dict[str, RollUp] = field(default_factory=dict)  # level → how its areas come from the next finer level
    normal: float | None = None
    cadence: str = "realtime"

    @property
    def measured(self) -> bool:
        """True when readings, events or silence of devices feed it; False when only other indicators do."""
        return bool(self.metrics or self.event_types) or not (self.inputs or self.parts)

    @property
    def formula_names(self) -> tuple[str, ...]:
        """What a formula may use: `value` where devices give one number alone, each metric, each input."""
        alone = ("value",) if self.measured and len(self.metrics) <= 1 else ()
        return (*alone, *self.metrics, *(one.name for one in self.inputs))
