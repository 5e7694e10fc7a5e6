"""计算过程: the button below a detail page, and the lines that it brings."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from core.messages import text
from layouts import ids

SHOWN_LINES = 300  # a city of many stations: what they brought is told on the page of each
INDENT = "  "  # of `board.explained_words`, one a depth


def section(language: str) -> html.Section:
    """The button, and the place below it; outside the body, which is filled again each few seconds."""
    return html.Section(
        [
            html.Button(text("desk.explain", language), id=ids.DESK_EXPLAIN_ASK, n_clicks=0),
            html.Span(text("desk.explain_note", language), className="desk-note"),
            html.Div(id=ids.DESK_EXPLAIN_LINES),
        ],
        className="desk-explain dies",
    )


def told(lines: Sequence[str], language: str) -> html.Div:
    """The lines, the deeper the further in."""
    listed = [html.Li(line.strip(), style={"--depth": _depth(line)}) for line in lines[:SHOWN_LINES]]
    rest = len(lines) - SHOWN_LINES
    more = [nothing(text("desk.explain_more", language, count=rest))] if rest > 0 else []
    return html.Div([html.Ol(listed), *more])


def nothing(why: str) -> html.P:
    """Said instead of lines."""
    return html.P(why, className="desk-note")


def _depth(line: str) -> int:
    return (len(line) - len(line.lstrip())) // len(INDENT)
