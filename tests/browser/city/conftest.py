"""One running city for all proofs of this folder, looked at in two ways: as it is, and below a path behind TLS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from gateway import Gateway
from playwright.sync_api import Browser, Page
from prerequisites import eventually, unused_port
from whole_city import APP, Site, WholeCity

from stream.embedded.children import start_child, stop_child

BEHIND = "/cityvitals/"


@dataclass
class Watched:
    """A page, what its console said and which addresses it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    may_complain: bool = False  # a test that breaks something on purpose says so

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda problem: self.said.append(f"error: {problem}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def state(self) -> str:
        """loading, live or stale, as the page itself judges."""
        return str(self.page.evaluate("document.documentElement.dataset.state"))

    def wait(self, condition: str, within_s: float = 15) -> None:
        """Until a JavaScript expression is true in the page."""
        self.page.wait_for_function(condition, timeout=within_s * 1000)


@dataclass(frozen=True)
class Size:
    """Of a screen, CSS pixels, and how many dots one of them has."""

    width: int = 1920
    height: int = 1080
    dots: float = 1
    touch: bool = False


OpenPage = Callable[..., Watched]


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[WholeCity]:
    """A calm demonstration of Maoming. `first_wall_s`: from the command to the first live wall in a browser."""
    running = WholeCity(tmp_path_factory.mktemp("city"))
    page = chromium.new_page(viewport={"width": 1920, "height": 1080})
    begun_s = time.monotonic()
    try:
        address = running.start().wait_until_ready()
        page.goto(address)
        page.wait_for_function("document.documentElement.dataset.state === 'live'", timeout=30_000)
        running.first_wall_s = time.monotonic() - begun_s
        page.close()
        yield running
        assert running.interrupt() == 0, running.words()
    finally:
        running.end()


@pytest.fixture(scope="session")
def behind(city: WholeCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A second web process of the same city, below a path and behind nginx with TLS."""
    folder, port = tmp_path_factory.mktemp("gateway"), unused_port()
    told = city.variables | {"CITYVITALS_PORT": str(port), "BASE_PATH": BEHIND}
    web = start_child([*APP, "web"], folder / "web.log", told)
    try:
        with Gateway(folder / "nginx", port, BEHIND) as gateway:
            eventually(lambda: gateway.site.ask("healthz").status == 200, 30)
            yield gateway.site
    finally:
        stop_child(web, 5)


@pytest.fixture(scope="session", params=["plain", pytest.param("behind", marks=pytest.mark.nginx)])
def site(request: pytest.FixtureRequest, city: WholeCity) -> Site:
    """Each proof that takes this runs twice: directly, and below a path behind nginx with TLS."""
    return city.site if request.param == "plain" else request.getfixturevalue("behind")


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """`open_page(site, "wall")` in a context of its own. A page that complained on its console fails its test."""
    opened: list[Watched] = []

    def open_one(
        site: Site, path: str = "wall", size: Size = Size(), prepare: Callable[[Page], None] | None = None
    ) -> Watched:
        context = chromium.new_context(
            viewport={"width": size.width, "height": size.height},
            device_scale_factor=size.dots,
            has_touch=size.touch,
            ignore_https_errors=True,  # the certificate is made for the occasion
        )
        watched = Watched(context.new_page())
        opened.append(watched)
        if prepare:
            prepare(watched.page)
        watched.page.goto(site.address + path)
        if not path.startswith("api/"):
            watched.wait("document.documentElement.dataset.state === 'live'")
        return watched

    yield open_one
    for watched in opened:
        watched.page.context.close()
    assert not [word for watched in opened if not watched.may_complain for word in watched.said]


@pytest.fixture(scope="session")
def shoot(pictures: Path) -> Callable[[Watched, str], None]:
    """Keep a picture of the whole page for people to look at."""

    def shoot_one(watched: Watched, name: str) -> None:
        watched.page.evaluate("document.fonts.ready")
        watched.page.screenshot(path=pictures / f"city-{name}.png", full_page=True)

    return shoot_one
