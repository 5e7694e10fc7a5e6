"""What stands on the wall is what the frame said, by an oracle that reads the frame alone."""

import re

import pytest
from board_server import BoardServer
from lending import Chromium
from playwright.sync_api import Page, expect
from prerequisites import eventually
from visits import OpenPages, repaint, visit, words

pytestmark = pytest.mark.browser


@pytest.mark.claim("PULSE", "A number on the screen equals the one in the frame, at first paint and after a difference")
def test_a_figure_is_the_frames(chromium: Chromium, site: BoardServer) -> None:
    shown = site.picture["domains"]["public_service"]
    with visit(chromium, f"{site.address}wall") as page:
        place = "[data-domain=public_service]"
        assert words(page, f"{place} .figure b") == shown["headline"]["text"] == "142"
        record = shown | {"headline": shown["headline"] | {"value": 151.0, "text": "151"}}
        site.change({"domains": {"public_service": record}})
        repaint(page, site.rev)
        assert words(page, f"{place} .figure b") == "151"


@pytest.mark.claim("PULSE", "With 0, 1, 8, 9, 60 and 500 warnings the counts by county always add up to all of them")
@pytest.mark.parametrize("count", [0, 1, 8, 9, 60, 500])
def test_counts_add_up(pages: OpenPages, site: BoardServer, count: int) -> None:
    site.show("typhoon", count)
    with pages.show(site) as page:
        by_level = [int(text) for text in page.locator(".counts b").all_inner_texts()]
        by_county = page.locator(".county-label .sum").all_inner_texts()
        listed = page.locator("#wall-warnings .warning").count()
        others = page.locator(".others p b").all_inner_texts()
        assert words(page, "#wall-warnings-title h2 b") == str(count)
        assert sum(by_level) == count
        totals = [int(found[-1]) for text in by_county if (found := re.findall(r"\d+", text))]
        assert sum(totals) == count  # every device of the fixture stands in a county
        assert listed + sum(int(text) for text in others) == count
        if others:
            assert int(re.findall(r"\d+", words(page, ".others > b"))[0]) == count - listed


@pytest.mark.claim("PULSE", "另有 N 条 stands as large as a warning")
def test_the_rest_is_as_large_as_a_warning(pages: OpenPages, site: BoardServer) -> None:
    site.show("typhoon", 60)
    with pages.show(site) as page:
        heights = page.evaluate("[...document.querySelectorAll('#wall-warnings > li')].map((e) => e.offsetHeight)")
        assert max(heights) - min(heights) <= 1
        assert "另有 53 条" in words(page, "#wall-warnings > li:last-child")


def test_the_gravest_come_first(pages: OpenPages, site: BoardServer) -> None:
    site.show("typhoon", 60)
    gravest = ["特别严重", "严重", "较重", "一般"]
    with pages.show(site) as page:
        shown = page.locator("#wall-warnings .warning header b").all_inner_texts()
        assert shown == sorted(shown, key=gravest.index)


@pytest.mark.claim("PULSE", "Unknown is hatched and a dash, names its silent source, and is never called normal")
def test_unknown_is_not_normal(pages: OpenPages, site: BoardServer) -> None:
    site.show("unknown")
    with pages.show(site) as page:
        place = page.locator("[data-domain=public_service]")
        assert "hatched" in (place.get_attribute("class") or "")
        text = words(page, "[data-domain=public_service]")
        assert "—" in text
        assert "无数据" in text
        assert "12345热线来电 中断 14 分钟" in text
        assert "到报 0/5" in text
        assert "正常" not in text
        assert (words(page, "#wall-city .worst"), words(page, "#wall-city .no-data")) == ("4 项无告警", "1 项无数据")
        expect(page.locator("path.county[fill='url(#map-hatch)']")).to_have_count(1)


