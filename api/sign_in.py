"""Signing in and out, and what a person does about himself: his password, his second factor."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response

from accounts.bearer import Bearer
from accounts.rights import RIGHTS, may_somewhere
from accounts.sessions import Cookies
from accounts.sign_in import SignedIn, Where
from accounts.sources.contract import Refused
from api.bearers import SESSION, set_cookie, shown_by
from api.entrance import Entrance
from api.errors import ApiError, answer, errors
from api.push import read_body
from api.sign_in_page import sign_in_page
from core.accounts import Person, Session
from core.clock import real_ms
from core.records import HOUR_MS

BODY_BYTES = 8 * 1024
AT_ONCE = 2  # passwords judged at the same time; each takes 64 MiB and 50 ms
WAITING = 20  # sign-ins that wait for their turn; more are sent away
STATUS = {"locked": 429, "too-fast": 429, "server-down": 503}


class Wanted(BaseModel):
    """A sign-in. `seat`: the desk in the room; `next`: the page to go to, below the base path."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)
    seat: str = Field("", max_length=100)
    next: str = Field("", max_length=500)


class NewPassword(BaseModel):
    """A change of one's own password."""

    old: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


class Code(BaseModel):
    """A code of the authenticator."""

    code: str = Field(max_length=20)


class HeldPost(BaseModel):
    """A post that somebody holds now, with its reach."""

    post: str
    role: str
    areas: list[str]
    topics: list[str]


class Me(BaseModel):
    """Who asks, and what he may. `locked`: the session has expired; the picture stays, acts wait.

    `needs_code`: the second factor is still to be shown. `renewing`: nothing goes before a new password.
    """

    name: str
    login: str | None
    person: str | None
    posts: list[HeldPost]
    actions: list[str]
    strong: bool
    locked: bool
    renewing: bool
    needs_code: bool
    expires_ms: int | None


class Factor(BaseModel):
    """What an authenticator scans; the factor holds after its first code."""

    address: str


@dataclass(frozen=True, slots=True)
class _Signed:
    """Somebody who is signed in, for what only he may do. An expired session may not."""

    session: Session
    person: Person
    shown: Cookies


def sign_in_routes(entrance: Entrance) -> APIRouter:
    """`/sign-in`, `/sign-out` and `/api/v1/me…`."""
    router = APIRouter()
    _in_and_out(router, entrance)
    _me(router, entrance)
    _credentials(router, entrance)
    return router


