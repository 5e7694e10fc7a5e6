"""`/m`: the plain pages of a team in the field. What they do goes through the book of cases like everything else."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.responses import Response

from accounts.bearer import Bearer
from accounts.rights import may
from api.entrance import Entrance
from api.me import looking
from api.uploads import Form
from callbacks.field_tasks import HEADERS, FieldTasks, as_sent, key_of, photo_of, report_of, wish_of
from core.clock import monotonic_s
from core.errors import IllegalStep, NotAllowed, UnknownName
from core.messages import text
from dispatch.book import Now
from dispatch.fleet import UnitBook
from dispatch.states import AssignmentState
from dispatch.steps import Verb
from dispatch.units import STAYS, Duty
from geo.areas import AreaLevel
from layouts.field import field_page
from layouts.field_task import Field, Task
from layouts.reading import PictureReader
from store.cases import tasks_of

TOLD = ("step", "report", "photo")
WAITS_S, LOOK_S = 20.0, 0.15  # a telephone asks again so often, and hears of a change so soon
LOOK_BEYOND_S = 0.5  # the same while its tasks are asked of the database, each time


def register(server: FastAPI, base: str, entrance: Entrance, reader: PictureReader) -> None:
    """Put the pages on the server."""
    phone = Phone(FieldTasks(entrance, reader))
    server.add_api_route(f"{base}m", phone.show, methods=["GET"], include_in_schema=False)
    server.add_api_route(f"{base}m/changes", phone.changes, methods=["GET"], include_in_schema=False)
    for what in (phone.step, phone.report, phone.photo):
        server.add_api_route(f"{base}m/{what.__name__}", what, methods=["POST"], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Here:
    """What a request stands on: who asks, the times."""

    by: Bearer
    name: str
    login: str
    now: Now
    is_expired: bool


class Phone:
    """Tasks of units, for whoever is signed in."""

    def __init__(self, tasks: FieldTasks) -> None:
        self._tasks, self._entrance = tasks, tasks.entrance
        self._units = UnitBook(tasks.warden, lambda: tasks.declared().units, lambda: tasks.now().scene)

    async def show(self, request: Request, unit: str = "", told: str = "") -> Response:
        """The tasks of a unit; without one, the choice of it."""
        done = text(f"field.done-{told}", self._entrance.language) if told in TOLD else ""
        return await self._page(await self._here(request), unit, done)

    async def changes(self, request: Request, unit: str = "", seen: str = "") -> JSONResponse:
        """How the tasks of a unit stand, as a sign; answered when it is another than `seen`, or after a while.

        The sign tells nothing of a task. A telephone waits here rather than in the live feed, which carries the city.
        """
        until_s = monotonic_s() + WAITS_S
        while (now := await self._sign(unit)) == seen and monotonic_s() < until_s:
            if await request.is_disconnected():
                break
            await asyncio.sleep(LOOK_BEYOND_S if self._tasks.is_beyond_picture() else LOOK_S)
        return JSONResponse({"seen": now}, headers={"Cache-Control": "no-store"})

    async def step(self, request: Request) -> Response:
        """A step of an assignment, or a word, by a form."""
        return await self._done(request, "step", self._step)

    async def report(self, request: Request) -> Response:
        """A new case by a form, with a photo or without."""
        return await self._done(request, "report", self._report)

    async def photo(self, request: Request) -> Response:
        """A photo of a task by a form: the whole one, a small copy of it, or the whole one after its copy."""
        return await self._done(request, "photo", self._photo)

    async def _sign(self, unit: str) -> str:
        if self._tasks.is_beyond_picture():
            return await asyncio.to_thread(self._tasks.sign, unit)
        return self._tasks.sign(unit)

    async def _step(self, here: Here, form: Form) -> None:
        await asyncio.to_thread(self._tasks.book.act, here.by, wish_of(form.fields, here.now), here.now)

    async def _report(self, here: Here, form: Form) -> None:
        wish, darkroom = report_of(form.fields, here.now), self._tasks.darkroom
        if form.file:
            await darkroom.check(form.file)  # before the case: who sends again sends both
        told = await asyncio.to_thread(self._tasks.book.act, here.by, wish, here.now)
        if form.file:
            sent = photo_of(form, f"{wish.key}-photo", (told.case.id, here.name), here.now)
            await darkroom.add(here.by, replace(sent, said=""), here.now)

    async def _photo(self, here: Here, form: Form) -> None:
        key, darkroom = key_of(form.fields, Verb.NOTE), self._tasks.darkroom
        if form.fields.get("part") == "whole":
            await darkroom.complete(here.by, key, form.file, here.now)
            return
        sent = photo_of(form, key, (form.fields.get("case", ""), here.name), here.now)
        await darkroom.add(here.by, sent, here.now)

    async def _done(self, request: Request, what: str, act: Callable[[Here, Form], Awaitable[None]]) -> Response:
        """Do it, and show the page again with what became of it."""
        here, unit = await self._here(request), ""
        try:
            form = as_sent(await self._tasks.darkroom.form(request), request)
            unit = form.fields.get("unit", "")
            await act(here, form)
        except (IllegalStep, NotAllowed) as refused:
            sentence = self._tasks.refusal(refused)
            status = 401 if here.is_expired else 403 if isinstance(refused, NotAllowed) else 422
            return await self._page(here, unit, sentence, status)  # what waits in a telephone waits on at 401
        except UnknownName:
            sentence = text("api.unknown-case", self._entrance.language, name=form.fields.get("case", ""))
            return await self._page(here, unit, sentence, 404)
        return RedirectResponse(f"{self._entrance.base_path}m?{urlencode({'unit': unit, 'told': what})}", 303)

    async def _page(self, here: Here, unit: str, told: str = "", status: int = 200) -> Response:
        field = await asyncio.to_thread(self._field, here, unit)
        page = field_page(replace(field, told=told, is_refusal=status >= 400))
        return HTMLResponse(page, status, HEADERS)

    def _field(self, here: Here, unit: str) -> Field:
        language, declared = self._entrance.language, self._tasks.declared()
        units = self._units.units({}) if may(here.by, "units.see").allowed else []
        units = [one for one in units if one.kind not in STAYS]
        roster = [one.id for one in units if here.login in one.members and one.duty is not Duty.OFF]
        wanted = unit or (roster[0] if len(roster) == 1 else "")  # who is on one roster need not choose
        own = wanted if wanted in {one.id for one in units} else ""
        seen = self._tasks.sign(own)  # before the tasks are read: what changes meanwhile is another sign
        areas = [*declared.areas.at(AreaLevel.COUNTY), declared.areas.city]
        return Field(
            language=language,
            base_path=self._entrance.base_path,
            name=here.name,
            key=secrets.token_hex(8),
            now_ms=here.now.city_ms,
            tasks=self._own_tasks(here, own) if own else (),
            unit=own,
            seen=seen,
            units=units,
            roster=roster,
            kinds={kind.id: kind.name[language] for kind in declared.case_kinds.values() if not kind.rectifies},
            areas={area.id: area.name[language] for area in areas},
            is_expired=here.is_expired,
            own_words=self._tasks.own_words(),
        )

    def _own_tasks(self, here: Here, unit: str) -> list[Task]:
        with self._entrance.office.database.reading() as connection:
            rows = tasks_of(connection, [unit])
        told = [(row, self._tasks.book.read(row.case)) for row in rows]
        return [
            self._tasks.task(here.by, case, row.id, AssignmentState(row.state))
            for row, case in told
            if self._tasks.may(here.by, "cases.see", case)
        ]

    async def _here(self, request: Request) -> Here:
        """Raises ApiError: before a city is on show, or for whom no person stands."""
        now = self._tasks.now()
        one, is_expired = await looking(self._entrance, request)
        return Here(self._entrance.bearer(), one.person.name, one.person.login, now, is_expired)
