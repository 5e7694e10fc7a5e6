"""The drill-down: all vital signs, and one of them at one place from its sentence to its raw message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from catalogue.declared import Declared
from core.messages import text
from early_warning.rule import Rule
from geo.areas import Area, AreaLevel
from layouts import definition, ids
from layouts.figures.bounds import bound_rows, provenance, references, rule_state
from layouts.figures.composition import PartRow, RelationRow
from layouts.figures.headline import Headline
from layouts.figures.moments import moment
from layouts.figures.places import PlaceRow
from layouts.figures.subject import Subject
from layouts.figures.windows import window_name
from layouts.marks import level_mark

SHOWN_STATIONS = 60


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything that one page shows, computed. raw: {topic, payload, received_ms}, None when none is kept."""

    declared: Declared
    subject: Subject
    head: Headline
    trend: Mapping[str, Any]
    areas: Mapping[str, Sequence[PlaceRow]]
    stations: Sequence[PlaceRow]
    rule: Rule | None
    parts: Sequence[PartRow]
    relations: Sequence[RelationRow]
    raw: Mapping[str, Any] | None
    raw_problem: str
    now_ms: int


def address(base_path: str, indicator: str, subject: str = "") -> str:
    """The page of an indicator, at a place when one is given."""
    return base_path + "/".join(
        ["indicators", quote(indicator, safe=""), *([quote(subject, safe="")] if subject else [])]
    )


def detail(page: Detail, base_path: str, language: str, remarks: Component | None = None) -> html.Div:
    """One vital sign at one place. remarks: the line of what leaders wrote on it."""
    return html.Div(
        [
            _crumbs(page, base_path, language),
            remarks,
            html.Section([_head(page.head, language), _trend(page, language)], className="desk-lead"),
            html.Section(_places(page, base_path, language), className="desk-places"),
            html.Section(_proof(page, base_path, language), className="desk-proof"),
        ],
        className="desk-detail",
    )


def _proof(page: Detail, base_path: str, language: str) -> list[Component]:
    """Why it may be believed: parts of a score, rule, method, relations, the message behind it."""
    indicator = page.subject.indicator

    def page_of(other: str) -> str:
        """The page of another indicator at the same place, or in the city when it has no value there."""
        declared = page.declared
        level = "station" if page.subject.station else declared.areas[page.subject.id].level
        return address(base_path, other, page.subject.id if level in declared.indicators[other].levels else "")

    return [
        *definition.parts(page.parts, page_of, language),
        _rule(page, language),
        definition.method(indicator, window_name(indicator, language), language),
        *definition.relations(page.relations, page_of, language),
        _raw(page, language),
    ]


def not_found(language: str) -> html.P:
    """Said for an address that nothing is declared for."""
    return html.P(text("desk.not_found", language), className="desk-nothing")


def _crumbs(page: Detail, base_path: str, language: str) -> html.Nav:
    declared, subject = page.declared, page.subject
    steps: list[Component] = [html.A(text("desk.indicators", language), href=f"{base_path}indicators")]
    names = {"city": declared.city.name[language]}
    names |= {domain.id: domain.name[language] for domain in declared.domains}
    steps.append(html.Span(names.get(subject.indicator.domain, text("desk.installation", language))))
    steps.append(html.A(subject.indicator.name[language], href=address(base_path, subject.indicator.id)))
    for area in _above(page):
        steps.append(html.A(area.name[language], href=address(base_path, subject.indicator.id, area.id)))
    if subject.id != subject.city:
        steps.append(html.Span(subject.name))
    return html.Nav(steps, className="desk-crumbs")


def _above(page: Detail) -> list[Area]:
    """The areas between the city and the subject that have a page of this indicator, from the top."""
    areas, subject = page.declared.areas, page.subject
    place = page.declared.devices[subject.id].area if subject.station else areas[subject.id].parent
    line = (areas[place], *areas.ancestors(place)) if place in areas else ()
    levels = (AreaLevel.COUNTY, *subject.indicator.levels)
    return [one for one in reversed(line) if one.id != subject.city and one.level in levels]


def _head(head: Headline, language: str) -> html.Div:
    unknown = " hatched" if head.level == "unknown" else ""
    return html.Div(
        [
            html.H1(head.sentence),
            html.Div(
                [
                    html.Div([html.B(head.text), html.Small(head.unit)], className=f"figure level-{head.own_level}"),
                    html.Div(
                        [
                            html.P([level_mark(head.level, language), html.Span(head.warned), html.Span(head.beside)]),
                            html.P([html.Span(head.reporting), html.Span(head.as_of)]),
                        ]
                    ),
                ],
                className=f"desk-figure{unknown}",
            ),
        ],
        className="desk-headline",
    )


