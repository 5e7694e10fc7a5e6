"""Open311 GeoReport v2 for citizens' apps: services, requests, one request, tokens; as JSON or XML. Off by default.

Source: Open311, GeoReport v2, https://wiki.open311.org/GeoReport_v2/. What differs: descriptions of others are not
told, only the kind and the district; a report needs a token of ours as its api_key; a repeat of the same report under
the same key is the same request.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import orjson
from fastapi import APIRouter, Request, Response

from accounts.rights import may
from accounts.sessions import Cookies
from api.cases import Cases
from api.rest import Present
from api.uploads import form_of
from board.belonging import chain_of
from core.clock import in_china, real_ms, to_ms
from core.errors import IllegalStep, NotAllowed, UnknownName
from core.limits import Limit
from core.markup import Markup, el
from core.messages import text
from core.records import DAY_MS
from core.settings import Settings
from dispatch.book import Wish
from dispatch.log import Origin
from dispatch.public import PublicCase, public_case
from dispatch.steps import Verb
from dispatch.wording import own_words, state_word
from geo.nearest import nearest_area
from store import cases as kept
from store.sql import Transaction

Row = dict[str, Any]
Answer = TypeVar("Answer")

WINDOW_MS = 90 * DAY_MS  # the longest span of time that is asked for at once, as the standard has it
TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
NAMES = {"services": "service", "service_requests": "request", "errors": "error"}  # of the elements in a list
SURE_M = 50.0  # of a place that an app tells without saying how sure it is
REACH_M = 5000.0  # so far beside a county a place still belongs to it: on a bridge, at sea


class _Refused(Exception):
    """Why a request is refused: the status of the answer, and a sentence."""

    def __init__(self, status: int, code: str, **places: object) -> None:
        self.status, self.code, self.places = status, code, places
        super().__init__(code)


class Open311:
    """GeoReport v2 over the cases of the city on show."""

    def __init__(self, cases: Cases, settings: Settings) -> None:
        self._cases, self._settings = cases, settings
        self._limit = Limit(settings.public_per_min)

    async def listed(self) -> list[Row]:
        """Kinds that the public may report."""
        return self._services()

    def _services(self) -> list[Row]:
        """Kinds that the public may report."""
        present = Present(self._cases.hub)
        declared, language = present.declared, present.language
        domains = {domain.id: domain.name[language] for domain in declared.domains}
        return [
            {
                "service_code": kind.id,
                "service_name": kind.name[language],
                "description": kind.name[language],
                "metadata": False,
                "type": "realtime",
                "keywords": ",".join(kind.words),
                "group": domains.get(kind.domain, ""),
            }
            for kind in declared.case_kinds.values()
            if kind.public
        ]

    async def requests(self, asked: Mapping[str, str]) -> list[Row]:
        """Requests by their numbers, else those of the last ninety days."""
        codes = [one["service_code"] for one in self._services()]
        if names := [name for name in asked.get("service_request_id", "").split(",") if name]:
            found = [await self.request(name) for name in names[:100]]
            return [one for some in found for one in some]
        wanted = [code for code in asked.get("service_code", "").split(",") if code in codes] or codes
        until_ms = _time_ms(asked, "end_date", self._cases.now(Present(self._cases.hub)).city_ms)
        from_ms_ = max(_time_ms(asked, "start_date", until_ms - WINDOW_MS), until_ms - WINDOW_MS)
        states = {"open": True, "closed": False}
        published = kept.Published(wanted, from_ms_, until_ms, states.get(asked.get("status", "")))
        rows = await asyncio.to_thread(self._read, lambda c: kept.published(c, self._scene(), published))
        return [self._told(public_case(row)) for row in rows]

    async def request(self, name: str) -> list[Row]:
        """One request; [] when there is none that the public may see."""
        try:
            row = await asyncio.to_thread(self._read, lambda c: kept.case_of(c, name))
        except UnknownName:
            return []
        kind = Present(self._cases.hub).declared.case_kinds.get(row.kind)
        is_seen = kind is not None and kind.public and row.scene == self._scene()
        return [self._told(public_case(row))] if is_seen else []

    async def one(self, number: str) -> list[Row]:
        """One request. Raises _Refused."""
        if found := await self.request(number):
            return found
        raise _Refused(404, "open311.request", name=number)

    async def token(self, token: str) -> list[Row]:
        """The request behind a token. Raises _Refused."""
        await self.one(token)
        return [{"service_request_id": token, "token": token}]

    async def report(self, request: Request) -> list[Row]:
        """A new request. Raises _Refused."""
        form = {**request.query_params, **(await form_of(request, 0)).fields}
        address = self._address(request)
        present, declared = Present(self._cases.hub), Present(self._cases.hub).declared
        entrance = self._cases.entrance
        bearer = await entrance.bearers.of(Cookies(token=form.get("api_key", "")[:100]), address)
        if not bearer.grants:
            raise _Refused(403, "open311.api-key")
        kind = declared.case_kinds.get(form.get("service_code", ""))
        if kind is None or not kind.public:
            raise _Refused(404, "open311.service", name=form.get("service_code", ""))
        fields = self._fields(form) | {"kind": kind.id}
        area = str(fields.get("area", ""))
        decision = may(bearer, "cases.tell", area=chain_of(declared, area), topic=kind.domain)
        if not decision.allowed:
            raise _Refused(403, "open311.api-key")
        wish = Wish(_key(bearer.name, form), Verb.REPORT, fields=fields, origin=Origin.MACHINE)
        told = await asyncio.to_thread(self._cases.book.act, bearer, wish, self._cases.now(present))
        notice = text("open311.notice", present.language, id=told.case.id)
        return [{"service_request_id": told.case.id, "service_notice": notice, "account_id": ""}]

    def _fields(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The fields of a report. Raises _Refused: neither a place nor an address."""
        present = Present(self._cases.hub)
        said = form.get("address_string", "")[:200]
        kind = present.declared.case_kinds[form["service_code"]]
        text_ = form.get("description", "")[:2000]
        caller = {
            "name": f"{form.get('last_name', '')}{form.get('first_name', '')}"[:60],
            "phone": form.get("phone", "")[:32],
        }
        fields: dict[str, Any] = {
            "title": (text_ or kind.name[present.language])[:60],
            "text": text_,
            "area": present.declared.areas.city.id,
            "source": "open311",
        }
        fields |= {"caller": caller} if any(caller.values()) else {}
        place = _place(form)
        if place is None and not said:
            raise _Refused(400, "open311.where")
        if place:
            fields["area"] = nearest_area(present.declared.boundaries, *place, REACH_M) or fields["area"]
            fields["place"] = {"lon_deg": place[0], "lat_deg": place[1], "accuracy_m": SURE_M, "origin": "map"}
            fields["place"] |= {"said": said}
        return fields

    def _told(self, one: PublicCase) -> dict[str, Any]:
        present = Present(self._cases.hub)
        declared, language = present.declared, present.language
        kind = declared.case_kinds[one.kind].name[language]
        area = declared.areas[one.area].name[language] if one.area in declared.areas else ""
        return {
            "service_request_id": one.id,
            "status": "open" if one.is_open else "closed",
            "status_notes": state_word(declared.state_words, one.state, language),
            "service_name": kind,
            "service_code": one.kind,
            "description": kind,
            "agency_responsible": "",
            "service_notice": "",
            "requested_datetime": _said(one.requested_ms),
            "updated_datetime": _said(one.updated_ms),
            "expected_datetime": _said(one.expected_ms),
            "address": area,
            "address_id": "",
            "zipcode": "",
            "lat": one.lat_deg,
            "long": one.lon_deg,
            "media_url": "",
        }

    def _address(self, request: Request) -> str:
        return self._cases.entrance.peers.of(request.scope).address

    def _scene(self) -> str:
        return Present(self._cases.hub).scene.id

    def _read(self, ask: Callable[[Transaction], Answer]) -> Answer:
        with self._cases.entrance.office.database.reading() as connection:
            return ask(connection)

    async def answer(
        self, request: Request, form: str, root: str, give: Callable[[], Awaitable[list[Row]]]
    ) -> Response:
        """What `give` gives, in the form that was asked for; a refusal likewise."""
        address = self._address(request)
        language = self._settings.language
        try:
            if not self._settings.open311 or form not in TYPES:
                raise _Refused(404, "open311.closed")
            if waits_s := self._limit.waits_s(address, real_ms()):
                raise _Refused(429, "open311.too-many", seconds=waits_s)
            return _written(await give(), form, root, 201 if request.method == "POST" else 200)
        except _Refused as refused:
            told = text(refused.code, language, **{k: str(v) for k, v in refused.places.items()})
            return _written([{"code": refused.status, "description": told}], form, "errors", refused.status)
        except (IllegalStep, NotAllowed) as refused:
            told = str(refused)
            if isinstance(refused, IllegalStep):
                declared = Present(self._cases.hub).declared
                told = refused.in_words(language, own_words(declared.state_words, declared.case_kinds, language))
            return _written([{"code": 400, "description": told}], form, "errors", 400)


