"""The pure functions of our scripts, called in Chromium on a blank page."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lending import Chromium
from playwright.sync_api import Page
from visits import DESK

from core.messages import texts
from core.wording import figure

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "assets"
PURE = (
    "dispatch_whole",
    "format",
    "live_mirror",
    "stale",
    "trend",
    "wall_header",
    "wall_map",
    "wall_vitals",
    "wall_warnings",
)
NOW_MS = 1_795_341_600_000  # 22 November 2026 (Sunday), 18:00 in China
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def scripts(chromium: Chromium) -> Iterator[Page]:
    """A blank page with our pure scripts and the Chinese words."""
    with chromium.lend(DESK) as page:
        for name in PURE:
            page.add_script_tag(content=(ASSETS / f"{name}.js").read_text("utf-8"))
        page.evaluate("words => cityvitals.format.setWords(words)", texts("zh"))
        yield page


@pytest.fixture(scope="module")
def call(scripts: Page) -> Call:
    """`call("format.age", 61000)`: the result of a function of `cityvitals`."""

    def call(name: str, *given: Any) -> Any:
        return scripts.evaluate(f"given => cityvitals.{name}(...given)", given)

    return call


MIRROR = """frames => {
  const mirror = cityvitals.mirror.create('a');
  const told = frames.map((frame) => cityvitals.mirror.apply(mirror, frame)).map((one) => [one.outcome, one.other]);
  return { sections: mirror.sections, told: told };
}"""


@pytest.mark.parametrize(
    ("length_ms", "text"),
    [
        (0, "刚刚"),
        (59_999, "刚刚"),
        (60_000, "1 分钟"),
        (3_599_999, "59 分钟"),
        (3_600_000, "1 小时"),
        (4_320_000, "1 小时 12 分"),
        (86_400_000, "1 天"),
        (-5, "刚刚"),
    ],
)
def test_spans(call: Call, length_ms: int, text: str) -> None:
    assert call("format.span", length_ms) == text


def test_civil_time_is_chinas(call: Call) -> None:
    civil = call("format.civil", NOW_MS + 61_000)
    assert (civil["date"], civil["weekday"], civil["time"]) == ("11月22日", "周日", "18:01:01")
    assert call("format.moment", NOW_MS - 86_400_000, NOW_MS) == "11月21日 18:00"
    assert call("format.moment", NOW_MS - 3_600_000, NOW_MS) == "17:00"


def test_counts(call: Call) -> None:
    counts = (0, 999, 9_999, 10_000, 99_999, 123_456, 150_000_000)
    assert [call("format.count", one) for one in counts] == [figure(one, 0, "zh") for one in counts]
    assert call("format.count", 123_000) == "12.3 万"
    assert call("format.count", None) == "—"


def test_a_level_is_shape_and_word(call: Call) -> None:
    for level, word in (("red", "特别严重"), ("orange", "严重"), ("yellow", "较重"), ("blue", "一般")):
        tag = call("format.levelTag", level)
        assert "<svg" in tag
        assert word in tag
    assert "<svg" not in call("format.levelTag", None)
    assert "无数据" in call("format.levelTag", None)


def folded(frames: list[dict[str, Any]]) -> dict[str, Any]:
    """The oracle: sections after frames, by plain dictionaries."""
    sections: dict[str, Any] = {}
    for frame in frames:
        if frame["k"] == "snap":
            sections = {}
        for section, records in frame["set"].items():
            sections.setdefault(section, {}).update(records)
        for section, keys in frame["drop"].items():
            for key in keys:
                sections.get(section, {}).pop(key, None)
    return sections


def frame(kind: str, rev: int, prev: int, put: dict[str, Any], drop: dict[str, Any]) -> dict[str, Any]:
    return {"k": kind, "rev": rev, "prev": prev, "scene": "s", "assets": "a", "set": put, "drop": drop}


def test_the_mirror_equals_a_plain_fold(scripts: Page) -> None:
    rng = random.Random(11)
    frames = [frame("snap", 1, 0, {"a": {"x": {"v": 0}}, "b": {}}, {})]
    for rev in range(2, 200):
        put = {rng.choice("ab"): {rng.choice("xyz"): {"v": rev}}}
        drop = {rng.choice("ab"): [rng.choice("xyz")]} if rng.random() < 0.3 else {}
        frames.append(frame("diff", rev, rev - 1, put, {k: v for k, v in drop.items() if k not in put}))
    held = scripts.evaluate(MIRROR, frames)
    assert held["sections"] == folded(frames)
    assert held["told"] == [["taken", None]] * len(frames)


def test_the_mirror_refuses_gaps_and_repeats(scripts: Page) -> None:
    told = [
        frame("snap", 5, 0, {}, {}),
        frame("diff", 5, 4, {}, {}),
        frame("diff", 7, 6, {}, {}),
        frame("diff", 6, 5, {}, {}),
        frame("diff", 7, 6, {}, {}) | {"assets": "b"},
        frame("diff", 8, 7, {}, {}) | {"scene": "other"},
    ]
    assert scripts.evaluate(MIRROR, told)["told"] == [
        ["taken", None], ["old", None], ["gap", None], ["taken", None], ["taken", "assets"], ["old", "scene"],
    ]  # fmt: skip


def test_no_silence_is_called_stale_while_all_turn(call: Call) -> None:
    picture = {
        "workers": {name: {"beat_ms": NOW_MS - 20_000, "state": "ok"} for name in ("ingest", "engine", "board")},
        "probe": {"main": {"seen_ms": NOW_MS - 29_000}},
        "sources": {
            "rain": {"kind": "station", "state": "silent", "since_ms": 1},
            "air": {"kind": "station", "state": "ok", "since_ms": None},
        },
    }
    condition = {"silentMs": 4000, "redis": "ok"}
    assert call("stale.diagnose", picture, condition, NOW_MS, NOW_MS) is None
    assert call("stale.diagnose", picture, condition | {"silentMs": 5001}, NOW_MS, NOW_MS)["cause"] == "connection"


def test_every_bound_that_was_reached_and_the_next_are_drawn(call: Call) -> None:
    bounds = (("blue", 10), ("yellow", 20), ("orange", 30), ("red", 100))
    bands = [{"level": level, "bound": bound, "name": level} for level, bound in bounds]
    scale = call("trend.range", [[0, 1.0], [1, 12.0]], bands, False, "mm")
    drawn = [band["level"] for band in call("trend.areas", bands, scale, False)]
    assert drawn == ["blue", "yellow"]  # the next one above the line shows how far it is; 100 would flatten it
    falling = [{"level": level, "bound": bound, "name": ""} for level, bound in (("blue", 95), ("red", 60))]
    down = call("trend.range", [[0, 99.0], [1, 96.0]], falling, True, "%")
    assert down["low"] < 95
    assert down["low"] > 60
    assert down["high"] <= 101


def test_labels_never_cover_one_another(call: Call) -> None:
    rng = random.Random(5)
    for _ in range(50):
        wanted = [rng.uniform(0, 200) for _ in range(rng.randrange(1, 6))]
        placed = sorted(call("trend.spread", wanted, 20, 10, 190))
        assert all(b - a >= 20 - 1e-9 for a, b in pairwise(placed))


def test_a_name_stands_inside_its_county(call: Call) -> None:
    """A horseshoe: its centroid lies outside, the name must not."""
    ring = [[0, 0], [10, 0], [10, 10], [7, 10], [7, 3], [3, 3], [3, 10], [0, 10], [0, 0]]
    x, y = call("map.labelPoint", {"type": "Polygon", "coordinates": [ring]})
    assert (0 < x < 10 and 0 < y < 3) or (0 < y < 10 and (0 < x < 3 or 7 < x < 10))


@pytest.mark.parametrize("lines", [1, 2, 8, 9])
@pytest.mark.parametrize("count", [0, 1, 8, 9, 60, 500])
def test_shown_and_counted_warnings_add_up(call: Call, lines: int, count: int) -> None:
    rng = random.Random(count)
    levels = ["red", "orange", "yellow", "blue"]
    warnings = {
        f"w{n}": {"phase": "active", "level": rng.choice(levels), "since_ms": n, "area": rng.choice("ab")}
        for n in range(count)
    } | {"old": {"phase": "cleared", "level": "red", "since_ms": 1, "area": "a"}}
    chosen = call("warnings.choose", warnings, lines)
    others = call("warnings.othersByArea", warnings, chosen["shown"], {})
    assert len(chosen["shown"]) + chosen["others"] == chosen["total"] == count
    assert sum(entry["count"] for entry in others) == chosen["others"]
    assert len(chosen["shown"]) + bool(chosen["others"]) <= lines


@pytest.mark.parametrize("lines", [1, 2, 5])
def test_a_card_takes_one_line_and_all_its_warnings_are_counted(call: Call, lines: int) -> None:
    levels = ["blue", "red", "orange", "yellow"]
    warnings = {
        f"w{n}": {"phase": "active", "level": levels[n % 4], "since_ms": n, "area": "a", "sentence": f"{n}"}
        for n in range(40)
    }
    members = [f"w{n}" for n in range(36)]
    card = {"warnings": [*members, "gone"], "since_ms": 0, "area": "c", "subjects": 30, "sentence": "疑似同因"}
    chosen = call("warnings.choose", warnings, lines, {"w0": card})
    others = call("warnings.othersByArea", warnings, chosen["shown"], {})
    assert sum(len(one["members"]) for one in chosen["shown"]) + chosen["others"] == chosen["total"] == 40
    assert sum(entry["count"] for entry in others) == chosen["others"]
    told = [(one["sentence"], one["subjects"], one["area"]) for one in chosen["shown"]]
    assert told == [("37", 1, "a"), ("疑似同因", 30, "c"), ("38", 1, "a"), ("39", 1, "a"), ("36", 1, "a")][: len(told)]
    assert len(told) == (5 if lines == 5 else lines - 1)


def test_only_a_wholly_silent_county_is_blind(scripts: Page) -> None:
    stations = {
        "1": {"area": "a", "kind": "station", "state": "silent"},
        "2": {"area": "a", "kind": "station", "state": "ok"},
        "3": {"area": "b", "kind": "station", "state": "silent"},
        "4": {"area": "b", "kind": "camera", "state": "ok"},
    }
    assert scripts.evaluate("stations => [...cityvitals.map.blindAreas(stations)]", stations) == ["b"]


MEETING = "([one, site]) => cityvitals.dispatchWhole.meeting(one, site, () => true)"


def test_a_case_leads_to_the_citys_own_meeting(scripts: Page) -> None:
    one, site = {"id": "A/1", "possible": ["meet"]}, {"meeting": "https://meet.example.cn/room?about={case}&x=1"}
    shown = scripts.evaluate(MEETING, [one, site])
    assert 'href="https://meet.example.cn/room?about=A%2F1&amp;x=1"' in shown and 'rel="noopener noreferrer"' in shown
    assert scripts.evaluate(MEETING, [one, {"meeting": ""}]) == "", "a city without meetings offers none"
    assert scripts.evaluate(MEETING, [one | {"possible": []}, site]) == "", "nobody meets about what is closed"
