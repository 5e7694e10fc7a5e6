"""How every account page is asked for and acted on: a page shows, an act is a form; both know who asks.

An act that succeeds leads to a page by its address, so that nothing is done twice by going back; one that is refused
shows the page again with one sentence; one that makes a secret shows it there, this once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from accounts.bearer import Bearer
from accounts.doors import action_of
from accounts.rights import held_by
from accounts.roster import Term
from accounts.sources.contract import Refused
from api.bearers import shown_by
from api.entrance import Entrance
from api.errors import ApiError
from api.me import STATUS, Signed, signed
from api.push import read_body
from api.sign_in_page import sign_in_page
from catalogue.declared import Declared
from core.accounts import EVERYWHERE, Reach, Sensitivity
from core.clock import real_ms
from core.errors import (
    CityVitalsError,
    DeclarationError,
    IllegalStep,
    NeighbourDown,
    NotAllowed,
    Objection,
    Taken,
    UnknownName,
)
from core.messages import text
from core.records import Stamp
from geo.areas import AreaLevel
from layouts.account_frame import LOOKED_AT, PLACES, Frame, Told, Viewer, begin_of, end_of, sentence_of
from layouts.posts import Ground
from layouts.reading import PictureReader, Record

OFFERED = (AreaLevel.CITY, AreaLevel.COUNTY, AreaLevel.ZONE)  # areas to choose from; hundreds of towns are too many
FORM_BYTES = 4 * 1024 * 1024  # a workbook of some thousand people
NO_RIGHT = frozenset({"nobody", "role", "narrowed", "locked", "new-password", "second-factor"})
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request at an account page. signed: the session behind it, None for tokens and nobody."""

    by: Bearer
    now_ms: int
    place: Mapping[str, str]  # what the address names
    sent: Mapping[str, list[str]]  # the query, or the fields of the form
    files: Mapping[str, bytes] = field(default_factory=dict)
    signed: Signed | None = None

    def word(self, name: str) -> str:
        """One field, without space around it; empty when it was not sent."""
        return self.sent.get(name, [""])[0].strip()

    def words(self, name: str) -> tuple[str, ...]:
        """A field that may stand several times, or hold several words with commas between them."""
        written = ",".join(self.sent.get(name, [])).replace("，", ",").replace("、", ",")
        return tuple(dict.fromkeys(filter(None, (one.strip() for one in written.split(",")))))

    def number(self, name: str) -> int:
        """What the address names by a number. Raises UnknownName."""
        written = self.place[name]
        if not (written.isascii() and written.isdecimal()) or len(written) > 15:
            raise UnknownName(f"{written!r} is not a number")
        return int(written)

    def rights(self) -> frozenset[str]:
        """What is offered to whoever asks."""
        return held_by(self.by)


@dataclass(frozen=True, slots=True)
class Done:
    """An act that succeeded: the page to go to, and the code of `account.done-…`; or a secret to be shown this once."""

    onward: str
    code: str
    secret: str = ""


Show = Callable[[Frame, Asked], str]
# What changes what others hold: it holds in this process at once, and cuts off live pictures with the next frame.
OF_OTHERS = ("people.edit", "passwords.reset", "factors.reset", "sessions.end", "posts.edit", "tokens.make")
Written = Callable[[Frame], str]  # a page of its own that says what came of an act
Act = Callable[[Asked], Done | Refused | Written]


