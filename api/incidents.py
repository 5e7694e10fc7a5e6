"""What is likely one incident over all sources: `/api/v1/proposals`; taken apart: `/api/v1/cases/{case}/split`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from fastapi import APIRouter

from accounts.rights import may
from accounts.warden import Warden
from api import incident_models as models
from api.case_models import CaseTold
from api.cases import PERSONAL, SEE, Cases
from api.errors import ApiError, errors
from api.rest import Present
from board.belonging import chain_of
from core.errors import UnknownName
from dispatch.book import Told
from dispatch.clocks import Obligation
from dispatch.grouping import Grouper, Proposal
from dispatch.incidents import Accepted, Incidents, Look
from dispatch.intake import Source
from dispatch.personal import seen_fields
from dispatch.precedents import precedents
from dispatch.replying import draft_reply
from dispatch.similar import Precedent
from store.cases import CaseRow

REFUSED = errors(401, 403, 404, 422, 503)
Answer = TypeVar("Answer")

WAITING = 50  # single items that are told; the strip says how many more there are


class IncidentDesk:
    """Items and proposals as one web process tells them."""

    def __init__(self, cases: Cases) -> None:
        self._cases, office = cases, cases.entrance.office
        warden = Warden(office.database, office.journal)
        self.incidents = Incidents(warden, cases.book, cases.rules, self._grouper)

    async def proposals(self) -> models.Proposals:
        """What is likely one incident, and what waits alone, of all that whoever asks may see."""
        present = Present(self._cases.hub)
        now = self._cases.now(present)
        look = await asyncio.to_thread(self.incidents.look, now.scene, now.city_ms, self._sees)
        grouped = {member.id for one in look.proposals for member in one.members}
        alone = [item for item in look.items.values() if item.id not in grouped]
        return models.Proposals(
            now_ms=now.city_ms,
            proposals=[self._proposed(one, look) for one in look.proposals],
            waiting=[self._member(item.id, look) for item in alone[:WAITING]],
            further=max(0, len(alone) - WAITING),
        )

    async def members(self, case: str) -> models.MembersTold:
        """What a case consists of. Raises ApiError 404."""
        told = await self._cases.told(case)
        found = await asyncio.to_thread(self.incidents.members, case)
        look = Look({one.id: one for one in found.items}, {row.id: row for row in found.cases}, ())
        members = [self._member(name, look) for name in look.items]
        members += [self._merged(row, look, told) for row in found.cases]
        correlation = str(told.case.facts.get("correlation", ""))
        return models.MembersTold(correlation=correlation, members=sorted(members, key=lambda one: one.at_ms))

    async def similar(self, case: str) -> models.Precedents:
        """Past cases like this one that whoever asks may see. Raises ApiError 404."""
        told, now = await self._cases.told(case), self._cases.now(Present(self._cases.hub))
        database = self._cases.entrance.office.database
        found = await asyncio.to_thread(precedents, database, now.scene, told, now.city_ms)
        kind = Present(self._cases.hub).declared.case_kinds.get(str(told.case.facts["kind"]))
        topic = kind.domain if kind else ""
        seen = [one for one in found if self._sees(one.area, topic)]
        return models.Precedents(cases=[self._precedent(one, topic) for one in seen])

    async def accept(self, wanted: models.AcceptWish) -> CaseTold:
        """One case with all members. Raises ApiError 404."""
        wish = Accepted(wanted.key, tuple(dict.fromkeys(wanted.members)), wanted.kind, wanted.title)
        by, now = self._cases.entrance.bearer(), self._cases.now(Present(self._cases.hub))
        told = await self._known(self.incidents.accept, by, wish, now)
        return await self._cases.case(told.case.id)

    async def split(self, case: str, wanted: models.SplitWish) -> CaseTold:
        """A case without some of its members. Raises ApiError 404."""
        await self._cases.told(case)
        by, now = self._cases.entrance.bearer(), self._cases.now(Present(self._cases.hub))
        await self._known(self.incidents.split, by, case, wanted.members, (wanted.key, wanted.reason), now)
        return await self._cases.case(case)

    async def reject(self, wanted: models.RejectWish) -> None:
        """Members that are not one incident, or one item that is nothing. Raises ApiError 404."""
        by, now = self._cases.entrance.bearer(), self._cases.now(Present(self._cases.hub))
        if len(wanted.members) > 1:
            await asyncio.to_thread(self.incidents.set_apart, by, wanted.members, now)
        else:
            await self._known(self.incidents.dismiss, by, wanted.members[0], wanted.reason, now)

    def _precedent(self, one: Precedent, topic: str) -> Precedent:
        return Precedent(**seen_fields(asdict(one), self._sees(one.area, topic, PERSONAL)))

    async def _known(self, act: Callable[..., Answer], *given: object) -> Answer:
        """What an act gives, in a thread. Raises ApiError 404 for what it does not know."""
        try:
            return await asyncio.to_thread(act, *given)
        except UnknownName as unknown:
            raise ApiError(404, "unknown-case", name=str(unknown)) from None

    def _grouper(self) -> Grouper:
        declared = Present(self._cases.hub).declared
        return Grouper(declared.case_kinds, declared.case_causes.values())

    def _sees(self, area: str, topic: str, action: str = SEE) -> bool:
        declared = Present(self._cases.hub).declared
        chain = chain_of(declared, area) if area else ()
        return may(self._cases.entrance.bearer(), action, area=chain, topic=topic).allowed

    def _proposed(self, one: Proposal, look: Look) -> models.Proposed:
        present = Present(self._cases.hub)
        declared, language = present.declared, present.language
        why = {
            member.id: models.Why(
                shows=member.shows, distance_m=member.distance_m, delay_s=member.delay_s, words=list(member.words)
            )
            for member in one.members
        }
        cause = declared.case_causes.get(one.cause)
        return models.Proposed(
            cause=cause.name[language] if cause else "",
            kind=one.kind,
            kind_name=declared.case_kinds[one.kind].name[language],
            members=[self._member(name, look, told) for name, told in why.items()],
        )

    def _merged(self, row: CaseRow, look: Look, lead: Told) -> models.MemberTold:
        """A case that was merged: a citizen keeps his own reply, and a draft of it waits for whoever gives it."""
        told = self._member(row.id, look)
        if row.due_of != Obligation.REPLY:
            return told
        reply = draft_reply(lead.case, lead.log, told.title, Present(self._cases.hub).language)
        return told.model_copy(update={"reply_by_ms": row.due_ms, "reply": reply})

    def _member(self, name: str, look: Look, why: models.Why | None = None) -> models.MemberTold:
        """One member as whoever asks may see it: what callers said is masked but for those who may read it."""
        item, row = look.items.get(name), look.cases.get(name)
        if item:
            kind, source, title, at_ms, correlation = item.kind, item.source, item.title, item.at_ms, item.correlation
            in_full = self._sees(item.area, item.topic, PERSONAL)
        else:
            assert row is not None
            kind, source, title, at_ms, correlation = row.kind, Source.CASE, row.title, row.reported_ms, row.correlation
            in_full = self._sees(row.area, row.topic, PERSONAL)
        told = seen_fields({"title": title}, in_full)
        return models.MemberTold(
            id=name, source=source, kind=kind, title=told["title"], at_ms=at_ms, correlation=correlation, why=why
        )


def incident_routes(desk: IncidentDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/proposals")
    async def proposals() -> models.Proposals:
        """What is likely one incident over warnings, video, hotline, messages and cases, with a reason for each."""
        return await desk.proposals()

    @router.post("/proposals/accept")
    async def accept(wanted: models.AcceptWish) -> CaseTold:
        """One case with all members in one act; a repeat under the same key changes nothing."""
        return await desk.accept(wanted)

    @router.post("/proposals/reject", status_code=204)
    async def reject(wanted: models.RejectWish) -> None:
        """Several members: they are not one. One item: it is nothing."""
        await desk.reject(wanted)

    @router.get("/cases/{case}/members")
    async def members(case: str) -> models.MembersTold:
        """All that tells of a case: items that joined it and cases that were merged into it."""
        return await desk.members(case)

    @router.get("/cases/{case}/similar")
    async def similar(case: str) -> models.Precedents:
        """Past cases of its kind that are like it, with how they went."""
        return await desk.similar(case)

    @router.post("/cases/{case}/split")
    async def split(case: str, wanted: models.SplitWish) -> CaseTold:
        """Take members out again, in one act; they are not proposed for it any more."""
        return await desk.split(case, wanted)

    return router
