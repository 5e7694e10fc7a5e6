"""What other systems read of the past: one indicator at one area or station, by the window, the hour or the day."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api import models
from api.errors import ApiError, errors
from api.hub import Hub
from api.rest import Present
from core.clock import to_ms
from core.records import DAY_MS, HOUR_MS, Float64, Status
from indicators.definition import Indicator

POINTS = 100_000  # of one answer: two months of minutes, eleven years of hours
Resolution = Literal["window", "hour", "day"]
After = Annotated[str, Query(alias="from", description="ISO 8601 with its zone, or ms since 1970")]
Upto = Annotated[str, Query(alias="to", description="As `from`; empty: now")]


def history_routes(hub: Hub, folder: Path) -> APIRouter:
    """Routes below `/api/v1`. folder: of the history; it is read in a thread."""
    router = APIRouter(prefix="/api/v1", tags=["v1"])

    @router.get("/indicators/{indicator}/{area}/history", responses=errors(404, 422, 503))
    async def history(
        indicator: str,
        area: str,
        after: After,
        upto: Upto = "",
        resolution: Resolution = "window",
    ) -> models.History:
        """The windows that end after `from` and at or before `to`; hours and days are means with their extremes."""
        present = Present(hub)
        known = present.indicator(indicator)
        if not present.knows_place(area):
            raise ApiError(404, "unknown-area", name=area)
        origin = present.origin()
        after_ms, upto_ms = _moment_ms("from", after), _moment_ms("to", upto) if upto else origin.city_ms
        _refuse_too_many(known, upto_ms - after_ms, resolution)
        asked = (indicator, area, after_ms, upto_ms, resolution)
        columns = await asyncio.to_thread(_columns, folder, present.scene.id, asked)
        return models.History.model_validate(
            {"origin": origin, "indicator": indicator, "area": area, "unit": known.unit, "resolution": resolution}
            | columns
        )

    return router


def _columns(folder: Path, scene_id: str, asked: tuple[str, str, int, int, str]) -> dict[str, object]:
    from store.history.reader import History  # noqa: PLC0415 - Arrow is loaded when somebody asks for the past

    history = History(folder, scene_id)
    beside: dict[str, Float64] = {}
    if asked[-1] == "window":
        series, beside = history.series_and_beside(*asked[:4])
    else:
        series = history.series(*asked)
    figures = {name: _known(getattr(series, name)) for name in ("value", "low", "high")}
    plain = {name: getattr(series, name).tolist() for name in ("end_ms", "reported", "expected", "windows")}
    status = [Status(status).name.lower() for status in series.status.tolist()]
    return plain | figures | {"status": status, "beside": {name: _known(column) for name, column in beside.items()}}


def _known(column: Float64) -> list[float | None]:
    return [None if math.isnan(one) else one for one in column.tolist()]


def _moment_ms(name: str, moment: str) -> int:
    try:
        return int(moment) if moment.lstrip("-").isdigit() else to_ms(datetime.fromisoformat(moment))
    except (ValueError, OverflowError) as wrong:
        raise ApiError(422, "bad-request", detail=f"{name}: {wrong}") from wrong


def _refuse_too_many(indicator: Indicator, span_ms: int, resolution: Resolution) -> None:
    step_ms = {"window": indicator.slide_s * 1000, "hour": HOUR_MS, "day": DAY_MS}[resolution]
    if span_ms // step_ms > POINTS:
        raise ApiError(422, "too-many-points", limit=POINTS)
