"""Opening a page, watching everything it does, and waiting for what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from live_city import BASE
from machine import Moment, since
from playwright.sync_api import Browser, BrowserContext, Error, Page
from prerequisites import patience

if TYPE_CHECKING:
    from board_server import BoardServer
    from guarded_site import Guarded

WALL = (1920, 1080)
DESK = (1536, 730)
PHONE = (390, 844)
WITHIN_MS = 15_000  # how fast something is, is a claim of its own
LOOK_MS, RARELY_MS = 50, 250  # between two looks, in the beginning and when nothing came for long
PAINTED = "document.documentElement.dataset.painted"
LIVE = "document.documentElement.dataset.state === 'live'"
STALE = "document.documentElement.dataset.state === 'stale'"
FONTS = "document.fonts.ready.then(() => true)"
LEFT_EARLY = "WebSocket is closed before the connection is established"  # a slow machine: the page took another way


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
        assert [line for line in self.lines if LEFT_EARLY not in line] == []
        assert self.failed == []
        assert self.hosts <= {host, ""}, self.hosts  # "": data: addresses


def patient(page: Page) -> Page:
    """A page that is waited for longer where others use the machine."""
    page.set_default_timeout(WITHIN_MS * patience())
    return page


def until(page: Page, condition: str, argument: Any = None) -> None:
    """Wait until an expression, or a function of the argument, is true on a page.

    Playwright's own waiting compiles text inside the page, which the policy of our pages forbids; asking from here
    does not.
    """
    waited_ms, problem = 0, ""
    while waited_ms < WITHIN_MS * patience():
        try:
            if page.evaluate(condition, argument):
                return
            problem = ""
        except Error as not_there_yet:  # the page is just being replaced, or what is looked at is not there
            problem = not_there_yet.message
        rest_ms = min(LOOK_MS + waited_ms // 10, RARELY_MS)
        page.wait_for_timeout(rest_ms)
        waited_ms += rest_ms
    raise AssertionError(f"never true: {condition} {problem}")


def show_cookie(fresh: BrowserContext, address: str, who: Mapping[str, str]) -> None:
    """Give a browser the session or the token of somebody of `guarded_site`."""
    name, _, secret = who["Cookie"].partition("=")
    where = urlsplit(address)
    path = BASE if where.path.startswith(BASE) else "/"  # as the site sets it: another path would be a second cookie
    fresh.add_cookies([{"name": name, "value": secret, "domain": where.hostname, "path": path}])


@contextmanager
def signed_in(
    chromium: Browser, house: Guarded, path: str, who: dict[str, str], size: tuple[int, int] = DESK, **context: Any
) -> Iterator[Page]:
    """A page of the house as somebody sees it: `signed_in(chromium, house, "duty", house.colleague(Role.DUTY))`.

    Painted means here that the shell has its page; at the end the console must be empty.
    """
    fresh = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **context)
    try:
        show_cookie(fresh, house.address, who)
        page = patient(fresh.new_page())
        watch = Watch(page)
        page.goto(house.address + path)
        page.locator("#shell-page > *").first.wait_for(state="attached")
        page.evaluate(FONTS)
        yield page
        watch.assert_quiet(urlsplit(house.address).netloc)
    finally:
        fresh.close()


@contextmanager
def visit(
    chromium: Browser,
    address: str,
    size: tuple[int, int] = WALL,
    *,
    noisy: bool = False,
    before: str = "",
    who: Mapping[str, str] | None = None,
    **context: Any,
) -> Iterator[Page]:
    """A fresh browser at an address, painted; at the end its console must be empty unless it may be noisy.

    before: a script that runs ahead of the page's own (a wrong clock, a refused transport). who: whose cookie it has.
    """
    fresh = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **context)
    try:
        if who:
            show_cookie(fresh, address, who)
        page = patient(fresh.new_page())
        if before:
            page.add_init_script(before)
        watch = Watch(page)
        page.goto(address)
        until(page, PAINTED)
        page.evaluate(FONTS)
        yield page
        if not noisy:
            watch.assert_quiet(urlsplit(address).netloc)
    finally:
        fresh.close()


class OpenPages:
    """Pages that stay open from test to test, at rest: what only looks at a picture needs no browser of its own.

    The next picture stands in 0.1 s of processor time; a page that is opened anew takes more than 1 s.
    """

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._open: dict[tuple[object, ...], tuple[Page, Watch]] = {}

    @contextmanager
    def show(
        self, site: BoardServer, path: str = "wall", size: tuple[int, int] = WALL, **context: Any
    ) -> Iterator[Page]:
        """A page that shows what the site shows now, quiet to the end; one that failed is thrown away."""
        key = (site.address, size, *sorted(context.items()))
        page, watch = self._open.pop(key, None) or self._opened(size, context)
        try:
            if page.url != site.address + path:
                page.goto(site.address + path)
            repaint(page, site.rev)
            until(page, LIVE)
            page.evaluate(FONTS)
            yield page
            watch.assert_quiet(urlsplit(site.address).netloc)
        except BaseException:
            page.context.close()
            raise
        self._open[key] = page, watch

    def close(self) -> None:
        """Leave all pages."""
        for page, _ in self._open.values():
            page.context.close()

    def _opened(self, size: tuple[int, int], context: dict[str, Any]) -> tuple[Page, Watch]:
        fresh = self._chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **context
        )
        page = patient(fresh.new_page())
        return page, Watch(page)


def assert_stale_within(page: Page, within_s: float) -> None:
    """Wait until a page says that it may not be believed: in time, on a machine that nobody else uses."""
    begun = Moment.now()
    until(page, STALE)
    passed = since(begun)
    assert passed.within(within_s), str(passed)


def words(page: Page, selector: str) -> str:
    """The text of one place, white space folded."""
    return " ".join(page.locator(selector).inner_text().split())


def repaint(page: Page, revision: int) -> None:
    """Wait until the page shows at least a revision."""
    until(page, f"+document.documentElement.dataset.painted >= {revision}")
