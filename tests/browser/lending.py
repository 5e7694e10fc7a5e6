"""One Chromium that lends out its pages: what one has fetched, compiled and decoded serves the next test as well.

A page of ours takes 1.5 s of a processor in a context of its own, and 0.6 s in one that was lent before. Whoever gets a
page finds it as new: no cookie, nothing stored, no script that runs ahead; only the cache of files is warm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Frame, Page
from prerequisites import patience

NOWHERE = "about:blank"
STORED = "local_storage,indexeddb,service_workers,cache_storage"
WITHIN_MS = 15_000  # how fast something is, is a claim of its own


def patient(page: Page) -> Page:
    """A page that is waited for longer where others use the machine."""
    page.set_default_timeout(WITHIN_MS * patience())
    return page


@dataclass
class Lent:
    """A page alone in its context, and where it has been since it was lent."""

    page: Page
    session: CDPSession
    origins: set[str] = field(default_factory=set)

    def clear(self) -> None:
        """Forget all that a test did here."""
        page, context = self.page, self.page.context
        for other in context.pages:
            if other is not page:
                other.close()
        page.unroute_all()
        context.set_offline(False)
        with suppress(Error):  # of a page that stores nothing, as an error page
            page.evaluate("sessionStorage.clear()")  # belongs to the page: nobody else can
        page.goto(NOWHERE)
        for origin in self.origins:
            self.session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": STORED})
        context.clear_cookies()
        self.origins.clear()

    def been(self, frame: Frame) -> None:
        """Keep where a frame went."""
        where = urlsplit(frame.url)
        if where.netloc:
            self.origins.add(f"{where.scheme}://{where.netloc}")


class Chromium:
    """A running browser. `lend` is for all; a test about a first visit asks for a context of its own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[tuple[tuple[str, object], ...], list[Lent]] = {}

    def new_context(self, **options: Any) -> BrowserContext:
        """A context in which nobody ever was."""
        return self._browser.new_context(**options)

    @contextmanager
    def lend(self, size: tuple[int, int], **options: Any) -> Iterator[Page]:
        """A page of a size, as new; one on which something failed is thrown away. options: of the context."""
        shape = {"width": size[0], "height": size[1]}
        idle = self._idle.setdefault(tuple(sorted(options.items())), [])
        lent = idle.pop() if idle else self._opened(shape, options)
        try:
            patient(lent.page).set_viewport_size(shape)
            yield lent.page
            lent.clear()
        except BaseException:
            lent.page.context.close()
            raise
        idle.append(lent)

    def _opened(self, shape: dict[str, int], options: dict[str, Any]) -> Lent:
        context = self._browser.new_context(viewport=shape, **options)
        page = context.new_page()
        lent = Lent(page, context.new_cdp_session(page))
        page.on("framenavigated", lent.been)
        return lent
