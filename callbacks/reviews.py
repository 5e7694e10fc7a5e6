"""After-action reviews as files: of a case with the plans that were applied to it, and of a response."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response

from accounts.bearer import Bearer
from accounts.warden import Warden
from api.entrance import Entrance
from api.errors import ApiError
from callbacks.account_desk import AccountDesk
from callbacks.case_sight import CaseSight
from callbacks.files import attached
from core.clock import real_ms
from core.errors import UnknownName
from dispatch.book import CaseBook
from dispatch.response_book import Ground, ResponseBook, sees
from dispatch.responses import review_of
from dispatch.review_paper import Seen, case_review, response_review
from documents.formats import Format, written
from documents.letters import Letters
from documents.paper import Paper
from layouts.reading import PictureReader
from store.units import all_units

EXPORT, SEE = "export.make", "cases.see"
FORMATS = (Format.DOCX, Format.PDF)


def register(server: FastAPI, desk: AccountDesk, entrance: Entrance, reader: PictureReader, letters: Letters) -> None:
    """`reports/<case>/review` and `plans/<response>/review`."""
    files = ReviewFiles(desk, entrance, reader, letters)
    base = desk.base_path
    server.add_api_route(f"{base}reports/{{case}}/review", files.of_case, methods=["GET"], include_in_schema=False)
    server.add_api_route(
        f"{base}plans/{{response}}/review", files.of_response, methods=["GET"], include_in_schema=False
    )


class ReviewFiles:
    """Reviews, each made from the logs when it is asked for; who took one stands in the audit."""

    def __init__(self, desk: AccountDesk, entrance: Entrance, reader: PictureReader, letters: Letters) -> None:
        self._desk, self._entrance, self._reader, self._letters = desk, entrance, reader, letters
        self._sight = CaseSight(reader, desk.office, desk.language)
        self._warden = Warden(desk.office.database, desk.office.journal)

    async def of_case(self, request: Request) -> Response:
        """The review of a case."""
        return await self._answer(request, self._case, request.path_params["case"])

    async def of_response(self, request: Request) -> Response:
        """The review of a response."""
        return await self._answer(request, self._response, request.path_params["response"])

    async def _answer(self, request: Request, make: Callable[[Bearer, str], Paper], name: str) -> Response:
        asked = request.query_params.get("format", "")
        if asked not in FORMATS:
            raise ApiError(404, "not-found", path=asked)
        try:
            paper, made = await asyncio.to_thread(self._made, self._entrance.bearer(), make, name, Format(asked))
        except UnknownName:
            raise ApiError(404, "not-found", path=name) from None
        return attached(made, paper.title, Format(asked))

    def _made(self, by: Bearer, make: Callable[[Bearer, str], Paper], name: str, form: Format) -> tuple[Paper, bytes]:
        paper, now_ms = make(by, name), real_ms()
        detail = {"paper": "review", "format": str(form)}
        with self._warden.acting(by, EXPORT, f"review:{name}", now_ms, detail):
            return paper, written(paper, form, self._letters, self._sight.now(now_ms).city_ms)

    def _case(self, by: Bearer, case: str) -> Paper:
        """Raises UnknownName, also for what he may not see."""
        rules = self._sight.rules()
        told = CaseBook(self._warden, lambda: rules).read(case)
        if not self._sight.may(by, SEE, told.case.facts):
            raise UnknownName(case)
        seen = self._seen()
        reviews = [review_of(one.course.plan, one.log, seen.as_of_ms) for one in self._responses().of_case(case)]
        return case_review(told, reviews, seen, self._city(), self._sight.mark())

    def _response(self, by: Bearer, response: str) -> Paper:
        """Raises UnknownName, also for what he may not see."""
        told = self._responses().read(response)
        if told.scene != self._reader.scene_id() or not sees(by, told, self._sight.rules().above):
            raise UnknownName(response)
        seen = self._seen()
        review = review_of(told.course.plan, told.log, seen.as_of_ms)
        return response_review(review, told.log, seen, self._city(), self._sight.mark())

    def _responses(self) -> ResponseBook:
        ground = Ground(self._sight.declared().plans, self._sight.rules().above)
        return ResponseBook(self._warden, lambda: ground)

    def _seen(self) -> Seen:
        declared = self._sight.declared()
        with self._desk.office.database.reading() as connection:
            units = {**declared.units, **{row.id: row for row in all_units(connection)}}
        return Seen(
            names=self._sight.names(),
            person=self._sight.people(),
            unit=lambda unit: units[unit].name if unit in units else unit,
            calendars=self._sight.rules().calendars,
            as_of_ms=self._sight.now(real_ms()).city_ms,
        )

    def _city(self) -> str:
        return self._sight.declared().city.name[self._desk.language]
