"""Why a value is what it is: the same readings, folded again by the same code, told step by step. Pure.

Nothing of the engine's state is used, so that an explanation cannot repeat a mistake of it; whether the value told
then is the same is for the caller to compare.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.errors import UnknownName
from core.records import Float64
from indicators.aqi import air_quality_index, scheme_at
from indicators.cells import one_window
from indicators.composite import scored
from indicators.explanation import Explanation, InputTold, PartTold, StationTold, told
from indicators.groups import NOBODY, Rows
from indicators.line import Ground, Line
from indicators.refold import Refold

# Panes and readings are told of so many stations and no more; of a whole city they would hide what they should show.
STATIONS_IN_DEPTH = 3
DEEPEST = 4  # indicators of indicators; what lies deeper is asked for by its own name

Numbers = Mapping[str, Float64]


class Explainer:
    """Explains values from the log that was folded again."""

    def __init__(self, ground: Ground, refold: Refold) -> None:
        self._ground, self._refold = ground, refold

    def explained(self, name: str, area: str, end_ms: int, depth: int = 0) -> Explanation:
        """The value of an indicator at an area or a station, over the window that ends at `end_ms`.

        Raises:
            UnknownName: The indicator has no value there, or had none then.
        """
        line = self._refold.line(name, end_ms)
        if area not in line.plan.subjects:
            known = ", ".join(line.plan.subjects[-10:])
            raise UnknownName(f"indicator {name!r} has no value for {area!r}; it has for {known}")
        row = np.array([line.plan.subjects.index(area)])
        self._refold.value_sources(line, end_ms)
        valued = self._refold.valuation.valued(line, end_ms, row, NOBODY)
        numbers = self._numbers(line, end_ms, row)
        scheme, sub_indices = self._index(line, numbers, end_ms)
        one = line.indicator
        return Explanation(
            indicator=name,
            version=one.version,
            area=area,
            begin_ms=line.windows.begin_ms(end_ms),
            end_ms=end_ms,
            due_ms=end_ms + line.pace.settle_ms,
            aggregate=one.aggregate if one.measured else "",
            rollup=one.rollup if one.measured else "",
            formula="" if one.parts else one.formula,
            formula_at=one.formula_at,
            numbers={key: told(number[0]) for key, number in numbers.items()},
            value=told(valued.value[0]),
            detail=valued.detail[0],
            reported=int(valued.reported[0]),
            expected=int(valued.expected[0]),
            newest_ms=int(valued.newest_ms[0]),
            scheme=scheme,
            sub_indices=sub_indices,
            stations=self._stations(line, end_ms, row) if one.measured else (),
            inputs=self._inputs(line, end_ms, area, depth),
            parts=_parts(line, numbers),
        )

    def _numbers(self, line: Line, end_ms: int, row: Rows) -> Numbers:
        """What the formula was reckoned with at the area; of a formula of stations what its stations came to."""
        if not line.indicator.measured:
            return {r.link.name: r.link.taken(end_ms, r.subjects[row])["value"] for r in line.readings}
        brought = self._refold.valuation.brought(line, end_ms, row, NOBODY)
        numbers = self._refold.valuation.numbers(line, end_ms, row, brought)
        return {name: number for name, number in numbers.items() if name != "value" or len(numbers) == 1}

    def _stations(self, line: Line, end_ms: int, row: Rows) -> tuple[StationTold, ...]:
        plan, inputs, metrics = line.plan, self._refold.lines.inputs, line.indicator.metrics
        rows = plan.ascent.stations_of(row)
        brought = self._refold.valuation.brought(line, end_ms, row, NOBODY)
        taken = {metric: inputs.measured(plan, metric, one_window(end_ms, rows)).value for metric in metrics}
        begins_ms = inputs.begins_ms(plan, end_ms, rows)
        found = []
        for place, station in enumerate(rows.tolist()):
            name, begin_ms = plan.station_names[station], int(begins_ms[place])
            span = (name, metrics, begin_ms or end_ms, end_ms)
            deep = len(rows) <= STATIONS_IN_DEPTH
            numbers = {metric: told(value[place]) for metric, value in taken.items()}
            found.append(
                StationTold(
                    station=name,
                    numbers=numbers or {"value": told(brought.values[0, station])},
                    begin_ms=begin_ms,
                    newest_ms=int(brought.newest_ms[station]),
                    reported=bool(brought.reported[station]),
                    detail=str(brought.detail[station]),
                    panes=self._refold.panes_of(*span) if deep else (),
                    readings=self._refold.readings_of(*span) if deep else (),
                )
            )
        return tuple(found)

    def _inputs(self, line: Line, end_ms: int, area: str, depth: int) -> tuple[InputTold, ...]:
        found = []
        for reading in line.readings:
            link, ends_ms = reading.link, [one for one in reading.link.ends_ms(end_ms) if one]
            subjects = list(link.source.subjects)
            member = int(reading.subjects[line.plan.subjects.index(area)])
            why = None
            if member >= 0 and ends_ms and depth < DEEPEST:
                why = self.explained(link.reads, subjects[member], ends_ms[-1], depth + 1)
            value = link.taken(end_ms, np.array([member]))["value"][0]
            found.append(InputTold(link.name, tuple(ends_ms), link.spread, told(value), why))
        return tuple(found)

    def _index(self, line: Line, numbers: Numbers, end_ms: int) -> tuple[str, dict[str, float | None]]:
        """The table of an index that held then, and the sub-index of each input as far as reckoned at the area."""
        one, names = line.indicator, line.method.names
        if one.formula != "aqi":
            return "", {}
        scheme = scheme_at(self._ground.schemes, one.scheme, end_ms)
        if set(names) - numbers.keys():
            return scheme.id, {}
        index = air_quality_index(np.stack([numbers[name] for name in scheme.pollutants], axis=1), scheme)
        return scheme.id, dict(zip(scheme.pollutants, map(told, index.sub_index[0].tolist()), strict=True))


def _parts(line: Line, numbers: Numbers) -> tuple[PartTold, ...]:
    parts = line.indicator.parts
    if not parts:
        return ()
    result = scored(parts, np.stack([numbers[part.indicator] for part in parts]))
    rows = zip(parts, result.scores[:, 0].tolist(), result.lost[:, 0].tolist(), strict=True)
    return tuple(
        PartTold(part.indicator, part.weight, told(numbers[part.indicator][0]), told(score), lost)
        for part, score, lost in rows
    )
