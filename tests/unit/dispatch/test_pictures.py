"""Photos: what is one and what is not, what the camera says, and a copy in which nothing of the file lives on."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from core.errors import IllegalStep
from dispatch.lettering import Lettering
from dispatch.pictures import SHOWN_PX, judged, shown_copy

LIMIT = 5_000_000
LETTERING = Lettering(Path(__file__).parents[3] / "assets")
LINES = ("拍摄 2026-11-22 19:31:05 · 110.92000°E 21.66000°N", "𠮷田龘 · 440900-20261122-0001")


def jpeg(width: int = 640, height: int = 480, exif: Image.Exif | None = None, form: str = "JPEG") -> bytes:
    """A picture with some life in it, so that its coding means something."""
    points = np.random.default_rng(7).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    made = BytesIO()
    Image.fromarray(points).resize((width, height)).save(made, form, **({"exif": exif} if exif else {}))
    return made.getvalue()


def of_a_camera() -> Image.Exif:
    """Taken at 110°55'12"E 21°39'36"N on 22 November 2026 at 11:31:05 UTC, the telephone lying on its side."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "ACME-TELEPHONE"
    exif.get_ifd(0x8769).update({0x9003: "2026:11:22 19:31:05", 0x9011: "+08:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 39.0, 36.0), 3: "E", 4: (110.0, 55.0, 12.0)})
    return exif


def refusal(content: bytes) -> str:
    with pytest.raises(IllegalStep) as refused:
        judged(content, LIMIT)
    assert refused.value.in_words("zh") and refused.value.in_words("en")  # there is a sentence
    return refused.value.code


@pytest.mark.claim(
    "COMMAND", "A photo's hash, time and position become facts; the copy that is shown has no trace of them."
)
def test_what_the_camera_says_becomes_facts_and_leaves_the_copy() -> None:
    content = jpeg(exif=of_a_camera())
    photo = judged(content, LIMIT)
    assert photo.sha256 == hashlib.sha256(content).hexdigest()
    assert photo.place == (110.92, 21.66)
    assert photo.taken_ms == 1_795_347_065_000  # date -u -d '2026-11-22 11:31:05' +%s
    copy = shown_copy(content, LINES, LETTERING)
    with Image.open(BytesIO(copy)) as shown:
        assert shown.size == (480, 640)  # upright
        assert not dict(shown.getexif())
    assert b"ACME" in content and b"ACME" not in copy


@pytest.mark.claim("COMMAND", "The shown copy carries time, place, name and case number, burnt into its points.")
def test_the_watermark_is_in_the_points() -> None:
    content = jpeg(2400, 1800)

    def points(*lines: str) -> np.ndarray:
        with Image.open(BytesIO(shown_copy(content, lines, LETTERING))) as shown:
            assert max(shown.size) == SHOWN_PX
            return np.asarray(shown.convert("L"), dtype=np.int32)

    marked, other = points(*LINES), points(LINES[0], "张三 · 440900-20261122-0002")
    changed = np.flatnonzero((np.abs(marked - other) > 60).any(axis=1))
    assert changed.size > 10 and changed.min() > 0.9 * marked.shape[0]  # the second line, at the foot
    assert (marked[: int(0.85 * marked.shape[0])] - other[: int(0.85 * marked.shape[0])] == 0).all()


def test_a_long_line_is_drawn_smaller_and_a_small_picture_too() -> None:
    for content in (jpeg(64, 48), jpeg(640, 200)):
        with Image.open(BytesIO(shown_copy(content, (LINES[0] * 3, LINES[1]), LETTERING))) as shown:
            shown.load()


def test_each_letter_comes_from_a_slice_that_has_it() -> None:
    empty = LETTERING.length_px("\uffff", 40)
    for letter in "茂田龘県°±":
        mask = LETTERING._font(LETTERING._file(letter), 40).getmask(letter)
        assert mask.getbbox() is not None, letter
    assert empty >= 0


def bomb() -> bytes:
    """A PNG of a few kilobytes that unfolds to 40,000 × 40,000 points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 5_001 * 400, 9))


def archive() -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("run.sh", "echo")
    return made.getvalue()


@pytest.mark.claim(
    "COMMAND", "Bombs, archives, SVG, pages, other types, torn and too large files are refused with a sentence."
)
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "photo-empty"),
        (b"\xff\xd8" + bytes(LIMIT), "photo-large"),
        (bomb(), "photo-points"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', "photo-none"),
        (b"GIF89a" + bytes(60), "photo-none"),
        (archive(), "photo-two-files"),
        (jpeg() + archive(), "photo-two-files"),
        (jpeg() + b"<ScRiPt>alert(1)</script>", "photo-two-files"),
        (jpeg() + b"<?php system('id');", "photo-two-files"),
        (b"%PDF-1.7\n" + jpeg(), "photo-two-files"),
        (jpeg()[:2000], "photo-broken"),
        (jpeg(form="PNG")[:2000], "photo-broken"),
        (jpeg(8 * 8, 8), "photo-none"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_photo_is_refused(content: bytes, code: str) -> None:
    assert refusal(content) == code


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG", "MPO"])
def test_what_telephones_make_is_taken(form: str) -> None:
    assert judged(jpeg(form=form), LIMIT).format in ("png", "webp", "jpeg")


def test_what_a_telephone_appends_is_no_second_file() -> None:
    judged(jpeg() + b"SEFT" + bytes(range(256)) * 40, LIMIT)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # what it says of damaged EXIF
def test_a_damaged_file_is_taken_or_refused_and_nothing_else() -> None:
    random = Random(7)
    for turn in range(400):
        content = bytearray(_SOUND[turn % len(_SOUND)])
        for _ in range(random.randint(1, 12)):
            content[random.randrange(min(len(content), random.choice((40, 400, 4000))))] = random.randrange(256)
        try:
            judged(bytes(content), LIMIT)
            shown_copy(bytes(content), ("茂",), LETTERING)
        except IllegalStep as refused:
            assert refused.code.startswith("photo-")


_SOUND = [jpeg(96, 64, of_a_camera()), jpeg(96, 64, form="PNG"), jpeg(96, 64, form="WEBP"), jpeg(96, 64, form="MPO")]
