"""The wall at every size and in every situation: nothing cut off, nothing scrolls, type large enough; with pictures."""

from collections.abc import Callable

import pytest
from board_server import BoardServer
from lending import Chromium
from playwright.sync_api import Page, expect
from visits import DESK, WALL, OpenPages, until, visit

pytestmark = pytest.mark.browser
Shoot = Callable[[Page, str], None]

SIZES = {"1080p": WALL, "4k": (3840, 2160), "wide": (7680, 2160)}

SHOTS = [("1080p", n) for n in (0, 1, 8, 9, 60, 500)] + [("4k", 60), ("wide", 60)]

CUT_OFF = """() => {
  const wide = '.warning header, .others, .figure, .domain h3, .counts li, .wall-head > *, .wall-footer, h2, '
    + '.worst, .index, .why';
  const all = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.offsetParent);
  return all(wide).filter((e) => e.scrollWidth > e.clientWidth + 2)
    .concat(all('.warning, .warning p, .domain, .others').filter((e) => e.scrollHeight > e.clientHeight + 4))
    .map((e) => e.className + ': ' + e.textContent);
}"""

OUTSIDE = """() => [...document.querySelectorAll('.wall *')].filter((e) => {
  const box = e.getBoundingClientRect();
  return e.offsetParent && !e.closest('.wall-map') && box.width
    && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1);
}).map((e) => e.className + ' ' + e.textContent.slice(0, 40))"""

TYPE_PX = """(selector) => [...document.querySelectorAll(selector)].filter((e) => e.offsetParent)
  .map((e) => parseFloat(getComputedStyle(e).fontSize))"""


def all_type_px(page: Page, selector: str) -> list[float]:
    found: list[float] = page.evaluate(TYPE_PX, selector)
    assert found, selector
    return found


@pytest.mark.parametrize("situation", ["unknown", "silent", "empty"])
def test_every_situation_has_its_picture(pages: OpenPages, site: BoardServer, shoot: Shoot, situation: str) -> None:
    site.show(situation)
    with pages.show(site) as page:
        shoot(page, f"wall-1080p-{situation}")
        assert page.evaluate(OUTSIDE) == []


def test_the_wall_on_a_desk_screen(pages: OpenPages, site: BoardServer, shoot: Shoot) -> None:
    site.show("typhoon", 8)
    with pages.show(site, size=DESK, device_scale_factor=1.25) as page:
        shoot(page, "wall-desk")
        assert page.evaluate(OUTSIDE) == []


def test_figures_stand_in_columns(pages: OpenPages, site: BoardServer) -> None:
    """Tabular figures: a clock whose seconds change must not move."""
    with pages.show(site) as page:
        widths = page.evaluate(
            """() => { const probe = document.createElement('span'); document.body.append(probe);
            probe.style.cssText = 'position:absolute;font-size:40px'; const widths = [];
            for (const d of '0123456789') { probe.textContent = d.repeat(20); widths.push(probe.offsetWidth); }
            probe.remove(); return widths; }"""
        )
        assert len(set(widths)) == 1


@pytest.mark.claim(
    "PULSE",
    "Counties can be filled by a chosen indicator, an index with its six classes and legend; layers switched off",
)
def test_the_map_shows_what_is_chosen(chromium: Chromium, site: BoardServer, shoot: Shoot) -> None:
    site.show("typhoon", 8)
    with visit(chromium, f"{site.address}wall") as page:
        page.locator(".wall-map-controls summary").click()
        page.locator("#wall-map-fill label", has_text=site.picture["indicators"]["ecology.aqi"]["name"]).click()
        page.locator(".wall-map-controls summary").click()
        page.wait_for_selector("#wall-map-legend p")
        shoot(page, "wall-1080p-filled")
        assert page.locator("#wall-map-legend p").all_inner_texts() == [
            "优",
            "良",
            "轻度污染",
            "中度污染",
            "重度污染",
            "严重污染",
        ]
        county = site.picture["values"]["ecology.aqi¦440981"]
        label = page.locator(".county-label", has_text="高州市")
        assert label.locator(".sum").inner_text().split() == [county["text"], county["aqi"]["word"]]
        filled = page.locator(f"path.county[fill='{county['aqi']['colour']}']")
        expect(filled.first).to_be_attached()
        points = "[...cityvitals.mapLayers.state.points.keys()].map((key) => key.split(':')[0])"
        assert "vehicles" in page.evaluate(points)
        page.locator(".wall-map-controls summary").click()
        page.locator("#wall-map-layers label", has_text="车辆").click()
        until(page, f"!{points}.includes('vehicles')")
        assert "stations" in page.evaluate(points)


MUST_READ = (
    ".worst b, .counts b, .domain h3, .domain .figure b, .domain > .level:not(.level-normal), .warning p, "
    ".warning header b, .others > b, .county-label .name, .county-label .sum b, .wall-clock time, .wall-trend-heading p"
)


@pytest.mark.claim(
    "PULSE",
    "The wall is shot and whole at 1920×1080, 3840×2160 and 7680×2160; what must be read from 5 m is at least 1/45 of "
    "its height, and nothing is under 16 px at 1080p",
)
@pytest.mark.parametrize(("size", "count"), SHOTS)
def test_nothing_is_cut_off(pages: OpenPages, site: BoardServer, shoot: Shoot, size: str, count: int) -> None:
    """The largest walls come last: an open one is drawn anew each second."""
    site.show("typhoon" if count else "calm", count)
    with pages.show(site, size=SIZES[size]) as page:
        shoot(page, f"wall-{size}-{count}")
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
        if count == 60:
            height = SIZES[size][1]
            assert min(all_type_px(page, MUST_READ)) >= height / 45
            assert min(px for px in all_type_px(page, ".wall *") if px) >= 16 * height / 1080