def open311_routes(door: Open311) -> APIRouter:
    """Routes below `/open311/v2`."""
    router = APIRouter(prefix="/open311/v2", tags=["open311"])

    @router.get("/services.{form}", response_class=Response)
    async def services(request: Request, form: str) -> Response:
        """What may be reported."""
        return await door.answer(request, form, "services", door.listed)

    @router.get("/requests.{form}", response_class=Response)
    async def requests(request: Request, form: str) -> Response:
        """Requests: by `service_request_id`, `service_code`, `status`, `start_date`, `end_date`."""
        return await door.answer(request, form, "service_requests", partial(door.requests, request.query_params))

    @router.get("/requests/{number}.{form}", response_class=Response)
    async def one(request: Request, number: str, form: str) -> Response:
        """One request."""
        return await door.answer(request, form, "service_requests", partial(door.one, number))

    @router.get("/tokens/{token}.{form}", response_class=Response)
    async def tokens(request: Request, token: str, form: str) -> Response:
        """The number of the request behind a token; ours are told at once, so that both are the same."""
        return await door.answer(request, form, "service_requests", partial(door.token, token))

    @router.post("/requests.{form}", response_class=Response)
    async def report(request: Request, form: str) -> Response:
        """Report, with a token of ours as `api_key`; a form as the standard has it."""
        return await door.answer(request, form, "service_requests", partial(door.report, request))

    return router


