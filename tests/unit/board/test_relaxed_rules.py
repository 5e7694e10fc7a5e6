"""A rule that a shift leader relaxed stands in the picture for as long as it holds."""

from pathlib import Path

import pytest

from board.picture import Picture
from catalogue.load import load
from core.records import Scene, Stamp

PACKS = Path(__file__).parents[3] / "packs"
NOW_MS = 1_795_341_600_000


@pytest.mark.claim("WARN", "A relaxed rule stands on the wall, by whom and until when, and goes when it ends.")
def test_it_comes_and_goes() -> None:
    scene = Scene("live-440900", "440900", Stamp.LIVE, "city")
    picture = Picture(load(PACKS, "440900"), scene, "zh")
    until = {"until_ms": NOW_MS + 3_600_000, "by": "吴值班", "reason": "台风"}
    picture.fold_relaxed({"meteorology.rainstorm": until})
    picture.tick(NOW_MS, NOW_MS)
    shown = picture.sections["relaxed"]
    assert shown == {"meteorology.rainstorm": {"rule_name": "暴雨(滑动窗口累计)", **until}}
    picture.fold_relaxed({})
    assert picture.sections["relaxed"] == {}
