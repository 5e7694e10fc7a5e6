"""How one indicator becomes a number 口径, whatever its kind: one input, an index table, a formula, a score. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from core.records import Float64
from indicators.aqi import Scheme, air_quality_index, scheme_at
from indicators.composite import details, scored
from indicators.definition import Indicator
from indicators.formula import compile_formula

BY_ZERO = "division_by_zero"
UNKNOWN = "unknown:"


class Reckoned(NamedTuple):
    """value float64 (n,), NaN where unknown; detail of each: primary pollutants, who is unknown or worst, or ""."""

    value: Float64
    detail: tuple[str, ...]


class Method:
    """The formula of one indicator, compiled once."""

    def __init__(self, indicator: Indicator, schemes: Mapping[str, Scheme]) -> None:
        """Raises FormulaError, UnknownName (of a scheme)."""
        self._indicator, self._schemes = indicator, schemes
        plain = indicator.parts or indicator.formula in ("value", "aqi")
        self.formula = None if plain else compile_formula(indicator.formula, indicator.formula_names)
        self.names = self._names()

    @property
    def dated(self) -> bool:
        """True when its table depends on the window's end."""
        return self._indicator.formula == "aqi"

    def __call__(self, inputs: Mapping[str, Float64], end_ms: int) -> Reckoned:
        """inputs: name → float64 (n,), at least `names`; end_ms decides which version of a table holds."""
        if self._indicator.parts:
            result = scored(self._indicator.parts, np.stack([inputs[name] for name in self.names]))
            return Reckoned(result.score, details(self._indicator.parts, result))
        if self._indicator.formula == "aqi":
            scheme = scheme_at(self._schemes, self._indicator.scheme, end_ms)
            concentration = np.stack([inputs[name] for name in scheme.pollutants], axis=1)
            index = air_quality_index(concentration, scheme)
            return Reckoned(index.index, index.primary)
        if self.formula is None:
            (name,) = self.names
            return Reckoned(inputs[name], ("",) * len(inputs[name]))
        value, by_zero = self.formula.reckoned(inputs)
        detail = np.full(len(value), "", dtype=object)
        for row in np.flatnonzero(np.isnan(value)).tolist():
            detail[row] = BY_ZERO if by_zero[row] else _unknown(inputs, self.names, row)
        return Reckoned(value, tuple(detail.tolist()))

    def _names(self) -> tuple[str, ...]:
        """What it needs, in the order of the formula."""
        if self._indicator.parts:
            return tuple(part.indicator for part in self._indicator.parts)
        if self.formula is not None:
            return self.formula.names
        every = (*self._indicator.metrics, *(one.name for one in self._indicator.inputs))
        return every if self._indicator.formula == "aqi" else (every or ("value",))[:1]


def _unknown(inputs: Mapping[str, Float64], names: tuple[str, ...], row: int) -> str:
    return UNKNOWN + ",".join(name for name in names if np.isnan(inputs[name][row]))
