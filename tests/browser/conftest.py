"""One headless Chromium for all browser tests: it reaches this machine and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from board_server import BoardServer
from playwright.sync_api import Browser, sync_playwright
from prerequisites import missing

PICTURES = Path(__file__).parent / "pictures"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Playwright allows one of its kind in a process: every browser test shares it and opens contexts of its own."""
    program = shutil.which("chromium")
    if program is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept for people to look at."""
    PICTURES.mkdir(exist_ok=True)
    return PICTURES


@pytest.fixture
def site() -> Iterator[BoardServer]:
    """The real website over pictures that the test hangs up."""
    with BoardServer() as server:
        yield server
