"""What must stand beside an AQI: class, official colour, primary pollutant, scheme.

Class words and the six colours belong to the AQI itself and come with its scheme; the four warning colours belong
to warning rules only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from board.canvas import Record
from indicators.aqi import scheme_at, scheme_of
from indicators.schema import SchemeEntry


class AqiWriter:
    """Writes what belongs to an AQI, by the scheme that is in force at the end of its window."""

    def __init__(self, schemes: Mapping[str, Any], language: str) -> None:
        self._entries = {name: SchemeEntry.model_validate(entry) for name, entry in schemes.items()}
        self._tables = {name: scheme_of(name, entry) for name, entry in self._entries.items()}
        self._language = language

    def record(self, scheme: str, end_ms: int, value: float | None, primary: str) -> Record:
        """Class, word, colour, primary pollutants, printed name of the scheme.

        Args:
            scheme: Id of the declared scheme.
            end_ms: End of the window, ms UTC.
            value: The index; None is unknown and has neither class nor colour.
            primary: Metrics of the primary pollutants, joined by commas.
        """
        entry = self._entries[scheme_at(self._tables, scheme, end_ms).id]
        reached = [grade for grade in entry.classes if value is not None and value >= grade.low]
        grade = reached[-1] if reached else None
        named = [entry.inputs[metric].name[self._language] for metric in primary.split(",") if metric in entry.inputs]
        return {
            "class": grade.code if grade else None,
            "word": grade.name[self._language] if grade else None,
            "colour": grade.colour if grade else None,
            "primary": named if value is not None and value > entry.primary_above else [],
            "scheme": entry.name[self._language],
        }
