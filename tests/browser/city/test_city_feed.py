"""The live feed of the running city by each of its three ways, directly and through the gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

import pytest
from playwright.sync_api import Page
from prerequisites import ANSWER_S, eventually
from visits import until
from websockets.sync.client import connect
from whole_city import Site

Frames = Iterator[dict[str, Any]]


@contextmanager
def by_socket(site: Site, query: str) -> Iterator[Frames]:
    address = site.address.replace("http", "ws", 1) + f"live/ws{query}"
    with connect(
        address,
        additional_headers=site.shown,
        ssl=site.trusted,
        max_size=None,
        proxy=None,
        open_timeout=ANSWER_S,
    ) as socket:
        yield (json.loads(socket.recv(ANSWER_S)) for _ in iter(int, 1))


@contextmanager
def by_events(site: Site, query: str) -> Iterator[Frames]:
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=site.trusted))
    asked = Request(f"{site.address}live/sse{query}", headers=dict(site.shown))
    with opener.open(asked, timeout=ANSWER_S) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield (json.loads(line[5:]) for line in answer if line.startswith(b"data:"))


@contextmanager
def by_poll(site: Site, query: str) -> Iterator[Frames]:
    def asked() -> Frames:
        rev = query.partition("=")[2]
        while True:
            for frame in site.ask(f"live/poll?rev={rev}" if rev else "live/poll").json:
                rev = str(frame["rev"])
                yield frame

    yield asked()


@pytest.mark.claim(
    "PULSE", "WebSocket, server-sent events and long poll give the picture, then differences, resumed by revision"
)
@pytest.mark.parametrize("way", [by_socket, by_events, by_poll])
def test_each_way_gives_the_picture(site: Site, way: Callable[[Site, str], Any]) -> None:
    with way(site, "") as frames:
        told = (frame for frame in frames if frame["k"] != "beat")
        first, second = next(told), next(told)
    assert (first["k"], second["k"], second["prev"]) == ("snap", "diff", first["rev"])
    assert first["set"]["city"]["main"]["name"] == "茂名市"
    with way(site, f"?rev={first['rev']}") as frames:  # a client that was away for a moment
        resumed = next(frame for frame in frames if frame["k"] != "beat")
    assert (resumed["k"], resumed["prev"]) == ("diff", first["rev"])


REFUSED = """window.{kind} = class {{
    constructor() {{ setTimeout(() => this.{ended} && this.{ended}({{ code: 1006 }}), 10); }}
    close() {{}}
}};"""
NO_SOCKET = REFUSED.format(kind="WebSocket", ended="onclose")
NO_EVENTS = REFUSED.format(kind="EventSource", ended="onerror")


@pytest.mark.browser
@pytest.mark.claim("PULSE", "a wall whose WebSocket is refused lives by server-sent events, then by long poll")
@pytest.mark.parametrize(("refused", "words"), [(NO_SOCKET, "推送 SSE"), (NO_SOCKET + NO_EVENTS, "长轮询")])
def test_a_refused_way_is_gone_around(site: Site, open_page: Callable[..., Page], refused: str, words: str) -> None:
    page = open_page(site, before=refused)
    until(page, f"document.querySelector('#wall-footer').textContent.includes('{words}')")
    before = int(page.evaluate("document.documentElement.dataset.painted"))
    eventually(lambda: int(page.evaluate("document.documentElement.dataset.painted")) > before, ANSWER_S)
