"""What the chunks of the second stage hang on: another declaration may read those of equal layout only. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from core.declared import Device, Feed
from geo.areas import AreaTree
from indicators.aqi import scheme_of
from indicators.definition import Indicator
from indicators.line import Ground, Lines
from indicators.versions import Superseded


def layout(
    indicators: Mapping[str, Indicator],
    devices: Mapping[str, Device],
    areas: AreaTree,
    feeds: Mapping[str, Feed],
    schemes: Mapping[str, Any],
    superseded: Sequence[Superseded] = (),
) -> dict[str, str]:
    """How the name of a chunk of `CityFold` begins → a digest of whose rows and which columns it holds.

    Arguments are those of `CityFold`. Chunks under other names hang on nothing that is declared.
    """
    tables = {name: scheme_of(name, declared) for name, declared in schemes.items()}
    numbered = [devices[device] for device in sorted(devices)]
    lines = Lines(Ground(numbered, feeds, areas, tables), indicators, superseded)
    everyone = [device.id for device in numbered]
    found: dict[str, object] = {"heard:": everyone, "since:": everyone, "event:": everyone}
    for line in lines:
        if line.indicator.event_types:
            found["event:"] = [found["event:"], line.key, line.plan.stations.devices.tolist()]
        found[f"usual:{line.key}:"] = found[f"recent:{line.key}:"] = line.plan.subjects
    for name, source in lines.sources.items():
        found[f"told:{name}:"] = list(source.subjects)
    for name, kept in lines.inputs.metrics.items():
        found[f"metric:{name}:"] = [everyone[n] for n in kept.roster.devices], kept.table.names
    return {name: hashlib.sha256(repr(what).encode()).hexdigest() for name, what in found.items()}


def agreeing(name: str, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether a chunk means the same under two layouts.

    >>> agreeing("metric:rain:60000:0", {"metric:rain:": "a"}, {"metric:rain:": "b"})
    False
    >>> agreeing("clock", {"metric:rain:": "a"}, {"metric:rain:": "b"})
    True
    """
    known = [prefix for prefix in (*before, *now) if name.startswith(prefix)]
    return all(before.get(prefix) == now.get(prefix) for prefix in known)
