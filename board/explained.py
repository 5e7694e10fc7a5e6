"""Why a figure is what it is: its explanation from the log, and the value that was told. Pure, on what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from catalogue.versions import Definitions
from core.records import ValueBatch
from indicators.aqi import scheme_of
from indicators.explain import Explainer
from indicators.explanation import Explanation, told
from indicators.line import Ground
from indicators.refold import Logged, Refold

Read = Callable[[str, int], Iterable[Logged]]  # (partition, city time) → its log from then on
Telling = Callable[[str, str, int], ValueBatch | None]  # (indicator, area, window end) → the last telling


@dataclass(frozen=True, slots=True)
class Why:
    """One value folded anew, and what was told of it.

    told: whether a telling is still held; told_value: None where it said unknown. held_from_ms: since when the log
    holds what came in, 0 when nothing; whole: False when part of what the value rests on may have come in before.
    """

    explanation: Explanation
    told: bool
    told_value: float | None
    told_version: str
    decided_ms: int
    held_from_ms: int
    whole: bool

    @property
    def agrees(self) -> bool:
        """True when what was told is what the log says."""
        return self.told and self.told_value == self.explanation.value


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an installation still holds: definitions, partitions, since when (city time), and how to read them."""

    definitions: Definitions
    partitions: Sequence[str]
    held_from_ms: int
    log: Read
    telling: Telling


def why(evidence: Evidence, indicator: str, area: str, at_ms: int) -> Why:
    """Explain the last value of an indicator at an area or a station that was due at a time, as it was defined then.

    Raises:
        UnknownName: No such indicator, or it has no value there.
    """
    declared, before = evidence.definitions.now, evidence.definitions.before
    schemes = {name: scheme_of(name, entry) for name, entry in declared.schemes.items()}
    numbered = [declared.devices[name] for name in sorted(declared.devices)]
    ground = Ground(numbered, declared.feeds, declared.areas, schemes)
    refold = Refold(ground, declared.metrics, declared.indicators, before, indicator)
    end_ms = refold.last_end_ms(indicator, at_ms)
    from_ms = refold.from_ms(indicator, end_ms)
    ahead_ms = 1000 * max((feed.ahead_s for feed in declared.feeds.values()), default=0)
    for partition in evidence.partitions:
        refold.fold(partition, evidence.log(partition, from_ms - ahead_ms), evidence.held_from_ms)
    batch = evidence.telling(indicator, area, end_ms)
    return Why(
        explanation=Explainer(ground, refold).explained(indicator, area, end_ms),
        told=batch is not None,
        told_value=None if batch is None else told(float(batch.value[batch.areas.index(area)])),
        told_version="" if batch is None else batch.version,
        decided_ms=0 if batch is None else batch.decided_ms,
        held_from_ms=evidence.held_from_ms,
        whole=0 < evidence.held_from_ms <= from_ms - ahead_ms,
    )
