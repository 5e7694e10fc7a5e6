"""Indicators against each other and against what feeds them: names, lifecycles, units, cycles, windows and panes."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from catalogue.entries import Entries, refuse_unknown
from catalogue.findings import Findings
from core.clock import CHINA_MS
from indicators.definition import Aggregate, Lifecycle, RollUp, WindowKind
from indicators.faults import formula_names, measured
from indicators.formula import compile_formula
from indicators.schema import IndicatorEntry

EVENT_PANE_S = 60  # events are counted by the minute
OF_NO_DOMAIN = ("system", "city")  # the installation's own signs, and those of the whole city
# What becomes of the unit of a metric; of all others it stays.
UNIT_OF = {
    Aggregate.COUNT: "",
    Aggregate.DISTINCT: "",
    Aggregate.SHARE_ABOVE: "%",
    Aggregate.SHARE_BELOW: "%",
    Aggregate.TIME_IN_STATE: "s",
    Aggregate.REPORTING: "",
}


def check_indicators(entries: Entries, findings: Findings) -> None:
    """Add every mistake of an indicator in its pack to the problems, and what looks odd to the doubts."""
    for indicator_id, indicator in entries.indicators.items():
        _check_names(entries, indicator_id, indicator, findings.problems)
        if not indicator.computed:
            continue
        for path, said in (
            *_scheme_faults(entries, indicator),
            *_pane_faults(entries, indicator),
            *_source_faults(entries, indicator),
            *_unit_faults(entries, indicator),
        ):
            where = entries.where("indicators", indicator_id, *path)
            findings.problems.append(f"{where}: indicators.{indicator_id}{''.join(f'.{key}' for key in path)} {said}")
        for path, said in _doubts(entries, indicator):
            where = entries.where("indicators", indicator_id, *path)
            findings.doubts.append(f"{where}: indicators.{indicator_id} {said}")
    _check_cycles(entries, findings.problems)


Fault = tuple[tuple[str | int, ...], str]


def _check_names(entries: Entries, indicator_id: str, indicator: IndicatorEntry, problems: list[str]) -> None:
    name, sections = f"indicators.{indicator_id}", entries.pack.sections

    def refuse(path: tuple[str | int, ...], key: str, value: str, section: str) -> None:
        where = entries.where("indicators", indicator_id, *path)
        refuse_unknown(problems, where, f"{name}.{key}", value, sections[section])

    if indicator.domain not in OF_NO_DOMAIN:
        refuse(("domain",), "domain", indicator.domain, "domains")
    for row, metric in enumerate(indicator.metrics):
        refuse(("metrics", row), "metrics", metric, "metrics")
    if indicator.scheme:
        refuse(("scheme",), "scheme", indicator.scheme, "schemes")
    named = {
        "inputs": [one.indicator for one in indicator.inputs],
        "parts": [part.indicator for part in indicator.parts],
    }
    if "topics" not in entries.pack.city.parts:  # a city that uses few topics leaves relations to others open
        named["relations"] = [relation.indicator for relation in indicator.relations]
    for key, others in named.items():
        for row, other in enumerate(others):
            refuse((key, row, "indicator"), f"{key}.{row}.indicator", other, "indicators")


def _scheme_faults(entries: Entries, indicator: IndicatorEntry) -> Iterator[Fault]:
    scheme = entries.schemes.get(indicator.scheme)
    columns = indicator.metrics or tuple(one.name for one in indicator.inputs)
    if scheme and tuple(scheme.inputs) != columns:
        key = "inputs" if indicator.inputs else "metrics"
        yield (key,), f"are not those of scheme {indicator.scheme} in its order: {', '.join(scheme.inputs)}"


def _pane_faults(entries: Entries, indicator: IndicatorEntry) -> Iterator[Fault]:
    """Windows are put together from whole panes."""
    panes_s = {entries.metrics[metric].pane_s for metric in indicator.metrics if metric in entries.metrics}
    begins_s = (indicator.begins_at_s - CHINA_MS // 1000) % 86_400  # panes end at whole multiples in UTC
    for pane_s in sorted(panes_s | ({EVENT_PANE_S} if indicator.event_types else set())):
        if indicator.slide_s % pane_s:
            yield ("slide_s",), f"{indicator.slide_s} is no whole multiple of {pane_s} s, the pane of its metrics"
        if indicator.window is WindowKind.CALENDAR and begins_s % pane_s:
            yield ("begins_at",), f"lies inside of a pane of its metrics, {pane_s} s long and counted from 08:00"


def _source_faults(entries: Entries, indicator: IndicatorEntry) -> Iterator[Fault]:
    """An input or a part must have a value wherever the indicator needs one."""
    for row, one in enumerate(indicator.inputs):
        source = entries.indicators.get(one.indicator)
        if source:
            yield from ((("inputs", row, "indicator"), said) for said in _use_faults(indicator, one.indicator, source))
            yield from _missing_levels(("inputs", row, "area"), one.indicator, source, _wanted(indicator, one.area))
    for row, part in enumerate(indicator.parts):
        source = entries.indicators.get(part.indicator)
        if source:
            yield from ((("parts", row, "indicator"), said) for said in _use_faults(indicator, part.indicator, source))
            yield from _missing_levels(("parts", row, "indicator"), part.indicator, source, set(indicator.levels))


def _wanted(indicator: IndicatorEntry, area: str) -> set[str]:
    """The levels at which an input is read; of a parent whichever there is."""
    if area == "parent":
        return set()
    return {"city"} if area == "city" else set(indicator.levels)


def _use_faults(indicator: IndicatorEntry, name: str, source: IndicatorEntry) -> Iterator[str]:
    if not source.computed:
        yield f"{name} is {source.lifecycle}: it has no value to be reckoned with"
    if source.sensitivity > indicator.sensitivity and name not in indicator.discloses:
        seen = f"{name} is {source.sensitivity.word}, what is computed from it is {indicator.sensitivity.word}"
        yield f"{seen}: name it in discloses if what this tells of it may be seen that far"


def _missing_levels(
    path: tuple[str | int, ...], name: str, source: IndicatorEntry, wanted: set[str]
) -> Iterator[Fault]:
    missing = sorted(wanted - set(source.levels))
    if missing:
        yield path, f"{name} is valued for {', '.join(source.levels)}, not for {', '.join(missing)}"


def _unit_faults(entries: Entries, indicator: IndicatorEntry) -> Iterator[Fault]:
    """Only what has one unit is added or compared, and the result has the unit that is declared."""
    if indicator.formula == "aqi" or indicator.parts:
        return
    units = _units(entries, indicator)
    if indicator.formula == "value":
        unit = units.get("value")
        if unit and unit != indicator.unit:
            yield ("unit",), f"is {indicator.unit!r}, its readings give {unit!r}; convert them with a formula"
        return
    formula = compile_formula(indicator.formula, formula_names(indicator))
    mixed = formula.mixed_units(units)
    if mixed:
        yield ("formula",), f"adds or compares different units: {mixed}"
        return
    unit = formula.unit(units)
    if unit and unit != indicator.unit:
        yield ("unit",), f"is {indicator.unit!r}, its formula gives {unit!r}"


def _units(entries: Entries, indicator: IndicatorEntry) -> dict[str, str]:
    """The unit of each name in the formula, as far as the pack says it."""
    found = {}
    for metric in indicator.metrics:
        if metric in entries.metrics:
            found[metric] = _reckoned_unit(indicator, entries.metrics[metric].unit)
    if measured(indicator) and len(found) == 1:
        found["value"] = next(iter(found.values()))
    for one in indicator.inputs:
        if one.indicator in entries.indicators:
            found[one.name] = "" if one.spread == "count" else entries.indicators[one.indicator].unit
    return found


def _reckoned_unit(indicator: IndicatorEntry, unit: str) -> str:
    if RollUp.SHARE in (indicator.rollup, *indicator.steps.values()):
        return "%"
    if indicator.aggregate is Aggregate.RATE:
        return f"{unit}/h"
    return UNIT_OF.get(indicator.aggregate, unit) if indicator.aggregate else unit


def _doubts(entries: Entries, indicator: IndicatorEntry) -> Iterator[Fault]:
    if not indicator.owner:
        yield (), "has no owner: nobody is asked when it looks wrong"
    if not indicator.method.zh:
        yield (), "has no method: nobody can say how it is reckoned"
    attributes = [device.attributes for device in entries.devices.values()]
    for key, value in indicator.where.items():
        if attributes and not any(had.get(key) == value for had in attributes):
            yield ("where", key), f"counts devices with {key} {value!r}, and no device has it"
    areas = [set(area.attributes) for area in entries.areas.values()]
    if indicator.weight and not any(indicator.weight in had for had in (*attributes, *areas)):
        yield ("weight",), f"weighs with {indicator.weight!r}, which no device and no area has"


def _check_cycles(entries: Entries, problems: list[str]) -> None:
    """Every circle of indicators that are reckoned from each other, whole."""
    needs = {
        name: {one.indicator for one in entry.inputs} | {part.indicator for part in entry.parts}
        for name, entry in entries.indicators.items()
        if entry.lifecycle is not Lifecycle.RETIRED
    }
    while True:
        try:
            tuple(TopologicalSorter(needs).static_order())
            return
        except CycleError as circle:
            around = circle.args[1][:0:-1]  # each needs the next one
            first = around.index(min(around))
            around = [*around[first:], *around[:first], around[first]]
            where, told = entries.where("indicators", around[0]), " → ".join(around)
            problems.append(f"{where}: indicators.{around[0]} is reckoned from itself: {told}")
            needs[around[0]].discard(around[1])  # and on, to tell the others too
