"""Acts on warnings and on whatever else waits, silences, and whom to call: `/api/v1/…`, for people who are signed in.

A browser names what it acts on; what that is, its level and where it belongs is read from the picture of this process.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query

from accounts.looks import Look
from accounts.masking import mask_phone
from accounts.rights import may
from accounts.warden import Warden
from api import duty_models as models
from api.entrance import Entrance
from api.errors import ApiError, errors
from api.hub import Hub
from api.rest import Present
from board.belonging import active_concerned, chain_of, concerned_by
from board.positions import kept_concerned
from core.duty import SOUND, Deed, Scope, Silence
from core.errors import UnknownName
from core.records import HOUR_MS, Level
from early_warning.duty import DutyDesk, Now, preview
from early_warning.duty_rules import Concerned, Wish
from early_warning.grades import SEE, check_seen, grade_of_scope, reaches
from early_warning.signals import id_of, item_of
from store.warnings import KeptWarning, warning_of

REFUSED = errors(401, 403, 404, 409, 422, 503)
PHONES = "personal.see"


class Duty:
    """The duty desk of one web process: who asks, what stands, and the service that acts."""

    def __init__(self, hub: Hub, entrance: Entrance) -> None:
        self.hub, self.entrance = hub, entrance
        self.desk = DutyDesk(Warden(entrance.office.database, entrance.office.journal))

    def now(self, present: Present) -> Now:
        """Scene and times of a request."""
        origin = present.origin()
        return Now(present.scene.id, present.declared.city.code, origin.city_ms, origin.server_ms)

    async def concerned(self, present: Present, subject: str) -> list[Concerned]:
        """What an act on a subject is about; one that is not on show is looked for among the kept. Raises ApiError."""
        found = concerned_by(present.declared, present.reader.sections, subject)
        if found or subject == SOUND:
            return found
        try:
            kept = await asyncio.to_thread(self._kept, present.scene.id, subject)
        except UnknownName:
            raise ApiError(404, "unknown-warning", name=subject) from None
        return [self._over(present, kept)]

    async def act(self, subject: str, wanted: models.ActWish) -> models.ActTold:
        """One act of whoever sent this request."""
        present = Present(self.hub)
        wish = Wish(
            key=wanted.key,
            kind=Deed(wanted.kind),
            subject=subject,
            text=wanted.text,
            until_ms=wanted.until_ms,
            verdict=wanted.verdict,
            into=wanted.into,
            since_ms=wanted.since_ms,
            seen=Level[wanted.seen.upper()],
        )
        about = await self.concerned(present, subject)
        try:
            done = await asyncio.to_thread(self.desk.act, self.entrance.bearer(), wish, about, self.now(present))
        except UnknownName:
            raise ApiError(404, "unknown-warning", name=subject) from None
        return models.ActTold.of(done)

    async def history(self, subject: str) -> models.Acts:
        """What was done about a subject; only for whom may see it."""
        present = Present(self.hub)
        about = await self._seen(present, subject)
        acts = await asyncio.to_thread(self.desk.history, present.scene.id, [one.id for one in about])
        return models.Acts(acts=[models.ActTold.of(act) for act in acts])

    async def contacts(self, subject: str) -> models.Contacts:
        """Whom to call; the look at a number is audited."""
        present = Present(self.hub)
        about = await self._seen(present, subject)
        bearer, now = self.entrance.bearer(), self.now(present)
        one = max(about, key=lambda each: each.level)
        in_full = may(bearer, PHONES, area=one.area, topic=one.topic).allowed
        found = await asyncio.to_thread(self.desk.contacts, now.scene, one, now.real_ms)
        if in_full and found:
            self.entrance.office.looks.noted(Look(bearer.name, PHONES, subject, now.real_ms))
        shown = [
            models.ContactTold(
                name=each.name, phone=each.phone if in_full else mask_phone(each.phone), role=each.role, post=each.post
            )
            for each in found
        ]
        return models.Contacts(contacts=shown, in_full=in_full)

    def sees(self, present: Present, silence: Silence) -> bool:
        """Whether he may know of a silence, by the rules that it names."""
        declared = present.declared
        return reaches(self.entrance.bearer(), grade_of_scope(silence.scope, declared.rules, declared.indicators))

    def areas(self, present: Present, scope: Scope) -> list[tuple[str, ...]]:
        """The areas that a silence reaches, each with those it lies in; of none named, the whole city."""
        declared = present.declared
        places = scope.areas or scope.subjects or (declared.city.code,)
        if any(place not in declared.areas and place not in declared.devices for place in places):
            raise ApiError(404, "unknown-area", name=", ".join(places))
        return [chain_of(declared, place) for place in places]

    async def _seen(self, present: Present, subject: str) -> list[Concerned]:
        """The same for who only looks. Raises ApiError 404, also for what he may not see; then it is audited."""
        about = await self.concerned(present, subject)
        try:
            check_seen(self.entrance.bearer(), about)
        except UnknownName:
            self.entrance.hid(SEE, subject)
            raise ApiError(404, "unknown-warning", name=subject) from None
        return about

    def _kept(self, scene: str, warning: str) -> KeptWarning:
        with self.entrance.office.database.reading() as connection:
            return warning_of(connection, scene, id_of(warning))

    @staticmethod
    def _over(present: Present, kept: KeptWarning) -> Concerned:
        """A warning that is over: what it was at its worst."""
        one = kept_concerned(present.declared, kept)
        return replace(one, id=item_of(kept.warning), level=kept.warning.peak)


def duty_routes(duty: Duty) -> APIRouter:
    """Routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"], responses=REFUSED)
    _act_routes(router, duty)
    _silence_routes(router, duty)
    return router


