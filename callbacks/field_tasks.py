"""What the pages of the field have in common: tasks as they stand, forms as they come, photos on their way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from fastapi import Request

from accounts.bearer import Bearer
from accounts.rights import may
from accounts.warden import Warden
from api.border import vouched_for
from api.entrance import Entrance
from api.errors import ApiError
from api.photos import Darkroom
from api.uploads import Form
from board.belonging import chain_of
from catalogue.declared import Declared
from core.clock import real_ms
from core.errors import IllegalStep, NotAllowed
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.holidays import calendars_at
from dispatch.log import Origin
from dispatch.personal import seen_fields
from dispatch.photos import Sent
from dispatch.states import OVER, AssignmentState
from dispatch.steps import Verb
from dispatch.wording import own_words
from layouts.field_task import Said, Task, first_due
from layouts.reading import PictureReader
from store.cases import revisions_of
from store.people import called

LATE_AT_MOST_MS = 7 * 86_400_000  # what waited longer in a telephone counts from when it came
WAITED_DIGITS = 12
FIX_AT_MOST_MS = 10 * 60_000  # an older position says nothing about where a report was made
SAID = 500
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=(), usb=()",
}


class FieldTasks:
    """Tasks of one installation, for pages without a shell."""

    def __init__(self, entrance: Entrance, reader: PictureReader) -> None:
        self.entrance, self._reader = entrance, reader
        self.warden = Warden(entrance.office.database, entrance.office.journal)
        self.book = CaseBook(self.warden, self.rules)
        self.darkroom = Darkroom(entrance, self.book)

    def declared(self) -> Declared:
        """The city on show. Raises ApiError 503 before the first picture."""
        declared = self._reader.declared()
        if declared is None:
            raise ApiError(503, "not-ready")
        return declared

    def rules(self) -> Rules:
        """What it declares about cases."""
        declared = self.declared()
        calendars = calendars_at(declared.city.work_hours, real_ms())
        return Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))

    def now(self) -> Now:
        """Scene and times of a request. Raises ApiError 503 before the first picture."""
        declared, reader = self.declared(), self._reader
        stamp = str(reader.sections()["city"]["main"]["stamp"])
        return Now(reader.scene_id(), stamp, declared.city.code, reader.city_now_ms(), real_ms())

    def own_words(self) -> dict[str, str]:
        """What the city says instead of the catalogue: code of a message → its word."""
        declared = self.declared()
        return own_words(declared.state_words, declared.case_kinds, self.entrance.language)

    def refusal(self, refused: IllegalStep | NotAllowed) -> str:
        """Why something was not done, in the words of the city."""
        language = self.entrance.language
        if isinstance(refused, IllegalStep):
            return refused.in_words(language, self.own_words())
        return refused.in_words(language)

    def sign(self, unit: str) -> str:
        """How the tasks of a unit stand, as a short word that is another when any of its cases moved.

        The picture knows the most urgent cases only; while more are open, the database is asked.
        """
        own = self._stored(unit) if self.is_beyond_picture() else self._shown(unit)
        named = sorted(f"{case}:{revision}" for case, revision in own.items())
        return sha256(" ".join(named).encode()).hexdigest()[:16]

    def is_beyond_picture(self) -> bool:
        """Whether more cases are open than the picture shows."""
        sections = self._reader.sections()
        load = sections.get("case_load", {}).get("main", {})
        return int(load.get("open", 0)) > len(sections.get("cases", {}))

    def _shown(self, unit: str) -> dict[str, int]:
        cases = self._reader.sections().get("cases", {})
        at_work = {
            case: [one["unit"] for one in record["units"] if one["state"] not in OVER] for case, record in cases.items()
        }
        return {case: int(cases[case]["revision"]) for case, units in at_work.items() if unit in units}

    def _stored(self, unit: str) -> dict[str, int]:
        with self.entrance.office.database.reading() as connection:
            return revisions_of(connection, self._reader.scene_id(), unit)

    def may(self, by: Bearer, action: str, told: Told) -> bool:
        """Whether somebody may do something about a case: in its area, for its topic."""
        declared, facts = self.declared(), told.case.facts
        kind, area = declared.case_kinds.get(str(facts.get("kind", ""))), str(facts.get("area", ""))
        chain = chain_of(declared, area) if area else ()
        return kind is not None and may(by, action, area=chain, topic=kind.domain).allowed

    def task(self, by: Bearer, told: Told, assignment: str, state: AssignmentState, *, outside: bool = False) -> Task:
        """One assignment as somebody may see it. outside: of what was said he sees only what was said by his link."""
        case, language = told.case, self.entrance.language
        kind = self.declared().case_kinds[str(case.facts["kind"])]
        in_full = self.may(by, "personal.see", told)
        due_ms, due_of = first_due(case.clocks, self.rules().calendars)
        photos = self.darkroom.book.of(case.id) if self.may(by, "photos.see", told) else []
        address = f"{self.entrance.base_path}api/v1/cases/{case.id}/photos"
        return Task(
            case.id,
            assignment,
            state,
            kind.name[language],
            seen_fields(case.facts, in_full),
            due_ms,
            due_of,
            [f"{address}/{one.sha256}?v={one.kept[:8]}" for one in photos],
            [one for one in self._said(told, in_full) if not outside or one.assignment == assignment],
            case.escalated,
        )

    def _said(self, told: Told, in_full: bool) -> list[Said]:
        """Notes of a case that stand, those that brought a photo among them; links are an affair of the desk."""
        struck = {entry.fields["entry"] for entry in told.log if entry.verb is Verb.STRIKE}
        notes = [
            entry
            for entry in told.log
            if entry.verb is Verb.NOTE and entry.number not in struck and "link" not in entry.fields
        ]
        with self.entrance.office.database.reading() as connection:
            names = {by: called(connection, by).removeprefix("link:") for by in {entry.by for entry in notes}}
        return [
            Said(entry.at_ms, names[entry.by], str(seen_fields(entry.fields, in_full)["text"]), entry.assignment)
            for entry in notes
        ]


def as_sent(form: Form, request: Request) -> Form:
    """A form with how long it waited in all: in the telephone, by its own counting, and at a border relay."""
    told, own = vouched_for(request.scope), form.fields.get("waited_ms", "")
    at_border_ms = told.at_ms - told.taken_ms if told else 0
    if at_border_ms < 1_000:
        return form
    waited_ms = at_border_ms + (int(own) if own.isdecimal() and len(own) <= WAITED_DIGITS else 0)
    return replace(form, fields=form.fields | {"waited_ms": str(waited_ms)})


def wish_of(sent: Mapping[str, str], now: Now, origin: Origin = Origin.PERSON) -> Wish:
    """The step that a form asks for. Raises IllegalStep: it has no key."""
    verb = Verb(sent.get("verb", "")) if sent.get("verb") in set(Verb) else Verb.NOTE
    fields: dict[str, Any] = {name: sent[name][:SAID] for name in ("reason", "text") if sent.get(name)}
    if verb is Verb.ARRIVE and (fix := fix_of(sent)) is not None:
        fields["fix"] = fix
    return Wish(
        key=key_of(sent, verb),
        verb=verb,
        case=sent.get("case", ""),
        assignment=sent.get("assignment", ""),
        fields=fields,
        origin=origin,
        happened_ms=happened_ms(sent, now),
    )


def report_of(sent: Mapping[str, str], now: Now) -> Wish:
    """The report that a form brings; where the telephone was, when it said so. Raises IllegalStep: it has no key."""
    fields: dict[str, Any] = {name: sent[name] for name in ("kind", "title", "area", "text") if sent.get(name)}
    said = sent.get("said", "").strip()[:200]
    if (fix := fix_of(sent)) is not None and fix.pop("age_ms") <= FIX_AT_MOST_MS:
        fields["place"] = fix | {"origin": "gps", "said": said}
    elif said:  # no point to draw: the words stand where everybody reads them
        fields["text"] = f"{said}\n{fields.get('text', '')}".strip()
    return Wish(key_of(sent, Verb.REPORT), Verb.REPORT, fields=fields, happened_ms=happened_ms(sent, now))


def photo_of(form: Form, key: str, told: tuple[str, str], now: Now) -> Sent:
    """The photo that a form brings to a case. told: the case, and the name for the watermark."""
    sent, (case, name) = form.fields, told
    return Sent(
        key=key,
        case=case,
        content=form.file,
        name=name,
        said=sent.get("text", "")[:SAID],
        whole=sent.get("sha256", "") if sent.get("part") == "small" else "",
        assignment=sent.get("assignment", ""),
        happened_ms=happened_ms(sent, now),
    )


def key_of(sent: Mapping[str, str], verb: Verb) -> str:
    """The key of an act. Raises IllegalStep: there is none."""
    if not 8 <= len(sent.get("key", "")) <= 70:
        raise IllegalStep("needs", verb=verb, needs="key")
    return sent["key"]


def happened_ms(sent: Mapping[str, str], now: Now) -> int | None:
    """When it happened, for what waited in the telephone: how long it waited, by the telephone's own counting."""
    waited = sent.get("waited_ms", "")
    if not waited.isdecimal() or len(waited) > WAITED_DIGITS or int(waited) > LATE_AT_MOST_MS:
        return None
    return now.city_ms - int(waited)


def fix_of(sent: Mapping[str, str]) -> dict[str, float] | None:
    """Where the telephone was, as its browser said: degrees WGS 84, m, and how old that was when it was tapped, ms."""
    try:
        fix = {name: float(sent[name]) for name in ("lon_deg", "lat_deg", "accuracy_m", "age_ms")}
    except (KeyError, ValueError):
        return None
    is_sound = all(math.isfinite(value) for value in fix.values()) and abs(fix["lat_deg"]) <= 90
    is_sound = is_sound and abs(fix["lon_deg"]) <= 180 and 0 < fix["accuracy_m"] <= 100_000 and fix["age_ms"] >= 0
    return fix if is_sound else None
