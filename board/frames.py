"""Frames: what every client gets, encoded once. The form is told in `docs/architecture.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from board.canvas import Difference, Sections


@dataclass(frozen=True, slots=True)
class Stance:
    """What every frame says besides its content. server_ms is real time; city time runs with `speed`."""

    scene: str
    assets: str
    server_ms: int
    city_ms: int
    speed: float


def snap(stance: Stance, rev: int, sections: Sections) -> bytes:
    """The whole picture as of a revision; it follows no other frame (`prev` 0)."""
    return _encode("snap", stance, {"rev": rev, "prev": 0, "set": sections, "drop": {}})


def diff(stance: Stance, rev: int, prev: int, difference: Difference) -> bytes:
    """What turns the picture of revision `prev` into that of `rev`."""
    return _encode("diff", stance, {"rev": rev, "prev": prev, "set": difference.set, "drop": difference.drop})


def beat(stance: Stance, rev: int, redis: str) -> bytes:
    """A sign of life of the web process itself. redis: ok or down."""
    return _encode("beat", stance, {"rev": rev, "redis": redis})


def read(frame: bytes) -> dict[str, Any]:
    """A frame as a mapping."""
    content: dict[str, Any] = orjson.loads(frame)
    return content


def difference_of(frame: Mapping[str, Any]) -> Difference:
    """The difference that a frame carries."""
    return Difference(frame["set"], frame["drop"])


def next_revision(last: int, real_now_ms: int) -> int:
    """One more than the last, and never below real time in ms, so that losing Redis cannot turn it back.

    >>> next_revision(0, 1_000), next_revision(1_000, 1_000)
    (1000, 1001)
    """
    return max(last + 1, real_now_ms)


def assets_version(folder: Path) -> str:
    """A short hash of every file below a folder, by name and content; "none" without the folder."""
    if not folder.is_dir():
        return "none"
    digest = sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _encode(kind: str, stance: Stance, content: Mapping[str, Any]) -> bytes:
    head = {
        "k": kind,
        "scene": stance.scene,
        "assets": stance.assets,
        "server_ms": stance.server_ms,
        "city_ms": stance.city_ms,
        "speed": stance.speed,
    }
    return orjson.dumps(head | dict(content))
