"""The pages of the relay itself: plain, with a style of their own, for the website is away when they are shown."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from border.queue import Refused
from core.clock import in_china, real_ms
from core.markup import Markup, Part, el
from core.messages import text

STYLE = """
:root { color-scheme: dark; }
body { margin: 0; background: #0A0E13; color: #E8EDF2;
  font: 17px/1.6 "Noto Sans SC", "PingFang SC", "Noto Sans CJK SC", sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: .8rem 1rem 3rem; display: flex; flex-direction: column; gap: 1rem; }
header { padding-bottom: .6rem; border-bottom: 1px solid #1F2933; font-size: 1.2rem; font-weight: 700; }
h1 { margin: .6rem 0 0; padding: .5rem .8rem; font-size: 1.35rem; line-height: 1.45;
  background: #10161D; border-left: .3rem solid #F59B42; }
h1::before { content: "▲ "; color: #F59B42; }
.kept h1 { border-color: #E8EDF2; } .kept h1::before { content: "■ "; color: #E8EDF2; }
p { margin: 0; } .fine { color: #A9B8C6; }
ul { margin: 0; padding: 0; list-style: none; } li { padding: .6rem 0; border-bottom: 1px solid #1F2933; }
a, button { box-sizing: border-box; display: block; width: 100%; padding: .9rem 1.2rem; border: 0; background: #E8EDF2;
  color: #0A0E13; font: inherit; font-size: 1.2rem; font-weight: 700; text-align: center; text-decoration: none; }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
AGAIN_S = 20


class Pages:
    """What the relay says to a telephone, in the language of the installation."""

    def __init__(self, language: str, base_path: str) -> None:
        self._language, self._base = language, base_path

    def word(self, code: str, **places: object) -> str:
        """A message of this room."""
        return text(f"border.{code}", self._language, **places)

    def kept(self, count: int, taken_ms: int, back: str) -> Response:
        """An act was taken in; count: how many of its sender wait now. back: address below the base path."""
        sentence = self.word("kept", time=_moment(taken_ms))
        parts = [
            el("h1", sentence, class_="told"),
            el("p", self.word("kept_count", count=count), class_="fine"),
            el("a", self.word("back"), href=self._base + back),
        ]
        return self._page(202, *parts, kind="kept")

    def away(self, since_ms: int | None, count: int) -> Response:
        """The website is not there; count: how many acts of whoever asks wait here."""
        title = self.word("away", time=_moment(since_ms)) if since_ms else self.word("away_now")
        waits = self.word("kept_count", count=count) if count else self.word("away_none")
        parts = [el("h1", title), el("p", waits), el("p", self.word("away_tasks"), class_="fine")]
        return self._page(503, *parts, again_s=AGAIN_S)

    def refused(self, found: Sequence[Refused], back: str, link: str = "") -> Response:
        """What was not accepted inside, to be read before the tasks are shown. link: the secret of a one-time link."""
        lines = [self._refused_line(one) for one in found]
        numbers = ",".join(str(one.number) for one in found)
        hidden = {"numbers": numbers, "back": back} | ({"k": link} if link else {})
        form = el(
            "form",
            [el("input", type="hidden", name=name, value=value) for name, value in hidden.items()],
            el("button", self.word("refused_read")),
            method="post",
            action=f"{self._base}border/read",
        )
        title = el("h1", self.word("refused", count=len(found)))
        note = el("p", self.word("refused_note"), class_="fine")
        return self._page(200, title, el("ul", [el("li", line) for line in lines]), note, form)

    def _refused_line(self, one: Refused) -> str:
        what = self.word(f"what-{one.door.rpartition('/')[2]}")
        return self.word("refused_line", time=_moment(one.taken_ms), what=what, why=one.why)

    def told(self, status: int, code: str, way: str = "") -> Response:
        """One sentence. way: where it goes on, below the base path."""
        link = el("a", self.word("to-tasks"), href=self._base + way) if way else None
        return self._page(status, el("h1", self.word(code), class_="told refusal"), link)

    def plain(self, status: int, code: str) -> Response:
        """One sentence for whoever is no page of ours."""
        return PlainTextResponse(self.word(code) + "\n", status, {"X-Content-Type-Options": "nosniff"})

    def _page(self, status: int, *parts: Part, kind: str = "", again_s: int = 0) -> Response:
        head = el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", http_equiv="refresh", content=again_s) if again_s else None,
            el("title", self.word("title")),
            el("style", Markup(STYLE)),
        )
        main = el("main", el("header", self.word("title")), *parts, class_=kind or None)
        page = el("html", head, el("body", main), lang="zh-CN" if self._language == "zh" else "en")
        return HTMLResponse(f"<!doctype html>\n{page}", status, HEADERS)


def _moment(at_ms: int) -> str:
    """14:03 today, else with its date."""
    at, now = in_china(at_ms), in_china(real_ms())
    return at.strftime("%H:%M" if at.date() == now.date() else "%m-%d %H:%M")
