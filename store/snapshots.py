"""The newest picture of each camera, one file each in the media folder; older ones are kept by whoever records."""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.errors import UnknownName

_NAME = re.compile(r"[\w.-]{1,120}")


class Snapshots:
    """Pictures by camera. A file is swapped as a whole; its time of change is when the picture was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, camera: str, content: bytes, at_ms: int) -> None:
        """Keep the newest picture of a camera, made at a time, ms UTC."""
        file = self._file(camera)
        file.parent.mkdir(parents=True, exist_ok=True)
        making = file.with_name(f"{file.name}.{os.getpid()}.{at_ms}")
        making.write_bytes(content)
        os.utime(making, ns=(at_ms * 1_000_000, at_ms * 1_000_000))
        making.replace(file)

    def at_ms(self, camera: str) -> int | None:
        """When the newest picture was made, ms UTC; None: there is none."""
        try:
            return self._file(camera).stat().st_mtime_ns // 1_000_000
        except (FileNotFoundError, UnknownName):
            return None

    def newest(self, camera: str) -> bytes:
        """The newest picture, JPEG. Raises UnknownName."""
        try:
            return self._file(camera).read_bytes()
        except FileNotFoundError:
            raise UnknownName(f"camera {camera!r} has sent no picture") from None

    def _file(self, camera: str) -> Path:
        if not _NAME.fullmatch(camera) or camera.startswith("."):
            raise UnknownName(f"{camera!r} is no name of a camera")
        return self._folder / "snapshots" / f"{camera}.jpg"
