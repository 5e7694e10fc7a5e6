"""Indicators and their values as records: what a figure must carry wherever it is shown."""

from __future__ import annotations

from math import isnan

from board.aqi import AqiWriter
from board.canvas import Record
from board.names import Names
from board.words import level_word, number, period_word
from catalogue.declared import Declared
from core.records import Level, Status, ValueBatch
from indicators.definition import Indicator, Source
from indicators.explanation import told

UNKNOWN = Status.UNKNOWN.name.lower()


def key_of(indicator: str, area: str) -> str:
    """The key of a value in the section `values`."""
    return f"{indicator}¦{area}"


def source_record(source: Source) -> Record:
    """Where bounds come from, and how far they and their colours are verified."""
    return {
        "standard": source.standard,
        "bounds": str(source.bounds),
        "colours": str(source.colours),
        "note": source.note,
    }


def indicator_record(indicator: Indicator, language: str) -> Record:
    """What is fixed about every value of an indicator."""
    return {
        "name": indicator.name[language],
        "domain": indicator.domain,
        "unit": indicator.unit,
        "decimals": indicator.decimals,
        "direction": str(indicator.direction),
        "period": indicator.period,
        "scheme": indicator.scheme,
        "parts": [part.indicator for part in indicator.parts],
        "source": source_record(indicator.source),
    }


class ValueWriter:
    """Writes rows of value batches as records of the section `values`."""

    def __init__(self, declared: Declared, names: Names) -> None:
        self._declared = declared
        self._names = names
        self._aqi = AqiWriter(declared.schemes, names.language)

    def record(self, batch: ValueBatch, row: int, level: Level) -> Record | None:
        """The record of one row; None for an indicator that is declared no longer.

        level: the gravest active warning on this indicator here; an unknown value has none.
        """
        indicator = self._declared.indicators.get(batch.indicator)
        if indicator is None:
            return None
        value = float(batch.value[row])
        status = Status.UNKNOWN if isnan(value) else Status(int(batch.status[row]))
        known = None if status is Status.UNKNOWN else value
        newest_ms = int(batch.newest_ms[row])
        return {
            "indicator": indicator.id,
            "area": batch.areas[row],
            "value": known,
            "text": number(known, indicator.decimals, self._names.language),
            "end_ms": batch.window_end_ms,
            "newest_ms": newest_ms,
            "reported": int(batch.reported[row]),
            "expected": int(batch.expected[row]),
            "status": status.name.lower(),
            "level": None if known is None else level_word(level),
            "period": period_word(indicator.period, newest_ms or batch.window_end_ms, self._names.language),
            "detail": batch.detail[row],
            "beside": {name: told(float(column[row])) for name, column in batch.beside.items()},
            "aqi": self._beside(indicator, batch.window_end_ms, known, batch.detail[row]),
        }

    def nothing(self, indicator: Indicator, area: str) -> Record:
        """The record of an indicator that has no value here yet."""
        return {
            "indicator": indicator.id,
            "area": area,
            "value": None,
            "text": number(None, 0, self._names.language),
            "end_ms": 0,
            "newest_ms": 0,
            "reported": 0,
            "expected": 0,
            "status": UNKNOWN,
            "level": None,
            "period": "",
            "detail": "",
            "beside": {},
            "aqi": self._beside(indicator, 0, None, ""),
        }

    def _beside(self, indicator: Indicator, end_ms: int, value: float | None, detail: str) -> Record | None:
        if indicator.formula != "aqi":
            return None
        return self._aqi.record(indicator.scheme, end_ms, value, detail)
