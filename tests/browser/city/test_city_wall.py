"""What a user meets: the first wall, two browsers, quiet pages, numbers that agree with where they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from conftest import OpenPage, Size, Watched
from prerequisites import eventually
from whole_city import Site, WholeCity

from core.clock import from_ms, real_ms

pytestmark = pytest.mark.browser
Shoot = Callable[[Watched, str], None]

PAGES = (
    "wall",
    "indicators",
    "indicators/ecology.aqi",
    "indicators/ecology.aqi/440981",
    "indicators/water.river_stage/mm-river-01",
)
FIGURES = "[...document.querySelectorAll('#wall-domains .figure b, #wall-city .counts b')].map(one => one.textContent)"
PICTURE = f"({{revision: Number(document.documentElement.dataset.painted), figures: {FIGURES}}})"


@pytest.mark.claim("PULSE", "make run to the first live wall in less than 15 s once packages are installed")
def test_first_live_wall(city: WholeCity, record_property: Callable[[str, object], None]) -> None:
    record_property("figure", f"{city.first_wall_s:.1f} s")
    assert city.first_wall_s < 15


def test_make_run_prints_one_address(city: WholeCity) -> None:
    assert city.words().count("http") == 1
    assert f"{city.site.address}wall" in city.words()


@pytest.mark.claim("PULSE", "two browsers at once show the same revision and the same numbers")
def test_two_browsers_show_the_same(site: Site, open_page: OpenPage) -> None:
    first, second = open_page(site), open_page(site)
    shown: list[dict[str, object]] = []

    def same_revision() -> bool:
        shown[:] = [first.page.evaluate(PICTURE), second.page.evaluate(PICTURE)]
        return shown[0]["revision"] == shown[1]["revision"]

    eventually(same_revision, 15)
    assert shown[0] == shown[1]
    assert len(shown[0]["figures"]) == 9  # five domains, four levels


@pytest.mark.claim("PULSE", "the console stays empty and nothing is requested from any other host, on every page")
@pytest.mark.parametrize("path", [*PAGES, "api/docs"])
def test_quiet_pages(site: Site, open_page: OpenPage, path: str, shoot: Shoot) -> None:
    watched = open_page(site, path)
    watched.page.wait_for_load_state("load")
    if path == "api/docs":
        watched.page.get_by_text("/api/v1/indicators", exact=False).first.wait_for()
    own = urlsplit(site.address)
    asked = [urlsplit(address) for address in watched.asked]
    assert {(address.hostname, address.port) for address in asked if address.scheme != "data"} == {
        (own.hostname, own.port)
    }
    assert not [address.path for address in asked if address.scheme != "data" and not address.path.startswith(own.path)]
    assert watched.said == []


@pytest.mark.claim("PULSE", "a number on the wall equals the one of the API, for each domain")
def test_wall_equals_api(site: Site, city: WholeCity, open_page: OpenPage) -> None:
    watched = open_page(site)
    with city.frozen("simulate"):  # so that figures stand still while two pictures of them are compared
        eventually(lambda: _headlines_agree(site, watched), 15)


def _headlines_agree(site: Site, watched: Watched) -> bool:
    """Whether each domain shows the text of its indicator's city value in the API."""
    values = {value["indicator"]: value["text"] for value in site.ask("api/v1/indicators").json["values"]}
    shown = watched.page.evaluate(
        "[...document.querySelectorAll('#wall-domains .domain')].map(one =>"
        " [one.getAttribute('href').split('/').pop(), one.querySelector('.figure b')?.textContent])"
    )
    assert len(shown) == 5
    return all(values[indicator] == text for indicator, text in shown)


@pytest.mark.claim(
    "PULSE", "a stage published over MQTT stands on its page, in the warning on the wall and in the raw message"
)
def test_a_published_reading_is_shown(site: Site, city: WholeCity, open_page: OpenPage, shoot: Shoot) -> None:
    """Above the record of mm-river-07 (14.60 m): red; then far below, and the warning is over."""
    way = "plain" if site.trusted is None else "behind"
    wall, page = open_page(site), open_page(site, "indicators/water.river_stage/mm-river-07", Size(1536, 730, 1.25))
    with city.frozen("simulate"):  # it would tell another stage of the same station ten seconds later
        payload = _stage(15.23)
        city.publish({"city/river/mm-river-07/readings": payload})
        wall.wait("document.querySelector('#wall-warnings .level-red')?.textContent.includes('15.23')")
        assert "特别严重" in wall.text("#wall-warnings .level-red")
        page.wait("document.querySelector('#desk-body .figure b')?.textContent === '15.23'")
        assert page.text("#desk-body pre") == payload.decode()
        assert "city/river/mm-river-07/readings" in page.text("#desk-body .desk-raw")
        shoot(wall, f"wall-red-{way}")
        shoot(page, f"desk-red-{way}")
        station = site.ask("api/v1/stations/mm-river-07").json
        assert station["readings"]["stage_m"][0] == 15.23
        assert station["raw"]["payload"] == payload.decode()
        assert site.ask("api/v1/warnings").json["active"] == 1
        city.publish({"city/river/mm-river-07/readings": _stage(9.5)})
        wall.wait("!document.querySelector('#wall-warnings .level-red')")


def _stage(stage_m: float) -> bytes:
    return json.dumps(
        {"t": from_ms(real_ms()).isoformat(timespec="milliseconds"), "values": {"stage": stage_m}}
    ).encode()


SCREENS = {
    "wall": ("wall", Size(1920, 1080)),
    "wall-4k": ("wall", Size(3840, 2160)),
    "desk": ("indicators", Size(1536, 730, 1.25)),
    "desk-area": ("indicators/ecology.aqi/440981", Size(1536, 730, 1.25)),
    "phone": ("indicators", Size(390, 844, 2, touch=True)),
    "phone-station": ("indicators/water.river_stage/mm-river-01", Size(390, 844, 2, touch=True)),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_pages_fit_their_screens(city: WholeCity, open_page: OpenPage, shoot: Shoot, screen: str) -> None:
    """Nothing is wider than its screen, and a wall fits on it whole; a picture is kept to be looked at."""
    path, size = SCREENS[screen]
    watched = open_page(city.site, path, size)
    watched.wait("document.querySelector('#desk-body > *, #wall-domains > *')")
    shoot(watched, screen)
    width, height = watched.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert width <= size.width
    if path == "wall":
        assert height <= size.height


def test_demonstration_data_are_marked(site: Site, open_page: OpenPage) -> None:
    """No figure of the simulator may be taken for one of the city."""
    assert "演示数据" in open_page(site).text("#wall-identity .stamp")
    assert "演示数据" in open_page(site, "indicators").text("#desk-identity .stamp")
    assert site.ask("healthz").json["stamp"] == "demo"
    assert site.ask("api/v1/indicators").json["origin"]["stamp"] == "demo"