def _written(rows: list[Row], form: str, root: str, status: int) -> Response:
    if form != "xml":
        return Response(orjson.dumps(rows), status, media_type=TYPES["json"])
    listed = (el(NAMES[root], *(el(name, _plain(value)) for name, value in row.items())) for row in rows)
    whole = Markup('<?xml version="1.0" encoding="utf-8"?>\n') + el(root, *listed)
    return Response(whole, status, media_type=TYPES["xml"])


def _plain(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _place(form: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        lon_deg, lat_deg = float(form["long"]), float(form["lat"])
    except (KeyError, ValueError):
        return None
    return (lon_deg, lat_deg) if -180 <= lon_deg <= 180 and -90 <= lat_deg <= 90 else None


def _time_ms(asked: Mapping[str, str], name: str, otherwise_ms: int) -> int:
    """A time as the standard writes it. Raises _Refused."""
    if not asked.get(name):
        return otherwise_ms
    try:
        return to_ms(datetime.fromisoformat(asked[name]))
    except (ValueError, OverflowError):
        raise _Refused(400, "open311.time", name=name) from None


def _said(at_ms: int | None) -> str:
    return "" if at_ms is None else in_china(at_ms).isoformat(timespec="seconds")


def _key(by: str, form: Mapping[str, str]) -> str:
    """The same report under the same key is one request."""
    told = orjson.dumps({name: value for name, value in form.items() if name != "api_key"}, option=orjson.OPT_SORT_KEYS)
    return f"open311-{hashlib.sha256(by.encode() + told).hexdigest()[:48]}"
