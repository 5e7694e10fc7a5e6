"""Opening a page, watching everything it does, and waiting for what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

WALL = (1920, 1080)
DESK = (1536, 730)
PHONE = (390, 844)
PAINTED = "document.documentElement.dataset.painted"


class Watch:
    """What one page did: console lines, errors, hosts that it asked, requests that failed."""

    def __init__(self, page: Page) -> None:
        self.lines: list[str] = []
        self.hosts: set[str] = set()
        self.failed: list[str] = []
        page.on("console", lambda message: self.lines.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.lines.append(f"error: {error}"))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("response", lambda answer: answer.status >= 400 and self.failed.append(f"{answer.status} {answer.url}"))
        page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).netloc))

    def assert_quiet(self, host: str) -> None:
        """Console empty, nothing failed, nobody else asked."""
        assert self.lines == []
        assert self.failed == []
        assert self.hosts <= {host, ""}, self.hosts  # "": data: addresses


@contextmanager
def visit(
    chromium: Browser,
    address: str,
    size: tuple[int, int] = WALL,
    *,
    noisy: bool = False,
    before: str = "",
    **context: Any,
) -> Iterator[Page]:
    """A fresh browser at an address, painted; at the end its console must be empty unless it may be noisy.

    before: a script that runs ahead of the page's own (a wrong clock, a refused transport).
    """
    fresh = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **context)
    try:
        page = fresh.new_page()
        if before:
            page.add_init_script(before)
        watch = Watch(page)
        page.goto(address)
        page.wait_for_function(PAINTED, timeout=15_000)
        page.evaluate("document.fonts.ready.then(() => true)")
        yield page
        if not noisy:
            watch.assert_quiet(urlsplit(address).netloc)
    finally:
        fresh.close()


def words(page: Page, selector: str) -> str:
    """The text of one place, white space folded."""
    return " ".join(page.locator(selector).inner_text().split())


def repaint(page: Page, revision: int) -> None:
    """Wait until the page shows at least a revision."""
    page.wait_for_function(f"+document.documentElement.dataset.painted >= {revision}", timeout=15_000)
