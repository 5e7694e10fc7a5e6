"""The tree of a formula: what it may consist of, how it is reckoned over all areas at once, and its unit.

A value is float64 (areas,); NaN means unknown. Nothing else is ever evaluated than the records of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from core.records import Float64

Rows = NDArray[np.bool_]  # (areas,)
Unit = str | None  # None: a plain number, or a unit that was multiplied or divided away

COMPARISONS: dict[str, Callable[[Float64, Float64], Rows]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
ARITHMETIC: dict[str, Callable[[Float64, Float64], Float64]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
LOGIC: dict[str, Callable[[Sequence[Rows]], Rows]] = {
    "and": lambda holds: reduce(np.logical_and, holds),
    "or": lambda holds: reduce(np.logical_or, holds),
    "not": lambda holds: np.logical_not(holds[0]),
}
FUNCTIONS: dict[str, Callable[[Sequence[Float64]], Float64]] = {
    "min": lambda given: reduce(np.minimum, given),
    "max": lambda given: reduce(np.maximum, given),
    "clip": lambda given: np.minimum(np.maximum(given[0], given[1]), given[2]),
    "abs": lambda given: np.abs(given[0]),
}


class MixedUnits(Exception):
    """Two quantities of different units are added or compared; `Formula.mixed_units` says which."""


@dataclass(frozen=True, slots=True)
class Number:
    """A written number; it fits any unit."""

    number: float


@dataclass(frozen=True, slots=True)
class Name:
    """One input."""

    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands joined from left to right by + and -, or by * and /. Division by zero is unknown."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """A sign before an operand."""

    node: Node


@dataclass(frozen=True, slots=True)
class Compared:
    """1 where the comparison holds, 0 where not, NaN where either side is unknown."""

    left: Node
    sign: str
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """`and`, `or`, `not` of conditions; what is not 0 holds. One unknown condition makes all unknown."""

    word: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """`if(condition, then, otherwise)`: of the branch not taken neither NaN nor a division by zero counts."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Called:
    """`min`, `max`, `clip`, `abs`: unknown when one of the values is."""

    function: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Straight lines between (x, y) points; beyond the first and the last the y of that point."""

    node: Node
    x: tuple[float, ...]
    y: tuple[float, ...]


Node = Number | Name | Chain | Negated | Compared | Logic | Chosen | Called | Table


class Run:
    """One evaluation: the values by name, and the rows in which something was divided by zero."""

    def __init__(self, values: Mapping[str, Float64]) -> None:
        self.values = values
        self.rows = np.ones(np.broadcast_shapes(*(column.shape for column in values.values())), dtype=np.bool_)
        self.by_zero = np.zeros_like(self.rows)


def reckoned(node: Node, run: Run, rows: Rows) -> Float64:  # noqa: PLR0911 - one return for each kind of node
    """float64 (areas,), finite or NaN. Only in `rows` does a division by zero count: an `if` may leave some out."""
    match node:
        case Number(number):
            return np.full(run.rows.shape, number)
        case Name(name):
            return _finite(np.broadcast_to(run.values[name], run.rows.shape))
        case Negated(inner):
            return -reckoned(inner, run, rows)
        case Chain():
            return _chained(node, run, rows)
        case Chosen():
            return _chosen(node, run, rows)
        case Compared(left, sign, right):
            both = [reckoned(left, run, rows), reckoned(right, run, rows)]
            return _truth(COMPARISONS[sign](*both), both)
        case Logic(word, nodes):
            values = [reckoned(part, run, rows) for part in nodes]
            return _truth(LOGIC[word]([value != 0 for value in values]), values)
        case Called(function, nodes):
            return FUNCTIONS[function]([reckoned(part, run, rows) for part in nodes])
        case Table(inner, x, y):
            return _finite(np.asarray(np.interp(reckoned(inner, run, rows), x, y)))


def _chained(chain: Chain, run: Run, rows: Rows) -> Float64:
    total = reckoned(chain.first, run, rows)
    for sign, node in chain.rest:
        right = reckoned(node, run, rows)
        if sign == "/":
            run.by_zero |= rows & (right == 0)
            right = np.where(right == 0, np.nan, right)
        total = _finite(ARITHMETIC[sign](total, right))
    return total


def _chosen(node: Chosen, run: Run, rows: Rows) -> Float64:
    condition = reckoned(node.condition, run, rows)
    known, holds = ~np.isnan(condition), condition != 0
    then = reckoned(node.then, run, rows & known & holds)
    otherwise = reckoned(node.otherwise, run, rows & known & ~holds)
    return np.where(known, np.where(holds, then, otherwise), np.nan)


def _finite(values: Float64) -> Float64:
    """What has grown beyond float64 is unknown."""
    return np.where(np.isfinite(values), values, np.nan)


def _truth(holds: Rows, of: Sequence[Float64]) -> Float64:
    return np.where(reduce(np.logical_or, [np.isnan(value) for value in of]), np.nan, holds.astype(np.float64))


def unit_of(node: Node, units: Mapping[str, str]) -> Unit:  # noqa: PLR0911 - one return for each kind of node
    """The unit of a part; units: name → unit as declared.

    Raises:
        MixedUnits: Two quantities whose units differ are added, compared or chosen from; both are named.
    """
    match node:
        case Number():
            return None
        case Name(name):
            return units.get(name)
        case Negated(inner):
            return unit_of(inner, units)
        case Chain(first, rest):
            used = [unit_of(part, units) for part in (first, *(part for _, part in rest))]
            return _common(used) if rest[0][0] in "+-" else None
        case Compared(left, _, right):
            _common([unit_of(left, units), unit_of(right, units)])
        case Logic(_, nodes):
            for part in nodes:
                unit_of(part, units)
        case Chosen(condition, then, otherwise):
            unit_of(condition, units)
            return _common([unit_of(then, units), unit_of(otherwise, units)])
        case Called(_, nodes):
            return _common([unit_of(part, units) for part in nodes])
        case Table(inner):
            unit_of(inner, units)
    return None


def _common(units: Sequence[Unit]) -> Unit:
    """The one unit of all; plain numbers fit any."""
    said = list(dict.fromkeys(unit for unit in units if unit is not None))
    if len(said) > 1:
        raise MixedUnits(" and ".join(repr(unit) if unit else "no unit" for unit in said[:2]))
    return said[0] if said else None
