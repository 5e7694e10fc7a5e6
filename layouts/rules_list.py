"""All rules of a city: state, version, who works on it, how true its warnings were, what people have against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dash import html

from core.messages import text
from layouts.figures.rules_list import RuleRow
from layouts.marks import level_mark


def rules_list(rows: Sequence[RuleRow], base_path: str, language: str, *, papers: bool = False) -> html.Div:
    """One table, its rows under their domains. papers: there are accounts, and so the pages of forms about rules."""
    codes = ("rule", "bounds", "state_head", "open_head", "precision", "complaints", "standing")
    head = html.Tr([html.Th(text(f"rules.{code}", language)) for code in codes])
    bodies = [
        html.Tbody(
            [
                html.Tr(html.Th(name, colSpan=len(codes), scope="rowgroup")),
                *(_row(row, base_path, language) for row in rows if row.domain == name),
            ]
        )
        for name in dict.fromkeys(row.domain for row in rows)
    ]
    references = html.A(text("account.page-references", language), href=f"{base_path}rules/references")
    table = html.Table([html.Thead(head), *bodies])
    return html.Div([*([html.Nav(references)] if papers else []), table], className="rules-all")


def _row(row: RuleRow, base_path: str, language: str) -> html.Tr:
    state = text(f"rules.state_{row.state}", language)
    drafted = ""
    if row.open_state:
        said = text(f"rules.state_{row.open_state}", language)
        drafted = text("rules.open_by", language, version=row.open_version, state=said, author=row.author)
    share = f"{row.true / row.judged:.0%}" if row.judged else ""
    bounds = [
        html.Span(
            [level_mark(level, language), html.Span([html.Small(row.looks.get(level, "")), said])], className="bound"
        )
        for level, said in row.bounds.items()
    ]
    precision = text("rules.precision_of", language, share=share, count=row.judged)
    cells: list[Any] = [
        html.A([html.B(row.name), html.Small(row.source)], href=f"{base_path}rules/{quote(row.rule)}"),
        html.Div(bounds, className="bounds"),
        text("rules.state_version", language, state=state, version=row.version),
        drafted or "—",
        precision if share else text("rules.unlabelled", language),
        row.complaints or "—",
        row.standing or "—",
    ]
    return html.Tr([html.Td(cell) for cell in cells], className=f"is-{row.state}")
