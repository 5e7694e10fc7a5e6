"""Which definition of an indicator holds for which window: a change takes effect at a time, both versions are kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from core.errors import DeclarationError
from indicators.definition import Indicator

ALWAYS_MS = 1 << 62  # later than all times


@dataclass(frozen=True, slots=True)
class Superseded:
    """A definition that held for windows that end before `until_ms`, also when late data correct them afterwards."""

    indicator: Indicator
    until_ms: int


@dataclass(frozen=True, slots=True)
class Version:
    """One definition and its validity: windows that end in [from_ms, until_ms)."""

    indicator: Indicator
    from_ms: int = 0
    until_ms: int = ALWAYS_MS

    @property
    def key(self) -> str:
        """Tells it from all others, before and after it is superseded."""
        return f"{self.indicator.id}@{self.indicator.version}"


def versions(indicators: Mapping[str, Indicator], superseded: Iterable[Superseded] = ()) -> dict[str, list[Version]]:
    """All versions of each indicator, the oldest first; an indicator stands behind those it is computed from.

    Args:
        indicators: What holds now.
        superseded: What held before. One whose indicator is not among those of now was given up.

    Raises:
        DeclarationError: Indicators are computed from each other in a circle, or two versions have the same number.
    """
    found: dict[str, list[Version]] = defaultdict(list)
    for old in sorted(superseded, key=lambda one: one.until_ms):
        line = found[old.indicator.id]
        line.append(Version(old.indicator, line[-1].until_ms if line else 0, old.until_ms))
    for name, indicator in indicators.items():
        line = found[name]
        line.append(Version(indicator, line[-1].until_ms if line else 0))
    twice = [f"indicator {name!r} has two versions of one number" for name, line in found.items() if _twice(line)]
    if twice:
        raise DeclarationError(twice)
    needs = {name: sorted(set().union(*(sources(one.indicator) for one in found[name]))) for name in sorted(found)}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as circle:
        said = " → ".join(reversed(circle.args[1]))
        raise DeclarationError([f"indicators are computed from each other in a circle: {said}"]) from circle
    return {name: found[name] for name in order if name in found}


def sources(indicator: Indicator) -> set[str]:
    """The other indicators that one is computed from."""
    return {one.indicator for one in indicator.inputs} | {part.indicator for part in indicator.parts}


def with_sources(names: Iterable[str], indicators: Sequence[Indicator]) -> set[str]:
    """Some indicators and all that they are computed from, in whatever version."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        found |= waiting
        waiting = set().union(*(sources(one) for one in indicators if one.id in waiting)) - found
    return found


def _twice(line: list[Version]) -> bool:
    return len({one.key for one in line}) < len(line)
