"""A small TrueType font with just the letters of one paper, cut from the web font that the house carries.

The font of the screens is 110 WOFF2 slices of a variable font, which no maker of PDF takes. Drawing the few hundred
letters of a paper into a font of their own takes milliseconds once their slices were opened (40 ms each), and needs no
font on the machine. What no slice holds is left out; the PDF then shows a box there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen, replayRecording
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

FAMILY = "CityVitals"
WEIGHTS = {"Regular": 400, "Bold": 700}
UNITS_PER_EM, ASCENT, DESCENT = 1000, 880, -120
SPELLED = {"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV"}  # the font of the house lacks them
_FACE = re.compile(r"src: ?url\(([^?)]+)[^}]*?unicode-range: ?([^;}]+)", re.S)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One letter at one weight: its outline as commands of a pen, and how wide it is in units of the font."""

    outline: tuple[Any, ...]
    wide: int

    def glyph(self) -> Any:
        """The same as TrueType keeps it; slices of rare letters have cubic outlines."""
        pen = TTGlyphPen(None)
        replayRecording(self.outline, Cu2QuPen(pen, max_err=1.0, all_quadratic=True))
        return pen.glyph()


class Letters:
    """The letters of the house. Threads may share it: at worst a slice is opened twice."""

    def __init__(self, assets: Path) -> None:
        """assets: the folder with `fonts.css`, `fonts_rare.css` and the slices that they name."""
        self._assets = assets
        self._slices: dict[int, str] = {}
        self._drawn: dict[tuple[str, str], Drawn] = {}
        self._looked_for: set[str] = set()

    def font(self, letters: str, style: str) -> bytes:
        """A TrueType file with these letters. style: a key of `WEIGHTS`."""
        self._draw(set(letters) - self._looked_for)
        found = {f"u{ord(one):04X}": self._drawn[one, style] for one in letters if (one, style) in self._drawn}
        built = FontBuilder(UNITS_PER_EM, isTTF=True)
        built.setupGlyphOrder([".notdef", *found])
        built.setupCharacterMap({int(name[1:], 16): name for name in found})
        glyphs = {name: one.glyph() for name, one in found.items()}
        built.setupGlyf({".notdef": TTGlyphPen(None).glyph()} | glyphs)
        widths = {name: (one.wide, getattr(glyphs[name], "xMin", 0)) for name, one in found.items()}
        built.setupHorizontalMetrics({".notdef": (UNITS_PER_EM, 0)} | widths)
        built.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
        built.setupNameTable({"familyName": FAMILY, "styleName": style, "psName": f"{FAMILY}-{style}"})
        heights = {"sTypoAscender": ASCENT, "sTypoDescender": DESCENT, "usWinAscent": ASCENT, "usWinDescent": -DESCENT}
        built.setupOS2(usWeightClass=WEIGHTS[style], **heights)
        built.setupPost()
        built.font.recalcTimestamp = False  # the same letters give the same bytes
        built.font["head"].created = built.font["head"].modified = 0
        written = BytesIO()
        built.save(written)
        return written.getvalue()

    def _draw(self, letters: set[str]) -> None:
        """Outlines and widths at every weight, slice by slice: opening one costs more than drawing from it."""
        by_slice: dict[str, list[str]] = {}
        spelled = letters & SPELLED.keys()
        for one in sorted(letters | set("".join(SPELLED[each] for each in spelled))):
            by_slice.setdefault(self._slice_of(ord(one)), []).append(one)
        by_slice.pop("", None)
        for name, wanted in by_slice.items():
            with TTFont(self._assets / name, lazy=True) as font:
                self._draw_from(font, wanted)
        for one, style in ((one, style) for one in spelled for style in WEIGHTS):
            self._drawn[one, style] = _beside([self._drawn[each, style] for each in SPELLED[one]])
        self._looked_for |= letters

    def _draw_from(self, font: TTFont, letters: list[str]) -> None:
        cmap = font.getBestCmap()
        for style, weight in WEIGHTS.items():
            glyphs = font.getGlyphSet(
                location={"wght": weight} if "fvar" in font else None
            )  # rare ones have one weight
            self._drawn |= {(one, style): _drawn(glyphs, cmap[ord(one)]) for one in letters if ord(one) in cmap}

    def _slice_of(self, code: int) -> str:
        """The slice that holds a letter; "" when none does."""
        if not self._slices:
            self._slices = _slices_of(self._assets)
        return self._slices.get(code, "")


def _drawn(glyphs: Any, name: str) -> Drawn:
    recorded = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(recorded)
    return Drawn(tuple(recorded.value), round(glyphs[name].width))


def _beside(letters: list[Drawn]) -> Drawn:
    """Several letters as one."""
    recorded, wide = RecordingPen(), 0
    for one in letters:
        replayRecording(one.outline, TransformPen(recorded, (1, 0, 0, 1, wide, 0)))
        wide += one.wide
    return Drawn(tuple(recorded.value), wide)


def _slices_of(assets: Path) -> dict[int, str]:
    """Letter → the slice that holds it; of several the one that is named first."""
    found: dict[int, str] = {}
    for sheet in ("fonts.css", "fonts_rare.css"):
        for name, ranges in _FACE.findall((assets / sheet).read_text("utf-8")):
            for one in ranges.split(","):
                first, _, last = one.strip().removeprefix("U+").partition("-")
                for code in range(int(first, 16), int(last or first, 16) + 1):
                    found.setdefault(code, name)
    return found
