"""One running city for all proofs of this folder, looked at in two ways: as it is, and below a path behind TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import machine
import pytest
from gateway import Gateway
from lending import Chromium
from playwright.sync_api import Page
from prerequisites import eventually, unused_port
from visits import LIVE, WALL, until, visit
from whole_city import APP, Site, WholeCity

from stream.embedded.children import start_child, stop_child

HERE = Path(__file__).parent
STANDING = pytest.StashKey[ExitStack]()
BEHIND = "/cityvitals/"
DOMAINS = 5
DOMAINS_KNOWN = "document.querySelectorAll('#wall-domains .known .figure').length"

OpenPage = Callable[..., Page]
Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def standing(request: pytest.FixtureRequest) -> Iterator[ExitStack]:
    """What stands until the last proof of this folder; until the end of the run it would take its cores from others."""
    with ExitStack() as stack:
        request.config.stash[STANDING] = stack
        yield stack


@pytest.hookimpl(trylast=True)  # after the fixtures of the proof itself
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if STANDING in item.config.stash and (nextitem is None or HERE not in nextitem.path.parents):
        item.config.stash[STANDING].close()


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium, standing: ExitStack) -> WholeCity:
    """A calm demonstration of Maoming; `first_wall`: from the command to the first live wall with figures."""
    return standing.enter_context(running_city(tmp_path_factory.mktemp("city"), chromium))


@contextmanager
def running_city(folder: Path, chromium: Chromium) -> Iterator[WholeCity]:
    running = WholeCity(folder)
    try:
        with chromium.lend(WALL) as page:
            begun = machine.Moment.now()
            page.goto(running.start().wait_for_address())  # the wall's own link: nobody has signed in
            until(page, LIVE)
            until(page, f"{DOMAINS_KNOWN} === {DOMAINS}")
            running.first_wall = machine.since(begun)
        running.wait_until_ready()
        yield running
        assert running.interrupt() == 0, running.words()
    finally:
        running.end()


@pytest.fixture(scope="session")
def behind(city: WholeCity, tmp_path_factory: pytest.TempPathFactory, standing: ExitStack) -> Site:
    """A second web process of the same city, below a path and behind nginx with TLS."""
    return standing.enter_context(second_site(city, tmp_path_factory.mktemp("gateway")))


@contextmanager
def second_site(city: WholeCity, folder: Path) -> Iterator[Site]:
    port = unused_port()
    told = city.variables | {"CITYVITALS_PORT": str(port), "BASE_PATH": BEHIND, "CITYVITALS_PROXY_TRUSTED": "127.0.0.1"}
    web = start_child([*APP, "web"], folder / "web.log", told)
    try:
        with Gateway(folder / "nginx", port, BEHIND) as gateway:
            eventually(lambda: gateway.site.ask("healthz").status == 200, 30)
            yield replace(gateway.site, shown=city.site.shown)
    finally:
        stop_child(web, 5)


@pytest.fixture(scope="session", params=["plain", pytest.param("behind", marks=[pytest.mark.nginx, pytest.mark.long])])
def site(request: pytest.FixtureRequest, city: WholeCity) -> Site:
    """Each proof that takes this runs directly, and in `make test-long` below a path behind nginx with TLS as well."""
    return city.site if request.param == "plain" else request.getfixturevalue("behind")


@pytest.fixture
def open_page(chromium: Chromium) -> Iterator[OpenPage]:
    """`open_page(site, "wall", size)`: a live page in a browser of its own; in the end it must have been quiet."""
    with ExitStack() as opened:

        def open_one(site: Site, path: str = "wall", size: tuple[int, int] = WALL, **more: Any) -> Page:
            page = opened.enter_context(visit(chromium, site.address + path, size, who=site.shown, **more))
            until(page, LIVE)
            return page

        yield open_one


@pytest.fixture(scope="session")
def shoot(pictures: Path) -> Shoot:
    """`shoot(page, "wall")` keeps a picture of the whole page for people to look at."""

    def keep(page: Page, name: str) -> None:
        page.screenshot(path=pictures / f"city-{name}.png", full_page=True)

    return keep
