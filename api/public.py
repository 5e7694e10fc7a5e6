"""The public status page: how reports of public kinds stand, without titles, words or names. Off by default."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.cases import Cases
from api.errors import ApiError
from api.rest import Present
from catalogue.declared import Declared
from core.clock import in_china, real_ms
from core.limits import Limit
from core.markup import Markup, Part, document, el
from core.messages import text
from core.records import DAY_MS, Stamp
from core.settings import Settings
from dispatch.public import PublicCase, public_case
from dispatch.wording import state_word
from store import cases as kept

DAYS_MS, LISTED = 90 * DAY_MS, 50
WIDE_PX, HIGH_PX = 640.0, 480.0
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'"
)


def public_routes(cases: Cases, settings: Settings) -> APIRouter:
    """`/public/status`."""
    router = APIRouter(prefix="/public", include_in_schema=False)
    limit = Limit(settings.public_per_min)

    @router.get("/status")
    async def status(request: Request) -> HTMLResponse:
        """How reports stand."""
        if not settings.public_status:
            raise ApiError(404, "not-found", path="public/status")
        if limit.waits_s(cases.entrance.peers.of(request.scope).address, real_ms()):
            raise ApiError(429, "public-too-many")
        present = Present(cases.hub)
        now = cases.now(present)
        kinds = [kind.id for kind in present.declared.case_kinds.values() if kind.public]
        wanted = kept.Published(kinds, now.city_ms - DAYS_MS, now.city_ms, limit=5000)

        def read() -> list[PublicCase]:
            with cases.entrance.office.database.reading() as connection:
                return [public_case(row) for row in kept.published(connection, now.scene, wanted)]

        found = await asyncio.to_thread(read)
        return HTMLResponse(_page(present, settings.base_path, found), headers={"Content-Security-Policy": POLICY})

    return router


def _page(present: Present, base_path: str, found: Sequence[PublicCase]) -> str:
    declared, language, stamp = present.declared, present.language, present.scene.stamp

    def word(code: str, **places: object) -> str:
        return text(f"open311.{code}", language, **{name: str(value) for name, value in places.items()})

    title = f"{declared.city.name[language]} · {word('status-title')}"
    return document(
        language,
        title,
        base_path,
        el(
            "main",
            el("h1", title),
            el("p", el("b", text(f"stamp.{stamp}", language)), role="note") if stamp is not Stamp.LIVE else None,
            el("p", word("status-note", open=sum(one.is_open for one in found))),
            _counts(declared, language, found) if found else el("p", word("status-none")),
            _map(declared, language, found),
            _list(declared, language, found[:LISTED]) if found else None,
            class_="public-status",
        ),
    )


def _counts(declared: Declared, language: str, found: Sequence[PublicCase]) -> Markup:
    opened = Counter(one.kind for one in found if one.is_open)
    closed = Counter(one.kind for one in found if not one.is_open)
    rows = [
        (kind.name[language], str(opened[kind.id]), str(closed[kind.id]))
        for kind in declared.case_kinds.values()
        if opened[kind.id] or closed[kind.id]
    ]
    return _table(language, ("kind", "count-open", "count-closed"), rows)


def _list(declared: Declared, language: str, found: Sequence[PublicCase]) -> Markup:
    rows = [
        (
            one.id,
            declared.case_kinds[one.kind].name[language],
            declared.areas[one.area].name[language] if one.area in declared.areas else "",
            state_word(declared.state_words, one.state, language),
            _moment(one.requested_ms),
            _moment(one.expected_ms),
        )
        for one in found
    ]
    return _table(language, ("number", "kind", "area", "state", "asked", "expected"), rows)


def _table(language: str, heads: Sequence[str], rows: Sequence[Sequence[Part]]) -> Markup:
    head = el("tr", (el("th", text(f"open311.{name}", language), scope="col") for name in heads))
    return el("table", el("thead", head), el("tbody", (el("tr", (el("td", cell) for cell in row)) for row in rows)))


def _map(declared: Declared, language: str, found: Sequence[PublicCase]) -> Markup:
    """The districts and where reports are; without the number of its review a map is not published, by law."""
    if not declared.city.map_review:
        return el("p", text("open311.no-map", language), role="note")
    rings = [ring for feature in declared.boundaries["features"] for ring in _rings(feature["geometry"])]
    lons, lats = [p[0] for ring in rings for p in ring], [p[1] for ring in rings for p in ring]
    west, north = min(lons), max(lats)
    narrow = math.cos(math.radians((north + min(lats)) / 2))  # a degree of longitude beside one of latitude
    scale = min(WIDE_PX / (max(lons) - west) / narrow, HIGH_PX / (north - min(lats)))

    def at(lon_deg: float, lat_deg: float) -> str:
        return f"{(lon_deg - west) * scale * narrow:.1f} {(north - lat_deg) * scale:.1f}"

    shapes = "".join("M" + "L".join(at(*point[:2]) for point in ring) + "Z" for ring in rings)
    placed = [(one.lon_deg, one.lat_deg) for one in found if one.lon_deg is not None and one.lat_deg is not None]
    dots = "".join(f"M{at(lon_deg, lat_deg)}h.01" for lon_deg, lat_deg in placed)
    source = text("wall.map_source", language, source=declared.city.map_source, date=declared.city.map_date)
    review = text("wall.map_review", language, review=declared.city.map_review)
    drawn = [el("g", el("path", d=path), class_=name) for name, path in (("county", shapes), ("dot", dots))]
    box = f"0 0 {WIDE_PX:.0f} {HIGH_PX:.0f}"
    return el("figure", el("svg", *drawn, viewBox=box), el("figcaption", f"{source} · {review}"))


def _rings(geometry: Mapping[str, object]) -> list[list[list[float]]]:
    shapes = geometry["coordinates"]
    polygons = shapes if geometry["type"] == "MultiPolygon" else [shapes]
    return [ring for polygon in polygons for ring in polygon]  # type: ignore[attr-defined]


def _moment(at_ms: int | None) -> str:
    return "" if at_ms is None else in_china(at_ms).strftime("%Y-%m-%d %H:%M")
