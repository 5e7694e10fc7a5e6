"""The bundled type covers every name that a Chinese city can put on the wall (gap G24)."""

import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

ASSETS = Path(__file__).parents[2] / "assets"
IDEOGRAPHS = {*range(0x3400, 0x4DB6), *range(0x4E00, 0x9FA6)}
FACE = re.compile(r"@font-face\s*{(.*?)}", re.S)


def _faces() -> dict[Path, set[int]]:
    """File → code points that its rule promises."""
    found = {}
    for sheet in ("fonts.css", "fonts_rare.css"):
        for rule in FACE.findall((ASSETS / sheet).read_text("utf-8")):
            name = re.search(r"url\(([^)?]+)", rule)[1]
            points: set[int] = set()
            for span in re.search(r"unicode-range:\s*([^;]+)", rule)[1].split(","):
                first, _, last = span.strip()[2:].partition("-")
                points |= set(range(int(first, 16), int(last or first, 16) + 1))
            found[ASSETS / name] = points
    return found


@pytest.mark.claim("PULSE", "The bundled type has every letter of all province, city, county, town and village names")
@pytest.mark.recorded
def test_no_name_of_a_place_lacks_a_glyph(recorded_data: Path, record_property) -> None:
    promised = set().union(*_faces().values())
    names = "".join(path.read_text("utf-8") for path in (recorded_data / "division_codes").glob("*.csv"))
    letters = {letter for letter in names if ord(letter) > 0x7F}
    assert len(letters) > 1500
    assert sorted(letter for letter in letters if ord(letter) not in promised) == []
    record_property("figure", f"{len(letters):,} letters, none missing")


def test_all_ideographs_of_the_first_two_blocks_are_covered() -> None:
    """CJK Unified Ideographs as of Unicode 1.1 and Extension A: what GB 18030-2022 asks of levels 1 and 2."""
    promised = set().union(*_faces().values())
    assert [f"{point:x}" for point in sorted(IDEOGRAPHS - promised)] == []


def test_each_slice_holds_the_ideographs_that_its_rule_promises() -> None:
    for path, points in _faces().items():
        held = set(TTFont(path).getBestCmap())
        assert points & IDEOGRAPHS <= held, path.name
