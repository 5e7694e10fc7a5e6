"""A part that stops without ending: the wall says so in time, names it, and is live again when it goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from prerequisites import eventually
from whole_city import Site, WholeCity

pytestmark = [pytest.mark.browser, pytest.mark.nginx]
LIVE = "document.documentElement.dataset.state === 'live'"
OpenPage = Callable[..., Page]
Note = Callable[[str, object], None]


@pytest.fixture
def walls(city: WholeCity, behind: Site, open_page: OpenPage) -> list[Page]:
    """The same wall directly and behind the gateway: one outage, two witnesses."""
    return [open_page(city.site), open_page(behind)]


def said_within_s(walls: list[Page], words: str, begun_s: float, within_s: float) -> float:
    """Seconds until every wall is stale and says these words."""
    for wall in walls:
        left_s = within_s - (time.monotonic() - begun_s)
        condition = f"document.querySelector('#shell-stale-bar').textContent.includes('{words}')"
        wall.wait_for_function(condition, timeout=max(left_s, 0.1) * 1000)
        assert wall.evaluate("document.documentElement.dataset.state") == "stale"
    return time.monotonic() - begun_s


def live_again_s(walls: list[Page], within_s: float) -> float:
    """Seconds until every wall is live."""
    begun_s = time.monotonic()
    for wall in walls:
        wall.wait_for_function(LIVE, timeout=within_s * 1000)
    return time.monotonic() - begun_s


@pytest.mark.claim("PULSE", "an engine that is stopped, not killed, is said on the wall within 30 s")
def test_engine_stopped(
    city: WholeCity, walls: list[Page], record_property: Note, shoot: Callable[[Page, str], None]
) -> None:
    begun_s = time.monotonic()
    with city.frozen("engine"):
        said_s = said_within_s(walls, "计算引擎停止", begun_s, 30)
        assert city.site.ask("healthz").status == 503
        shoot(walls[0], "wall-engine-stopped")
    again_s = live_again_s(walls, 20)
    record_property("figure", f"said after {said_s:.1f} s, live again {again_s:.1f} s after it went on")


@pytest.mark.claim("PULSE", "a broker that is stopped is said on the wall within 5 s")
def test_broker_stopped(
    city: WholeCity, walls: list[Page], record_property: Note, shoot: Callable[[Page, str], None]
) -> None:
    begun_s = time.monotonic()
    with city.frozen("broker"):
        said_s = said_within_s(walls, "消息服务器(MQTT)无响应", begun_s, 5)
        shoot(walls[0], "wall-broker-stopped")
    again_s = live_again_s(walls, 20)
    record_property("figure", f"said after {said_s:.1f} s, live again {again_s:.1f} s after it went on")


@pytest.mark.claim("PULSE", "a broker that is killed starts again and messages flow on")
def test_broker_killed(city: WholeCity, walls: list[Page], record_property: Note) -> None:
    before = city.pids()["broker"]
    newest_ms = _newest_bus_ms(city)
    begun_s = time.monotonic()
    os.kill(before, signal.SIGKILL)
    eventually(lambda: city.pids().get("broker", before) != before, 10)
    eventually(lambda: _newest_bus_ms(city) > newest_ms + 5000, 40)
    record_property("figure", f"readings flow again {time.monotonic() - begun_s:.1f} s after the kill")
    live_again_s(walls, 20)
    eventually(lambda: city.site.ask("healthz").status == 200, 20)


def _newest_bus_ms(city: WholeCity) -> int:
    return int(city.site.ask("api/v1/stations/mm-bus-01").json["newest_ms"])
