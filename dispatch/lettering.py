"""Words drawn into pictures in the bundled type, which lies in slices by code point as the browser loads them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

SHEETS = ("fonts.css", "fonts_rare.css")
MEDIUM = 500  # weight of the variable slices; those of rare letters have one only
_FACE = re.compile(r"@font-face\s*{(.*?)}", re.S)
_FILE = re.compile(r"url\(([^)?]+)")
_RANGE = re.compile(r"unicode-range:\s*([^;]+)")

Ink = tuple[int, int, int, int]


@dataclass(slots=True)
class Lettering:
    """The type in `assets/`. A slice is opened when its first letter is drawn; one size a slice is kept open."""

    assets: Path
    _slices: list[tuple[range, Path]] = field(default_factory=list)
    _open: dict[tuple[Path, int], ImageFont.FreeTypeFont] = field(default_factory=dict)

    def draw(self, on: ImageDraw.ImageDraw, at_px: tuple[float, float], words: str, size_px: int, ink: Ink) -> float:
        """Draw one line with its base line at `at_px`. Returns where it ends, px from the left."""
        x, y = at_px
        for font, run in self._runs(words, size_px):
            on.text((x, y), run, font=font, fill=ink, anchor="ls")
            x += font.getlength(run)
        return x

    def length_px(self, words: str, size_px: int) -> float:
        """How wide one line would be."""
        return sum(font.getlength(run) for font, run in self._runs(words, size_px))

    def _runs(self, words: str, size_px: int) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        runs = groupby((letter for letter in words if letter.isprintable()), self._file)
        return [(self._font(file, size_px), "".join(letters)) for file, letters in runs]

    def _file(self, letter: str) -> Path:
        if not self._slices:
            self._slices = [slice_ for sheet in SHEETS for slice_ in _slices(self.assets / sheet)]
        point = ord(letter)
        # Later rules win in a browser; of letters that no slice has, the first draws its empty box.
        return next((file for points, file in reversed(self._slices) if point in points), self._slices[0][1])

    def _font(self, file: Path, size_px: int) -> ImageFont.FreeTypeFont:
        if (file, size_px) not in self._open:
            font = ImageFont.truetype(str(file), size_px, layout_engine=ImageFont.Layout.BASIC)
            with suppress(OSError):  # a slice of rare letters has no weights to choose from
                font.set_variation_by_axes([MEDIUM])
            self._open[file, size_px] = font
        return self._open[file, size_px]


def _slices(sheet: Path) -> list[tuple[range, Path]]:
    """Ranges of code points, each with the file that has them, in the order of the rules."""
    found = []
    for rule in _FACE.findall(sheet.read_text("utf-8")):
        file, promised = _FILE.search(rule), _RANGE.search(rule)
        if file is None or promised is None:
            continue
        for span in promised[1].split(","):
            first, _, last = span.strip()[2:].partition("-")
            found.append((range(int(first, 16), int(last or first, 16) + 1), sheet.parent / file[1]))
    return found
