"""Acts that wait for the website inside: a file each, encrypted, on disk before it is said so, in order by sender.

`<number>.<sender>.act` waits; `<number>.<sender>.refused` tells its sender why the website took it not.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass
from pathlib import Path

from border.act import Act
from border.vault import Unreadable, Vault
from core.records import DAY_MS

log = logging.getLogger(__name__)

ACTS_EACH, ACTS_IN_ALL = 200, 20_000
MB_EACH = 200  # of one sender: a dozen photos
TOLD_FOR_MS = 7 * DAY_MS  # a refusal that nobody came to read is dropped, and the log says so
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Refused:
    """An act that the website took not: when the relay had taken it in, which door, why. No word of the act itself."""

    number: int
    taken_ms: int
    at_ms: int
    door: str
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where an act that waits lies. name: of its file."""

    number: int
    name: str
    size_bytes: int
    key: str


class QueueFull(Exception):
    """There is no more room, of this sender or of all."""


class Queue:
    """The acts of one relay. `put` and `refuse` wait for the disk: call them in a thread."""

    def __init__(self, folder: Path, vault: Vault, limit_mb: int) -> None:
        self._folder, self._vault, self._limit_bytes = folder, vault, limit_mb * MB
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, deque[Waiting]] = OrderedDict()
        self._refused: dict[str, list[Refused]] = {}
        self._size_bytes = self._count = self._newest = 0
        self.unreadable = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._read_folder()

    def count(self, sender: str | None = None) -> int:
        """How many acts wait, of one sender or of all."""
        return self._count if sender is None else len(self._waiting.get(sender, ()))

    def senders(self) -> list[str]:
        """Whose acts wait, who waits longest first."""
        with self._lock:
            return list(self._waiting)

    def put(self, act: Act) -> None:
        """Keep an act; the same one twice is one. Raises QueueFull; OSError: the disk takes no more."""
        with self._lock:
            own = self._waiting.get(act.sender, deque())
            if any(one.key == act.key for one in own):
                return
            sealed_bytes = len(act.body) + 4096
            is_full = len(own) >= ACTS_EACH or sum(one.size_bytes for one in own) + sealed_bytes > MB_EACH * MB
            if is_full or self._count >= ACTS_IN_ALL or self._size_bytes + sealed_bytes > self._limit_bytes:
                raise QueueFull
            self._newest += 1
            name = f"{self._newest:012d}.{act.sender}.act"
            self._write(name, act.as_bytes())
            self._add(act.sender, Waiting(self._newest, name, sealed_bytes, act.key))

    def first(self, sender: str) -> tuple[Waiting, Act] | None:
        """The oldest act of a sender, as it came; None: he has none. Raises Unreadable, OSError."""
        with self._lock:
            own = self._waiting.get(sender)
            one = own[0] if own else None
        return (one, Act.of(self._vault.open((self._folder / one.name).read_bytes(), one.name))) if one else None

    def done(self, sender: str, one: Waiting) -> None:
        """The website has it."""
        with self._lock:
            (self._folder / one.name).unlink(missing_ok=True)
            self._forget(sender, one)

    def refuse(self, sender: str, one: Waiting, told: Refused) -> None:
        """The website takes it not: from now on its sender is told why, until he has read it."""
        with self._lock:
            name = one.name.removesuffix("act") + "refused"
            self._write(name, json.dumps(asdict(told)).encode())
            (self._folder / one.name).unlink(missing_ok=True)
            self._refused.setdefault(sender, []).append(told)
            self._forget(sender, one)

    def refused(self, sender: str | None = None) -> list[Refused]:
        """What was refused and nobody read yet, of one sender or of all."""
        with self._lock:
            found = self._refused.values() if sender is None else [self._refused.get(sender, [])]
            return [one for own in found for one in own]

    def read(self, sender: str, numbers: set[int]) -> None:
        """The sender has read these refusals."""
        with self._lock:
            own = self._refused.pop(sender, [])
            for one in own:
                if one.number in numbers:
                    (self._folder / f"{one.number:012d}.{sender}.refused").unlink(missing_ok=True)
            if left := [one for one in own if one.number not in numbers]:
                self._refused[sender] = left

    def drop_old(self, now_ms: int) -> None:
        """Forget refusals that nobody came to read for a week."""
        with self._lock:
            senders = list(self._refused)
        for sender in senders:
            old = {one.number for one in self.refused(sender) if now_ms - one.at_ms > TOLD_FOR_MS}
            if old:
                log.warning("%d refusals of %s were never read and are dropped", len(old), sender[:8])
                self.read(sender, old)

    def _write(self, name: str, content: bytes) -> None:
        """On disk, whole, before this returns."""
        making = self._folder / f"{name}.making"
        with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as made:
            made.write(self._vault.close(content, name))
            made.flush()
            os.fsync(made.fileno())
        making.rename(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _add(self, sender: str, one: Waiting) -> None:
        self._waiting.setdefault(sender, deque()).append(one)
        self._size_bytes += one.size_bytes
        self._count += 1

    def _forget(self, sender: str, one: Waiting) -> None:
        own = self._waiting.get(sender)
        if own is None or one not in own:
            return
        own.remove(one)
        self._size_bytes -= one.size_bytes
        self._count -= 1
        if not own:
            del self._waiting[sender]

    def _read_folder(self) -> None:
        """What was kept before this process began; what cannot be opened is set aside and told."""
        for half in self._folder.glob("*.making"):
            half.unlink()
        for file in sorted(self._folder.glob("*.*.*")):
            number, sender, kind = file.name.split(".")
            self._newest = max(self._newest, int(number))
            if kind not in {"act", "refused"}:
                self.unreadable += kind == "unreadable"
                continue
            try:
                content = self._vault.open(file.read_bytes(), file.name)
            except Unreadable:
                self._set_aside(file)
                continue
            if kind == "refused":
                self._refused.setdefault(sender, []).append(Refused(**json.loads(content)))
            else:
                act = Act.of(content)
                self._add(sender, Waiting(int(number), file.name, len(act.body) + 4096, act.key))

    def _set_aside(self, file: Path) -> None:
        log.error("%s was written with another key or is damaged; it is kept as .unreadable", file.name)
        file.rename(file.with_suffix(".unreadable"))
        self.unreadable += 1
