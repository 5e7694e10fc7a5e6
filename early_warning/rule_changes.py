"""What one version of a rule says otherwise than another, and whether it warns sooner or later for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LATER_WHEN_MORE = ("hold_s",)  # fields of a level that delay it
LONGER_WHEN_MORE = ("clear_after_s", "hysteresis")  # fields that keep it standing
PLAIN = ("min_reporting", "no_data", "no_data_after_s", "schedule", "jurisdiction", "domain", "subjects", "valid_from")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. level: its colour, "" when it concerns the whole rule; place: of an override, else "".

    field: `bound`, `hold_s`, …; `level`: the level came (before None) or went (after None).
    sooner: True: the rule warns sooner or longer for it; False: later or shorter; None: that cannot be said.
    """

    field: str
    before: Any
    after: Any
    level: str = ""
    place: str = ""
    sooner: bool | None = None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Everything that differs between two declarations; level by level, gravest first, then the rule as a whole."""
    return [*_of_levels(before, after), *_of_overrides(before, after), *_of_whole(before, after)]


def only_sooner(found: Sequence[Change]) -> bool:
    """A tightening: the rule warns sooner and of more, and nothing else changes. It needs no second person."""
    return bool(found) and all(one.sooner is True for one in found)


def only_later(found: Sequence[Change]) -> bool:
    """A relaxation and nothing else."""
    return bool(found) and all(one.sooner is False for one in found)


def _of_levels(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    ours, theirs = _by_level(after), _by_level(before)
    up = after.get("direction") == "up_bad"
    for level in ("red", "orange", "yellow", "blue"):
        old, new = theirs.get(level), ours.get(level)
        if old is None or new is None:
            if old or new:
                yield Change("level", old, new, level, sooner=new is not None)
            continue
        for field in sorted(old.keys() | new.keys()):
            if old.get(field) != new.get(field):
                yield Change(field, old.get(field), new.get(field), level, sooner=_sooner(field, old, new, up))


def _sooner(field: str, old: Mapping[str, Any], new: Mapping[str, Any], up: bool) -> bool | None:
    """Whether a change of one field of a level makes it warn sooner; None for what cannot be put in an order."""
    if field in ("bound", "offset", "clear"):
        one, other = old.get(field), new.get(field)
        if one is None or other is None:
            # an offset that is left out is 0, a bound or a clear bound that is left out is something else
            if field != "offset":
                return None
            one, other = one or 0.0, other or 0.0
        return bool((other < one) == up)
    more = (new.get(field) or 0) > (old.get(field) or 0) if field in LATER_WHEN_MORE + LONGER_WHEN_MORE else None
    return None if more is None else more == (field in LONGER_WHEN_MORE)


def _of_overrides(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    ours, theirs = _by_place(after), _by_place(before)
    up = after.get("direction") == "up_bad"
    for place, level in sorted(ours.keys() | theirs.keys()):
        old, new = theirs.get((place, level)), ours.get((place, level))
        was, is_now = (None if one is None else one["bound"] for one in (old, new))
        if old != new:
            moved = None not in (was, is_now) and was != is_now
            sooner = (float(is_now or 0) < float(was or 0)) == up if moved else None
            yield Change("override", was, is_now, level, place, sooner)


def _of_whole(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for field in PLAIN:
        if before.get(field) != after.get(field):
            yield Change(field, before.get(field), after.get(field))
    for field in ("name", "source"):
        if before.get(field) != after.get(field):
            yield Change(field, before.get(field), after.get(field))


def _by_level(declaration: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {bound["level"]: bound for bound in declaration.get("bounds", ())}


def _by_place(declaration: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(other["area"], other["level"]): other for other in declaration.get("overrides", ())}
