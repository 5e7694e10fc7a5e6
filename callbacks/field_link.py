"""`/t?k=…`: the page of a one-time link. Whoever holds the link takes the steps of its one task, without an account."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.entrance import Entrance
from api.uploads import Form
from callbacks.field_tasks import HEADERS, FieldTasks, as_sent, key_of, photo_of, wish_of
from core.clock import in_china, real_ms
from core.errors import IllegalStep, NotAllowed, UnknownName
from core.messages import text
from dispatch.book import Now
from dispatch.links import Ended, LinkBook, Opened
from dispatch.log import Origin
from dispatch.states import AssignmentState
from dispatch.steps import UNIT_STEPS, Verb
from layouts.field import link_page
from layouts.field_task import Field
from layouts.reading import PictureReader

STEPS = frozenset({*UNIT_STEPS, Verb.NOTE}) - {Verb.RESERVE, Verb.NOTIFY}  # of its own task only
TOLD = ("step", "photo")

Act = Callable[[Opened, Form, Now], Awaitable[object]]


def register(server: FastAPI, base: str, entrance: Entrance, reader: PictureReader) -> None:
    """Put the pages on the server."""
    page = LinkPage(FieldTasks(entrance, reader))
    server.add_api_route(f"{base}t", page.show, methods=["GET"], include_in_schema=False)
    for what in (page.step, page.photo):
        server.add_api_route(f"{base}t/{what.__name__}", what, methods=["POST"], include_in_schema=False)


class LinkPage:
    """One task, for whoever holds its link."""

    def __init__(self, tasks: FieldTasks) -> None:
        self._tasks, self._entrance = tasks, tasks.entrance
        self._links = LinkBook(tasks.warden, tasks.book, tasks.rules, self._entrance.language)

    async def show(self, request: Request, k: str = "", told: str = "") -> Response:
        """The task of a link."""
        done = text(f"field.done-{told}", self._entrance.language) if told in TOLD else ""
        return await self._page(k, done)

    async def step(self, request: Request) -> Response:
        """A step of the task, or a word, by a form."""
        return await self._done(request, "step", self._step)

    async def photo(self, request: Request) -> Response:
        """A photo of the task by a form."""
        return await self._done(request, "photo", self._photo)

    async def _step(self, opened: Opened, form: Form, now: Now) -> object:
        wish = wish_of(form.fields, now, Origin.LINK)
        if wish.verb not in STEPS:
            raise IllegalStep("link-step", verb=wish.verb)
        wish = replace(wish, case=opened.link.case, assignment=opened.link.assignment)
        return await asyncio.to_thread(self._tasks.book.act, opened.bearer, wish, now)

    async def _photo(self, opened: Opened, form: Form, now: Now) -> object:
        key, darkroom = key_of(form.fields, Verb.NOTE), self._tasks.darkroom
        if form.fields.get("part") == "whole":
            return await darkroom.complete(opened.bearer, key, form.file, now)
        sent = photo_of(form, key, (opened.link.case, opened.link.name), now)
        sent = replace(sent, assignment=opened.link.assignment, origin=Origin.LINK)
        return await darkroom.add(opened.bearer, sent, now)

    async def _done(self, request: Request, what: str, act: Act) -> Response:
        """Do it, and show the page again with what became of it."""
        form, token = None, ""
        try:
            form = as_sent(await self._tasks.darkroom.form(request), request)
            token = form.fields.get("k", "")
            opened = await self._open(token)
            if opened is not None:
                await act(opened, form, self._tasks.now())
            elif not await asyncio.to_thread(self._was_done, token, form.fields.get("key", "")):
                return await self._page(token, status=410)
        except (IllegalStep, NotAllowed) as refused:
            return await self._page(token, self._tasks.refusal(refused), 422)
        except UnknownName:
            return await self._page(token, text("case.photo-other", self._entrance.language), 404)
        return RedirectResponse(f"{self._entrance.base_path}t?{urlencode({'k': token, 'told': what})}", 303)

    async def _open(self, token: str) -> Opened | None:
        return await asyncio.to_thread(self._links.open, token, real_ms())

    def _was_done(self, token: str, key: str) -> bool:
        ended = self._links.ended(token, real_ms())
        return ended is not None and self._links.has_done(ended.link, key)

    async def _page(self, token: str, told: str = "", status: int = 200) -> Response:
        """The task; once that has ended, how it did. status: of a refusal, else of what the link opens still."""
        opened = await self._open(token)
        ended = None if opened or status >= 400 else await asyncio.to_thread(self._links.ended, token, real_ms())
        if not (opened or ended or status >= 400):
            status = 410
        field = self._field(opened, token)
        over = "" if opened else self._ended_words(field, ended) if ended else field.word("field.link_over")
        said = over if ended else " · ".join(filter(None, (told, over)))
        field = replace(field, told=said, is_refusal=status >= 400)
        if opened is not None:
            one = opened.assignment
            task = await asyncio.to_thread(
                partial(self._tasks.task, opened.bearer, opened.told, one.id, one.state, outside=True)
            )
            field = replace(field, tasks=(task,))
        return HTMLResponse(link_page(field), status, HEADERS)

    def _field(self, opened: Opened | None, token: str) -> Field:
        """The page without its task."""
        language = self._entrance.language
        return Field(
            language=language,
            base_path=self._entrance.base_path,
            name=opened.link.name if opened else text("field.title", language),
            key=secrets.token_hex(8),
            now_ms=self._tasks.now().city_ms,
            tasks=(),
            acts="t",
            token=token,
            is_over=opened is None,
            own_words=self._tasks.own_words(),
        )

    def _ended_words(self, field: Field, ended: Ended) -> str:
        """That the task is done, or how else it ended, and when: no refusal."""
        at, today = in_china(ended.at_ms), in_china(field.now_ms).date()
        when = at.strftime("%H:%M" if at.date() == today else "%m-%d %H:%M")
        code = "field.link_done" if ended.state is AssignmentState.CLEAR else "field.link_ended"
        return field.word(code, state=field.word(f"case.state-{ended.state}"), at=when)
