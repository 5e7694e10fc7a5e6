"""Photos of a case: kept under their hash, marked, and brought by a line of its log like everything that happens to it.

A telephone may send a small copy first, with the hash of the original; the original follows when it can, and is taken
only if it has that hash. Until then the copy is what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accounts.bearer import Bearer
from accounts.warden import Warden
from core.clock import in_china
from core.errors import IllegalStep, UnknownName
from core.messages import text
from dispatch.book import CaseBook, Now, Told, Wish
from dispatch.lettering import Lettering
from dispatch.log import Origin
from dispatch.pictures import Photo, judged, shown_copy
from dispatch.steps import Verb
from store import photos as kept
from store.cases import entry_with_key
from store.photos import MediaFolder, PhotoRow

RIGHT = "cases.note"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sent:
    """A photo as it comes in.

    key: of the act, the same for a repeat. name: of whoever took it, for the watermark. whole: hash of the original
    when this is only a small copy of it, else "". happened_ms: city time at which it was sent off; None: now.
    """

    key: str
    case: str
    content: bytes
    name: str
    said: str = ""
    whole: str = ""
    assignment: str = ""
    origin: Origin = Origin.PERSON
    happened_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Marking:
    """How an installation takes photos: bytes of one file, the language and the type of its watermarks."""

    limit_bytes: int
    language: str
    lettering: Lettering


class PhotoBook:
    """Photos of one installation. One at a time: decoded pictures are large, and a type is drawn by one hand."""

    def __init__(self, warden: Warden, book: CaseBook, folder: MediaFolder, marking: Marking) -> None:
        self._warden, self._book, self._folder, self._marking = warden, book, folder, marking

    def check(self, content: bytes) -> Photo:
        """What a file is, before anything else is done for it. Raises IllegalStep."""
        return judged(content, self._marking.limit_bytes)

    def marked(self, content: bytes, lines: Sequence[str]) -> bytes:
        """A picture redrawn, with lines burnt into its foot. Raises IllegalStep: it is none."""
        self.check(content)
        return shown_copy(content, lines, self._marking.lettering)

    def add(self, by: Bearer, sent: Sent, now: Now) -> Told:
        """Bring a photo to a case; a repeat under the same key adds nothing.

        Raises:
            NotAllowed: His posts do not reach so far.
            IllegalStep: It is no photo, is too large, or this case has it already.
            UnknownName: There is no such case.
        """
        with self._warden.database.reading() as connection:
            done = entry_with_key(connection, by.name, sent.key)
        if done is not None:
            return self._book.read(done.case)
        told = self._book.read(sent.case)
        row = _row(self.check(sent.content), told, (by, sent, now))
        with self._warden.acting(by, RIGHT, f"case:{row.case}", now.real_ms, {"photo": row.sha256}) as connection:
            if row.sha256 in {one.sha256 for one in kept.photos_of(connection, row.case)}:
                raise IllegalStep("photo-known")
            after = self._book.act_within(connection, by, self._wish(sent, row), now)
            row = replace(row, entry=after.case.revision)
            self._keep(row, sent.content, told)  # in the transaction: no line without its file
            kept.add_photo(connection, row)
        return after

    def complete(self, by: Bearer, key: str, content: bytes, now: Now) -> PhotoRow:
        """Take the original of a photo whose small copy came under a key; a repeat changes nothing.

        Raises:
            UnknownName: Nothing came from him under this key.
            IllegalStep: It is not the file that was announced.
        """
        with self._warden.database.reading() as connection:
            entry = entry_with_key(connection, by.name, key)
            if entry is None or "photo" not in entry.fields:
                raise UnknownName(f"no photo came under {key!r}")
            row = kept.photo_of(connection, entry.case, str(entry.fields["photo"]["sha256"]))
        photo = self.check(content)
        if photo.sha256 != row.sha256:
            raise IllegalStep("photo-other")
        whole = _told_by(photo, replace(row, kept=photo.sha256))
        told = self._book.read(row.case)
        detail = {"photo": row.sha256, "whole": True}
        with self._warden.acting(by, RIGHT, f"case:{row.case}", now.real_ms, detail) as connection:
            self._keep(whole, content, told)
            kept.change_photo(connection, whole)
        return whole

    def of(self, case: str) -> list[PhotoRow]:
        """The photos of a case. Who may see them is asked by whoever shows them."""
        with self._warden.database.reading() as connection:
            return kept.photos_of(connection, case)

    def shown(self, case: str, sha256: str) -> bytes:
        """The marked copy, JPEG. Raises UnknownName."""
        return self._folder.shown(self._row(case, sha256))

    def original(self, case: str, sha256: str) -> tuple[PhotoRow, bytes]:
        """What came, as it came. Raises UnknownName."""
        row = self._row(case, sha256)
        return row, self._folder.original(row)

    def _row(self, case: str, sha256: str) -> PhotoRow:
        with self._warden.database.reading() as connection:
            return kept.photo_of(connection, case, sha256)

    def _keep(self, row: PhotoRow, content: bytes, told: Told) -> None:
        """Both files: as it came, and as it is shown."""
        lines = watermark(row, told.case.facts, self._marking.language)
        self._folder.keep(row.kept, content)
        self._folder.keep_shown(row, shown_copy(content, lines, self._marking.lettering))

    def _wish(self, sent: Sent, row: PhotoRow) -> Wish:
        """The line of the log that brings it: what its evidence is, whatever becomes of the row."""
        known = {name: getattr(row, name) for name in _SAID if getattr(row, name) is not None}
        said = sent.said or text("case.photo", self._marking.language)
        return Wish(
            sent.key,
            Verb.NOTE,
            sent.case,
            {"text": said, "photo": known},
            assignment=sent.assignment,
            origin=sent.origin,
            happened_ms=sent.happened_ms,
        )


def watermark(row: PhotoRow, facts: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Time and place; name and case number. What the camera says comes before what the case says, each by its name."""
    at_ms, when = (row.at_ms, "came") if row.taken_ms is None else (row.taken_ms, "taken")
    time = in_china(at_ms).strftime("%Y-%m-%d %H:%M:%S")
    place = facts.get("place") or {}
    if row.lon_deg is not None and row.lat_deg is not None:
        where = text("case.photo-there", language, lon=f"{row.lon_deg:.5f}", lat=f"{row.lat_deg:.5f}")
    elif place:
        lon, lat, m = f"{place['lon_deg']:.5f}", f"{place['lat_deg']:.5f}", round(place.get("accuracy_m", 0))
        where = text("case.photo-case-place", language, said=place.get("said", ""), lon=lon, lat=lat, m=m)
    else:
        where = text("case.photo-nowhere", language)
    return f"{text(f'case.photo-{when}', language, time=time)} · {where}", f"{row.name} · {row.case}"


