"""How frames reach a page: three transports, resumed by revision; and how a page loads itself anew."""

import pytest
from board_server import BoardServer
from lending import Chromium
from playwright.sync_api import Page
from prerequisites import eventually
from visits import DESK, repaint, until, visit, words

pytestmark = pytest.mark.browser


def announce(site: BoardServer, page: Page) -> None:
    """Change a figure and wait until the page shows it."""
    record = site.picture["domains"]["social_management"]
    figure = str(int(record["headline"]["text"]) + 1)
    headline = record["headline"] | {"value": float(figure), "text": figure}
    site.change({"domains": {"social_management": record | {"headline": headline}}})
    repaint(page, site.rev)
    assert words(page, "[data-domain=social_management] .figure b") == figure


@pytest.mark.claim(
    "PULSE", "Where WebSocket is refused the same frames come over SSE, then by long poll; the footer says which"
)
@pytest.mark.parametrize(
    ("refused", "used", "footer"),
    [((), "ws", "推送 WebSocket"), (("ws",), "sse", "推送 SSE"), (("ws", "sse"), "poll", "长轮询")],
)
def test_falls_back(chromium: Chromium, site: BoardServer, refused: tuple[str, ...], used: str, footer: str) -> None:
    site.refused = set(refused)
    with visit(chromium, f"{site.address}wall", noisy=bool(refused)) as page:  # Chromium itself writes refusals down
        assert site.served[used] > 0
        until(page, "text => document.querySelector('#wall-footer').textContent.includes(text)", footer)
        announce(site, page)


def test_a_gateway_that_swallows_the_upgrade(chromium: Chromium, site: BoardServer) -> None:
    """The socket opens and nothing ever comes: after 5 s it counts as refused."""
    mute = """window.WebSocket = class {
      constructor() { setTimeout(() => this.onopen && this.onopen(), 10); }
      close() {}
    };"""
    with visit(chromium, f"{site.address}wall", before=mute) as page:
        assert site.served == site.served | {"ws": 0}
        assert site.served["sse"] == 1
        announce(site, page)


@pytest.mark.claim(
    "PULSE", "A lost connection resumes by revision; a missed revision brings a snapshot, never a wrong picture"
)
def test_a_missing_revision_brings_a_snapshot(chromium: Chromium, site: BoardServer) -> None:
    with visit(chromium, f"{site.address}wall") as page:
        snapshots = site.served["snap"]
        record = site.picture["domains"]["public_service"]
        lost = record | {"headline": record["headline"] | {"value": 9.0, "text": "9"}}
        site.picture["domains"]["public_service"] = lost  # changed in a frame that never arrives
        site.change({"load": site.picture["load"]}, skip=1)
        until(page, "document.querySelector('[data-domain=public_service] .figure b').textContent === '9'")
        assert site.served["snap"] == snapshots + 1


def test_a_short_break_needs_no_snapshot(chromium: Chromium, site: BoardServer) -> None:
    with visit(chromium, f"{site.address}wall", noisy=True) as page:
        snapshots, sockets = site.served["snap"], site.served["ws"]
        site.refused = {"ws", "sse", "poll"}
        until(page, "document.querySelector('#wall-footer').textContent.includes('连接已断开')")
        site.refused = set()
        eventually(lambda: site.served["ws"] + site.served["sse"] + site.served["poll"] > sockets, 20)
        announce(site, page)
        assert site.served["snap"] == snapshots


@pytest.mark.claim(
    "PULSE", "A wall with old assets keeps showing and reloads itself, without a click and without a white flash"
)
def test_new_assets_load_themselves(chromium: Chromium, site: BoardServer) -> None:
    quick = "Math.random = () => 0.01;"  # reloads are spread over 45 s
    with visit(chromium, f"{site.address}wall", before=quick) as page:
        page.evaluate("window.isOld = true")
        assert (
            page.evaluate("document.documentElement.style.background") == "rgb(10, 14, 19)"
        )  # ahead of any style sheet
        site.assets = "a2"
        until(page, "window.isOld === undefined")
        until(page, "document.documentElement.dataset.painted")
        announce(site, page)


def test_another_scene_loads_the_page_anew(chromium: Chromium, site: BoardServer) -> None:
    with visit(chromium, f"{site.address}wall", before="Math.random = () => 0.01;") as page:
        page.evaluate("window.isOld = true")
        site.scene = "replay-beijing"
        site.show("calm")
        until(page, "window.isOld === undefined")
        until(page, "document.documentElement.dataset.painted")


@pytest.mark.claim("PULSE", "Two browsers at once show the same revision and the same figures")
def test_two_browsers_at_once(chromium: Chromium, site: BoardServer) -> None:
    site.show("typhoon", 8)
    with visit(chromium, f"{site.address}wall") as one, visit(chromium, f"{site.address}wall", DESK) as two:
        for page in (one, two):
            announce(site, page)
        repaint(one, site.rev)  # what was announced to the other as well
        for place in ("#wall-city", "#wall-warnings", "#wall-domains"):
            assert words(one, place) == words(two, place)
        assert site.served["ws"] >= 2


@pytest.mark.claim("PULSE", "Only what changed is touched: a new warning slides in, the others keep their elements")
def test_a_new_warning_slides_in_once(chromium: Chromium, site: BoardServer) -> None:
    site.show("typhoon", 4)
    with visit(chromium, f"{site.address}wall") as page:
        page.evaluate("document.querySelectorAll('#wall-warnings > li').forEach((e) => { e.isOld = true; })")
        assert page.locator("#wall-warnings .new").count() == 0  # nothing slides at first paint
        newest = site.picture["warnings"]["w001"] | {"level": "red", "since_ms": site.now_ms(), "sentence": "新的告警"}
        site.change({"warnings": {"w900": newest}})
        repaint(page, site.rev)
        assert page.locator("#wall-warnings > li").count() == 5
        assert page.evaluate("[...document.querySelectorAll('#wall-warnings > li')].filter((e) => e.isOld).length") == 4
        assert page.locator("#wall-warnings .new").count() == 1
        assert page.locator("#wall-warnings > li").first.get_attribute("class") == "new grave"
        site.change({}, drop={"warnings": ["w900"]})
        repaint(page, site.rev)
        assert page.locator("#wall-warnings > li").count() == 4


@pytest.mark.claim("PULSE", "The map never moves by itself and rebuilds no layer: changed points keep their objects")
def test_the_map_touches_only_what_changed(chromium: Chromium, site: BoardServer) -> None:
    with visit(chromium, f"{site.address}wall") as page:
        before = page.evaluate(
            """() => { const s = cityvitals.mapLayers.state;
            window.keptPoints = new Map([...s.points].map(([k, v]) => [k, v.layer]));
            window.moves = 0; s.map.on('move zoom viewreset', () => { window.moves += 1; });
            return s.map.getCenter().toString() + s.map.getZoom(); }"""
        )
        device = next(name for name, one in site.picture["stations"].items() if one["feed"] == "rain")
        site.change({"stations": {device: site.picture["stations"][device] | {"level": "orange"}}})
        repaint(page, site.rev)
        after = page.evaluate(
            """(device) => { const s = cityvitals.mapLayers.state;
            return { place: s.map.getCenter().toString() + s.map.getZoom(), moves: window.moves,
              same: [...s.points].every(([k, v]) => window.keptPoints.get(k) === v.layer),
              shape: s.points.get('stations:' + device).layer.options.shape }; }""",
            device,
        )
        assert after == {"place": before, "moves": 0, "same": True, "shape": "orange"}
