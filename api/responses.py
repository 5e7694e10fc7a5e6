"""Responses in force 应急响应 and plans at work: `/api/v1/responses`. The book asks for rights, by area and level."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from accounts.warden import Warden
from api.cases import Cases
from api.errors import ApiError, errors
from api.rest import Present
from core.errors import UnknownName
from dispatch.plans import Progress
from dispatch.response_book import Ground, ResponseBook, ResponseWish, sees
from dispatch.response_rows import ResponseTold
from dispatch.responses import Deed, ResponseState

REFUSED = errors(401, 403, 404, 422, 503)
SHOWN = (ResponseState.PROPOSED, ResponseState.IN_FORCE)
BEGINS = (Deed.PROPOSE, Deed.APPLY)
Key = Annotated[str, Field(min_length=8, max_length=72)]
Level = Annotated[int, Field(ge=1, le=4)]


class ResponseBegin(BaseModel):
    """Propose a response for areas, or apply a plan to a case, which begins at once. level: 1 (Ⅰ) to 4 (Ⅳ)."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    plan: str = Field(min_length=1, max_length=80)
    level: Level
    areas: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(default_factory=list, max_length=50)
    reason: str = Field("", max_length=200)
    case: str = Field("", max_length=40)
    exercise: bool = False

    def wish(self) -> ResponseWish:
        """As the book takes it."""
        fields = self.model_dump(include={"level", "areas", "reason", "exercise"})
        fields |= {"case": self.case} if self.case else {}
        return ResponseWish(self.key, Deed.APPLY if self.case else Deed.PROPOSE, plan=self.plan, fields=fields)


class ResponseAct(BaseModel):
    """One act about a response: approve, decline, change its level, review, tick or skip a step, note, end."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    deed: Deed
    level: Level | None = None
    step: str = Field("", max_length=80)
    reason: str = Field("", max_length=200)
    text: str = Field("", max_length=500)
    revision: int | None = Field(None, ge=1, le=1 << 30)

    def fields(self) -> dict[str, Any]:
        """What the deed brings."""
        return self.model_dump(include={"level", "step", "reason", "text"}, exclude_defaults=True)


class StepTold(BaseModel):
    """One step of the plan; times: city time, ms UTC."""

    step: str
    progress: Progress
    due_ms: int | None


class ResponseTelling(BaseModel):
    """A response, or a plan at work on one case. possible: apart from rights; times: city time, ms UTC."""

    id: str
    plan: str
    plan_version: str
    state: ResponseState
    level: int
    areas: list[str]
    case: str
    exercise: bool
    approver: str
    began_ms: int
    review_ms: int
    review_late: bool
    revision: int
    possible: list[Deed]
    steps: list[StepTold]

    @classmethod
    def of(cls, told: ResponseTold, now_ms: int) -> ResponseTelling:
        """From the response as it stands at a city time."""
        course, response = told.course, told.course.response
        steps = [
            StepTold(step=one.step.id, progress=one.progress, due_ms=one.due_ms) for one in course.standings(now_ms)
        ]
        names = ("id", "plan", "case", "exercise", "approver", "began_ms", "review_ms")
        return cls(
            plan_version=str(response.plan_version),
            state=course.state,
            level=int(response.level),
            areas=list(response.areas),
            review_late=course.review_late(now_ms),
            revision=course.revision,
            possible=[deed for deed in course.possible if deed is not Deed.REMIND],
            steps=steps,
            **{name: getattr(response, name) for name in names},
        )


class ResponsesTold(BaseModel):
    """Responses that are asked for or in force and that whoever asks may see, the gravest first."""

    responses: list[ResponseTelling]


class ResponseDesk:
    """Responses as the API tells them."""

    def __init__(self, cases: Cases) -> None:
        self._cases, office = cases, cases.entrance.office
        self._book = ResponseBook(Warden(office.database, office.journal), self._ground)

    async def listed(self) -> ResponsesTold:
        """Those of the scene on show."""
        found = await asyncio.to_thread(self._book.all, Present(self._cases.hub).scene.id, SHOWN)
        return ResponsesTold(responses=[self._telling(told) for told in found if self._sees(told)])

    async def one(self, response: str) -> ResponseTelling:
        """One response. Raises ApiError 404, also for what he may not see."""
        return self._telling(await self._told(response))

    async def begin(self, wanted: ResponseBegin) -> ResponseTelling:
        """Propose, or apply to a case."""
        if wanted.case:
            await self._cases.told(wanted.case)
        return await self._done(wanted.wish())

    async def act(self, response: str, wanted: ResponseAct) -> ResponseTelling:
        """One act of whoever sent this request."""
        await self._told(response)
        if wanted.deed in (*BEGINS, Deed.REMIND):
            raise ApiError(422, "bad-request", detail=f"deed: {wanted.deed} is not done here")
        return await self._done(
            ResponseWish(wanted.key, wanted.deed, response=response, fields=wanted.fields(), revision=wanted.revision)
        )

    async def _done(self, wish: ResponseWish) -> ResponseTelling:
        by, now = self._cases.entrance.bearer(), self._cases.now(Present(self._cases.hub))
        return self._telling(await asyncio.to_thread(self._book.act, by, wish, now))

    async def _told(self, response: str) -> ResponseTold:
        try:
            told = await asyncio.to_thread(self._book.read, response)
        except UnknownName:
            raise ApiError(404, "unknown-response", name=response) from None
        if told.scene != Present(self._cases.hub).scene.id or not self._sees(told):
            raise ApiError(404, "unknown-response", name=response)
        return told

    def _sees(self, told: ResponseTold) -> bool:
        return sees(self._cases.entrance.bearer(), told, self._cases.rules().above)

    def _telling(self, told: ResponseTold) -> ResponseTelling:
        return ResponseTelling.of(told, self._cases.now(Present(self._cases.hub)).city_ms)

    def _ground(self) -> Ground:
        return Ground(Present(self._cases.hub).declared.plans, self._cases.rules().above)


def response_routes(desk: ResponseDesk) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)

    @router.get("/responses")
    async def listed() -> ResponsesTold:
        """Responses that are asked for or in force, the gravest first."""
        return await desk.listed()

    @router.post("/responses")
    async def begin(wanted: ResponseBegin) -> ResponseTelling:
        """Propose a response, or apply a plan to a case; a repeat under the same key begins none."""
        return await desk.begin(wanted)

    @router.get("/responses/{response}")
    async def one(response: str) -> ResponseTelling:
        """A response with its steps and what may be done about it now."""
        return await desk.one(response)

    @router.post("/responses/{response}/acts")
    async def act(response: str, wanted: ResponseAct) -> ResponseTelling:
        """Approve, decline, change, review, tick, skip, note, end. 422: not now, and the sentence says why."""
        return await desk.act(response, wanted)

    return router
