"""Urgent reports on a case as desks and other systems read them: what comes next and by when, every version."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel

from accounts.warden import Warden
from api.cases import Cases
from api.errors import errors
from api.rest import Present
from dispatch.urgent import Stage, waits_for
from dispatch.urgent_office import Reports, UrgentOffice


class ReportTold(BaseModel):
    """One version. state: `draft`, `approved`, `sent`. waits_for: the role whose hand is next in its approval, or "".

    changed: figures that later records made different.
    """

    number: int
    stage: Stage
    state: str
    as_of_ms: int
    waits_for: str
    returned_for: str
    sent_ms: int | None
    receiver: str
    changed: list[str]


class ReportsTold(BaseModel):
    """All reports on a case. stage null: none comes any more; due_ms null: nobody demands it."""

    case: str
    stage: Stage | None
    due_ms: int | None
    to: list[str]
    reports: list[ReportTold]


def report_routes(cases: Cases) -> APIRouter:
    """`/api/v1/cases/{case}/reports`."""
    router = APIRouter(tags=["v1"], responses=errors(401, 403, 404, 503))

    @router.get("/api/v1/cases/{case}/reports")
    async def reports(case: str) -> ReportsTold:
        """First, follow-up and final report on a case, and the next one with its limit."""
        await cases.told(case)  # who may not see it is told that there is none
        office = cases.entrance.office
        urgent = Present(cases.hub).declared.urgent_reports.values()
        desk = UrgentOffice(Warden(office.database, office.journal), cases.rules(), urgent)
        return _told(case, await asyncio.to_thread(desk.of, case))

    return router


def _told(case: str, found: Reports) -> ReportsTold:
    return ReportsTold(
        case=case,
        stage=found.coming.stage if found.coming else None,
        due_ms=found.coming.due_ms if found.coming else None,
        to=list(found.rule.to) if found.rule else [],
        reports=[
            ReportTold(
                number=one.row.number,
                stage=Stage(one.row.stage),
                state=one.row.state,
                as_of_ms=one.row.as_of_ms,
                waits_for=waits_for(one.row.chain, one.row.trail) if one.row.state == "draft" else "",
                returned_for=one.row.returned_for,
                sent_ms=one.row.sent_ms,
                receiver=one.row.receiver,
                changed=[each.name for each in one.late],
            )
            for one in found.reports
        ],
    )
