"""Warnings of days past, as they were kept, with what people did about them: lists, and one whole. Cut to the reach."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.duty import REFUSED, Duty
from api.errors import ApiError
from api.rest import Present
from board.positions import kept_concerned
from board.words import level_word, number
from catalogue.load import load
from core.errors import UnknownName
from core.records import DAY_MS, HOUR_MS, CityWarning, Issuer
from early_warning.duty import standings
from early_warning.duty_fold import UNTOUCHED, Standing
from early_warning.grades import SEE, sees_one
from early_warning.pinned import pinned
from early_warning.rule import Rule
from early_warning.rule_watch import GOES_ON
from early_warning.signals import item_of, title
from early_warning.terms import terms
from geo.areas import AreaLevel
from store.sql import Transaction
from store.warnings import Asked, KeptWarning, warning_of, warnings_between

LONGEST_MS, LATEST_MS = 400 * DAY_MS, 1 << 53
SHOWN = 500
RELATED = 12
NEAR_MS = 2 * HOUR_MS  # so far apart at most begin warnings that may have to do with each other


class Kept(BaseModel):
    """One warning as it stood last, and how it stands with people.

    item: under which name people act on it; another one than its id where an authority issued it. goes_on_from: the
    version of its rule that it stood under before `version`; "" when it opened under that. lon, lat: of its
    station or small area, degrees WGS 84; null where it is about a county, the city, or a place that nobody knows.
    """

    id: str
    item: str
    rule: str
    rule_name: str
    version: str
    goes_on_from: str
    indicator: str
    indicator_name: str
    subject: str
    subject_name: str
    area: str
    area_name: str
    lon: float | None
    lat: float | None
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

    terms: what its rule says, in words, a line a level, in `terms_version`: the one that judged, or today's where that
    one is kept nowhere any more.
    """

    city_ms: int
    warning: Kept
    facts: dict[str, Any]
    terms: list[str]
    terms_version: str
    related: list[Kept]


class Shelf:
    """The kept warnings as whoever asks may see them."""

    def __init__(self, duty: Duty, packs: Path) -> None:
        self._duty = duty
        self._database = duty.entrance.office.database
        self._shipped = cache(lambda city: load(packs, city).rules)

    def between(self, present: Present, from_ms: int, until_ms: int, asked: Asked) -> tuple[list[Kept], bool]:
        """Those that stood at some time, newest first, and whether there are more."""
        scene = present.scene.id
        with self._database.reading() as connection:
            found = warnings_between(connection, scene, from_ms, until_ms, asked)
            seen = [one for one in found if self._sees(present, one)][:SHOWN]
            stands = standings(connection, scene, [item_of(one.warning) for one in seen])
        return [told(present, one, stands[item_of(one.warning)]) for one in seen], len(found) == asked.limit

    def whole(self, present: Present, warning: str) -> KeptWhole:
        """One warning. Raises ApiError 404."""
        scene = present.scene.id
        with self._database.reading() as connection:
            try:
                kept = warning_of(connection, scene, warning)
            except UnknownName:
                raise ApiError(404, "unknown-warning", name=warning) from None
            if not self._sees(present, kept):
                self._duty.entrance.hid(SEE, warning)
                raise ApiError(404, "unknown-warning", name=warning)
            since_ms = kept.warning.since_ms
            around = warnings_between(connection, scene, since_ms - NEAR_MS, since_ms + NEAR_MS, Asked(area=kept.area))
            near = [one for one in around if one.warning.id != warning and self._sees(present, one)]
            near.sort(key=lambda one: (one.warning.subject != kept.warning.subject, -one.warning.peak))
            all_of_it = [kept, *near[:RELATED]]
            stands = standings(connection, scene, [item_of(one.warning) for one in all_of_it])
            rule = self._rule(connection, present, kept.warning)
        first, *related = (told(present, one, stands[item_of(one.warning)]) for one in all_of_it)
        return KeptWhole(
            city_ms=present.origin().city_ms,
            warning=first,
            facts=kept.warning.facts,
            terms=terms(rule, present.declared.indicators, present.reader.name, present.language) if rule else [],
            terms_version=rule.version if rule else "",
            related=related,
        )

    def _rule(self, connection: Transaction, present: Present, warning: CityWarning) -> Rule | None:
        city, judging = present.declared.city.code, present.declared.rules.get(warning.rule)
        if not warning.rule:  # of an issued signal
            return None
        return pinned(connection, city, warning, judging, lambda rule: self._shipped(city).get(rule)) or judging

    def _sees(self, present: Present, kept: KeptWarning) -> bool:
        return sees_one(self._duty.entrance.bearer(), kept_concerned(present.declared, kept))


def kept_routes(duty: Duty, packs: Path) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)
    shelf = Shelf(duty, packs)

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


def told(present: Present, kept: KeptWarning, stands: Standing = UNTOUCHED) -> Kept:
    """As the API gives it."""
    warning, language, reader = kept.warning, present.language, present.reader
    indicator, rule = present.declared.indicators.get(warning.indicator), present.declared.rules.get(warning.rule)
    lon, lat = _place(present, warning.subject)
    return Kept(
        id=warning.id,
        item=item_of(warning),
        rule=warning.rule,
        rule_name=_rule_name(warning, rule, language),
        version=warning.rule_version,
        goes_on_from=warning.facts.get(GOES_ON, ""),
        indicator=warning.indicator,
        indicator_name=indicator.name[language] if indicator else warning.indicator,
        subject=warning.subject,
        subject_name=reader.name(warning.subject),
        area=kept.area,
        area_name=reader.name(kept.area),
        lon=lon,
        lat=lat,
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


def _rule_name(warning: CityWarning, rule: Rule | None, language: str) -> str:
    """What judged it; of an issued signal what was issued."""
    if warning.issuer is Issuer.ISSUED:
        return title(warning, language)
    return rule.name[language] if rule else warning.rule


def _place(present: Present, subject: str) -> tuple[float | None, float | None]:
    """Where a station or a small area lies; (None, None) for a county or the city, which are drawn by their border."""
    device, areas = present.declared.devices.get(subject), present.declared.areas
    if device is not None:
        return (device.place.lon_deg, device.place.lat_deg) if device.place else (None, None)
    if subject not in areas or areas[subject].level in (AreaLevel.CITY, AreaLevel.COUNTY):
        return None, None
    lon, lat = areas[subject].centre_deg
    return lon, lat
