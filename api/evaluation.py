"""Evaluation of cases as other systems read it: `/api/v1/evaluation`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.entrance import Entrance
from api.errors import ApiError, errors
from api.evaluation_desk import EvaluationDesk, Here
from api.hub import Hub
from api.rest import Present
from core.errors import UnknownName
from dispatch.evaluation import By, Measure
from dispatch.evaluation_table import COLUMNS, Evaluation, Row
from dispatch.evaluations import Basis
from dispatch.months import month_at, month_named


class MeasureTold(BaseModel):
    """One figure. value: a share 0 to 1, a mark 0 to 100, or minutes; null: nothing to say. cases: that it rests on."""

    value: float | None
    cases: int


class RowTold(BaseModel):
    """The figures of one department, county, kind, unit or person. score: 0 to 100, null without weights."""

    id: str
    name: str
    cases: int
    excluded: int
    measures: dict[Measure, MeasureTold]
    score: float | None


class EvaluationTold(BaseModel):
    """One month, of the cases that the token reaches. weights: of the score, empty: none were set."""

    month: str
    basis: Basis
    as_of_ms: int
    weights: dict[Measure, float]
    tables: dict[By, list[RowTold]]


def evaluation_routes(hub: Hub, entrance: Entrance) -> APIRouter:
    """`/api/v1/evaluation`."""
    router = APIRouter(tags=["v1"], responses=errors(401, 403, 404, 503))
    desk = EvaluationDesk(entrance.office, entrance.language)

    @router.get("/api/v1/evaluation")
    async def evaluation(
        month: Annotated[str, Query(description="2026-11; empty: the present one")] = "",
        basis: Basis = Basis.CLOSED,
    ) -> EvaluationTold:
        """On-time filing, dispatch, handling, closing, rework, reopening, satisfaction and arrivals of a month."""
        present = Present(hub)
        now_ms = present.origin().city_ms
        try:
            chosen = month_named(month) if month else month_at(now_ms)
        except UnknownName:
            raise ApiError(404, "not-found", path=month) from None
        here = Here(entrance.bearer(), present.declared, present.scene.id, str(present.scene.stamp), now_ms)
        return _told(await asyncio.to_thread(desk.month, here, chosen, basis))

    return router


def _told(found: Evaluation) -> EvaluationTold:
    return EvaluationTold(
        month=found.month.name,
        basis=found.basis,
        as_of_ms=found.as_of_ms,
        weights=dict(found.score.weights) if found.score else {},
        tables={by: [_row(row) for row in rows] for by, rows in found.tables.items()},
    )


def _row(row: Row) -> RowTold:
    cells = dict(zip(COLUMNS, row.cells, strict=True))
    return RowTold(
        id=row.id,
        name=row.name,
        cases=row.figures.cases,
        excluded=row.figures.excluded,
        measures={one: MeasureTold(value=cells[one].value, cases=cells[one].of or 0) for one in Measure},
        score=cells["score"].value,
    )
