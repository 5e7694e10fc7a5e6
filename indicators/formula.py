"""The formula language of indicators: a small safe text, compiled once, reckoned for all areas at once.

    pm25_ugm3 / 35 * 100
    if(reported < 3, 0, table(river_m - warning_m, -2:100, 0:60, 1.5:0))

Numbers, names, + - * / (also × ÷ −), < <= > >= == != (also ≤ ≥ ≠), and or not, min max clip abs, if, and tables of
straight lines; brackets, commas and colons may be full-width. No powers, no strings, no attributes; nothing of Python
is ever evaluated. Limits: `LONGEST` letters, `DEEPEST` brackets inside each other.

Unknown is NaN and stays so: an operation or a condition with an unknown operand is unknown; only the branch that an
`if` does not take does not matter. Division by zero, and what grows beyond float64, is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import FormulaError
from core.records import Float64
from indicators.formula_syntax import DEEPEST, LONGEST, RESERVED, parse
from indicators.formula_tree import MixedUnits, Node, Run, reckoned, unit_of

__all__ = ["DEEPEST", "LONGEST", "RESERVED", "Formula", "FormulaError", "compile_formula"]


@dataclass(frozen=True, slots=True)
class Formula:
    """A compiled formula. `names` are the inputs that it uses, in the order of their first use; never none."""

    text: str
    names: tuple[str, ...]
    tree: Node

    def __call__(self, values: Mapping[str, Float64]) -> Float64:
        """float64 (areas,), finite or NaN; values: name → float64 (areas,), more names than used are allowed."""
        return self.reckoned(values)[0]

    def reckoned(self, values: Mapping[str, Float64]) -> tuple[Float64, NDArray[np.bool_]]:
        """The same, and bool (areas,): unknown because something was divided by zero."""
        run = Run({name: np.asarray(values[name], dtype=np.float64) for name in self.names})
        with np.errstate(all="ignore"):
            value = reckoned(self.tree, run, run.rows)
        return value, run.by_zero & np.isnan(value)

    def mixed_units(self, units: Mapping[str, str]) -> str:
        """Which two units are added or compared though they differ; "" when none are.

        units: name → unit as declared. Products and quotients have no unit here, and plain numbers fit any: the check
        finds millimetres added to metres, not every mistake of dimension.
        """
        try:
            unit_of(self.tree, units)
        except MixedUnits as mixed:
            return str(mixed)
        return ""

    def unit(self, units: Mapping[str, str]) -> str | None:
        """The unit of the result; None where it was multiplied or divided away. Only when no units are mixed."""
        return unit_of(self.tree, units)


def compile_formula(text: str, names: Collection[str]) -> Formula:
    """The formula in a text that may use some names.

    Raises:
        FormulaError: What is wrong, in which column, and what would have been accepted.

    >>> share = compile_formula("if(all > 0, 100 * open / all, 0)", ["open", "all"])
    >>> share({"open": np.array([3.0, 0.0, np.nan]), "all": np.array([4.0, 0.0, 2.0])})
    array([75.,  0., nan])
    """
    tree, used = parse(text, names)
    if not used:
        known = ", ".join(sorted(names)) or "none"
        raise FormulaError(1, f"a formula uses one input at least; known: {known}")
    return Formula(text, used, tree)
