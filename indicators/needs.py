"""What the panes of one group of metrics carry, sorted by how it is kept. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.records import Float64
from indicators.measures import FIRST, SKETCHES, parameter_of


class Needs:
    """Measures by how they are kept.

    sums: of a function of each reading, running. first: value and time of the earliest reading, running.
    ordered: from all readings in order of time. sketches: from all readings. The last two keep every reading.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = tuple(names)
        self.sums = {name: _term(name) for name in names if _is_sum(name)}
        self.first = any(name in FIRST for name in names)
        self.ordered = tuple(name for name in names if name.startswith(("rise:", "held:")))
        self.sketches = tuple(name for name in names if name in SKETCHES)

    @property
    def measures(self) -> tuple[str, ...]:
        """All but the sketches."""
        return tuple(name for name in self.names if name not in SKETCHES)

    @property
    def keeps_readings(self) -> bool:
        """True when running figures are not enough."""
        return bool(self.ordered or self.sketches)


def _is_sum(name: str) -> bool:
    return name in ("sin", "cos") or name.startswith(("above:", "below:"))


def _term(name: str) -> Callable[[Float64], Float64]:
    """What one reading adds to a sum."""
    if name == "sin":
        return lambda value: np.sin(np.radians(value))
    if name == "cos":
        return lambda value: np.cos(np.radians(value))
    bound = parameter_of(name)
    if name.startswith("above:"):
        return lambda value: (value >= bound).astype(np.float64)
    return lambda value: (value < bound).astype(np.float64)