class AccountDesk:
    """Registers pages and acts on the server."""

    def __init__(self, server: FastAPI, entrance: Entrance, reader: PictureReader) -> None:
        self._server, self._entrance, self._reader = server, entrance, reader
        self.office, self.language, self.base_path = entrance.office, entrance.language, entrance.base_path

    def declared(self) -> Declared | None:
        """What the city on show has declared; None before there is one."""
        return self._reader.declared()

    def ground(self) -> Ground:
        """Areas and topics of the city on show, for choices and for words; none before there is a city."""
        declared = self._reader.declared()
        if declared is None:
            return Ground({}, {})
        offered = (area for level in OFFERED for area in declared.areas.at(level))
        return Ground(
            {area.id: area.name[self.language] for area in offered},
            {domain.id: domain.name[self.language] for domain in declared.domains},
        )

    def chain(self, area: str) -> tuple[str, ...]:
        """An area and those it lies in, as rights are asked; one that nobody declared stands alone."""
        declared = self._reader.declared()
        if not area or declared is None or area not in declared.areas:
            return (area,) if area else ()
        return (area, *(above.id for above in declared.areas.ancestors(area)))

    def hid(self, action: str, subject: str) -> None:
        """Note for the audit that whoever asks was told there is no such thing, because he may not see it."""
        self._entrance.hid(action, subject)

    def page(self, path: str, show: Show, own: bool = False) -> None:
        """A page at an address below the base path. own: about whoever is signed in, so that somebody must be."""

        async def get(request: Request) -> Response:
            sent: dict[str, list[str]] = {}
            for name, value in request.query_params.multi_items():
                sent.setdefault(name, []).append(value)
            asked = await self._asked(request, sent)
            if own and asked.signed is None:
                return self._sign_in_first(asked, path)
            told = Told(sentence_of(asked.word("told"), self.language))
            return await self._shown(show, asked, told)

        self._server.add_api_route(self.base_path + path, get, methods=["GET"], include_in_schema=False)

    def act(self, path: str, act: Act, show: Show, own: bool = False) -> None:
        """An act by a form sent to an address; `show` writes the page on which it stands. own: as for pages."""
        changes_who = action_of(f"POST /{path}") in OF_OTHERS

        async def post(request: Request) -> Response:
            sent, files = await _form(request)
            asked = replace(await self._asked(request, sent), files=files)
            if own and asked.signed is None:
                return self._sign_in_first(asked, "account")
            form = request.url.path.removeprefix(self.base_path)
            try:
                done = await asyncio.to_thread(act, asked)
            except NeighbourDown:
                raise
            except (CityVitalsError, ValueError) as problem:
                return await self._shown(show, asked, self._refusal(problem, form, sent), _status(problem))
            finally:
                if changes_who:
                    self._entrance.bearers.forget_all()
                self._entrance.bearers.forget(shown_by(request.headers))
            if isinstance(done, Refused):
                told = Told(done.in_words(self.language), is_refusal=True, form=form)
                return await self._shown(show, asked, told, STATUS.get(done.code, 422))
            if isinstance(done, Done) and done.secret:
                sentence = sentence_of(done.code, self.language)
                return await self._shown(show, asked, Told(sentence, secret=done.secret))
            if not isinstance(done, Done):
                return await self._shown(lambda frame, _: done(frame), asked, Told())
            mark = "&" if "?" in done.onward else "?"
            return RedirectResponse(f"{self.base_path}{done.onward}{mark}told={done.code}", 303)

        self._server.add_api_route(self.base_path + path, post, methods=["POST"], include_in_schema=False)

    def _sign_in_first(self, asked: Asked, onward: str) -> Response:
        """The sign-in page in the place of one's own: nobody is signed in, or not any more."""
        why = text("rights.locked", self.language) if asked.by.locked else ""
        return sign_in_page(self._entrance, onward, why, 401 if why else 200)

    async def _asked(self, request: Request, sent: Mapping[str, list[str]]) -> Asked:
        """What was asked, by whom. Who is signed in without any post may still look after his own account."""
        try:
            one = await signed(self._entrance, request)
        except ApiError:
            one = None
        by = self._entrance.bearer()
        if one is not None and by.name != f"person:{one.person.login}":
            one = None  # a token that was shown beside the session stands alone
        return Asked(by, real_ms(), request.path_params, sent, signed=one)

    async def _shown(self, show: Show, asked: Asked, told: Told, status: int = 200) -> Response:
        person = asked.signed.person if asked.signed else None
        held = asked.rights()
        offered = [
            place for place in (*LOOKED_AT, *PLACES) if place != "exchange" or self._entrance.settings.exchange_peers
        ]
        places = tuple(place for place in offered if action_of(f"GET /{place}") in held)
        named = (person.name, person.login) if person else (asked.by.name, "")
        responses = self._responses() if "responses.see" in held else None
        viewer = Viewer(*named, places, responses, self._stamp() if "pages.see" in held else "")
        frame = Frame(self.language, self.base_path, viewer, told)
        try:
            page = await asyncio.to_thread(show, frame, asked)
        except UnknownName:
            raise ApiError(404, "not-found", path="/".join(asked.place.values())) from None
        return HTMLResponse(page, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

    def _responses(self) -> tuple[Record, ...] | None:
        sections = self._reader.sections()
        return tuple(sections.get("responses", {}).values()) if sections else None

    def _stamp(self) -> str:
        """The stamp of a city that is not the real one; "" of the real one, and before one is on show."""
        city = self._reader.sections().get("city", {}).get("main", {})
        return "" if city.get("stamp") == Stamp.LIVE else str(city.get("stamp", ""))

    def _refusal(self, problem: Exception, form: str, sent: Mapping[str, list[str]]) -> Told:
        """Why an act was not done, in one sentence; what was typed stays, but for passwords."""
        typed = {name: values[0] for name, values in sent.items() if "password" not in name}
        lines: tuple[str, ...] = ()
        match problem:
            case NotAllowed() | Objection() | IllegalStep():
                sentence = problem.in_words(self.language)
            case Taken():
                sentence = text("account.taken", self.language, name=problem.name)
            case DeclarationError():
                sentence, lines = text("account.faults", self.language), tuple(problem.problems)
            case UnknownName():
                sentence = text("account.unknown", self.language)
            case _:
                sentence = text("account.malformed", self.language)
        return Told(sentence, is_refusal=True, lines=lines, form=form, typed=typed)


def reach_of(asked: Asked) -> Reach:
    """A reach from the fields `areas`, `topics` (none: everything) and `grade`."""
    areas, topics = asked.words("areas") or (EVERYWHERE,), asked.words("topics") or (EVERYWHERE,)
    return Reach(areas, topics, grade_of(asked))


def grade_of(asked: Asked) -> Sensitivity:
    """A grade of sensitivity by its name; the lowest when none is named. Raises UnknownName."""
    return Sensitivity.of(asked.word("grade") or Sensitivity.PUBLIC.word)


def term_of(asked: Asked) -> Term:
    """A time at a post from the fields `from`, `until` (its last day; empty: without end) and `rank`.

    From today means from now, else somebody would hold a post before he was given it. Raises ValueError.
    """
    begin_ms, until, rank = begin_of(asked.word("from")), asked.word("until"), asked.word("rank") or "0"
    return Term(max(begin_ms, asked.now_ms), end_of(until) if until else None, int(rank))


def _status(problem: Exception) -> int:
    """403: he lacks the right; 404: there is no such thing; 422: he has it, and a rule forbids what he wants."""
    if isinstance(problem, NotAllowed) and problem.code in NO_RIGHT:
        return 403
    return 404 if isinstance(problem, UnknownName) else 422


async def _form(request: Request) -> tuple[Mapping[str, list[str]], Mapping[str, bytes]]:
    """Fields and files of a form. Raises ApiError 422: it is none."""
    content, kind = await read_body(request, FORM_BYTES), request.headers.get("content-type", "")
    if len(content) > FORM_BYTES:
        raise ApiError(413, "body-too-large")
    try:
        if not kind.startswith("multipart/form-data"):
            return parse_qs(content.decode(), keep_blank_values=True, max_num_fields=200), {}
        return _parts(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
    except ValueError as problem:
        raise ApiError(422, "bad-request", detail=type(problem).__name__) from None


def _parts(message: bytes) -> tuple[Mapping[str, list[str]], Mapping[str, bytes]]:
    """A form with files is a MIME message, which the standard library reads."""
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(message).iter_parts():
        name = str(part.get_param("name", header="content-disposition") or "")
        content = part.get_payload(decode=True)
        held = content if isinstance(content, bytes) else b""
        if part.get_filename() is None:
            fields.setdefault(name, []).append(held.decode())
        else:
            files[name] = held
    return fields, files
