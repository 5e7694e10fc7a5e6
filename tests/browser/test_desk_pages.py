"""The drill-down at desk and phone size: from a figure on the wall to the raw message behind it."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from board_server import BoardServer
from lending import Chromium
from playwright.sync_api import Page, expect
from visits import DESK, PHONE, WALL, OpenPages, until, visit, words

from geo.areas import AreaLevel

pytestmark = pytest.mark.browser
Shoot = Callable[[Page, str], None]

PAGES = {
    "overview": "indicators",
    "rain": "indicators/meteorology.rain_3h/440983",
    "air": "indicators/ecology.aqi",
    "score": "indicators/score.eco_environment",
    "day": "indicators/meteorology.rain_day_08/440983",
    "month": "indicators/econ_operation.industrial_va_yoy",
    "river": "indicators/water.river_stage/mm-river-02",  # stays open for those that follow
}


def show(pages: OpenPages, site: BoardServer, path: str) -> AbstractContextManager[Page]:
    """The one page of this file that goes from address to address, at the size and ratio of a desk."""
    return pages.show(site, path, DESK, device_scale_factor=1.25)


@pytest.mark.claim(
    "PULSE",
    "Desk pages at 1536×730 with ratio 1.25 and at the size of a phone, 390×844: shot, nothing beside the screen",
)
@pytest.mark.parametrize("name", PAGES)
def test_pages_fit(pages: OpenPages, site: BoardServer, shoot: Shoot, name: str) -> None:
    site.show("typhoon", 60)
    with show(pages, site, PAGES[name]) as page:
        for shape, (width, height) in (("phone", PHONE), ("desk", DESK)):
            page.set_viewport_size({"width": width, "height": height})
            expect(page.locator("#desk-body > *")).to_have_count(1)
            until(page, f"innerWidth === {width} && document.documentElement.scrollWidth <= {width}")
            shoot(page, f"{shape}-{name}")


@pytest.mark.claim(
    "PULSE", "From a vital sign to sentence, trend, areas, stations, rule, standard and the raw message behind it"
)
def test_a_page_tells_the_whole_way(pages: OpenPages, site: BoardServer) -> None:
    site.show("typhoon", 60)
    warning = next(w for w in site.picture["warnings"].values() if w["subject"] == "mm-river-02")
    with show(pages, site, PAGES["river"]) as page:
        expect(page.locator(".desk-headline h1")).to_have_text(re.compile(f"^{re.escape(warning['sentence'])}"))
        expect(page.locator(".desk-figure .figure b")).to_have_text(warning["text"])
        expect(page.locator("#desk-trend svg .line")).to_have_count(1)
        expect(page.locator("#desk-trend .band").nth(1)).to_be_attached()
        assert "数值已核" in words(page, ".desk-rule .desk-source")
        assert "珠江基面" in words(page, ".desk-rule dl")  # the vertical datum stands beside each bound
        raw = json.loads(page.locator(".desk-raw pre").inner_text())
        assert raw["values"] == {"rain": 2.4}
        assert words(page, ".desk-station.here .name").startswith("鉴江信宜水位站")


def test_the_trend_leads_beyond_the_newest_value(pages: OpenPages, site: BoardServer) -> None:
    site.show("typhoon", 60)
    with show(pages, site, PAGES["river"]) as page:
        expect(page.locator("#desk-trend .forecast circle")).to_have_count(1)
        ends = [
            float(page.locator(f"#desk-trend {one}").get_attribute("cx") or 0) for one in (".now", ".forecast circle")
        ]
        assert ends[0] < ends[1]
        expect(page.locator("figcaption")).to_contain_text("趋势外推 2 小时后")


def test_a_trend_waits_until_its_place_is_laid_out(pages: OpenPages, site: BoardServer) -> None:
    """On a busy machine a page may be filled before it has a width; bands of a negative one were drawn."""
    site.show("typhoon", 60)
    with show(pages, site, PAGES["river"]) as page:
        expect(page.locator("#desk-trend svg .band").first).to_be_attached()
        page.evaluate("""() => { const place = document.querySelector('#desk-trend'), kept = place.style.display;
            place.style.display = 'none'; place.innerHTML = ''; dispatchEvent(new Event('resize'));
            setTimeout(() => { place.style.display = kept; }, 100); }""")
        expect(page.locator("#desk-trend svg .band").first).to_be_attached()


@pytest.mark.claim("ENGINE", "A page explains its figure on demand, and keeps the explanation while the figure moves")
def test_a_page_explains_its_figure(pages: OpenPages, site: BoardServer) -> None:
    key = "meteorology.rain_3h¦440983"
    with show(pages, site, PAGES["rain"]) as page:
        page.locator("#desk-explain-ask").click()
        expect(page.locator(".desk-explain li").first).to_have_text("meteorology.rain_3h @ 440983")
        site.change({"values": {key: site.picture["values"][key] | {"value": 88.8, "text": "88.8"}}})
        expect(page.locator(".desk-figure .figure b")).to_have_text("88.8")
        expect(page.locator(".desk-explain li")).to_have_count(3)


def test_a_page_follows_the_picture(pages: OpenPages, site: BoardServer) -> None:
    key = "meteorology.rain_3h¦440983"
    with show(pages, site, PAGES["rain"]) as page:
        expect(page.locator(".desk-figure .figure b")).to_have_text(site.picture["values"][key]["text"])
        site.change({"values": {key: site.picture["values"][key] | {"value": 88.8, "text": "88.8"}}})
        expect(page.locator(".desk-figure .figure b")).to_have_text("88.8")


def test_a_score_shows_its_parts_with_their_pages(pages: OpenPages, site: BoardServer) -> None:
    with show(pages, site, PAGES["score"]) as page:
        expect(page.locator(".desk-parts tbody tr")).to_have_count(3)
        costs = [float(text) for text in page.locator(".desk-parts td:last-child").all_inner_texts()]
        assert costs == sorted(costs, reverse=True)
        assert (
            page.locator(".desk-parts a")
            .first.get_attribute("href")
            .startswith(f"{site.settings.base_path}indicators/")
        )
        assert "计入 城市体征指数" in words(page, ".desk-relations")


@pytest.mark.claim("ENGINE", "The overview of all vital signs fits a desk without scrolling, and is filtered by name")
def test_the_overview_fits_and_is_filtered(pages: OpenPages, site: BoardServer) -> None:
    key = "meteorology.rain_day_08¦440900"
    with show(pages, site, "indicators") as page:
        shown = page.locator(".desk-row:visible .name")
        expect(page.locator(".desk-domain")).to_have_count(len(site.city.domains) + 2)
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        leads = shown.count()
        page.locator("#desk-filter").fill("日雨量")
        expect(shown).to_have_text(["日雨量(20时至20时)", "日雨量(8时至8时)"])
        site.change({"values": {key: site.picture["values"][key] | {"value": 77.7, "text": "77.7"}}})
        expect(page.locator(".desk-row:visible .figure b").last).to_have_text("77.7")
        expect(shown).to_have_count(2)  # the rows were filled again, and what is asked for still holds
        page.locator("#desk-filter").fill("")
        expect(shown).to_have_count(leads)


def test_areas_are_ranked_worst_first(pages: OpenPages, site: BoardServer) -> None:
    held = [one["value"] for key, one in site.picture["values"].items() if key.startswith("ecology.aqi¦4409")]
    counties = sorted(held, reverse=True)
    counties.remove(46.0)  # the city itself is not one of its counties
    with show(pages, site, PAGES["air"]) as page:
        expect(page.locator(".desk-area .figure b")).to_have_count(len(counties))
        assert [float(text) for text in page.locator(".desk-area .figure b").all_inner_texts()] == counties


def test_a_county_leads_to_its_towns(pages: OpenPages, site: BoardServer) -> None:
    town = next(area for area in site.city.areas.at(AreaLevel.TOWN))
    county = site.city.areas[town.parent]
    with show(pages, site, f"indicators/meteorology.rain_1h/{county.id}") as page:
        towns = page.locator(".desk-areas", has_text="镇（街道）排序").locator(".desk-area")
        expect(towns).to_have_count(len(site.city.areas.children(county.id)))
        href = f"{site.settings.base_path}indicators/meteorology.rain_1h/{town.id}"
        assert towns.locator(f"a[href='{href}']").count() == 1
    with show(pages, site, f"indicators/meteorology.rain_1h/{town.id}") as page:
        assert words(page, ".desk-crumbs").endswith(f"{county.name.zh} {town.name.zh}")
        expect(page.locator(".desk-area.here")).to_have_count(1)


def click_map(page: Page, layer: str, across: int = 0, down: int = 0) -> None:
    """Click where a layer of the map is drawn, some pixels off."""
    box = page.locator("#wall-map").bounding_box()
    assert box is not None
    at = page.evaluate(
        f"(() => {{ const s = cityvitals.mapLayers.state, at = s.{layer}.getLatLng();"
        " const p = s.map.latLngToContainerPoint(at); return [p.x, p.y]; })()"
    )
    page.mouse.click(box["x"] + at[0] + across, box["y"] + at[1] + down)


@pytest.mark.claim("PULSE", "A vital sign, a county and a station on the wall each lead to their page")
def test_the_wall_leads_there(chromium: Chromium, site: BoardServer) -> None:
    site.show("typhoon", 8)
    with visit(chromium, f"{site.address}wall") as page:
        page.locator("[data-domain=public_service]").click()
        page.wait_for_url("**/indicators/government_services.hotline_calls_1h")
        page.go_back()
        page.wait_for_selector("#wall-warnings .warning")
        page.locator("#wall-warnings .warning").first.click()
        page.wait_for_url("**/indicators/water.river_stage/mm-river-02")
        page.go_back()
        page.wait_for_selector("path.county")
        until(page, "window.cityvitals && cityvitals.mapLayers.state.points.size > 0")
        click_map(page, "counties['440981'].label", across=-40, down=90)  # beside the name, where no station stands
        page.wait_for_url("**/indicators/*/440981")
        page.go_back()
        until(page, "window.cityvitals && cityvitals.mapLayers.state.points.size > 0")
        click_map(page, "points.get('stations:mm-river-03').layer")
        page.wait_for_url("**/indicators/water.river_stage/mm-river-03")


def test_an_undeclared_address_says_so(pages: OpenPages, site: BoardServer) -> None:
    with show(pages, site, "indicators/no.such") as page:
        expect(page.locator(".desk-nothing")).to_have_text("没有这个指标或地点")


@pytest.mark.claim("PULSE", "A screen that is on before the city is comes alive by itself")
def test_a_screen_opened_too_early_waits(chromium: Chromium, site: BoardServer) -> None:
    site.starting = True
    with chromium.lend(WALL) as page:
        page.goto(f"{site.address}wall")
        expect(page.locator(".shell-waiting")).to_have_text("系统正在启动，尚无场景")
        site.starting = False
        expect(page.locator("ol.counts").first).to_be_visible(timeout=30_000)
        expect(page.locator(".shell-waiting")).to_have_count(0)


@pytest.mark.claim("PULSE", "Every address is built from BASE_PATH")
def test_under_a_base_path(chromium: Chromium) -> None:
    with BoardServer(base_path="/cityvitals/") as site:
        site.show("typhoon", 8)
        for path in ("wall", PAGES["river"]):
            with visit(chromium, site.address + path, DESK) as page:
                addresses = page.evaluate(
                    "performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname)"
                )
                assert addresses
                assert [one for one in addresses if not one.startswith("/cityvitals/")] == []
                links = page.evaluate("[...document.links].map((one) => one.pathname)")
                assert [one for one in links if not one.startswith("/cityvitals/")] == []


@pytest.mark.claim("PULSE", "A browser older than Chromium 109 gets a static Chinese page that says what to do")
@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36",
        "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36",
    ],
)
def test_an_old_browser_is_told(chromium: Chromium, site: BoardServer, pictures: Path, agent: str) -> None:
    with chromium.lend((1280, 720), user_agent=agent) as page:
        page.goto(f"{site.address}wall")
        page.wait_for_selector("#too-old", state="visible")
        assert "极速模式" in words(page, "#too-old")
        assert page.locator("#react-entry-point").is_hidden()
        page.screenshot(path=pictures / "too-old.png")


def test_without_scripts_it_is_said(chromium: Chromium, site: BoardServer) -> None:
    with chromium.lend(WALL, java_script_enabled=False) as page:
        page.goto(f"{site.address}wall")
        assert "需要启用 JavaScript" in page.content()


def test_the_root_leads_to_the_wall(chromium: Chromium, site: BoardServer) -> None:
    with visit(chromium, site.address) as page:
        assert page.url == f"{site.address}wall"
        assert page.locator("meta[name=renderer]").get_attribute("content") == "webkit"
        assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_in_english(chromium: Chromium, pictures: Path) -> None:
    with BoardServer(language="en") as site, visit(chromium, f"{site.address}wall") as page:
        page.screenshot(path=pictures / "wall-english.png")
        assert page.locator("html").get_attribute("lang") == "en"
        assert words(page, "#wall-no-warnings .calm b") == "No warnings at present"