@pytest.mark.claim("ENGINE", "The wall shows the city index, what pulled it down, and each domain's score")
def test_the_index_says_what_pulled_it_down(pages: OpenPages, site: BoardServer) -> None:
    city = site.city.city.code
    held = site.picture["values"]
    worst = held[f"city.index¦{city}"]["detail"].removeprefix("worst:")
    domain = site.city.indicators[worst].domain
    with pages.show(site) as page:
        assert words(page, "#wall-city .worst") == "无告警"  # of warnings; how the city runs is the number beside it
        assert words(page, "#wall-city .index") == f"体征指数 {held[f'city.index¦{city}']['text']}"
        name = site.picture["domains"][domain]["name"]
        assert words(page, "#wall-city .why") == f"拉低最多 {name} {held[f'{worst}¦{city}']['text']}"
        for one in site.city.domains:
            shown = words(page, f"[data-domain={one.id}] .score")
            assert shown == f"得分 {held[f'score.{one.id}¦{city}']['text']}"
    site.show("unknown")
    with pages.show(site) as page:
        assert words(page, "[data-domain=public_service] .score") == "得分 —"


def test_a_silent_source_is_named_with_whom_to_call(pages: OpenPages, site: BoardServer) -> None:
    site.show("silent")
    with pages.show(site) as page:
        text = words(page, "#wall-sources")
        assert "12345热线来电 中断 14 分钟" in text
        assert f"{site.picture['sources']['hotline']['owner']} {site.picture['sources']['hotline']['phone']}" in text
        assert page.evaluate("(e => e.scrollHeight <= e.clientHeight + 1)(document.querySelector('.wall-below'))")
        assert page.locator("html").get_attribute("data-state") == "live"  # one source does not stop the wall
        blinded = page.locator("#wall-domains .hatched")
        expect(blinded).to_have_count(1)  # only what it blinds
        assert words(page, "[data-domain=public_service] .no-data") == "数据中断"
        assert (words(page, "#wall-city .worst"), words(page, "#wall-city .no-data")) == ("4 项无告警", "1 项无数据")


def test_a_monthly_figure_carries_its_period_and_no_age(pages: OpenPages, site: BoardServer) -> None:
    with pages.show(site) as page:
        assert "2026年10月" in words(page, "[data-domain=economic_regulation]")
        assert "前" not in words(page, "[data-domain=economic_regulation]")


def test_demonstration_data_say_so(pages: OpenPages, site: BoardServer) -> None:
    with pages.show(site) as page:
        assert words(page, "#wall-identity .stamp") == "演示数据 · 模拟"
        assert "演练" not in page.locator("body").inner_text()


def test_text_of_a_frame_is_never_markup(pages: OpenPages, site: BoardServer) -> None:
    site.show("typhoon", 1)
    warning = site.picture["warnings"]["w000"] | {"sentence": "<img src=x onerror=alert`1`>水位"}
    site.change({"warnings": {"w000": warning}})
    with pages.show(site) as page:
        assert words(page, ".warning p") == "<img src=x onerror=alert`1`>水位"
        assert page.locator("img").count() == 0


WRONG_CLOCK = """(() => {
  const Real = Date, by = %d;
  window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + by); }
    static now() { return Real.now() + by; }
  };
  Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + by });
})();"""
DAY_S = 86_400


def assert_clock_is_the_servers(page: Page, site: BoardServer) -> None:
    """The wall's clock in China, read between two looks at the server's; a frame may be 3 s old."""
    begun_ms = site.now_ms()
    hours, minutes, seconds = map(int, words(page, "#wall-clock time").split(":"))
    shown_s, from_s, to_s = hours * 3600 + minutes * 60 + seconds, begun_ms // 1000 - 3, site.now_ms() // 1000 + 1
    assert (shown_s - 8 * 3600 - from_s) % DAY_S <= to_s - from_s


@pytest.mark.claim("PULSE", "A PC clock 7 min wrong, either way, changes nothing on the wall")
def test_a_wrong_pc_clock_changes_nothing(chromium: Chromium, site: BoardServer) -> None:
    site.show("typhoon", 8)
    address, fast, slow = f"{site.address}wall", WRONG_CLOCK % (7 * 60_000), WRONG_CLOCK % (-7 * 60_000)
    with visit(chromium, address) as right, visit(chromium, address, before=fast) as early:
        with visit(chromium, address, before=slow) as late:
            walls = (right, early, late)
            for wall in walls:
                assert_clock_is_the_servers(wall, site)

            def say_the_same() -> bool:
                ages = [wall.locator(".warning time").all_inner_texts() for wall in walls]
                return len(ages[0]) > 0 and ages[0] == ages[1] == ages[2]

            eventually(say_the_same)  # unless a minute ends just between two of them
