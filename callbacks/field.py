"""`/m`: the plain pages of a team in the field. What they do goes through the book of cases like everything else."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from api.entrance import Entrance
from api.errors import ApiError
from api.me import signed
from api.push import read_body
from board.belonging import chain_of
from catalogue.declared import Declared
from core.clock import real_ms
from core.errors import IllegalStep, NotAllowed, UnknownName
from core.messages import text
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.fleet import UnitBook
from dispatch.holidays import calendars_at
from dispatch.personal import seen_fields
from dispatch.states import AssignmentState
from dispatch.steps import Verb
from geo.areas import AreaLevel
from layouts.field import Field, Task, field_page, first_due
from layouts.reading import PictureReader
from store.cases import tasks_of

FORM_BYTES = 64 * 1024
LATE_AT_MOST_MS = 7 * 86_400_000  # what waited longer in a telephone counts from when it came
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def register(server: FastAPI, base: str, entrance: Entrance, reader: PictureReader) -> None:
    """Put the pages on the server."""
    phone = Phone(entrance, reader)
    server.add_api_route(f"{base}m", phone.show, methods=["GET"], include_in_schema=False)
    server.add_api_route(f"{base}m/step", phone.step, methods=["POST"], include_in_schema=False)
    server.add_api_route(f"{base}m/report", phone.report, methods=["POST"], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Here:
    """What a request stands on: who asks, the city, the times."""

    by: Bearer
    name: str
    declared: Declared
    now: Now


class Phone:
    """Tasks of units, for whoever is signed in."""

    def __init__(self, entrance: Entrance, reader: PictureReader) -> None:
        self._entrance, self._reader = entrance, reader
        office = entrance.office
        warden = Warden(office.database, office.journal)
        self._book = CaseBook(warden, lambda: _rules(self._declared()))
        self._units = UnitBook(warden, lambda: self._declared().units)

    async def show(self, request: Request, unit: str = "", told: str = "") -> Response:
        """The tasks of a unit; without one, the choice of it."""
        done = text(f"field.done-{told}", self._entrance.language) if told in ("step", "report") else ""
        return await self._page(await self._here(request), unit, done)

    async def step(self, request: Request) -> Response:
        """A step of an assignment by a form."""
        here, sent = await self._here(request), await _form(request)
        wish = Wish(
            key=sent.get("key", ""),
            verb=Verb(sent.get("verb", "")) if sent.get("verb") in set(Verb) else Verb.NOTE,
            case=sent.get("case", ""),
            assignment=sent.get("assignment", ""),
            fields={"reason": sent["reason"]} if sent.get("reason") else {},
            happened_ms=_happened_ms(sent, here.now),
        )
        return await self._done(here, sent, wish, "step")

    async def report(self, request: Request) -> Response:
        """A new case by a form."""
        here, sent = await self._here(request), await _form(request)
        fields = {name: sent[name] for name in ("kind", "title", "area", "text") if sent.get(name)}
        wish = Wish(sent.get("key", ""), Verb.REPORT, fields=fields, happened_ms=_happened_ms(sent, here.now))
        return await self._done(here, sent, wish, "report")

    async def _done(self, here: Here, sent: Mapping[str, str], wish: Wish, done: str) -> Response:
        unit = sent.get("unit", "")
        try:
            if len(wish.key) < 8:
                raise IllegalStep("needs", verb=wish.verb, needs="key")
            await asyncio.to_thread(self._book.act, here.by, wish, here.now)
        except (IllegalStep, NotAllowed) as refused:
            sentence = refused.in_words(self._entrance.language)
            return await self._page(here, unit, sentence, 403 if isinstance(refused, NotAllowed) else 422)
        except UnknownName:
            sentence = text("api.unknown-case", self._entrance.language, name=wish.case)
            return await self._page(here, unit, sentence, 404)
        return RedirectResponse(f"{self._entrance.base_path}m?{urlencode({'unit': unit, 'told': done})}", 303)

    async def _page(self, here: Here, unit: str, told: str = "", status: int = 200) -> Response:
        field = await asyncio.to_thread(self._field, here, unit)
        page = field_page(replace(field, told=told, is_refusal=status >= 400))
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
        return HTMLResponse(page, status, headers)

    def _field(self, here: Here, unit: str) -> Field:
        language = self._entrance.language
        declared = here.declared
        units = self._units.units({}) if may(here.by, "units.see").allowed else []
        own = unit if unit in {one.id for one in units} else ""
        areas = [*declared.areas.at(AreaLevel.COUNTY), declared.areas.city]
        return Field(
            language=language,
            base_path=self._entrance.base_path,
            name=here.name,
            unit=own,
            units=units,
            tasks=self._tasks(here, own) if own else (),
            kinds={kind.id: kind.name[language] for kind in declared.case_kinds.values()},
            areas={area.id: area.name[language] for area in areas},
            key=secrets.token_hex(8),
            now_ms=here.now.city_ms,
        )

    def _tasks(self, here: Here, unit: str) -> list[Task]:
        with self._entrance.office.database.reading() as connection:
            rows = tasks_of(connection, [unit])
        tasks = []
        for row in rows:
            told = self._book.read(row.case)
            if self._sees(here, told):
                tasks.append(self._task(here, told, row.id, AssignmentState(row.state)))
        return tasks

    def _task(self, here: Here, told: Told, assignment: str, state: AssignmentState) -> Task:
        facts = told.case.facts
        kind = here.declared.case_kinds[str(facts["kind"])]
        area = str(facts.get("area", ""))
        in_full = self._may(here, "personal.see", area, kind.domain)
        due_ms, due_of = first_due(told.case.clocks, _rules(here.declared).calendars)
        return Task(
            told.case.id,
            assignment,
            state,
            kind.name[self._entrance.language],
            seen_fields(facts, in_full),
            due_ms,
            due_of,
        )

    def _sees(self, here: Here, told: Told) -> bool:
        kind = here.declared.case_kinds.get(str(told.case.facts.get("kind", "")))
        area = str(told.case.facts.get("area", ""))
        return kind is not None and self._may(here, "cases.see", area, kind.domain)

    def _may(self, here: Here, action: str, area: str, domain: str) -> bool:
        return may(here.by, action, area=chain_of(here.declared, area) if area else (), topic=domain).allowed

    async def _here(self, request: Request) -> Here:
        """Raises ApiError: before a city is on show."""
        declared = self._declared()
        one = await signed(self._entrance, request)
        stamp = str(self._reader.sections()["city"]["main"]["stamp"])
        now = Now(self._reader.scene_id(), stamp, declared.city.code, self._reader.city_now_ms(), real_ms())
        return Here(self._entrance.bearer(), one.person.name, declared, now)

    def _declared(self) -> Declared:
        declared = self._reader.declared()
        if declared is None:
            raise ApiError(503, "not-ready")
        return declared


def _rules(declared: Declared) -> Rules:
    calendars = calendars_at(declared.city.work_hours, real_ms())
    return Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))


def _happened_ms(sent: Mapping[str, str], now: Now) -> int | None:
    """When it happened, for what waited in the telephone: how long it waited, by the telephone's own counting."""
    waited = sent.get("waited_ms", "")
    if not waited.isdecimal() or int(waited) > LATE_AT_MOST_MS:
        return None
    return now.city_ms - int(waited)


async def _form(request: Request) -> dict[str, str]:
    body = await read_body(request, FORM_BYTES)
    return dict(parse_qsl(body[:FORM_BYTES].decode("utf-8", "replace"), max_num_fields=30))
