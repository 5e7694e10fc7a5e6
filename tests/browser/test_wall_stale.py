"""数据中断: the wall says that it may not be believed, why, and since when; and looks like no calm wall."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from board_server import BoardServer
from playwright.sync_api import Browser, Page
from visits import repaint, visit, words

pytestmark = pytest.mark.browser

STALE = "document.documentElement.dataset.state === 'stale'"
LIVE = "document.documentElement.dataset.state === 'live'"


def lightness(picture: bytes) -> list[list[int]]:
    """Rows of 8-bit lightness of a PNG as Chromium writes it (RGB or RGBA, not interlaced)."""
    width, height = struct.unpack(">II", picture[16:24])
    channels = 4 if picture[25] == 6 else 3
    body, at = b"", 8
    while at < len(picture):
        size = struct.unpack(">I", picture[at : at + 4])[0]
        if picture[at + 4 : at + 8] == b"IDAT":
            body += picture[at + 8 : at + 8 + size]
        at += size + 12
    return _rows(zlib.decompress(body), width * channels, height, channels)


def _rows(raw: bytes, stride: int, height: int, channels: int) -> list[list[int]]:
    above = bytearray(stride)
    rows = []
    for line in range(height):
        start = line * (stride + 1)
        row = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], row, above, channels)
        rows.append([sum(row[x : x + 3]) // 3 for x in range(0, stride, channels)])
        above = row
    return rows


def _unfilter(kind: int, row: bytearray, above: bytearray, channels: int) -> None:
    for x in range(len(row)):
        left = row[x - channels] if x >= channels else 0
        corner = above[x - channels] if x >= channels else 0
        if kind == 1:
            row[x] = (row[x] + left) & 255
        elif kind == 2:
            row[x] = (row[x] + above[x]) & 255
        elif kind == 3:
            row[x] = (row[x] + (left + above[x]) // 2) & 255
        elif kind == 4:
            guess = left + above[x] - corner
            nearest = min((left, above[x], corner), key=lambda one: abs(guess - one))
            row[x] = (row[x] + nearest) & 255


def share_above(rows: list[list[int]], limit: int) -> float:
    """Share of pixels lighter than a limit."""
    return sum(value > limit for row in rows for value in row) / (len(rows) * len(rows[0]))


@pytest.mark.claim(
    "PULSE", "A calm wall and a dead wall cannot be confused: bar of at least 1/12 of the height, hatched"
)
def test_a_dead_wall_looks_like_no_calm_one(chromium: Browser, site: BoardServer, pictures: Path) -> None:
    with visit(chromium, f"{site.address}wall") as page:
        calm = page.screenshot(path=pictures / "wall-calm-beside.png")
        site.talking = False
        page.wait_for_function(STALE, timeout=10_000)
        page.wait_for_timeout(300)
        dead = page.screenshot(path=pictures / "wall-dead-beside.png")
        bar = page.locator("#shell-stale-bar").bounding_box()
        assert bar is not None
        assert bar["height"] >= 1080 / 12
        assert bar["width"] == 1920
        assert page.locator(".shell-hatch").is_visible()
        assert "grayscale" in page.evaluate("getComputedStyle(document.querySelector('.wall-left')).filter")
        assert page.evaluate("getComputedStyle(document.querySelector('.wall-clock')).filter") == "none"
        site.talking = True
    before, after = lightness(calm), lightness(dead)
    bar_top = int(bar["y"])
    assert share_above(after[bar_top + 8 :], 200) > 0.7  # white
    assert share_above(before[bar_top:], 200) < 0.1  # near-black
    empty = [row[1400:1880] for row in before[420:480]]  # plain ground on the calm wall
    hatched = [row[1400:1880] for row in after[420:480]]
    assert share_above(empty, 30) < 0.2 < share_above(hatched, 30)  # stripes


@pytest.mark.claim(
    "PULSE", "No frame for 5 s: the wall says that the connection is lost, with clock running and whom to call"
)
def test_silence_is_said_within_seconds(chromium: Browser, site: BoardServer) -> None:
    with visit(chromium, f"{site.address}wall") as page:
        site.talking = False
        page.wait_for_function(STALE, timeout=8_000)
        text = words(page, "#shell-stale-bar")
        assert "数据中断 00:00:0" in text
        assert "与服务器的连接中断" in text
        assert "画面停在" in text
        assert "信息中心 0668-0000100" in text
        first = words(page, "#wall-clock time")
        page.wait_for_function("old => document.querySelector('#wall-clock time').textContent !== old", arg=first)
        site.talking = True
        page.wait_for_function(LIVE, timeout=15_000)
        assert page.locator("#shell-stale-bar").is_hidden()


def engine_lost(site: BoardServer) -> None:
    site.fresh_workers = ("ingest", "board", "probe")
    site.picture["workers"]["engine"]["beat_ms"] = site.now_ms() - 26_000


def probe_lost(site: BoardServer) -> None:
    site.fresh_probe = False
    site.picture["probe"]["main"]["seen_ms"] = site.now_ms() - 31_000


def broker_down(site: BoardServer) -> None:
    site.picture["workers"]["ingest"] |= {"state": "down", "says": "no broker"}


def redis_down(site: BoardServer) -> None:
    site.redis = "down"


def all_silent(site: BoardServer) -> None:
    since = site.now_ms() - 60_000
    sources = {
        name: record | {"state": "silent", "since_ms": since} for name, record in site.picture["sources"].items()
    }
    site.change({"sources": sources})


@pytest.mark.claim("PULSE", "Each way in which the chain can die turns the wall stale with its own sentence")
@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (engine_lost, "计算引擎停止"),
        (probe_lost, "拨测超过 30 秒未返回"),
        (broker_down, "消息服务器(MQTT)无响应"),
        (redis_down, "数据总线(Redis)无响应"),
        (all_silent, "全部数据源静默"),
    ],
)
def test_every_death_is_told(
    chromium: Browser, site: BoardServer, break_it: Callable[[BoardServer], None], sentence: str
) -> None:
    with visit(chromium, f"{site.address}wall") as page:
        assert page.evaluate(LIVE)
        break_it(site)
        page.wait_for_function(STALE, timeout=6_000)
        assert sentence in words(page, "#shell-stale-bar")


def test_an_engine_that_only_hiccups_stops_nothing(chromium: Browser, site: BoardServer) -> None:
    with visit(chromium, f"{site.address}wall") as page:
        site.fresh_workers = ("ingest", "board", "probe")
        site.picture["workers"]["engine"]["beat_ms"] = site.now_ms() - 15_000
        site.change({})
        repaint(page, site.rev)
        assert page.evaluate(LIVE)


def assert_stale_on(page: Page, share: float) -> None:
    bar = page.locator("#shell-stale-bar").bounding_box()
    assert bar is not None
    assert bar["height"] >= share


def test_a_desk_page_says_it_too(chromium: Browser, site: BoardServer, pictures: Path) -> None:
    with visit(chromium, f"{site.address}indicators", (1536, 730)) as page:
        site.talking = False
        page.wait_for_function(STALE, timeout=8_000)
        page.screenshot(path=pictures / "desk-stale.png")
        assert_stale_on(page, 730 / 12)
        site.talking = True


def test_a_page_that_never_heard_anything_says_so(chromium: Browser, site: BoardServer, pictures: Path) -> None:
    site.talking = False
    context = chromium.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.goto(f"{site.address}wall")
    page.wait_for_function(STALE, timeout=12_000)
    assert "画面尚未收到任何数据" in words(page, "#shell-stale-bar")
    page.screenshot(path=pictures / "wall-never-heard.png")
    context.close()
    site.talking = True
