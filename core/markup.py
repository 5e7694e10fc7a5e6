"""HTML as text, for pages that must stand without scripts: elements whose words are always escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

EMPTY_ELEMENTS = frozenset({"br", "img", "input", "link", "meta", "path", "rect"})
STYLES = (
    "base.css",
    "fonts.css",
    "fonts_rare.css",
    "account.css",
    "notices.css",
    "evaluation.css",
    "reports.css",
    "rule_papers.css",
    "field.css",
    "public.css",
    "responses.css",
)


class Markup(str):
    """Text that is HTML already. Whatever else becomes part of a page is escaped."""

    __slots__ = ()


Part = str | Markup | int | None | Iterable["Part"]
Value = str | int | bool | None


def el(tag: str, /, *parts: Part, **attributes: Value) -> Markup:
    """One element. Attributes: `class_`, `aria_label`; True stands alone, None and False are left out.

    >>> el("a", "茂名 <市>", href="/x?a=1&b=2", class_="place", hidden=True, title=None)
    '<a href="/x?a=1&amp;b=2" class="place" hidden>茂名 &lt;市&gt;</a>'
    >>> el("ul", (el("li", each) for each in ("a", "b")), None), el("br")
    ('<ul><li>a</li><li>b</li></ul>', '<br>')
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in EMPTY_ELEMENTS:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(*parts)}</{tag}>")


def joined(*parts: Part) -> Markup:
    """Parts one after another, as they stand in a page."""
    return Markup("".join(_written(part) for part in parts))


def _written(part: Part) -> str:
    if part is None:
        return ""
    if isinstance(part, Markup):
        return part
    if isinstance(part, str | int):
        return escape(str(part))
    return "".join(_written(each) for each in part)


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def document(language: str, title: str, base_path: str, *body: Part, scripts: Iterable[str] = ()) -> str:
    """A whole page with our own styles. scripts: names of files in `assets/`."""
    styles = (el("link", rel="stylesheet", href=f"{base_path}assets/{name}") for name in STYLES)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="dark"),
        el("title", title),
        el("link", rel="icon", type="image/svg+xml", href=f"{base_path}assets/favicon.svg"),
        styles,
        (el("script", src=f"{base_path}assets/{name}", defer=True) for name in scripts),
    )
    page = el("html", head, el("body", *body), lang="zh-CN" if language == "zh" else "en")
    return f"<!doctype html>\n{page}"
