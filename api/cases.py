"""Cases: the queue, one case with its log and clocks, reports and steps; `/api/v1/cases`, for who is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from accounts.looks import Look
from accounts.rights import may
from accounts.warden import Warden
from api import case_models as models
from api.case_warning import admitted
from api.entrance import Entrance
from api.errors import ApiError, errors
from api.hub import Hub
from api.rest import Present
from board.belonging import chain_of
from catalogue.declared import Declared
from core.clock import real_ms
from core.errors import IllegalStep, UnknownName
from dispatch.book import CaseBook, Now, Rules, Told
from dispatch.clocks import Calendars
from dispatch.holidays import calendars_at
from dispatch.narrowing import Narrowing
from dispatch.steps import Verb
from dispatch.urgency import Load, Page
from store.case_queue import Asked
from store.people import called

REFUSED = errors(401, 403, 404, 409, 422, 503)
SEE, PERSONAL = "cases.see", "personal.see"
SHOWN = 200  # cases a page
ALL = Narrowing()


class Cases:
    """The book of cases as one web process uses it."""

    def __init__(self, hub: Hub, entrance: Entrance) -> None:
        self.hub, self.entrance = hub, entrance
        self.book = CaseBook(Warden(entrance.office.database, entrance.office.journal), self.rules)

    def rules(self) -> Rules:
        """What the city on show declares about cases. Raises ApiError 503 before the first picture."""
        declared = Present(self.hub).declared
        return Rules(declared.case_kinds, _calendars(declared), lambda area: chain_of(declared, area), declared.units)

    def now(self, present: Present) -> Now:
        """Scene and times of a request."""
        origin = present.origin()
        city = present.declared.city.code
        return Now(present.scene.id, str(present.scene.stamp), city, origin.city_ms, origin.server_ms)

    async def queue(self, asked: Asked, narrowing: Narrowing = ALL) -> models.Queue:
        """A page of the open cases that whoever asks may see."""
        present = Present(self.hub)
        now, by, above = self.now(present), self.entrance.bearer(), self.rules().above

        def read() -> tuple[Page, Load | None]:
            wanted = asked
            if narrowing != ALL:
                with self.entrance.office.database.reading() as connection:
                    wanted = replace(asked, only=narrowing.only(connection, by, now, above))
            is_counted = (narrowing != ALL or asked.lead) and not asked.after
            load = self.book.load(now.scene, wanted, self.may_see, now.city_ms) if is_counted else None
            return self.book.queue(now.scene, wanted, self.may_see), load

        return models.Queue.of(*await asyncio.to_thread(read), now.city_ms)

    async def case(self, case: str) -> models.CaseTold:
        """One case with its log. Raises ApiError 404, also for what he may not see."""
        return await self._shown(Present(self.hub), await self.told(case))

    async def told(self, case: str) -> Told:
        """One case as its log folds. Raises ApiError 404, also for what he may not see."""
        try:
            told = await asyncio.to_thread(self.book.read, case)
        except UnknownName:
            raise ApiError(404, "unknown-case", name=case) from None
        self._check_seen(Present(self.hub).declared, told)
        return told

    def may_see(self, area: str, topic: str) -> bool:
        """Whether whoever asks may see cases of an area and a topic."""
        return self._sees(Present(self.hub).declared, SEE, area, topic)

    async def report(self, wanted: models.Report) -> models.CaseTold:
        """A new case of whoever sent this request."""
        present = Present(self.hub)
        _check_asked(present.declared, wanted)
        report = await asyncio.to_thread(admitted, self.entrance, present, wanted)
        told = await asyncio.to_thread(self.book.act, self.entrance.bearer(), report.wish(), self.now(present))
        return await self._shown(present, told)

    async def step(self, case: str, wanted: models.StepWish) -> models.CaseTold:
        """One step of whoever sent this request."""
        await self.told(case)  # who may not see it is told that there is none
        present = Present(self.hub)
        told = await asyncio.to_thread(self.book.act, self.entrance.bearer(), wanted.wish(case), self.now(present))
        return await self._shown(present, told)

    async def _shown(self, present: Present, told: Told) -> models.CaseTold:
        declared = present.declared
        area, domain = self._check_seen(declared, told)
        now, in_full = self.now(present), self._sees(declared, PERSONAL, area, domain)
        if in_full and told.case.facts.get("caller"):
            self.entrance.office.looks.noted(
                Look(self.entrance.bearer().name, PERSONAL, f"case:{told.case.id}", now.real_ms)
            )
        names = await asyncio.to_thread(self._names, {entry.by for entry in told.log})
        return models.CaseTold.of(told, (now.city_ms, _calendars(declared)), names, in_full)

    def _names(self, acting: Iterable[str]) -> dict[str, str]:
        """What those who acted are called."""
        with self.entrance.office.database.reading() as connection:
            return {by: called(connection, by) for by in acting}

    def _check_seen(self, declared: Declared, told: Told) -> tuple[str, str]:
        """The area and the domain of a case. Raises ApiError 404: he may not see it."""
        kind = declared.case_kinds.get(str(told.case.facts.get("kind", "")))
        area, domain = str(told.case.facts.get("area", "")), kind.domain if kind else ""
        if not self._sees(declared, SEE, area, domain):
            raise ApiError(404, "unknown-case", name=told.case.id)
        return area, domain

    def _sees(self, declared: Declared, action: str, area: str, domain: str) -> bool:
        chain = chain_of(declared, area) if area else ()
        return may(self.entrance.bearer(), action, area=chain, topic=domain).allowed


def _check_asked(declared: Declared, wanted: models.Report) -> None:
    """Raises IllegalStep: a report brings a further field that its kind does not ask for."""
    kind = declared.case_kinds.get(wanted.kind)
    asked = set(kind.needs.get(Verb.REPORT, ()) if kind else ())
    if strangers := sorted(wanted.further.keys() - asked):
        raise IllegalStep("unasked", field=strangers[0])


def _calendars(declared: Declared) -> Calendars:
    return calendars_at(declared.city.work_hours, real_ms())


def case_routes(cases: Cases) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/cases")
    async def queue(wanted: Annotated[models.Wanted, Query()]) -> models.Queue:
        """Open cases, what is due first first, 200 a page: all, or those of a state, area, kind, source, grade."""
        asked = Asked(state=wanted.state, lead=wanted.lead, limit=SHOWN, after=models.mark_of(wanted.after))
        return await cases.queue(asked, wanted.narrowing())

    @router.post("/cases")
    async def report(wanted: models.Report) -> models.CaseTold:
        """Report: a case with its number. 422: the sentence says what it still needs."""
        return await cases.report(wanted)

    @router.get("/cases/{case}")
    async def one(case: str) -> models.CaseTold:
        """A case with its log, its clocks, its units and what can be done to it now."""
        return await cases.case(case)

    @router.post("/cases/{case}/steps")
    async def step(case: str, wanted: models.StepWish) -> models.CaseTold:
        """One step. 409: somebody was faster; 422: not possible now, and the sentence says what would be."""
        return await cases.step(case, wanted)

    return router
