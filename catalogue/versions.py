"""What changes from one declaration to the next 口径版本: which indicators, and until when their old definition holds.

Decided: a change takes effect at a time. Windows that end before it belong to the old definition, also when late data
correct them afterwards; windows that end at it or later to the new one. Both are kept, told apart by `version`, which
every value carries; so an indicator that is valued otherwise must have another version (`unchanged_versions`). What is
only said (names, owner, source, relations) may be mended under the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from catalogue.declared import Declared
from catalogue.fingerprint import fingerprint
from indicators.definition import Indicator
from indicators.versions import Superseded


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
