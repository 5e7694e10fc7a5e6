"""All vital signs of the city by domain: those that matter in the open, the others folded below them by topic."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from catalogue.declared import Declared
from core.messages import listed, text
from layouts.definition import lifecycle_mark
from layouts.figures.overview import OverviewRow
from layouts.indicators import address
from layouts.marks import level_mark


class Overview:
    """Draws the page for one city."""

    def __init__(self, declared: Declared, base_path: str, language: str) -> None:
        self._declared, self._base_path, self._language = declared, base_path, language

    def page(self, rows: Sequence[OverviewRow]) -> html.Div:
        """Every vital sign; `assets/desk.js` leaves out rows whose name does not hold what is asked for."""
        titles = [("city", self._declared.city.name[self._language])]
        titles += [(domain.id, domain.name[self._language]) for domain in self._declared.domains]
        titles.append(("system", text("desk.installation", self._language)))
        sections = []
        for domain, title in titles:
            mine = [row for row in rows if row.domain == domain]
            if mine:
                sections.append(html.Section(self._domain(title, mine), className="desk-domain"))
        return html.Div(sections, className="desk-overview")

    def _domain(self, title: str, rows: Sequence[OverviewRow]) -> list[Component]:
        """A domain's title with its score, its leading figures, and the others by topic."""
        scores = [row for row in rows if self._is_score(row)]
        leads = [row for row in rows if row.lead and row not in scores]
        found: list[Component] = [html.H2([title, *(self._score(row) for row in scores)])]
        found.append(html.Ul([self._row(row) for row in leads]))
        for topic in dict.fromkeys(row.topic for row in rows):
            if folded := [row for row in rows if row.topic == topic and not row.lead]:
                found.append(self._folded(folded))
        return found

    def _is_score(self, row: OverviewRow) -> bool:
        return bool(self._declared.indicators[row.indicator].parts) and row.domain != "city"

    def _score(self, row: OverviewRow) -> html.A:
        said: list[str | Component] = [text("wall.score", self._language), html.B(row.text)]
        state = " hatched" if row.level == "unknown" else f" level-{row.level}" if row.warned else ""
        return html.A(said, href=address(self._base_path, row.indicator), className=f"score{state}")

    def _folded(self, rows: Sequence[OverviewRow]) -> html.Details:
        names = listed((row.name for row in rows), self._language)
        more = text("desk.more", self._language, count=len(rows))
        summary = html.Summary([html.B(more), html.Span(names)])
        return html.Details([summary, html.Ul([self._row(row) for row in rows])], className="desk-more")

    def _row(self, row: OverviewRow) -> html.Li:
        marks = lifecycle_mark(self._declared.indicators[row.indicator], self._language)
        # A warning may stand at one station: it does not colour the city's figure.
        plain = "normal" if row.warned else row.level
        word = " word" if row.text == text("desk.by_station", self._language) else ""
        shown = [html.B(row.text), html.Small(row.unit)]
        figure = html.Span(shown, className=f"figure level-{plain or 'normal'}{word}")
        return html.Li(
            html.A(
                [
                    html.Span([row.name, *marks], className="name"),
                    figure,
                    html.Span([level_mark(row.level, self._language), html.Small(row.warned)], className="state"),
                    html.Span(row.fine, className="fine"),
                ],
                href=address(self._base_path, row.indicator),
            ),
            className="desk-row" + (" hatched" if row.level == "unknown" else ""),
        )
