"""How an indicator is declared, on its page: method, definition, owner, source, relations, and the parts of a score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dash import html
from dash.development.base_component import Component

from core.messages import text
from indicators.definition import Indicator, Lifecycle
from layouts.figures.bounds import provenance
from layouts.figures.composition import PartRow, RelationRow, facts

Address = Callable[[str], str]  # indicator → its page


def lifecycle_mark(indicator: Indicator, language: str) -> list[Component]:
    """试运行, 草案 or 停用 beside a name; nothing for what is in force."""
    if indicator.lifecycle is Lifecycle.ACTIVE:
        return []
    return [html.I(text(f"desk.lifecycle_{indicator.lifecycle}", language), className="lifecycle")]


def method(indicator: Indicator, window: str, language: str) -> html.Div:
    """口径 with its version, what else is declared, and the source."""
    version = text("desk.method_version", language, version=indicator.version)
    listed = [part for term, said in facts(indicator, window, language) for part in (html.Dt(term), html.Dd(said))]
    note = [html.P(indicator.source.note, className="desk-note")] if indicator.source.note else []
    return html.Div(
        [
            html.H2([text("desk.method", language), html.Small(version), *lifecycle_mark(indicator, language)]),
            html.P(indicator.method[language]),
            html.Dl(listed, className="desk-facts"),
            html.P(
                [html.B(text("desk.source", language)), " ".join(provenance(indicator.source, language))],
                className="desk-source",
            ),
            *note,
        ],
        className="desk-method",
    )


def relations(rows: Sequence[RelationRow], address: Address, language: str) -> list[Component]:
    """关联指标 with their pages; nothing when there are none."""
    if not rows:
        return []
    listed = [
        html.Li([html.Small(row.kind), html.A(row.name, href=address(row.indicator)), html.Span(row.note)])
        for row in rows
    ]
    return [html.Div([html.H2(text("desk.relations", language)), html.Ul(listed)], className="desk-relations")]


def parts(rows: Sequence[PartRow], address: Address, language: str) -> list[Component]:
    """What a score is made of, the costliest part first; nothing for what is no score."""
    if not rows:
        return []
    head = html.Tr([html.Th(text(f"desk.part_{name}", language)) for name in ("name", "value", "score", "lost")])
    body = [
        html.Tr(
            [
                html.Td([html.A(row.name, href=address(row.indicator)), html.Small(row.weight)]),
                html.Td(row.value),
                html.Td(row.score),
                html.Td([html.I(style={"width": f"{row.lost_share * 6:.2f}rem"}, className="cost"), row.lost]),
            ],
            className="hatched" if row.score == "—" else "",
        )
        for row in rows
    ]
    title = html.H2([text("desk.parts", language), html.Small(text("desk.parts_note", language))])
    return [html.Div([title, html.Table([html.Thead(head), html.Tbody(body)])], className="desk-parts")]
