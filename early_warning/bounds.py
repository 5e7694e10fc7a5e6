"""The bounds of one rule for each of its subjects, as they hold at a time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np

from core.declared import Device, Reference
from core.records import Float64, Level
from early_warning.judge import LEVELS
from early_warning.rule import LevelBound, Rule


class BoundsOfRule:
    """Bounds change only where the validity of some station's reference begins or ends; between, they are kept."""

    def __init__(self, rule: Rule, subjects: Sequence[str], devices: Mapping[str, Device]) -> None:
        self._rule, self._subjects, self._devices = rule, subjects, devices
        references = [reference for name in subjects if name in devices for reference in devices[name].references]
        changes = {at_ms for reference in references for at_ms in (reference.valid_from_ms, reference.valid_to_ms)}
        self.changes_ms = sorted(changes - {0})
        self._found: dict[int, Float64] = {}

    def at(self, at_ms: int) -> Float64:
        """Where each level is reached at a time, ms UTC: float64 (LEVELS, n), NaN: the subject has no such level."""
        era = bisect_right(self.changes_ms, at_ms)
        if era not in self._found:
            self._found[era] = self._bounds(at_ms)
        return self._found[era]

    def reference(self, level: Level, subject: str, at_ms: int) -> Reference | None:
        """The station's own reference that a level of the rule is read from; None for a plain number."""
        declared = next((b for b in self._rule.bounds if b.level == level and b.reference), None)
        return reference_at(self._devices[subject], declared.reference, at_ms) if declared else None

    def _bounds(self, at_ms: int) -> Float64:
        found = np.full((LEVELS, len(self._subjects)), np.nan)
        for declared in self._rule.bounds:
            found[declared.level - 1] = [self._bound(declared, subject, at_ms) for subject in self._subjects]
        return found

    def _bound(self, declared: LevelBound, subject: str, at_ms: int) -> float:
        if declared.bound is not None:
            return declared.bound
        reference = reference_at(self._devices[subject], declared.reference, at_ms)
        return np.nan if reference is None else round(reference.value + declared.offset, 9)


def reference_at(device: Device, name: str, at_ms: int) -> Reference | None:
    """A station's own bound as valid at a time; one in another vertical datum than its readings is none."""
    for reference in device.references:
        begun = reference.valid_from_ms <= at_ms
        over = reference.valid_to_ms and at_ms >= reference.valid_to_ms
        if reference.name == name and begun and not over and reference.datum == device.datum:
            return reference
    return None
