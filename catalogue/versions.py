"""What changes from one declaration to the next 口径版本: which indicators, and until when their old definition holds.

Decided: a change takes effect at a time. Windows that end before it belong to the old definition, also when late data
correct them afterwards; windows that end at it or later to the new one. Both are kept, told apart by `version`, which
every value carries; so an indicator that is valued otherwise must have another version (`unchanged_versions`). What is
only said (names, owner, source, relations) may be mended under the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from catalogue.bundle import unbundled
from catalogue.declared import Declared
from catalogue.fingerprint import fingerprint
from indicators.definition import Indicator
from indicators.versions import Superseded
from stream.definitions import Held


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a city declares, and what held before, the oldest first: windows of its time are valued by it."""

    now: Declared
    before: tuple[Superseded, ...] = ()


def as_they_held(line: Sequence[Held], own: Declared) -> Definitions:
    """The definitions that decided the values of a scene, from their packs; ours alone where none is known.

    own: What the folder of packs declares, so that the same packs need not be read again.
    """
    if not line:
        return Definitions(own)
    fingerprint, city = own.fingerprint, own.city.code
    loaded = [own if one.fingerprint == fingerprint else unbundled(one.packs, city) for one in line]
    return Definitions(loaded[-1], tuple(superseded(loaded, [one.until_ms for one in line[:-1]])))


def in_force(line: Sequence[Held], known: Collection[str], own: Declared) -> Declared:
    """What the engines go by: ours, unless it was announced and its time has not come, or is over.

    Args:
        line: The definitions that held, the one in force last.
        known: Fingerprints of all that were announced; packs that were never announced are taken on at a start.
        own: What the folder of packs declares.
    """
    if not line or own.fingerprint not in known or own.fingerprint == line[-1].fingerprint:
        return own
    return unbundled(line[-1].packs, own.city.code)


def unchanged_versions(before: Declared, after: Declared) -> list[str]:
    """Indicators that are valued otherwise than before under the same version: each needs another one."""
    both = before.indicators.keys() & after.indicators.keys()
    return sorted(
        name
        for name in both
        if before.indicators[name].version == after.indicators[name].version
        and decides(before.indicators[name]) != decides(after.indicators[name])
    )


def superseded(line: Sequence[Declared], until_ms: Sequence[int]) -> list[Superseded]:
    """The definitions that no longer hold, the oldest first.

    Args:
        line: Declarations in the order in which they followed each other; the last one holds now.
        until_ms: When each but the last stopped to hold, ms UTC; one fewer.
    """
    return [
        Superseded(old, end_ms)
        for (before, after), end_ms in zip(pairwise(line), until_ms, strict=True)
        for name, old in before.indicators.items()
        if name not in after.indicators or after.indicators[name].version != old.version
    ]


def decides(indicator: Indicator) -> str:
    """Sixteen hex digits that change whenever anything that decides a value of the indicator changes."""
    return fingerprint([{indicator.id: indicator}])
