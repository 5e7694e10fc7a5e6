"""Our scripts and styles run in Chromium 109, the last one on Windows 7."""

import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "assets"
NEWER_IN_SCRIPTS = {  # what → the first Chromium that has it
    r"\.(toSorted|toReversed|toSpliced)\(": 110,
    r"\.with\(": 110,
    r"/[a-z]*v[a-z]*\.test\(|new RegExp\([^)]*, \"v\"": 112,
    r"\b(isWellFormed|toWellFormed)\(": 111,
    r"\b(Object|Map)\.groupBy\(": 117,
    r"\bURL\.canParse\(": 120,
    r"\bPromise\.(withResolvers|try)\(": 119,
    r"\bArray\.fromAsync\(": 121,
    r"\bAbortSignal\.any\(": 116,
    r"\.(union|intersection|difference|isSubsetOf)\(": 122,
    r"\bstartViewTransition\(": 111,
    r"\bIterator\.": 122,
    r"\busing [a-z]": 134,
}
NEWER_IN_STYLES = {
    r"\bcolor-mix\(": 111,
    r"\b(oklch|oklab|lch|lab)\(": 111,
    r"\blinear\(": 113,
    r"\bsubgrid\b": 117,
    r"\btext-wrap(-style)?\s*:": 114,
    r"\b(light-dark|round|mod|rem)\(": 125,
    r"@(scope|starting-style|property|view-transition|layer-x)\b": 118,
    r"\banimation-(timeline|range)\b": 115,
    r"\bscrollbar-(color|width)\b": 121,
    r"\bfield-sizing\b": 123,
    r"\binterpolate-size\b": 129,
    r"\banchor-name\b": 125,
    r"\btransition-behavior\b": 117,
    r"&\s*[.:>\[a-z]": 112,
}


def found(path: Path, newer: dict[str, int]) -> list[str]:
    text = re.sub(r"/\*.*?\*/|//[^\n\"']*$", "", path.read_text("utf-8"), flags=re.S | re.M)
    return [
        f"{path.name}: {match[0]!r} needs Chromium {floor}"
        for what, floor in newer.items()
        for match in re.finditer(what, text)
    ]


@pytest.mark.claim("PULSE", "Our scripts and styles use nothing newer than Chromium 109")
def test_the_floor_is_chromium_109() -> None:
    scripts, styles = sorted(ASSETS.glob("*.js")), sorted(p for p in ASSETS.glob("*.css") if p.name != "fonts.css")
    assert len(scripts) > 10
    assert len(styles) >= 4
    assert [one for path in scripts for one in found(path, NEWER_IN_SCRIPTS)] == []
    assert [one for path in styles for one in found(path, NEWER_IN_STYLES)] == []


@pytest.mark.parametrize("planted", ["list.toSorted()", "Object.groupBy(a, b)", "Promise.withResolvers()"])
def test_a_newer_script_would_be_found(tmp_path: Path, planted: str) -> None:
    (tmp_path / "new.js").write_text(planted, "utf-8")
    assert found(tmp_path / "new.js", NEWER_IN_SCRIPTS)


def test_no_script_is_longer_than_400_lines() -> None:
    for path in ASSETS.glob("*.js"):
        assert len(path.read_text("utf-8").splitlines()) <= 400, path.name


def test_no_script_asks_the_clock_of_the_machine() -> None:
    """Only the queue of a telephone without a network does: how long something waited, by one and the same clock."""
    for path in set(ASSETS.glob("*.js")) - {ASSETS / "field.js"}:
        assert not re.search(r"Date\.now\(|new Date\(\)|timeOrigin", path.read_text("utf-8")), path.name
