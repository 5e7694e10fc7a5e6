"""The frame of account pages: who is signed in, where he may go, what came of his last act; forms and tables in it.

These pages are HTML from the server and need no scripts: an administrator, who may not see the picture, works here
before a city is on show and while its parts are down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.clock import CHINA, in_china, to_ms
from core.markup import Markup, Part, Value, document, el
from core.messages import catalogue, listed, text
from core.records import DAY_MS
from layouts.reading import Record
from layouts.response_badge import response_badge

PLACES = ("people", "departments", "posts", "rights", "tokens", "audit")  # pages of administrators, in their order
LOOKED_AT = (
    "wall",
    "duty",
    "dispatch",
    "plans",
    "supervision",
    "units",
    "warnings",
    "indicators",
    "rules",
    "notices",
    "exchange",
    "alarm-load",
    "evaluation",
)  # of the city
SCRIPTS = ("account_copy.js",)
SECRET = "secret"  # what the button beside it copies


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page. places: of `PLACES` and `LOOKED_AT` those that he may open.

    responses: those on show; None: he may not see them, or no city is on show. stamp: of a city that is not the real
    one, else "".
    """

    name: str
    login: str
    places: tuple[str, ...] = ()
    responses: tuple[Record, ...] | None = None
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the last act: a sentence, with further lines; a secret that is shown this once.

    form: the address of the form that was refused, whose fields keep what was `typed`.
    """

    sentence: str = ""
    is_refusal: bool = False
    secret: str = ""
    lines: tuple[str, ...] = ()
    form: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


class Frame:
    """One account page being written for one viewer."""

    def __init__(self, language: str, base_path: str, viewer: Viewer, told: Told) -> None:
        self.language, self.base_path, self.viewer, self.told = language, base_path, viewer, told

    def word(self, code: str, **places: object) -> str:
        """A message in the language of the installation."""
        return text(code, self.language, **places)

    def page(self, here: str, *parts: Part) -> str:
        """The whole page. here: its word in `account.page-…`, and its place in the menu."""
        title = self.word(f"account.page-{here}")
        body = el(
            "div",
            self._header(here),
            el("main", el("h1", title, class_="unseen"), self._told(), *parts, class_=f"account-{here}"),
            class_="account",
        )
        name = f"{title} · {self.word('sign-in.title')}"
        return document(self.language, name, self.base_path, body, scripts=SCRIPTS)

    def link(self, path: str, *parts: Part, **attributes: Value) -> Markup:
        """A link to one of our pages, below the base path."""
        return el("a", *parts, href=self.base_path + path, **attributes)

    def form(self, path: str, *parts: Part, button: str, class_: str = "", files: bool = False) -> Markup:
        """A form that acts. button: the code of its word."""
        return el(
            "form",
            *parts,
            el("button", self.word(button)),
            method="post",
            action=self.base_path + path,
            class_=class_ or None,
            enctype="multipart/form-data" if files else None,
        )

    def folded(self, summary: str, *parts: Part, open_: bool = False, class_: str = "") -> Markup:
        """What is opened by hand: a form that is used now and then, or an act that should not happen by a slip."""
        return el("details", el("summary", summary), *parts, open=open_, class_=class_ or None)

    def field(self, form: str, name: str, label: str, value: str = "", **attributes: Value) -> Markup:
        """A labelled input; after a refusal it holds what was typed."""
        return el(
            "label",
            el("span", self.word(label)),
            el("input", name=name, value=self._typed(form, name, value), **attributes),
        )

    def choice(self, form: str, name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "") -> Markup:
        """A labelled choice of one. options: (value, word)."""
        taken = self._typed(form, name, chosen)
        written = [el("option", word, value=value, selected=value == taken) for value, word in options]
        return el("label", el("span", self.word(label)), el("select", written, name=name))

    def table(self, heads: Sequence[str], rows: Iterable[Part], empty: str = "account.nothing") -> Markup:
        """A table. heads: codes of the words, "" for none; rows: `tr` elements; empty: said when there is none."""
        written = list(rows)
        head = el("tr", (el("th", self.word(code) if code else "", scope="col") for code in heads))
        body = written or [el("tr", el("td", self.word(empty), colspan=len(heads), class_="empty"))]
        return el("div", el("table", el("thead", head), el("tbody", body)), class_="sheet", tabindex=0)

    def listed(self, names: Iterable[str]) -> str:
        """Names one after another, as the language of the page parts them."""
        return listed(names, self.language)

    def moment(self, at_ms: int | None, none: str = "account.never", seconds: bool = False) -> str:
        """A time in China, to the minute or the second, or the word for none."""
        form = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
        return self.word(none) if at_ms is None else in_china(at_ms).strftime(form)

    def term(self, from_ms_: int, until_ms: int | None) -> str:
        """From which day to which, both included."""
        ending = self.word("account.without-end") if until_ms is None else day_of(until_ms - 1)
        return f"{day_of(from_ms_)} — {ending}"

    def _typed(self, form: str, name: str, value: str) -> str:
        return self.told.typed.get(name, value) if form == self.told.form else value

    def _told(self) -> Part:
        told = self.told
        if not told.sentence:
            return None
        return el(
            "div",
            el("p", told.sentence),
            el("ul", (el("li", line) for line in told.lines)) if told.lines else None,
            self._secret(told.secret) if told.secret else None,
            class_="told refusal" if told.is_refusal else "told",
            role="alert" if told.is_refusal else "status",
        )

    def _secret(self, secret: str) -> Markup:
        shown = el("input", value=secret, readonly=True, id=SECRET, size=max(20, len(secret)), autocomplete="off")
        copy = el("button", self.word("account.copy"), type="button", data_copies=SECRET)
        return el("p", shown, copy, el("span", self.word("account.once")), class_="secret")

    def _header(self, here: str) -> Markup:
        viewer = self.viewer
        home = "wall" if "wall" in viewer.places else "account"

        def entries(places: Iterable[str]) -> list[Markup]:
            return [
                self.link(place, self.word(f"account.page-{place}"), aria_current="page" if place == here else None)
                for place in places
                if place in viewer.places
            ]

        leave = el(
            "form",
            self.link("account", el("b", viewer.name), el("small", viewer.login), class_="who"),
            el("button", self.word("account.sign-out")),
            method="post",
            action=f"{self.base_path}sign-out",
        )
        badge = None if viewer.responses is None else response_badge(viewer.responses, self.language)
        stamp = el("span", self.word(f"stamp.{viewer.stamp}"), class_="stamp") if viewer.stamp else None
        city, house = entries(LOOKED_AT), entries(PLACES)
        nav = el("nav", city, el("i") if city and house else None, house)
        return el("header", self.link(home, self.word("sign-in.title"), class_="house"), stamp, badge, nav, leave)


def day_of(at_ms: int) -> str:
    """A day in China as forms write it.

    >>> day_of(1_795_300_000_000)
    '2026-11-22'
    """
    return f"{in_china(at_ms):%Y-%m-%d}"


def begin_of(day: str) -> int:
    """The beginning of a day in China, ms UTC. Raises ValueError.

    >>> day_of(begin_of("2026-11-22")), day_of(begin_of("2026-11-22") - 1)
    ('2026-11-22', '2026-11-21')
    """
    at = datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007 - the zone follows
    return to_ms(at.replace(tzinfo=CHINA))


def end_of(day: str) -> int:
    """The end of a day in China, ms UTC: the beginning of the next. Raises ValueError."""
    return begin_of(day) + DAY_MS


def sentence_of(code: str, language: str) -> str:
    """What is said of an act that is done, by the code in the address; empty for one that nobody knows."""
    known = catalogue().get(f"account.done-{code}")
    return known[language] if known else ""
