"""An explanation as lines of text, the deeper the further in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from board.explained import Why
from board.names import Names
from board.words import number
from catalogue.declared import Declared
from core.messages import text
from core.wording import date_time
from indicators.explanation import Explanation, InputTold, StationTold

INDENT = "  "
SHOWN_LETTERS = 500
DECIMALS = 6  # of numbers that a formula is reckoned with; the value itself is told with its own


class Teller:
    """Tells explanations in one language."""

    def __init__(self, declared: Declared, language: str) -> None:
        self._declared, self._language = declared, language
        self._names = Names(declared, language)

    def lines(self, why: Why) -> list[str]:
        """The whole explanation, its conclusion about what was told at the end."""
        return [*self._explained(why.explanation), *self._held(why)]

    def raw(self, topic: str, payload: bytes) -> str:
        """The newest message of a station as it came."""
        return self._say("raw", topic=topic, payload=payload.decode("utf-8", "replace")[:SHOWN_LETTERS])

    def _explained(self, one: Explanation) -> Iterator[str]:
        indicator = self._declared.indicators[one.indicator]
        name, area = indicator.name[self._language], f"{self._names.subject(one.area)} {one.area}"
        yield self._say("head", indicator=name, id=one.indicator, version=one.version, area=area)
        when = {"begin": one.begin_ms, "end": one.end_ms, "due": one.due_ms}
        yield self._say("window", **{key: self._at(at_ms) for key, at_ms in when.items()})
        known = number(one.value, indicator.decimals, self._language)
        yield self._say("value-unknown") if one.value is None else self._say("value", value=known, unit=indicator.unit)
        newest = {"newest": self._at(one.newest_ms)} if one.newest_ms else {}
        counts = {"reported": one.reported, "expected": one.expected}
        yield self._say("reporting" if newest else "reporting-none", **counts, **newest)
        yield from self._formula(one)
        for part in one.parts:
            told = {key: self._number(getattr(part, key)) for key in ("value", "score", "weight", "lost")}
            yield self._say("part", indicator=part.indicator, **told)
        for read in one.inputs:
            yield from self._input(read)
        for station in one.stations:
            yield from self._station(station)

    def _formula(self, one: Explanation) -> Iterator[str]:
        if one.formula:
            kind = "formula-others" if not one.rollup else f"formula-{one.formula_at}"
            yield self._say(kind, formula=one.formula, rollup=one.rollup, aggregate=one.aggregate)
        if one.scheme:
            yield self._say("scheme", scheme=one.scheme, indices=self._numbers(one.sub_indices))
        if not one.parts:
            yield self._say("numbers", numbers=self._numbers(one.numbers))
        if one.detail:
            yield self._say("detail", detail=one.detail)

    def _input(self, read: InputTold) -> Iterator[str]:
        told = {"name": read.name, "value": self._number(read.value)}
        if read.spread and read.ends_ms:
            span = {"first": self._at(read.ends_ms[0]), "last": self._at(read.ends_ms[-1])}
            yield self._say("input-spread", **told, **span, spread=read.spread, count=len(read.ends_ms))
        else:
            yield self._say("input", **told)
        if read.of is not None:
            yield from (INDENT + line for line in self._explained(read.of))

    def _station(self, station: StationTold) -> Iterator[str]:
        name = f"{self._names.subject(station.station)} {station.station}"
        if not station.reported:
            yield self._say("station-silent", station=name)
            return
        yield self._say("station", station=name, numbers=self._numbers(station.numbers))
        for pane in station.panes:
            numbers = {key: self._number(getattr(pane, key)) for key in ("total", "low", "high")}
            yield INDENT + self._say("pane", end=self._at(pane.end_ms), metric=pane.metric, count=pane.count, **numbers)
        for reading in station.readings:
            where = {"partition": reading.partition, "entry": reading.entry}
            told = {"at": self._at(reading.event_ms), "value": self._number(reading.value)}
            yield INDENT + self._say("reading", metric=reading.metric, **told, **where)

    def _held(self, why: Why) -> Iterator[str]:
        if why.told:
            told = {"at": self._at(why.decided_ms), "version": why.told_version, "value": self._number(why.told_value)}
            yield self._say("told-same" if why.agrees else "told-other", **told)
        else:
            yield self._say("told-none")
        if not why.held_from_ms:
            yield self._say("nothing-held")
        elif not why.whole:
            yield self._say("not-whole", since=self._at(why.held_from_ms))

    def _numbers(self, numbers: Mapping[str, float | None]) -> str:
        return ", ".join(f"{name} = {self._number(value)}" for name, value in numbers.items())

    def _number(self, value: float | None) -> str:
        return text("explain.value-unknown", self._language) if value is None else f"{round(value, DECIMALS):.10g}"

    def _at(self, at_ms: int) -> str:
        return date_time(at_ms, self._language)

    def _say(self, code: str, **places: object) -> str:
        return text(f"explain.{code}", self._language, **places)
