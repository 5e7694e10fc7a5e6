"""The table of recordings we can read: name of the folder → pack of the city, and its reader."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType

from core.errors import UnknownName
from simulator.message import Message
from simulator.replay import air_beijing, bus_austin, hydrology_calder

Reader = Callable[[Path, int, int], Iterator[Message]]
"""(folder, after_ms, upto_ms) → its messages with an event time in (after, upto], in time order."""


@dataclass(frozen=True, slots=True)
class Recording:
    """How one folder is read. span_ms: (event time of its first message, of its last)."""

    pack: str
    read: Reader
    span_ms: Callable[[Path], tuple[int, int]]


RECORDINGS: Mapping[str, Recording] = MappingProxyType(
    {
        "air_beijing": Recording("beijing", air_beijing.read, air_beijing.span_ms),
        "hydrology_calder": Recording("calder", hydrology_calder.read, hydrology_calder.span_ms),
        "bus_austin": Recording("austin", bus_austin.read, bus_austin.span_ms),
    }
)


def recording_of(folder: Path) -> Recording:
    """The row for a folder. Raises UnknownName with the known names, also when the folder is not there."""
    known = RECORDINGS.get(folder.resolve().name)
    if known is None or not folder.is_dir():
        raise UnknownName(f"{folder} is no recording known here; known folders: {', '.join(RECORDINGS)}")
    return known


def pack_of(folders: Sequence[Path]) -> str:
    """The pack of the city that the folders show. Raises UnknownName when they show different ones, or none."""
    packs = sorted({recording_of(folder).pack for folder in folders})
    if len(packs) != 1:
        raise UnknownName(f"one replay shows one city; these folders show {', '.join(packs) or 'none'}")
    return packs[0]


def span_ms(folders: Sequence[Path]) -> tuple[int, int]:
    """Event times of the first and the last message of all folders, ms."""
    spans = [recording_of(folder).span_ms(folder) for folder in folders]
    return min(first for first, _ in spans), max(last for _, last in spans)


def timeline(folders: Sequence[Path], after_ms: int, upto_ms: int) -> Iterator[Message]:
    """All folders merged into one, in time order; event times in (after_ms, upto_ms]."""
    readers = [recording_of(folder).read(folder, after_ms, upto_ms) for folder in folders]
    return heapq.merge(*readers, key=attrgetter("send_ms"))
