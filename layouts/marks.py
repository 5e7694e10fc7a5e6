"""The level mark of server-rendered pages: shape, word and colour together, never one alone."""

from __future__ import annotations

from dash import html

from core.messages import text


def level_mark(level: str, language: str) -> html.Span:
    """A level word (`normal` … `red`, `unknown`) as shape and word; "" for what nobody judges gives nothing."""
    if not level:
        return html.Span(className="level")
    shape = [html.I(className=f"shape {level}")] if level in ("blue", "yellow", "orange", "red") else []
    return html.Span([*shape, html.B(text(f"level.{level}", language))], className=f"level level-{level}")
