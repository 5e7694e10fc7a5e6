"""How a rule is declared: for each level its own indicator (and so its own window), bound and clear bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.declared import Words
from core.records import Level
from indicators.definition import Direction, Source


class RuleState(StrEnum):
    """TRIAL 试运行: judged, never rung, never shown as a warning; bounds that nobody verified stay there."""

    TRIAL = "trial"
    ACTIVE = "active"


class Comparison(StrEnum):
    """When a value reaches a bound."""

    AT_LEAST = ">="
    ABOVE = ">"
    AT_MOST = "<="
    BELOW = "<"


class Judged(StrEnum):
    """What is compared with the bound.

    VALUE: the value itself. RATE: its change in an hour, over the last `over_s`. DEVIATION: the value less its
    baseline. FORECAST: the value `ahead_s` from now if it goes on changing as over the last `over_s`, so that a bound
    is reached when the time to it is at most `ahead_s`.
    """

    VALUE = "value"
    RATE = "rate"
    DEVIATION = "deviation"
    FORECAST = "forecast"


class NoData(StrEnum):
    """What becomes of a level when nothing is known: KEEP it, CLEAR it, or keep it and say LOST 数据中断."""

    KEEP = "keep"
    CLEAR = "clear"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Condition:
    """A further condition of a level, on any indicator.

    area: "same", the id of an area, or "city". clear: it counts as past only there; None: at the bound.
    """

    indicator: str
    comparison: Comparison
    bound: float
    clear: float | None = None
    area: str = "same"
    judged: Judged = Judged.VALUE
    over_s: int = 0
    ahead_s: int = 0


@dataclass(frozen=True, slots=True)
class LevelBound:
    """When one level is reached, and when it is left again.

    Either `bound` in the unit of `indicator`, or `reference`: the station's own (`warning`, `guaranteed`,
    `record`) plus `offset`. `hysteresis` 回差 ≥ 0: the level is left only below bound − hysteresis
    (above bound + hysteresis when down is bad); or only past `clear`, a number in the unit of the indicator.
    comparison None: as the direction of the rule says. hold_s: so long it must be reached; clear_after_s: so long it
    must be past its clear bound. conditions: joined to it by `join`, "all" or "any"; past its clear bound is then the
    whole: one of all, or each of any (`early_warning/lanes.py`).
    """

    level: Level
    indicator: str
    bound: float | None = None
    reference: str = ""
    offset: float = 0.0
    hysteresis: float = 0.0
    comparison: Comparison | None = None
    clear: float | None = None
    hold_s: int = 0
    clear_after_s: int = 0
    judged: Judged = Judged.VALUE
    over_s: int = 0
    ahead_s: int = 0
    conditions: tuple[Condition, ...] = ()
    join: str = "all"


def asked(bounds: Iterable[LevelBound]) -> Iterator[LevelBound | Condition]:
    """Everything that levels compare with a number: their own bounds, and their further conditions."""
    for bound in bounds:
        yield bound
        yield from bound.conditions


@dataclass(frozen=True, slots=True)
class Override:
    """Another bound for a level at one station, or in an area and at all that lies in it, the nearest one counting.

    Its clear bound keeps its distance unless `clear`.
    """

    area: str
    level: Level
    bound: float
    clear: float | None = None


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While a warning of another rule stands at `level` or graver, ours is on its card and does not ring by itself.

    by: "same" subject; "upstream", at what the station hangs on; "distance", within `within_m` of the station; "label",
    where `label` is the same: an attribute of both stations, `feeder`, `gateway`, `vendor`, `parent`, or `area`, the
    county.
    """

    rule: str
    by: str
    level: Level = Level.BLUE
    within_m: float = 0.0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule is judged, by local time (UTC+8 all year); an empty part means always.

    hours: (from, to) in seconds after midnight, to not included; from > to passes midnight, and then its early part
    belongs to the weekday it stands on. weekdays: 1 Monday to 7 Sunday. season: ((month, day) first, (month, day)
    last), both included; it may pass the end of the year.
    """

    hours: tuple[tuple[int, int], ...] = ()
    weekdays: tuple[int, ...] = ()
    season: tuple[tuple[int, int], tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One warning rule 预警规则, pinned into each warning it opens as (id, version).

    subjects: station, village, town, zone, county or city, or what stations hang on, feeder 供电区 or gateway 网关.
    bounds: at most one for each level; the gravest satisfied one wins.
    min_reporting: 0 to 1; a value to which a smaller share of its reporters 到报率 came counts as unknown.
    no_data, no_data_after_s: what follows when a level was unknown for so long.
    valid_from_ms: since when this version is in force, ms UTC; a backtest judges as if it always had been.
    inhibited_by: what hides its warnings. flap_limit: what opens more often within an hour flaps 抖动; 0: none.
    """

    id: str
    version: str
    name: Words
    domain: str
    subjects: str
    direction: Direction
    bounds: tuple[LevelBound, ...]
    state: RuleState
    source: Source
    jurisdiction: str = ""
    min_reporting: float = 0.0
    no_data: NoData = NoData.KEEP
    no_data_after_s: int = 0
    schedule: Schedule | None = None
    overrides: tuple[Override, ...] = ()
    valid_from_ms: int = 0
    inhibited_by: tuple[Inhibition, ...] = ()
    flap_limit: int = 4
