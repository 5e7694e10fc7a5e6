"""Warnings of days past, as they were kept, with what people did about them: lists, and one whole. Cut to the reach."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from accounts.rights import may
from api.duty import REFUSED, Duty
from api.errors import ApiError
from api.rest import Present
from board.belonging import chain_of
from board.words import level_word, number
from core.errors import UnknownName
from core.records import DAY_MS, HOUR_MS
from early_warning.duty import standings
from early_warning.duty_fold import UNTOUCHED, Standing
from early_warning.terms import terms
from store.warnings import Asked, KeptWarning, warning_of, warnings_between

LONGEST_MS, LATEST_MS = 400 * DAY_MS, 1 << 53
SHOWN = 500
RELATED = 12
NEAR_MS = 2 * HOUR_MS  # so far apart at most begin warnings that may have to do with each other


class Kept(BaseModel):
    """One warning as it stood last, and how it stands with people."""

    id: str
    rule: str
    rule_name: str
    version: str
    indicator: str
    indicator_name: str
    subject: str
    subject_name: str
    area: str
    area_name: str
    level: str
    peak: str
    phase: str
    issuer: str
    since_ms: int
    ended_ms: int | None
    text: str
    bound: float | None
    unit: str
    late: bool
    revision: int
    sentence: str
    acked_by: str
    acked_ms: int
    holder: str
    verdict: str
    verdict_by: str


class KeptList(BaseModel):
    """Warnings of a time, newest first. more: there are more than are listed."""

    city_ms: int
    warnings: list[Kept]
    more: bool


class KeptWhole(BaseModel):
    """One warning, the facts that its rule left, and others of the same station or county at about that time.

    terms: what its rule says now, in words, a line a level.
    """

    city_ms: int
    warning: Kept
    facts: dict[str, Any]
    terms: list[str]
    related: list[Kept]


class Shelf:
    """The kept warnings as whoever asks may see them."""

    def __init__(self, duty: Duty) -> None:
        self._duty = duty
        self._database = duty.entrance.office.database

    def between(self, present: Present, from_ms: int, until_ms: int, asked: Asked) -> tuple[list[Kept], bool]:
        """Those that stood at some time, newest first, and whether there are more."""
        scene = present.scene.id
        with self._database.reading() as connection:
            found = warnings_between(connection, scene, from_ms, until_ms, asked)
            seen = [one for one in found if self._sees(present, one)][:SHOWN]
            stands = standings(connection, scene, [one.warning.id for one in seen])
        return [told(present, one, stands[one.warning.id]) for one in seen], len(found) == asked.limit

    def whole(self, present: Present, warning: str) -> KeptWhole:
        """One warning. Raises ApiError 404."""
        scene = present.scene.id
        with self._database.reading() as connection:
            try:
                kept = warning_of(connection, scene, warning)
            except UnknownName:
                raise ApiError(404, "unknown-warning", name=warning) from None
            if not self._sees(present, kept):
                raise ApiError(404, "unknown-warning", name=warning)
            since_ms = kept.warning.since_ms
            around = warnings_between(connection, scene, since_ms - NEAR_MS, since_ms + NEAR_MS, Asked(area=kept.area))
            near = [one for one in around if one.warning.id != warning and self._sees(present, one)]
            near.sort(key=lambda one: (one.warning.subject != kept.warning.subject, -one.warning.peak))
            stands = standings(connection, scene, [warning, *(one.warning.id for one in near[:RELATED])])
        return KeptWhole(
            city_ms=present.origin().city_ms,
            warning=told(present, kept, stands[warning]),
            facts=kept.warning.facts,
            terms=_terms(present, kept.warning.rule),
            related=[told(present, one, stands[one.warning.id]) for one in near[:RELATED]],
        )

    def _sees(self, present: Present, kept: KeptWarning) -> bool:
        indicator = present.declared.indicators.get(kept.warning.indicator)
        topic = indicator.domain if indicator else ""
        area = chain_of(present.declared, kept.warning.subject)
        return may(self._duty.entrance.bearer(), "warnings.see", area=area, topic=topic).allowed


def kept_routes(duty: Duty) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)
    shelf = Shelf(duty)

    @router.get("/warnings/kept")
    async def between(
        from_ms: Annotated[int, Query(ge=0, le=LATEST_MS)] = 0,
        until_ms: Annotated[int, Query(ge=0, le=LATEST_MS)] = 0,
        area: str = "",
        rule: str = "",
        subject: str = "",
    ) -> KeptList:
        """Warnings that stood at some time of a span (by default the last day), newest first; those of trials never."""
        present = Present(duty.hub)
        city_ms = present.origin().city_ms
        until_ms = until_ms or city_ms + 1
        from_ms = max(from_ms or until_ms - DAY_MS, until_ms - LONGEST_MS)
        asked = Asked(rule, subject, area)
        found, more = await asyncio.to_thread(shelf.between, present, from_ms, until_ms, asked)
        return KeptList(city_ms=city_ms, warnings=found, more=more)

    @router.get("/warnings/kept/{warning}")
    async def whole(warning: str) -> KeptWhole:
        """One warning with the facts of its rule and others nearby."""
        return await asyncio.to_thread(shelf.whole, Present(duty.hub), warning)

    return router


def _terms(present: Present, rule: str) -> list[str]:
    declared = present.declared
    known = declared.rules.get(rule)
    return terms(known, declared.indicators, present.reader.name, present.language) if known else []


def told(present: Present, kept: KeptWarning, stands: Standing = UNTOUCHED) -> Kept:
    """As the API gives it."""
    warning, language, reader = kept.warning, present.language, present.reader
    indicator, rule = present.declared.indicators.get(warning.indicator), present.declared.rules.get(warning.rule)
    return Kept(
        id=warning.id,
        rule=warning.rule,
        rule_name=rule.name[language] if rule else warning.rule,
        version=warning.rule_version,
        indicator=warning.indicator,
        indicator_name=indicator.name[language] if indicator else warning.indicator,
        subject=warning.subject,
        subject_name=reader.name(warning.subject),
        area=kept.area,
        area_name=reader.name(kept.area),
        level=level_word(warning.level),
        peak=level_word(warning.peak),
        phase=str(warning.phase),
        issuer=str(warning.issuer),
        since_ms=warning.since_ms,
        ended_ms=warning.ended_ms,
        text=number(warning.value, indicator.decimals if indicator else 1, language),
        bound=warning.bound if warning.bound == warning.bound else None,  # NaN: not known
        unit=warning.unit,
        late=warning.late,
        revision=warning.revision,
        sentence=kept.sentence,
        acked_by=stands.name,
        acked_ms=stands.at_ms,
        holder=stands.holder_name,
        verdict=stands.verdict,
        verdict_by=stands.verdict_name,
    )