def _in_and_out(router: APIRouter, entrance: Entrance) -> None:
    turns, waiting = asyncio.Semaphore(AT_ONCE), set[object]()

    async def judged(wanted: Wanted, address: str) -> SignedIn | Refused:
        """One of few at a time: a flood of sign-ins takes neither all memory nor all threads."""
        if len(waiting) >= WAITING:
            return Refused("too-fast")
        ticket = object()
        waiting.add(ticket)
        try:
            async with turns:
                where = Where(address, wanted.seat)
                asked = entrance.office.sign_in.with_password
                return await asyncio.to_thread(asked, wanted.login, wanted.password, where, real_ms())
        finally:
            waiting.discard(ticket)

    @router.get("/sign-in", include_in_schema=False)
    async def page(request: Request) -> Response:
        return sign_in_page(entrance, request.query_params.get("next", ""))

    @router.post("/sign-in", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        """JSON or a form. A form is answered with the page to go to, or with the form and why not."""
        wanted, is_form = await _wanted(request)
        peer = entrance.peers.of(request.scope)
        found = await judged(wanted, peer.address)
        if isinstance(found, Refused):
            status, sentence = STATUS.get(found.code, 401), found.in_words(entrance.language)
            if is_form:
                return sign_in_page(entrance, wanted.next, sentence, status)
            return answer(status, f"sign-in.{found.code}", sentence)
        done: Response = JSONResponse({"login": found.person.login, "needs_code": found.needs_code})
        if is_form:
            done = RedirectResponse(entrance.base_path + _below(wanted.next), 303)
        lasts_s = 2 * entrance.settings.session_h * HOUR_MS // 1000  # the picture stays as long again
        set_cookie(done, SESSION, found.secret, path=entrance.base_path, secure=peer.secure, lasts_s=lasts_s)
        done.headers["Cache-Control"] = "no-store"
        return done

    @router.post("/sign-out", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        """End this session; a seat or a wall falls back to its own token."""
        shown = shown_by(request.headers)
        found = await asyncio.to_thread(entrance.office.sessions.find, shown.session) if shown.session else None
        if found is not None:
            by = Bearer(f"person:{found[1].login}", address=entrance.peers.of(request.scope).address)
            await asyncio.to_thread(entrance.office.sessions.sign_out, by, found[0], real_ms())
        entrance.bearers.forget(shown)
        gone = JSONResponse({"signed_out": found is not None})
        secure = entrance.peers.of(request.scope).secure
        set_cookie(gone, SESSION, "", path=entrance.base_path, secure=secure, lasts_s=0)
        return gone


def _me(router: APIRouter, entrance: Entrance) -> None:
    @router.get("/api/v1/me", tags=["v1"])
    async def me(request: Request) -> Me:
        """Who this is, as the house sees it: a person, a seat, a token or nobody."""
        bearer, shown = entrance.bearer(), shown_by(request.headers)
        find = entrance.office.sessions.find
        found = await asyncio.to_thread(find, shown.session) if shown.session else None
        session, person = found if found and bearer.name == f"person:{found[1].login}" else (None, None)
        return Me(
            name=bearer.name,
            login=person.login if person else None,
            person=person.name if person else None,
            posts=[
                HeldPost(post=g.post, role=g.role, areas=list(g.reach.areas), topics=list(g.reach.topics))
                for g in bearer.grants
            ],
            actions=[action for action in RIGHTS if may_somewhere(bearer, action).allowed],
            strong=bearer.strong,
            locked=bearer.locked,
            renewing=bearer.renewing,
            needs_code=session is not None and not session.strong and not bearer.grants,
            expires_ms=session.expires_ms if session else None,
        )


def _credentials(router: APIRouter, entrance: Entrance) -> None:
    credentials, taken = entrance.office.credentials, errors(401, 422)

    async def signed(request: Request) -> _Signed:
        """The session behind a request. Raises ApiError 401: there is none, or it has expired."""
        shown, sessions = shown_by(request.headers), entrance.office.sessions
        found = await asyncio.to_thread(sessions.find, shown.session) if shown.session else None
        if found is None or sessions.has_expired(found[0], real_ms()):
            raise ApiError(401, "sign-in-first")
        return _Signed(*found, shown)

    def told(refused: Refused | None, one: _Signed) -> Response:
        entrance.bearers.forget(one.shown)
        if refused is None:
            return Response(status_code=204)
        status = STATUS.get(refused.code, 422)
        return answer(status, f"sign-in.{refused.code}", refused.in_words(entrance.language))

    @router.post("/api/v1/me/password", tags=["v1"], status_code=204, responses=taken, response_class=Response)
    async def password(given: NewPassword, request: Request) -> Response:
        """Change one's own password; every other session of the person ends."""
        one = await signed(request)
        change = credentials.change_password
        refused = await asyncio.to_thread(change, one.person, given.old, given.new, one.session, real_ms())
        return told(refused, one)

    @router.post("/api/v1/me/factor", tags=["v1"], responses=errors(401, 403))
    async def factor(request: Request) -> Factor:
        """Begin a second factor: what the authenticator scans."""
        one = await signed(request)
        return Factor(address=await asyncio.to_thread(credentials.begin_factor, one.person, one.session, real_ms()))

    @router.post("/api/v1/me/code", tags=["v1"], status_code=204, responses=taken, response_class=Response)
    async def code(given: Code, request: Request) -> Response:
        """Show a code: confirms a new second factor, and this session becomes strong."""
        one = await signed(request)
        return told(await asyncio.to_thread(credentials.show_code, one.person, one.session, given.code, real_ms()), one)


async def _wanted(request: Request) -> tuple[Wanted, bool]:
    """What was sent, and whether by a form. Raises ApiError 422."""
    content = await read_body(request, BODY_BYTES)
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    try:
        sent = dict(parse_qsl(content.decode(), max_num_fields=10)) if is_form else json.loads(content)
        return Wanted.model_validate(sent), is_form
    except ValidationError as wrong:
        fields = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors())
        raise ApiError(422, "bad-request", detail=fields) from None
    except (ValueError, RecursionError) as wrong:
        raise ApiError(422, "bad-request", detail=type(wrong).__name__) from None


def _below(wanted: str) -> str:
    """An address below our base path and nowhere else.

    >>> _below("indicators/air?x=1"), _below("//evil.example"), _below("https://evil.example")
    ('indicators/air%3Fx%3D1', 'evil.example', 'https%3A//evil.example')
    """
    return quote(wanted.replace("\\", "/").lstrip("/"))
