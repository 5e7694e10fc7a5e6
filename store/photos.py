"""Photos of cases: their rows in SQL, their files in the media folder."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import insert, select, update

from core.errors import UnknownName
from store.sql import Transaction
from store.tables.photos import photos


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One photo of a case. sha256: of the original; kept: of the file that is here, another while only a copy came."""

    case: str
    sha256: str
    kept: str
    entry: int
    format: str
    size_bytes: int
    width_px: int
    height_px: int
    at_ms: int
    taken_ms: int | None
    lon_deg: float | None
    lat_deg: float | None
    by: str
    name: str

    @property
    def is_whole(self) -> bool:
        """Whether the original is here."""
        return self.kept == self.sha256


def add_photo(connection: Transaction, photo: PhotoRow) -> None:
    """Write a new photo of a case."""
    connection.execute(insert(photos).values(**asdict(photo)))


def change_photo(connection: Transaction, photo: PhotoRow) -> None:
    """Write what is known of a photo since its original came."""
    here = (photos.c.case == photo.case) & (photos.c.sha256 == photo.sha256)
    connection.execute(update(photos).where(here).values(**asdict(photo)))


def photos_of(connection: Transaction, case: str) -> list[PhotoRow]:
    """The photos of a case, in the order of its log."""
    asked = select(photos).where(photos.c.case == case).order_by(photos.c.entry, photos.c.sha256)
    return [PhotoRow(**row) for row in connection.execute(asked).mappings()]


def photo_of(connection: Transaction, case: str, sha256: str) -> PhotoRow:
    """One photo. Raises UnknownName."""
    asked = select(photos).where(photos.c.case == case, photos.c.sha256 == sha256)
    row = connection.execute(asked).mappings().first()
    if row is None:
        raise UnknownName(f"case {case!r} has no photo {sha256!r}")
    return PhotoRow(**row)


class MediaFolder:
    """Files by name below one folder. A file is there whole or not at all; one that is there already stays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, sha256: str, content: bytes) -> None:
        """Keep a file under its hash."""
        self._write(self._original(sha256), content)

    def keep_shown(self, photo: PhotoRow, content: bytes) -> None:
        """Keep the copy of a photo that is shown: its watermark belongs to its case and to what it was made from."""
        self._write(self._shown(photo), content)

    def original(self, photo: PhotoRow) -> bytes:
        """What came. Raises UnknownName."""
        return self._read(self._original(photo.kept))

    def shown(self, photo: PhotoRow) -> bytes:
        """The copy with the watermark. Raises UnknownName."""
        return self._read(self._shown(photo))

    def _original(self, sha256: str) -> Path:
        return self._folder / "originals" / sha256[:2] / sha256

    def _shown(self, photo: PhotoRow) -> Path:
        return self._folder / "shown" / photo.case / f"{photo.sha256}-{photo.kept[:8]}.jpg"

    @staticmethod
    def _read(file: Path) -> bytes:
        try:
            return file.read_bytes()
        except FileNotFoundError:
            raise UnknownName(f"the media folder has no {file.name}") from None

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        if file.exists():
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        making = file.with_name(f"{file.name}.{os.getpid()}.{id(content)}")
        try:
            with making.open("xb") as made:
                made.write(content)
                made.flush()
                os.fsync(made.fileno())
            making.replace(file)
            _sync(file.parent)
        finally:
            with suppress(FileNotFoundError):
                making.unlink()


def _sync(folder: Path) -> None:
    """A name that was just given is on disk too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