def _act_routes(router: APIRouter, duty: Duty) -> None:
    @router.post("/warnings/{warning}/acts")
    async def act(warning: str, wanted: models.ActWish) -> models.ActTold:
        """Acknowledge, comment, take over, shelve, merge, judge: one warning, or a card with all its warnings.

        409: somebody was faster, and the sentence says who; 422: it does not fit, and the sentence says why.
        """
        return await duty.act(warning, wanted)

    @router.get("/warnings/{warning}/acts")
    async def history(warning: str) -> models.Acts:
        """What was done about a card or a warning, oldest first."""
        return await duty.history(warning)

    @router.get("/warnings/{warning}/contacts")
    async def contacts(warning: str) -> models.Contacts:
        """Whom to call about a card or a warning, the best first."""
        return await duty.contacts(warning)

    @router.get("/duty/contacts")
    async def contacts_of_item(subject: Annotated[str, Query(max_length=200)]) -> models.Contacts:
        """Whom to call about anything else that waits."""
        return await duty.contacts(subject)

    @router.post("/duty/acts")
    async def act_on_item(wanted: models.ItemWish) -> models.ActTold:
        """An act on anything that waits: `event:<id>`, `source:<feed>`, `device:<id>`; `sound` is muted."""
        return await duty.act(wanted.subject, wanted)


def _silence_routes(router: APIRouter, duty: Duty) -> None:
    @router.get("/silences")
    async def silences() -> models.Silences:
        """Silences and maintenance windows that last, come, or ended during the last day."""
        present = Present(duty.hub)
        now = duty.now(present)
        found = await asyncio.to_thread(duty.desk.silences, now.scene, now.city_ms - 24 * HOUR_MS)
        return models.Silences(silences=[models.SilenceTold.of(one) for one in found if duty.sees(present, one)])

    @router.post("/silences/preview")
    async def hidden(wanted: models.SilenceWish) -> models.Preview:
        """Which warnings a silence would hide now; nothing is written."""
        present = Present(duty.hub)
        sections = present.reader.sections
        found = preview(wanted.wanted(), active_concerned(present.declared, sections))
        told = [sections["warnings"][one.id]["sentence"] for one in found]
        return models.Preview(hides=[one.id for one in found], sentences=told)

    @router.post("/silences")
    async def silence(wanted: models.SilenceWish) -> models.SilenceTold:
        """Silence, or open a maintenance window."""
        present = Present(duty.hub)
        asked = wanted.wanted()
        areas, now = duty.areas(present, asked.scope), duty.now(present)
        made = await asyncio.to_thread(duty.desk.silence, duty.entrance.bearer(), asked, areas, now)
        return models.SilenceTold.of(made)

    @router.post("/silences/{number}/end")
    async def end(number: Annotated[int, Path(ge=1, le=1 << 53)]) -> models.SilenceTold:
        """Let a silence end now."""
        present = Present(duty.hub)
        now = duty.now(present)
        found = await asyncio.to_thread(duty.desk.silenced, now.scene, number)
        if found is None or not duty.sees(present, found):
            raise ApiError(404, "unknown-silence", number=number)
        areas = duty.areas(present, found.scope)
        ended = await asyncio.to_thread(duty.desk.end_silence, duty.entrance.bearer(), number, areas, now)
        return models.SilenceTold.of(ended)
