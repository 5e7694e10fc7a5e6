"""One headless Chromium for all browser tests: it reaches this machine and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from board_server import BoardServer
from gateway import Gateway
from playwright.sync_api import Page, expect, sync_playwright
from prerequisites import missing, patience

if TYPE_CHECKING:
    from lending import Chromium
    from visits import OpenPages

pytest.register_assert_rewrite("visits")  # so that a page that was not quiet is quoted

BEHIND = "/cityvitals/"
PLAYWRIGHTS_SHELL = "chromium_headless_shell-*/*/*headless*shell"
PICTURES = Path(__file__).parent / "pictures"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--ignore-certificate-errors",  # the gateway's is made for the occasion
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--process-per-site",  # or each visit begins a process, and compiles our scripts in it
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def browser_program() -> str | None:
    """Chromium without a window: the shell that is headless by birth, Debian's or Playwright's, else the whole browser.

    The whole one draws its own toolbars for each page that a test opens: 2.6 times the CPU (4.3 s against 1.65 s for
    eight pages with a picture each, Chromium 156).
    """
    whole = shutil.which("chromium")
    kept = [Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")), Path.home() / ".cache/ms-playwright"]
    kept += Path(whole).resolve().parents if whole else []  # Playwright's own, under the name of Debian's
    shells = (shell for folder in kept if folder.is_absolute() for shell in sorted(folder.glob(PLAYWRIGHTS_SHELL)))
    return shutil.which("chromium-headless-shell") or next(map(str, shells), whole)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Playwright allows one of its kind in a process: every browser test shares it and borrows its pages."""
    from lending import Chromium

    program = browser_program()
    if program is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        expect.set_options(timeout=15_000 * patience())
        yield Chromium(browser)
        browser.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept for people to look at."""
    PICTURES.mkdir(exist_ok=True)
    return PICTURES


# The harder way in `make test`, the plain one in `make test-long`; the running city is looked at the other way round.
WAYS = [pytest.param("behind", marks=pytest.mark.nginx), pytest.param("plain", marks=pytest.mark.long)]


@pytest.fixture(scope="session", params=WAYS)
def standing_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardServer]:
    """The real website over made-up pictures: directly, and below a path behind nginx with TLS."""
    with ExitStack() as standing:
        server = standing.enter_context(BoardServer(base_path="/" if request.param == "plain" else BEHIND))
        if request.param == "behind":
            folder, port = tmp_path_factory.mktemp("nginx"), urlsplit(server.address).port or 0
            server.address = standing.enter_context(Gateway(folder, port, BEHIND)).site.address
        yield server


@pytest.fixture
def site(standing_site: BoardServer) -> BoardServer:
    """A calm city on the website; whatever a test turned before is as it was."""
    standing_site.calm()
    return standing_site


@pytest.fixture(scope="module")
def pages(chromium: Chromium) -> Iterator[OpenPages]:
    """`pages.show(site)`: pages for all who only look."""
    from visits import OpenPages

    opened = OpenPages(chromium)
    yield opened
    opened.close()


@pytest.fixture
def shoot(site: BoardServer, pictures: Path) -> Callable[[Page, str], None]:
    """`shoot(page, "wall")` keeps a picture for people to look at, once: the gateway changes none of it."""

    def keep(page: Page, name: str) -> None:
        if site.settings.base_path == "/":
            page.screenshot(path=pictures / f"{name}.png")

    return keep
