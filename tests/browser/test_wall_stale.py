"""数据中断: the wall says that it may not be believed, why, and since when; and looks like no calm wall."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from board_server import BoardServer
from lending import Chromium
from playwright.sync_api import Page, expect
from visits import DESK, LIVE, WALL, OpenPages, assert_stale_within, repaint, until, visit, words

pytestmark = pytest.mark.browser

Box = tuple[int, int, int, int]


# Share of the pixels of a box (left, top, right, bottom) of a PNG that are lighter than a limit of 255.
LIGHTER = """async ([png, [left, top, right, bottom], limit]) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(left, top, right - left, bottom - top);
  let lighter = 0;
  for (let at = 0; at < data.length; at += 4) lighter += data[at] + data[at + 1] + data[at + 2] >= 3 * (limit + 1);
  return lighter / (data.length / 4);
}"""


@pytest.fixture
def share_above(chromium: Chromium) -> Iterator[Callable[[bytes, Box, int], float]]:
    """`share_above(picture, box, 200)`; counted by Chromium, which takes 0.1 s where Python takes 4 s."""
    with chromium.lend(WALL) as page:
        yield lambda picture, box, limit: page.evaluate(LIGHTER, [b64encode(picture).decode(), box, limit])


@pytest.mark.claim(
    "PULSE",
    "No frame for 5 s: the wall says that the connection is lost, with clock running and whom to call; a calm wall and "
    "a dead wall cannot be confused: bar of at least 1/12 of the height, hatched",
)
def test_a_dead_wall_looks_like_no_calm_one(
    chromium: Chromium, site: BoardServer, pictures: Path, share_above: Callable[[bytes, Box, int], float]
) -> None:
    with visit(chromium, f"{site.address}wall") as page:
        calm = page.screenshot(path=pictures / "wall-calm-beside.png", animations="disabled")
        site.talking = False
        assert_stale_within(page, 8)
        text = words(page, "#shell-stale-bar")
        assert re.search(r"数据中断 00:0\d:\d\d", text)
        for said in ("与服务器的连接中断", "画面停在", "信息中心 0668-0000100"):
            assert said in text
        first = words(page, "#wall-clock time")
        until(page, "old => document.querySelector('#wall-clock time').textContent !== old", first)
        dead = page.screenshot(path=pictures / "wall-dead-beside.png", animations="disabled")
        bar = page.locator("#shell-stale-bar").bounding_box()
        assert bar is not None
        assert bar["height"] >= 1080 / 12
        assert bar["width"] == 1920
        assert page.locator(".shell-hatch").is_visible()
        assert "grayscale" in page.evaluate("getComputedStyle(document.querySelector('.wall-left')).filter")
        assert page.evaluate("getComputedStyle(document.querySelector('.wall-clock')).filter") == "none"
        site.talking = True
        until(page, LIVE)
        expect(page.locator("#shell-stale-bar")).to_be_hidden()
    below_bar = (0, int(bar["y"]) + 8, 1920, 1080)
    assert share_above(dead, below_bar, 200) > 0.7  # white
    assert share_above(calm, below_bar, 200) < 0.1  # near-black
    ground = (1400, 420, 1880, 480)  # plain on the calm wall
    assert share_above(calm, ground, 30) < 0.2 < share_above(dead, ground, 30)  # stripes


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
        (all_silent, "全部数据源中断"),
    ],
)
def test_every_death_is_told(
    pages: OpenPages, site: BoardServer, break_it: Callable[[BoardServer], None], sentence: str
) -> None:
    with pages.show(site) as page:
        assert page.evaluate(LIVE)
        break_it(site)
        assert_stale_within(page, 6)
        assert sentence in words(page, "#shell-stale-bar")


def test_an_engine_that_only_hiccups_stops_nothing(pages: OpenPages, site: BoardServer) -> None:
    with pages.show(site) as page:
        site.fresh_workers = ("ingest", "board", "probe")
        site.picture["workers"]["engine"]["beat_ms"] = site.now_ms() - 8_000
        site.change({})
        repaint(page, site.rev)
        assert page.evaluate(LIVE)


def assert_stale_on(page: Page, share: float) -> None:
    bar = page.locator("#shell-stale-bar").bounding_box()
    assert bar is not None
    assert bar["height"] >= share


def test_a_desk_page_says_it_too(chromium: Chromium, site: BoardServer, pictures: Path) -> None:
    with visit(chromium, f"{site.address}indicators", DESK) as page:
        site.talking = False
        assert_stale_within(page, 8)
        page.screenshot(path=pictures / "desk-stale.png")
        assert_stale_on(page, 730 / 12)
        site.talking = True


def test_a_page_that_never_heard_anything_says_so(chromium: Chromium, site: BoardServer, pictures: Path) -> None:
    site.talking = False
    with chromium.lend(WALL) as page:
        page.goto(f"{site.address}wall")
        assert_stale_within(page, 12)
        assert "画面尚未收到任何数据" in words(page, "#shell-stale-bar")
        page.screenshot(path=pictures / "wall-never-heard.png")
    site.talking = True
