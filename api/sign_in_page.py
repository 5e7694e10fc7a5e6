"""The pages to sign in with: forms and no script, so that they work before anything else does."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import HTMLResponse

from api.entrance import Entrance
from core.markup import Markup, Part, document, el
from core.messages import text

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def sign_in_page(
    entrance: Entrance, onward: str, why: str = "", status: int = 200, seat: str = "", login: str = ""
) -> HTMLResponse:
    """The form to sign in with, and the other ways that this installation has.

    Args:
        entrance: Whose door it is.
        onward: The page to go to, below the base path; empty: the one that suits whoever comes.
        why: The last attempt was refused, in one sentence.
        status: Of the answer.
        seat: The name of the seat where somebody signs in; he follows whoever sits there.
        login: What was typed before; then the password is what is missing.
    """
    word = _Words(entrance.language)
    sources = entrance.office.sources
    ways = [
        el(
            "a",
            word(f"with-{name}"),
            href=f"{entrance.base_path}sign-in/with/{name}?next={quote(onward)}",
            class_="way",
        )
        for name in (*sources.elsewhere, *(["proxy"] if sources.carried else []))
    ]
    form = [
        _field(word("login"), "login", autocomplete="username", maxlength=200, value=login, autofocus=not login),
        _field(
            word("password"),
            "password",
            type="password",
            autocomplete="current-password",
            maxlength=1000,
            autofocus=bool(login),
        ),
        el("input", type="hidden", name="next", value=onward),
        el("button", word("enter")),
    ]
    around: list[Part] = [el("p", word("at-seat", seat=seat), class_="fine") if seat else None]
    parts = [el("form", *form, method="post", action=f"{entrance.base_path}sign-in")] if sources.asked else []
    if ways:
        parts += [el("p", word("other-ways"), class_="or")] * bool(parts) + ways
    return _page(entrance, "title", why, status, *around, *parts)


def code_page(entrance: Entrance, onward: str, why: str = "", status: int = 200) -> HTMLResponse:
    """The second step of those who have a second factor."""
    word = _Words(entrance.language)
    code = _field(
        word("code"),
        "code",
        inputmode="numeric",
        autocomplete="one-time-code",
        pattern="[0-9]{6}",
        maxlength=6,
        autofocus=True,
        class_="code",
    )
    form = el(
        "form",
        code,
        el("input", type="hidden", name="next", value=onward),
        el("button", word("enter")),
        method="post",
        action=f"{entrance.base_path}sign-in/code",
    )
    other = el("a", word("somebody-else"), href=f"{entrance.base_path}sign-in", class_="fine")
    return _page(entrance, "code-title", why, status, el("p", word("code-where"), class_="fine"), form, other)


def new_password_page(entrance: Entrance, why: str = "", status: int = 200) -> HTMLResponse:
    """The form for a password that must change."""
    word, policy = _Words(entrance.language), entrance.office.passwords.policy
    form = el(
        "form",
        _field(word("old"), "old", type="password", autocomplete="current-password", autofocus=True),
        _field(word("new"), "new", type="password", autocomplete="new-password", minlength=policy.shortest),
        _field(word("again"), "again", type="password", autocomplete="new-password"),
        el("button", word("change")),
        method="post",
        action=f"{entrance.base_path}new-password",
    )
    wanted = word("password-wanted", shortest=policy.shortest, history=policy.history)
    return _page(entrance, "new-password-title", why, status, el("p", wanted, class_="fine"), form)


def refusal_page(entrance: Entrance, sentence: str, status: int) -> HTMLResponse:
    """A door that stays shut: why, and the ways on."""
    word, base = _Words(entrance.language), entrance.base_path
    ways = [
        el("a", word("to-account"), href=f"{base}account", class_="way"),
        el("a", word("somebody-else"), href=f"{base}sign-in", class_="way"),
    ]
    return _page(entrance, "refused-title", sentence, status, *ways)


class _Words:
    """The words of these pages in the language of the installation."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, code: str, **places: object) -> str:
        return text(f"sign-in.{code}", self._language, **places)


def _field(label: str, name: str, **attributes: str | int | bool) -> Markup:
    return el("label", el("span", label), el("input", name=name, required=True, **attributes))


def _page(entrance: Entrance, title: str, why: str, status: int, *parts: Part) -> HTMLResponse:
    word = _Words(entrance.language)
    main = el(
        "main",
        el("h1", word("title"), el("small", word("house"))),
        el("h2", word(title)) if title != "title" else None,
        el("p", why, class_="why", role="alert") if why else None,
        *parts,
        el("footer", word("promise")),
        class_="account-door",
    )
    page = document(entrance.language, word("title"), entrance.base_path, main)
    return HTMLResponse(page, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})
