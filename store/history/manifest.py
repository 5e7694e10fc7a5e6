"""Which files of a scene's history count, and up to where the streams are in them; swapped as a whole."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from core.errors import UnreadableEntry

VERSION = 1
NAME = "manifest.json"


class File(msgspec.Struct, frozen=True):
    """One Parquet file. Times are those of its rows: event time of readings, window end of values, ms UTC."""

    name: str  # path below the scene's folder
    kind: str  # values, readings, events
    tier: str  # loose: as it was written; part: some of a day; day; month
    first_ms: int
    last_ms: int
    rows: int
    bytes: int
    written_ms: int  # real time
    indicator: str = ""  # of values of one month: the one it holds
    step: str = "window"  # window: every window; hour, day: thinned to one row each
    imported_rows: int = 0  # that came by `history import`, or were computed from such

    def meets(self, after_ms: int, upto_ms: int) -> bool:
        """Whether it may hold rows of (after_ms, upto_ms]."""
        return self.first_ms <= upto_ms and self.last_ms > after_ms


class Manifest(msgspec.Struct, frozen=True):
    """`positions`: stream → id of the last entry that is in the files. `files`: in the order they were written.

    decided_ms: city time of the newest decision that was archived, 0 without any. computed_ms: real time of the newest
    values that `compute` wrote, 0 without any. settling, clock_s: as in `store/history/doubts.py`, as of the positions.
    """

    version: int = VERSION
    revision: int = 0
    positions: dict[str, str] = {}
    decided_ms: int = 0
    computed_ms: int = 0
    settling: dict[str, tuple[int, int]] = {}
    clock_s: dict[str, int] = {}
    files: tuple[File, ...] = ()


class Folder:
    """The history of one scene on disk. Any number of processes may read and change it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def manifest(self) -> Manifest:
        """As it stands now; an empty one before anything was written.

        Raises:
            UnreadableEntry: Another program wrote it, or it is damaged.
        """
        try:
            found = msgspec.json.decode((self.path / NAME).read_bytes(), type=Manifest)
        except FileNotFoundError:
            return Manifest()
        except msgspec.MsgspecError as problem:
            raise UnreadableEntry(f"{self.path / NAME} cannot be read: {problem}") from problem
        if found.version != VERSION:
            raise UnreadableEntry(f"{self.path / NAME} has version {found.version}; this program reads {VERSION}")
        return found

    def swap(self, change: Callable[[Manifest], Manifest]) -> Manifest:
        """Replace the manifest by what `change` makes of it. Readers see the old one or the new one. Raises OSError."""
        with self._alone():
            before = self.manifest()
            after = msgspec.structs.replace(change(before), revision=before.revision + 1)
            write_whole(self.path / NAME, lambda path: path.write_bytes(msgspec.json.encode(after)))
        return after

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One change at a time; the kernel lets go of the lock however its holder ends."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "manifest.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that under its name stands all of it, on disk, or what stood there before. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(unfinished)
        _sync(unfinished)
        unfinished.replace(path)
        _sync(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
