"""The air quality index from a table: sub-index of each pollutant, the largest is the index, who sets it is primary.

Source: HJ 633-2012, sections 4.2 to 4.4, and HJ 633-2026, which changed the table alone; tables are data in
`packs/topics/schemes`, with their validity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clock import CHINA, to_ms
from core.declared import Words
from core.errors import UnknownName
from core.records import Float64
from indicators.schema import SchemeEntry

# Interpolation is off by up to 1e-13; without this allowance a sub-index of exactly 50 would be rounded up to 51.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """One table. `bounds[i]` are the concentrations of pollutant i at the first len(bounds[i]) of `index`.

    class_low float64 (k,) rising: the lowest index of each class. valid_to_ms: ms UTC, exclusive, 0: open.
    """

    id: str
    standard: str
    valid_to_ms: int
    replaced_by: str
    index: Float64
    pollutants: tuple[str, ...]
    bounds: tuple[Float64, ...]
    primary_above: float
    class_low: Float64
    class_names: tuple[Words, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Aqi:
    """Result for n places: index float64 (n,), NaN where no pollutant is known; primary pollutants by place.

    grade int (n,): row of `Scheme.class_names`, -1 where unknown. sub_index float64 (n, k).
    """

    index: Float64
    primary: tuple[str, ...]
    grade: NDArray[np.intp]
    sub_index: Float64


def scheme_of(scheme_id: str, declared: object) -> Scheme:
    """One table, ready to compute with, from its entry in a pack (as read, or as `SchemeEntry`)."""
    entry = SchemeEntry.model_validate(declared)
    return Scheme(
        id=scheme_id,
        standard=entry.standard,
        valid_to_ms=_midnight_ms(entry.valid_to) if entry.valid_to else 0,
        replaced_by=entry.replaced_by,
        index=np.array(entry.index),
        pollutants=tuple(entry.inputs),
        bounds=tuple(np.array(column.bounds) for column in entry.inputs.values()),
        primary_above=entry.primary_above,
        class_low=np.array([float(grade.low) for grade in entry.classes]),
        class_names=tuple(grade.name for grade in entry.classes),
    )


def scheme_at(schemes: Mapping[str, Any], scheme_id: str, at_ms: int) -> Scheme:
    """The table that holds at a time: the one named, or what replaced it by then.

    A time before the validity of the first, or after the last without a successor, still uses that table;
    the number says which one it used.

    Args:
        schemes: All declared tables by id, as read or as `Scheme`.
        scheme_id: What the indicator names.
        at_ms: The window's end, ms UTC.

    Raises:
        UnknownName: No such table.
    """
    if scheme_id not in schemes:
        raise UnknownName(f"scheme {scheme_id!r} is not declared; known: {', '.join(schemes)}")
    found = schemes[scheme_id]
    scheme = found if isinstance(found, Scheme) else scheme_of(scheme_id, found)
    over = scheme.valid_to_ms and at_ms >= scheme.valid_to_ms
    return scheme_at(schemes, scheme.replaced_by, at_ms) if over and scheme.replaced_by else scheme


def air_quality_index(concentration: Float64, scheme: Scheme) -> Aqi:
    """Index, primary pollutants and class of n places.

    Args:
        concentration: (n, k) float64 in the order and units of the scheme; NaN is left out.
        scheme: The table.

    Returns:
        Sub-indices are rounded up to whole numbers; a concentration above the last bound of its column
        gives the column's highest sub-index, one below 0 gives 0.
    """
    columns = zip(concentration.T, scheme.bounds, strict=True)
    exact = [np.interp(column, bounds, scheme.index[: len(bounds)]) for column, bounds in columns]
    sub_index = np.ceil(np.stack(exact, axis=1) - _ROUNDING) + 0.0  # + 0.0: ceil gives -0.0 just below 0
    known = ~np.isnan(sub_index)
    index = np.where(known.any(axis=1), np.where(known, sub_index, -1.0).max(axis=1), np.nan)
    sets_it = (sub_index == index[:, None]) & (index > scheme.primary_above)[:, None]
    primary = tuple(
        ",".join(p for p, sets in zip(scheme.pollutants, row, strict=True) if sets) for row in sets_it.tolist()
    )
    grade = np.where(np.isnan(index), -1, np.searchsorted(scheme.class_low, index, side="right") - 1)
    return Aqi(index, primary, grade, sub_index)


def _midnight_ms(day: date) -> int:
    """The first moment of a day in China, ms UTC."""
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=CHINA))
