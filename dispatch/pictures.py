"""Photos: is it one, what does the camera say of it, and the copy that is shown. Pure: bytes in, bytes out.

What a file claims to be counts for nothing; it is what decodes. The copy is drawn anew from the decoded points, so
that nothing of the file lives on in it: no position, no device, no second file behind the picture.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, ImageDraw, ImageOps

from core.clock import CHINA, to_ms
from core.errors import IllegalStep
from dispatch.lettering import Lettering

FORMATS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp"}  # MPO: a JPEG with a second view behind it
POINTS_AT_MOST = 60_000_000  # what telephones take; a "bomb" is a small file that unfolds to far more
SMALLEST_PX = 16
YEARS = range(2000, 2100)
SHOWN_PX = 1600  # the longer side of the shown copy
QUALITY = 82
LETTERS_PER_WIDTH = 46  # the size of the watermark follows the picture
PAPER, INK, DIM = (10, 14, 19, 190), (255, 255, 255, 255), (215, 222, 230, 255)
# Marks of another file in the same bytes. Of a ZIP the end is looked for; a PDF begins near the beginning.
_SCRIPT = re.compile(rb"<(?:script|html|\?php|!doctype)", re.I)
_PDF_WITHIN = 1024
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    struct.error,
    zlib.error,
    MemoryError,
)

Place = tuple[float, float]  # longitude, latitude, degrees WGS 84


@dataclass(frozen=True, slots=True)
class Photo:
    """What is known of one file. taken_ms: ms UTC by the camera's clock; place: by the camera; None: not told."""

    sha256: str
    format: str
    size_bytes: int
    width_px: int
    height_px: int
    taken_ms: int | None = None
    place: Place | None = None


def judged(content: bytes, limit_bytes: int) -> Photo:
    """What a file is. Raises IllegalStep: not a photo of ours, and the sentence says why."""
    if not content:
        raise IllegalStep("photo-empty")
    if len(content) > limit_bytes:
        raise IllegalStep("photo-large", limit=limit_bytes // 1_000_000, size=f"{len(content) / 1e6:.1f}")
    if is_two_files(content):
        raise IllegalStep("photo-two-files")
    with _opened(content) as image:
        exif = _exif(image)
        _decoded(image)
        width_px, height_px = image.size
    return Photo(
        hashlib.sha256(content).hexdigest(),
        FORMATS[str(image.format)],
        len(content),
        width_px,
        height_px,
        _taken_ms(exif),
        _place(exif),
    )


def is_two_files(content: bytes) -> bool:
    """Whether the same bytes are also an archive, a document or a page: some reader would take them for that."""
    is_page = _SCRIPT.search(content) is not None or b"%PDF-" in content[:_PDF_WITHIN]
    return is_page or zipfile.is_zipfile(BytesIO(content))


def shown_copy(content: bytes, lines: Sequence[str], lettering: Lettering) -> bytes:
    """A JPEG of at most `SHOWN_PX`, upright, with a line of words for each of `lines` burnt in at its foot.

    Raises IllegalStep as `judged` does.
    """
    with _opened(content) as image:
        image.draft("RGB", (SHOWN_PX, SHOWN_PX))  # a JPEG is decoded at a fraction of its size
        _decoded(image)
        upright = ImageOps.exif_transpose(image)
    upright.thumbnail((SHOWN_PX, SHOWN_PX))
    shown = Image.new("RGB", upright.size, PAPER[:3])  # what is transparent shows the paper
    coloured = upright.convert("RGBA")
    shown.paste(coloured, mask=coloured.getchannel("A"))
    _mark(shown, lines, lettering)
    told = BytesIO()
    shown.save(told, "JPEG", quality=QUALITY, optimize=True)
    return told.getvalue()


def _opened(content: bytes) -> Image.Image:
    """The file, its head read and held against the limits; its points are not decoded yet."""
    try:
        image = Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    except Image.DecompressionBombError:
        raise IllegalStep("photo-points", limit=POINTS_AT_MOST // 1_000_000) from None
    except _UNREADABLE:
        raise IllegalStep("photo-none") from None
    width_px, height_px = image.size
    if width_px * height_px > POINTS_AT_MOST:
        raise IllegalStep("photo-points", limit=POINTS_AT_MOST // 1_000_000)
    if min(width_px, height_px) < SMALLEST_PX:
        raise IllegalStep("photo-none")
    return image


def _decoded(image: Image.Image) -> None:
    """Decode all points of the first picture. Raises IllegalStep: the file ends too early or holds something else."""
    try:
        image.load()
    except _UNREADABLE:
        raise IllegalStep("photo-broken") from None


def _mark(shown: Image.Image, lines: Sequence[str], lettering: Lettering) -> None:
    """Burn lines into the foot of a picture, on a dark band, as large as fits."""
    size_px = max(12, shown.width // LETTERS_PER_WIDTH)
    longest = max(lettering.length_px(line, size_px) for line in lines)
    room_px = shown.width - 2 * size_px
    if longest > room_px:
        size_px = max(8, int(size_px * room_px / longest))
    step_px = int(size_px * 1.5)
    band_px = step_px * len(lines) + size_px
    band = Image.new("RGBA", (shown.width, band_px), PAPER)
    shown.paste(band, (0, shown.height - band_px), band)
    draw = ImageDraw.Draw(shown)
    for at, line in enumerate(lines):
        base_px = shown.height - band_px + step_px * (at + 1)
        lettering.draw(draw, (size_px, base_px), line, size_px, INK if at == 0 else DIM)


def _exif(image: Image.Image) -> dict[str, Any]:
    """What the camera wrote: the main block, its own block and the one of the position, by the names of the tags."""
    try:
        told = image.getexif()
        blocks = [(told, ExifTags.TAGS), (told.get_ifd(ExifTags.IFD.Exif), ExifTags.TAGS)]
        found = {tags.get(tag, ""): value for block, tags in blocks for tag, value in block.items()}
        return found | {
            ExifTags.GPSTAGS.get(tag, ""): value for tag, value in told.get_ifd(ExifTags.IFD.GPSInfo).items()
        }
    except _UNREADABLE:
        return {}  # it is a picture without a word of its camera


def _taken_ms(exif: dict[str, Any]) -> int | None:
    try:
        taken = datetime.strptime(str(exif["DateTimeOriginal"])[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - zone below
    except (KeyError, ValueError):
        return None
    if taken.year not in YEARS:  # a camera that lost its clock
        return None
    offset = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(exif.get("OffsetTimeOriginal", "")))
    zone = CHINA
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        zone = timezone(timedelta(minutes=min(minutes, 14 * 60) * (-1 if offset[1] == "-" else 1)))
    return to_ms(taken.replace(tzinfo=zone))


def _place(exif: dict[str, Any]) -> Place | None:
    try:
        lon_deg, lat_deg = _degrees(exif["GPSLongitude"]), _degrees(exif["GPSLatitude"])
    except (*_UNREADABLE, AttributeError):
        return None
    lon_deg = -lon_deg if exif.get("GPSLongitudeRef") == "W" else lon_deg
    lat_deg = -lat_deg if exif.get("GPSLatitudeRef") == "S" else lat_deg
    is_somewhere = -180 <= lon_deg <= 180 and -90 <= lat_deg <= 90 and (lon_deg, lat_deg) != (0.0, 0.0)
    return (round(lon_deg, 6), round(lat_deg, 6)) if is_somewhere else None


def _degrees(parts: Sequence[Any]) -> float:
    """Degrees from degrees, minutes, seconds; NaN where a part of them is 0/0, and NaN lies nowhere."""
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600
