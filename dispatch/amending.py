"""What a step may say anew of a case: title, grade, place, lead, assisting. Pure; kinds are known to the book."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import IllegalStep
from dispatch.steps import Verb

SAYING = frozenset({Verb.AMEND, Verb.DISPATCH, Verb.ARBITRATE})
TITLE, NAME = 120, 120  # letters
ASSISTING = 20
GRADES = range(1, 5)
# Parts of a place: between which numbers they lie.
WITHIN = {"lon_deg": (-180.0, 180.0), "lat_deg": (-90.0, 90.0), "accuracy_m": (1.0, 100_000.0)}


def check_amended(verb: Verb, fields: Mapping[str, Any]) -> None:
    """Raises IllegalStep: a step that says anew what a case is says something that could not have been reported."""
    for name, fits in FITS.items() if verb in SAYING else ():
        if name in fields and not fits(fields[name]):
            raise IllegalStep("unfit", field=name)


def _is_words(told: object, most: int) -> bool:
    return isinstance(told, str) and 0 < len(told.strip()) and len(told) <= most


def _is_place(told: object) -> bool:
    return isinstance(told, Mapping) and all(_lies(told.get(part), *limits) for part, limits in WITHIN.items())


def _lies(value: object, least: float, most: float) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(float(str(value))) and least <= float(str(value)) <= most


def _are_names(told: object) -> bool:
    named = [told] if isinstance(told, str) else told
    return isinstance(named, list) and len(named) <= ASSISTING and all(_is_words(one, NAME) for one in named)


FITS: Mapping[str, Callable[[object], bool]] = {
    "title": lambda told: _is_words(told, TITLE),
    "grade": lambda told: type(told) is int and told in GRADES,
    "place": _is_place,
    "lead": lambda told: _is_words(told, NAME),
    "assisting": _are_names,
}
