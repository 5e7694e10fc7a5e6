"""What is wrong with one declared indicator, taken for itself; what only a whole pack can show is in `catalogue/`.

Two limits stand for the memory that windows cost: nothing reaches further back than `RETENTION_S`, and a moving window
has at most `MOST_SLIDES` steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import FormulaError
from indicators.definition import Aggregate, Lifecycle, Reset, RollUp, WindowKind
from indicators.formula import compile_formula

if TYPE_CHECKING:
    from indicators.schema import IndicatorEntry

Fault = tuple[tuple[str | int, ...], str]  # path of the key inside the entry, sentence

DAY_S = 86_400
RETENTION_S = 400 * DAY_S  # panes and values are kept so long: a year for 同比, and what comes a month late
MOST_SLIDES = 10_000  # rows of one device in memory: half a megabyte
PERIOD_S = {"hour": 3600, "day": DAY_S, "month": 31 * DAY_S, "year": 366 * DAY_S}  # the longest of each
# What `parameter` means, and between which numbers it lies; any other aggregate has none.
PARAMETERS = {
    Aggregate.QUANTILE: ("the quantile", 0.0, 1.0),
    Aggregate.SHARE_ABOVE: ("the bound", -1e15, 1e15),
    Aggregate.SHARE_BELOW: ("the bound", -1e15, 1e15),
    Aggregate.TIME_IN_STATE: ("the state", -1e15, 1e15),
}
FINER = ("city", "county", "town", "village", "grid", "station")  # each below the one before; zones stand beside


def faults(entry: IndicatorEntry) -> Iterator[Fault]:
    """Every fault of an indicator. A draft that names no source yet is not asked how it would be computed."""
    yield from _of_sources(entry)
    if entry.lifecycle is Lifecycle.DRAFT and not (entry.metrics or entry.event_types or entry.inputs or entry.parts):
        return
    yield from _of_window(entry)
    yield from _of_calendar(entry)
    yield from _of_aggregate(entry)
    yield from _of_counter(entry)
    yield from _of_rollup(entry)
    yield from _of_formula(entry)


def said_s(seconds: int) -> str:
    """A span as one reads it.

    >>> said_s(34_560_000), said_s(5400)
    ('400 d', '5400 s')
    """
    return f"{seconds // DAY_S} d" if seconds % DAY_S == 0 else f"{seconds} s"


def measured(entry: IndicatorEntry) -> bool:
    """True when devices feed it, False when only other indicators do."""
    return not entry.parts and bool(entry.metrics or entry.event_types or not entry.inputs)


def _of_sources(entry: IndicatorEntry) -> Iterator[Fault]:
    if entry.metrics and entry.event_types:
        yield ("event_types",), "an indicator has metrics or event_types, not both"
    others = [key for key in ("metrics", "event_types", "inputs", "scheme", "where") if getattr(entry, key)]
    if entry.parts and (others or entry.formula != "value"):
        yield ("parts",), f"a score has parts and nothing else; leave out {', '.join(others or ['formula'])}"
    silent = not (entry.metrics or entry.event_types or entry.inputs or entry.parts)
    if silent and entry.lifecycle is not Lifecycle.DRAFT and entry.aggregate is not Aggregate.REPORTING:
        yield (), "without metrics and event_types the aggregate must be reporting; or say inputs or parts"
    for row, one in enumerate(entry.inputs):
        if one.name in {*entry.metrics, "value", *(earlier.name for earlier in entry.inputs[:row])}:
            yield ("inputs", row, "name"), f"the name {one.name!r} stands for two things"
    if len({part.indicator for part in entry.parts}) < len(entry.parts):
        yield ("parts",), "an indicator is a part twice"


def _of_window(entry: IndicatorEntry) -> Iterator[Fault]:
    calendar, moving = entry.window is WindowKind.CALENDAR, entry.window is WindowKind.SLIDING
    if not entry.slide_s:
        yield (), "slide_s is missing: how far apart its windows end, s"
    if not entry.window_s and measured(entry) and not calendar:
        yield (), "window_s is missing: how far back its readings count, s"
    if entry.window_s and calendar:
        yield ("window_s",), "a calendar window is as long as its period; leave out window_s"
    if entry.window_s > RETENTION_S:
        kept = said_s(RETENTION_S)
        yield ("window_s",), f"window_s {entry.window_s} is longer than panes and values are kept, {kept}"
    if moving and entry.slide_s and entry.window_s % entry.slide_s:
        yield ("window_s",), f"window_s {entry.window_s} must be a whole multiple of slide_s {entry.slide_s}"
    if moving and entry.slide_s and entry.window_s // entry.slide_s > MOST_SLIDES:
        yield ("slide_s",), f"{entry.window_s // entry.slide_s:,} steps in one window; at most {MOST_SLIDES:,}"
    if bool(entry.since_event) != (entry.window is WindowKind.SINCE_EVENT):
        yield ("since_event",), "window since_event and since_event, the type of the event, belong together"
    if entry.slide_s and entry.forecast_s % entry.slide_s:
        yield ("forecast_s",), f"forecast_s {entry.forecast_s} must be a whole multiple of slide_s {entry.slide_s}"


def _of_calendar(entry: IndicatorEntry) -> Iterator[Fault]:
    calendar = entry.window is WindowKind.CALENDAR
    if bool(entry.calendar) != calendar:
        yield ("calendar",), "window calendar and calendar, its period, belong together"
    elif calendar and entry.slide_s and min(PERIOD_S[entry.calendar], DAY_S) % entry.slide_s:
        yield ("slide_s",), f"slide_s {entry.slide_s} does not divide a {entry.calendar}, so that none would end whole"
    if entry.begins_at_s and (entry.calendar == "hour" or not (calendar or entry.reset is Reset.DAILY)):
        yield ("begins_at",), "begins_at belongs to a calendar day, month or year, or to reset daily"


def _of_aggregate(entry: IndicatorEntry) -> Iterator[Fault]:
    aggregate = entry.aggregate
    if not measured(entry):
        for key in ("aggregate", "rollup", "weight", "steps"):
            if getattr(entry, key):
                yield (key,), f"{key} belongs to readings and events; inputs and parts are valued area by area"
        return
    if aggregate is None:
        yield (), "aggregate is missing: how the readings of a window become one number"
        return
    if entry.event_types and aggregate is not Aggregate.COUNT:
        yield ("aggregate",), "event_types are counted: the aggregate must be count"
    if aggregate not in PARAMETERS:
        if entry.parameter is not None:
            yield ("parameter",), f"{aggregate} has no parameter; those that have one: {', '.join(PARAMETERS)}"
        return
    what, low, high = PARAMETERS[aggregate]
    if entry.parameter is None:
        yield ("aggregate",), f"{aggregate} needs a parameter, {what}"
    elif not low <= entry.parameter <= high:
        yield ("parameter",), f"{what} {entry.parameter:g} must lie between {low:g} and {high:g}"


def _of_counter(entry: IndicatorEntry) -> Iterator[Fault]:
    if entry.reset is not Reset.NEVER and entry.aggregate is not Aggregate.INCREASE:
        yield ("reset",), "reset says how a counter falls; the aggregate must be increase"
    if (entry.rollover_at is not None) != (entry.reset is Reset.ROLLOVER):
        yield ("rollover_at",), "reset rollover and rollover_at, the number after which it begins anew, belong together"


def _of_rollup(entry: IndicatorEntry) -> Iterator[Fault]:
    if not measured(entry):
        return
    if entry.rollup is None:
        yield (), "rollup is missing: how the stations of an area become its number"
    if (RollUp.WEIGHTED in {entry.rollup, *entry.steps.values()}) != bool(entry.weight):
        yield ("weight",), "rollup weighted and weight, the attribute to weigh with, belong together"
    declared = [level for level in FINER if level in entry.levels]
    for level in entry.steps:
        if level not in declared[:-1]:
            others = ", ".join(declared[:-1]) or "none"
            yield ("steps", level), f"levels names none finer than {level} to roll up from; it does for: {others}"


def _of_formula(entry: IndicatorEntry) -> Iterator[Fault]:
    if (entry.formula == "aqi") != bool(entry.scheme):
        yield ("formula",), "formula aqi and a scheme belong together"
    if entry.formula == "aqi":
        return
    if entry.formula == "value":
        if entry.inputs:
            yield ("formula",), f"say with a formula what becomes of {', '.join(one.name for one in entry.inputs)}"
        if len(entry.metrics) > 1 and entry.aggregate is not Aggregate.REPORTING:
            yield ("formula",), f"say with a formula what becomes of {', '.join(entry.metrics)}"
        return
    names = formula_names(entry)
    try:
        formula = compile_formula(entry.formula, names)
    except FormulaError as refused:
        yield ("formula",), str(refused)
        return
    unused = [one.name for one in entry.inputs if one.name not in formula.names]
    if unused:
        yield ("inputs",), f"the formula does not use {', '.join(unused)}"


def formula_names(entry: IndicatorEntry) -> tuple[str, ...]:
    """What the formula may use; as `indicators.definition.Indicator.formula_names`."""
    alone = ("value",) if measured(entry) and len(entry.metrics) <= 1 else ()
    return (*alone, *entry.metrics, *(one.name for one in entry.inputs))
