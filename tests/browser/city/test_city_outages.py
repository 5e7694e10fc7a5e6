"""A part that stops without ending: the wall says so in time, names it, and is live again when it goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from lending import Chromium
from machine import Moment, Passed, since
from playwright.sync_api import Page
from prerequisites import eventually
from visits import LIVE, STALE, until, visit
from whole_city import Site, WholeCity

pytestmark = [pytest.mark.browser, pytest.mark.nginx]
Note = Callable[[str, object], None]


@pytest.fixture(scope="module")
def walls(chromium: Chromium, city: WholeCity, behind: Site) -> Iterator[list[Page]]:
    """The same wall directly and behind the gateway: two witnesses of all outages, quiet to the end."""
    with ExitStack() as opened:
        sites = (city.site, behind)
        yield [opened.enter_context(visit(chromium, f"{site.address}wall", who=site.shown)) for site in sites]


def assert_said_within(walls: list[Page], words: str, begun: Moment, within_s: float) -> Passed:
    """What passed until every wall was stale and said these words: in time, as `Passed.within` judges."""
    for wall in walls:
        until(wall, f"{STALE} && document.querySelector('#shell-stale-bar').textContent.includes('{words}')")
    passed = since(begun)
    assert passed.within(within_s), str(passed)
    return passed


def live_again(walls: list[Page]) -> Passed:
    """What passes until every wall is live."""
    begun = Moment.now()
    for wall in walls:
        until(wall, LIVE)
    return since(begun)


@pytest.mark.claim("PULSE", "an engine that is stopped, not killed, is said on the wall within 30 s")
def test_engine_stopped(
    city: WholeCity, walls: list[Page], record_property: Note, shoot: Callable[[Page, str], None]
) -> None:
    live_again(walls)
    begun = Moment.now()
    with city.frozen("engine"):
        said = assert_said_within(walls, "计算引擎停止", begun, 30)
        assert city.site.ask("healthz").status == 503
        shoot(walls[0], "wall-engine-stopped")
    record_property("figure", f"said after {said}; live again after {live_again(walls)}")


@pytest.mark.claim("PULSE", "a broker that is stopped is said on the wall within 5 s")
def test_broker_stopped(
    city: WholeCity, walls: list[Page], record_property: Note, shoot: Callable[[Page, str], None]
) -> None:
    live_again(walls)
    begun = Moment.now()
    with city.frozen("broker"):
        said = assert_said_within(walls, "消息服务器(MQTT)无响应", begun, 5)
        shoot(walls[0], "wall-broker-stopped")
    record_property("figure", f"said after {said}; live again after {live_again(walls)}")


@pytest.mark.claim("PULSE", "a broker that is killed starts again and messages flow on")
def test_broker_killed(city: WholeCity, walls: list[Page], record_property: Note) -> None:
    before = city.pids()["broker"]
    newest_ms = _newest_bus_ms(city)
    begun = Moment.now()
    os.kill(before, signal.SIGKILL)
    eventually(lambda: city.pids().get("broker", before) != before, 10)
    eventually(lambda: _newest_bus_ms(city) > newest_ms + 5000, 40)
    record_property("figure", f"readings flow again {since(begun)} after the kill")
    live_again(walls)
    eventually(lambda: city.site.ask("healthz").status == 200, 20)


def _newest_bus_ms(city: WholeCity) -> int:
    return int(city.site.ask("api/v1/stations/mm-bus-01").json["newest_ms"])