def _trend(page: Detail, language: str) -> html.Figure:
    of = page.trend["of"]
    caption = text("desk.last_day_of", language, name=of) if of else text("desk.last_day", language)
    return html.Figure(
        [
            html.Figcaption([html.Span(one) for one in (caption, *page.trend["said"])]),
            html.Div(id=ids.DESK_TREND, className="desk-trend"),
            dcc.Store(id=ids.DESK_TREND_PROPS, data=dict(page.trend)),
            dcc.Store(id=ids.DESK_TREND_DRAWN),
        ]
    )


def _places(page: Detail, base_path: str, language: str) -> list[Component]:
    found: list[Component] = []
    if not page.subject.station:
        for level, areas in page.areas.items():
            ranked = html.Ol([_area_row(row, page, base_path, language) for row in areas])
            found.append(html.Div([html.H2(text(f"desk.areas_{level}", language)), ranked], className="desk-areas"))
        if not page.areas:
            found.append(html.P(text("desk.no_areas", language), className="desk-note"))
    stations = [_station_row(row, page, base_path, language) for row in page.stations[:SHOWN_STATIONS]]
    if rest := len(page.stations) - SHOWN_STATIONS:
        stations += [html.Li(text("desk.others", language, count=rest), className="desk-note")] if rest > 0 else []
    listed = html.Ol(stations) if stations else html.P(_no_stations(page, language), className="desk-note")
    found.append(html.Div([html.H2(text("desk.stations", language)), listed], className="desk-stations"))
    return found


def _no_stations(page: Detail, language: str) -> str:
    counted = bool(page.subject.indicator.event_types)
    return text("desk.no_stations" if counted else "desk.no_stations_inputs", language)


def _area_row(row: PlaceRow, page: Detail, base_path: str, language: str) -> html.Li:
    here = " here" if row.id == page.subject.id else ""
    bar = html.I(className=f"bar level-{row.level}", style={"width": f"{row.share * 100:.0f}%"})
    figure = html.Span([html.B(row.text), html.Small(row.unit)], className=f"figure level-{row.level}")
    mark = [level_mark(row.level, language)] if row.level not in ("normal", "unknown") else []
    return html.Li(
        html.A(
            [
                html.Span([row.name, *mark], className="name"),
                html.Span(bar, className="track" + (" hatched" if row.level == "unknown" else "")),
                figure,
                html.Span(row.reporting, className="reporting"),
            ],
            href=address(base_path, page.subject.indicator.id, row.id),
        ),
        className="desk-area" + here,
    )


def _station_row(row: PlaceRow, page: Detail, base_path: str, language: str) -> html.Li:
    state = [level_mark(row.level, language)] if row.level not in ("normal", "unknown") else []
    notes = [html.I(note, className="silent") for note in row.notes]
    return html.Li(
        html.A(
            [
                html.Span([row.name, *state, *notes], className="name"),
                html.Span(row.text, className="reading"),
                html.Time(row.when),
            ],
            href=address(base_path, page.subject.indicator.id, row.id),
        ),
        className="desk-station" + (" hatched" if row.silent else "") + (" here" if row.id == page.subject.id else ""),
    )


def _rule(page: Detail, language: str) -> html.Div:
    if page.rule is None:
        return html.Div(
            [html.H2(text("desk.rule", language)), html.P(text("desk.no_rule", language))], className="desk-rule"
        )
    rule = page.rule
    rows = [
        html.Tr(
            [html.Td(level_mark(one.level, language)), html.Td(one.condition), html.Td(one.over), html.Td(one.leaves)]
        )
        for one in bound_rows(page.declared, rule, language)
    ]
    state = [rule_state(rule, language), text("desk.rule_version", language, version=rule.version)]
    own = references(page.declared, page.subject.id, language) if page.subject.station else []
    return html.Div(
        [
            html.H2([text("desk.rule", language), html.Small(" · ".join([rule.name[language], *state]))]),
            html.Table(html.Tbody(rows)),
            html.P(
                [html.B(text("desk.source", language)), " ".join(provenance(rule.source, language))],
                className="desk-source",
            ),
            *([html.P(rule.source.note, className="desk-note")] if rule.source.note else []),
            *_own_bounds(own, language),
        ],
        className="desk-rule",
    )


def _own_bounds(own: Sequence[tuple[str, str]], language: str) -> list[Component]:
    if not own:
        return []
    listed = [part for name, value in own for part in (html.Dt(name), html.Dd(value))]
    return [html.H3(text("desk.references", language)), html.Dl(listed)]


def _raw(page: Detail, language: str) -> html.Div:
    title = html.H2(text("desk.raw", language))
    if page.raw is None:
        return html.Div([title, html.P(page.raw_problem, className="desk-note")], className="desk-raw")
    received = moment(page.raw["received_ms"], page.now_ms, language)
    origin = text("desk.raw_from", language, topic=page.raw["topic"], time=received)
    return html.Div([title, html.P(origin, className="desk-note"), html.Pre(page.raw["payload"])], className="desk-raw")
