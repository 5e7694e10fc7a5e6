"""Opening a page, watching everything it does, and waiting for what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lending import WITHIN_MS
from live_city import BASE
from machine import Moment, since
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response, WebSocket
from prerequisites import patience

if TYPE_CHECKING:
    from board_server import BoardServer
    from guarded_site import Guarded
    from lending import Chromium

WALL = (1920, 1080)
DESK = (1536, 730)
PHONE = (390, 844)
LOOK_MS, RARELY_MS = 50, 250  # between two looks, in the beginning and when nothing came for long
PAINTED = "document.documentElement.dataset.painted"
LIVE = "document.documentElement.dataset.state === 'live'"
STALE = "document.documentElement.dataset.state === 'stale'"
FONTS = "document.fonts.ready.then(() => true)"
LEFT_EARLY = "WebSocket is closed before the connection is established"  # a slow machine: the page took another way


class Watch:
    """What one page does from now on: console lines, errors, addresses that it asked, requests that failed."""

    def __init__(self, page: Page) -> None:
        self.lines: list[str] = []
        self.asked: list[str] = []
        self.failed: list[str] = []
        self._page = page
        self._heard = {
            "console": self._on_line,
            "pageerror": self._on_error,
            "request": self._on_asked,
            "response": self._on_answer,
            "websocket": self._on_asked,
        }
        for event, hear in self._heard.items():
            page.on(event, hear)  # type: ignore[call-overload]

    def end(self) -> None:
        """What the page does for the next test is that one's own."""
        for event, hear in self._heard.items():
            self._page.remove_listener(event, hear)

    def assert_quiet(self, host: str) -> None:
        """Console empty, nothing failed, nobody else asked."""
        assert self.failed == []  # ahead of the console, that tells no address
        assert [line for line in self.lines if LEFT_EARLY not in line] == []
        hosts = {urlsplit(address).netloc for address in self.asked}
        assert hosts <= {host, ""}, hosts  # "": data: addresses

    def _on_line(self, message: ConsoleMessage) -> None:
        self.lines.append(f"{message.type}: {message.text}")

    def _on_error(self, error: Error) -> None:
        self.lines.append(f"error: {error}")

    def _on_asked(self, asked: Request | WebSocket) -> None:
        self.asked.append(asked.url)

    def _on_answer(self, answer: Response) -> None:
        if answer.status >= 400:
            self.failed.append(f"{answer.status} {answer.url}")


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
def watched(page: Page, address: str) -> Iterator[Watch]:
    """A page that must be quiet until this ends, and ask nobody but the site of an address."""
    watch = Watch(page)
    yield watch
    watch.assert_quiet(urlsplit(address).netloc)
    watch.end()


@contextmanager
def plain(
    chromium: Chromium,
    house: Guarded,
    path: str,
    who: Mapping[str, str],
    size: tuple[int, int] = DESK,
    **options: Any,
) -> Iterator[Page]:
    """A page of the house without the shell of Dash, as somebody sees it; at the end its console must be empty."""
    with chromium.lend(size, **options) as page, watched(page, house.address):
        if who:
            show_cookie(page.context, house.address, who)
        page.goto(house.address + path)
        yield page


@contextmanager
def signed_in(
    chromium: Chromium,
    house: Guarded,
    path: str,
    who: Mapping[str, str],
    size: tuple[int, int] = DESK,
    **options: Any,
) -> Iterator[Page]:
    """A page of the house as somebody sees it: `signed_in(chromium, house, "duty", house.colleague(Role.DUTY))`.

    Painted means here that the shell has its page; at the end the console must be empty.
    """
    with plain(chromium, house, path, who, size, **options) as page:
        page.locator("#shell-page > *").first.wait_for(state="attached")
        page.evaluate(FONTS)
        yield page


@contextmanager
def visit(
    chromium: Chromium,
    address: str,
    size: tuple[int, int] = WALL,
    *,
    noisy: bool = False,
    before: str = "",
    who: Mapping[str, str] | None = None,
    **options: Any,
) -> Iterator[Page]:
    """A page at an address, painted; at the end its console must be empty unless it may be noisy.

    before: a script that runs ahead of the page's own (a wrong clock, a refused transport). who: whose cookie it has.
    """
    with chromium.lend(size, **options) as page, ExitStack() as until_left:
        if who:
            show_cookie(page.context, address, who)
        if before:
            until_left.enter_context(page.add_init_script(before))
        if not noisy:
            until_left.enter_context(watched(page, address))
        page.goto(address)
        until(page, PAINTED)
        page.evaluate(FONTS)
        yield page


class OpenPages:
    """Pages that stay open from test to test, at rest: what only looks at a picture needs no browser of its own.

    The next picture stands in 0.1 s of processor time; a page that is opened anew takes more than 0.6 s.
    """

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._open: dict[tuple[object, ...], tuple[Page, Watch]] = {}
        self._until_left = ExitStack()

    @contextmanager
    def show(
        self, site: BoardServer, path: str = "wall", size: tuple[int, int] = WALL, **options: Any
    ) -> Iterator[Page]:
        """A page that shows what the site shows now, quiet to the end; one that failed is opened no more."""
        key = (site.address, size, *sorted(options.items()))
        page, watch = self._open.pop(key, None) or self._opened(size, options)
        if page.url != site.address + path:
            page.goto(site.address + path)
        repaint(page, site.rev)
        until(page, LIVE)
        page.evaluate(FONTS)
        yield page
        watch.assert_quiet(urlsplit(site.address).netloc)
        self._open[key] = page, watch

    def close(self) -> None:
        """Leave all pages."""
        for _, watch in self._open.values():
            watch.end()
        self._until_left.close()

    def _opened(self, size: tuple[int, int], options: dict[str, Any]) -> tuple[Page, Watch]:
        page = self._until_left.enter_context(self._chromium.lend(size, reduced_motion="reduce", **options))
        return page, Watch(page)


def assert_stale_within(page: Page, within_s: float) -> None:
    """Wait until a page says that it may not be believed: in time, as `Passed.within` judges."""
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