_SAID = ("sha256", "kept", "format", "size_bytes", "width_px", "height_px", "taken_ms", "lon_deg", "lat_deg")


def _row(photo: Photo, told: Told, asked: tuple[Bearer, Sent, Now]) -> PhotoRow:
    by, sent, now = asked
    original = sent.whole or photo.sha256
    if not _HASH.fullmatch(original):
        raise IllegalStep("photo-hash")
    row = PhotoRow(
        case=told.case.id,
        sha256=original,
        kept=photo.sha256,
        entry=0,  # known once its line is written
        format=photo.format,
        size_bytes=photo.size_bytes,
        width_px=photo.width_px,
        height_px=photo.height_px,
        at_ms=now.city_ms if sent.happened_ms is None else sent.happened_ms,
        taken_ms=None,
        lon_deg=None,
        lat_deg=None,
        by=by.name,
        name=sent.name,
    )
    return _told_by(photo, row)


def _told_by(photo: Photo, row: PhotoRow) -> PhotoRow:
    """A row with what a file says of itself."""
    lon_deg, lat_deg = photo.place or (row.lon_deg, row.lat_deg)
    return replace(
        row,
        format=photo.format,
        size_bytes=photo.size_bytes,
        width_px=photo.width_px,
        height_px=photo.height_px,
        taken_ms=photo.taken_ms if photo.taken_ms is not None else row.taken_ms,
        lon_deg=lon_deg,
        lat_deg=lat_deg,
    )
