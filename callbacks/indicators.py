"""The body of a drill-down page, filled for its address and again when its figures changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.development.base_component import Component

from board.names import Names
from catalogue.declared import Declared
from core.errors import NeighbourDown
from core.messages import text
from core.settings import Settings
from layouts import ids, indicators, shell
from layouts.figures.composition import part_rows, relation_rows
from layouts.figures.headline import Known, active_inside, active_on, gravest_by_area, headline, trend_of
from layouts.figures.overview import overview_rows
from layouts.figures.places import PlaceRow, area_rows, ranks, station_rows
from layouts.figures.standing import Stands, by_station, headline_by_station
from layouts.figures.subject import Subject, judged, reporters, rule_on, subject_of
from layouts.figures.trend import beside, trend
from layouts.overview import Overview
from layouts.reading import PictureReader
from layouts.remarks import remarks_line

START = ClientsideFunction("cityvitals", "startDesk")
DRAW_TREND = ClientsideFunction("cityvitals", "drawTrend")
FILTER_ROWS = ClientsideFunction("cityvitals", "filterRows")


def register(app: Dash, settings: Settings, reader: PictureReader) -> None:
    """Wire the desk pages."""

    async def fill(revision: int, pathname: str | None) -> dict[str, Component]:
        return {"body": await body_of(pathname or "", settings, reader)}

    app.callback(
        output={"body": Output(ids.DESK_BODY, "children")},
        inputs={"revision": Input(ids.DESK_REVISION, "data")},
        state={"pathname": State(ids.SHELL_ADDRESS, "pathname")},
    )(fill)
    app.clientside_callback(START, Output(ids.DESK_SITE, "modified_timestamp"), Input(ids.DESK_SITE, "data"))
    asked = [Input(ids.DESK_FILTER, "value"), Input(ids.DESK_BODY, "children")]  # and again when the rows were filled
    app.clientside_callback(FILTER_ROWS, Output(ids.DESK_FILTERED, "data"), *asked)
    app.clientside_callback(DRAW_TREND, Output(ids.DESK_TREND_DRAWN, "data"), Input(ids.DESK_TREND_PROPS, "data"))


async def body_of(pathname: str, settings: Settings, reader: PictureReader) -> Component:
    """The body of `/indicators`, `/indicators/<indicator>` or `/indicators/<indicator>/<area or station>`."""
    declared, language = reader.declared(), settings.language
    if declared is None:
        return shell.waiting(language)
    parts = [unquote(part) for part in pathname.removeprefix(settings.base_path).split("/") if part]
    seen = reader.sections().get("indicators", declared.indicators)  # the others are not there for him
    if len(parts) == 1:
        warnings = reader.sections().get("warnings", {})
        rows = overview_rows(declared, reader.value, warnings, reader.city_now_ms(), language)
        return Overview(declared, settings.base_path, language).page([one for one in rows if one.indicator in seen])
    subject = subject_of(declared, parts[1], parts[2] if len(parts) > 2 else "", language)
    if subject is None or subject.indicator.id not in seen:
        return indicators.not_found(language)
    page = await detail_of(reader, declared, subject, language)
    remarks = None
    if settings.accounts:
        about = f"indicator:{subject.indicator.id}/{subject.id}"
        remarks = remarks_line(about, reader.sections().get("orders", {}), settings.base_path, language)
    return indicators.detail(page, settings.base_path, language, remarks)


async def detail_of(reader: PictureReader, declared: Declared, subject: Subject, language: str) -> indicators.Detail:
    """Everything that the page of one subject shows."""
    sections, now_ms = reader.sections(), reader.city_now_ms()
    indicator = subject.indicator
    rule = rule_on(declared, indicator.id)
    deciding = [bound.indicator for bound in rule.bounds] if rule else [indicator.id]
    warnings, names = sections.get("warnings", {}), Names(declared, language)
    devices = reporters(declared, subject)
    stands = None
    if by_station(indicator, subject):
        stands = Stands(declared, names, rule, reader.value, now_ms).of(subject, devices)
    shown = stands.station if stands else subject
    points = await reader.points(indicator.id, shown.id)
    warning, inside = active_on(warnings, deciding, shown.id), active_inside(warnings, deciding, subject)
    record = reader.value(indicator.id, shown.id)
    head = headline(
        shown, Known(record, warning, inside, judged(declared, indicator.id), trend_of(points)), now_ms, language
    )
    if stands:
        head = headline_by_station(head, subject, stands, language)
    known = sections.get("stations", {})
    stations = {device: known[device] for device in devices if device in known}
    behind = {subject.id: stations[subject.id]} if subject.id in stations else stations
    raw, problem = await _raw(reader, behind, language)
    return indicators.Detail(
        declared=declared,
        subject=subject,
        head=head,
        trend=trend(declared, names, shown, head, points, now_ms)
        | {"of": stands.station.name if stands else ""}
        | beside(indicator, record, language),
        areas=_ranked(reader, declared, subject, gravest_by_area(warnings, deciding), language),
        stations=station_rows(declared, indicator, stations, now_ms, language),
        rule=rule,
        parts=part_rows(declared, indicator, subject.id, reader.value, language),
        relations=relation_rows(declared, indicator, language),
        raw=raw,
        raw_problem=problem,
        now_ms=now_ms,
    )


def _ranked(
    reader: PictureReader, declared: Declared, subject: Subject, inside: Mapping[str, str], language: str
) -> dict[str, list[PlaceRow]]:
    """The areas that the page ranks, by level; levels of which nothing is told yet are left out."""
    found = {}
    for level, areas in ranks(declared, subject).items():
        records = [one for one in (reader.value(subject.indicator.id, area.id) for area in areas) if one]
        if records:
            found[str(level)] = area_rows(declared, subject.indicator, records, inside, language)
    return found


async def _raw(
    reader: PictureReader, stations: Mapping[str, Mapping[str, Any]], language: str
) -> tuple[Mapping[str, Any] | None, str]:
    """The newest message among the reporters, or why there is none."""
    newest = max(stations, key=lambda device: (stations[device]["newest_ms"], device), default=None)
    if newest is None:
        return None, text("desk.no_raw", language)
    try:
        raw = await asyncio.wait_for(reader.raw(newest), timeout=2.0)
    except (NeighbourDown, TimeoutError):
        return None, text("desk.raw_unreachable", language)
    return raw, "" if raw else text("desk.no_raw", language)
