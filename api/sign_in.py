"""Signing in and out: as JSON for programs, as plain forms for people whose page has not begun yet."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TypeVar
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from accounts.bearer import Bearer
from accounts.rights import may_somewhere
from accounts.sessions import Cookies
from accounts.sign_in import SignedIn, Where
from accounts.sources.contract import Refused
from api.bearers import SESSION, set_cookie, shown_by
from api.entrance import Entrance
from api.errors import ApiError, answer, errors
from api.me import STATUS, Code, NewPassword, change_password, show_code, signed
from api.push import read_body
from api.sign_in_page import code_page, new_password_page, sign_in_page
from core.clock import real_ms
from core.records import HOUR_MS

BODY_BYTES = 8 * 1024
AT_ONCE = 2  # passwords judged at the same time; each takes 64 MiB and 50 ms
WAITING = 20  # sign-ins that wait for their turn; more are sent away

Form = TypeVar("Form", bound=BaseModel)


class Wanted(BaseModel):
    """A sign-in. `seat`: the desk in the room; `next`: the page to go to, below the base path."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)
    seat: str = Field("", max_length=100)
    next: str = Field("", max_length=500)


class CodeStep(Code):
    """The second step of a sign-in, and the page to go to then."""

    model_config = ConfigDict(extra="ignore")  # a form may carry more

    next: str = Field("", max_length=500)


class TypedTwice(NewPassword):
    """A new password from the form, where it is typed twice."""

    model_config = ConfigDict(extra="ignore")

    again: str | None = Field(None, max_length=1000)


_TAKES = {  # as JSON for programs, as a form for people
    "required": True,
    "content": {
        kind: {"schema": Wanted.model_json_schema()}
        for kind in ("application/json", "application/x-www-form-urlencoded")
    },
}


class Turns:
    """Passwords are judged few at a time: a flood of sign-ins takes neither all memory nor all threads."""

    def __init__(self, entrance: Entrance) -> None:
        self._ask = entrance.office.sign_in.with_password
        self._turn, self._waiting = asyncio.Semaphore(AT_ONCE), 0

    async def judged(self, wanted: Wanted, at: Where) -> SignedIn | Refused:
        """The answer when its turn has come. Raises NeighbourDown."""
        if self._waiting >= WAITING:
            return Refused("too-fast")
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._ask, wanted.login, wanted.password, at, real_ms())
        finally:
            self._waiting -= 1


def sign_in_routes(entrance: Entrance) -> APIRouter:
    """`/sign-in`, `/sign-in/code`, `/new-password` and `/sign-out`."""
    router = APIRouter(tags=["accounts"])
    _sign_in(router, entrance)
    _code(router, entrance)
    _new_password(router, entrance)

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        """End this session; a seat or a wall falls back to its own token."""
        shown, peer = shown_by(request.headers), entrance.peers.of(request.scope)
        was_open = await _end(entrance, shown, peer.address)
        gone: Response = JSONResponse({"signed_out": was_open})
        if "text/html" in request.headers.get("accept", ""):
            gone = RedirectResponse(f"{entrance.base_path}sign-in", 303)
        set_cookie(gone, SESSION, "", path=entrance.base_path, secure=peer.secure, lasts_s=0)
        return gone

    return router


def _sign_in(router: APIRouter, entrance: Entrance) -> None:
    turns = Turns(entrance)

    @router.get("/sign-in", include_in_schema=False)
    async def page(request: Request) -> Response:
        seat = await asyncio.to_thread(_seat, entrance, shown_by(request.headers))
        return sign_in_page(entrance, request.query_params.get("next", ""), seat=seat[1])

    @router.post("/sign-in", openapi_extra={"requestBody": _TAKES}, responses=errors(401, 422, 429, 503))
    async def sign_in(request: Request) -> Response:
        """A form is answered with the page to go to, or with the form and why not; JSON with JSON."""
        wanted, is_form = await _sent(request, Wanted)
        at = await where(entrance, request)
        found = await turns.judged(wanted, replace(at, seat=wanted.seat or at.seat))
        if is_form:
            return await admitted(entrance, request, found, wanted.next, wanted.login)
        if isinstance(found, Refused):
            return answer(STATUS.get(found.code, 401), f"sign-in.{found.code}", found.in_words(entrance.language))
        done = JSONResponse({"login": found.person.login, "needs_code": found.needs_code})
        return await _begun(entrance, request, done, found)


async def where(entrance: Entrance, request: Request) -> Where:
    """From which address a request comes, and at which seat."""
    seat, _ = await asyncio.to_thread(_seat, entrance, shown_by(request.headers))
    return Where(entrance.peers.of(request.scope).address, seat)


async def admitted(
    entrance: Entrance, request: Request, found: SignedIn | Refused, onward: str, login: str = ""
) -> Response:
    """What a person is shown after a proof: the page where he goes, with his session; or the form and why not.

    login: what he typed, for the next attempt.
    """
    if isinstance(found, Refused):
        _, seat = await asyncio.to_thread(_seat, entrance, shown_by(request.headers))
        why, status = found.in_words(entrance.language), STATUS.get(found.code, 401)
        return sign_in_page(entrance, onward, why, status, seat, login)
    done = RedirectResponse(entrance.base_path + await landing(entrance, found, onward), 303)
    return await _begun(entrance, request, done, found)


async def _begun(entrance: Entrance, request: Request, done: Response, found: SignedIn) -> Response:
    """The answer with the new session; who signs in on top takes the place of who sat there."""
    peer = entrance.peers.of(request.scope)
    await _end(entrance, shown_by(request.headers), peer.address)
    return with_session(entrance, done, found.secret, peer.secure)


def with_session(entrance: Entrance, done: Response, secret: str, secure: bool) -> Response:
    """An answer that gives the browser its new session."""
    lasts_s = 2 * entrance.settings.session_h * HOUR_MS // 1000  # the picture stays as long again
    set_cookie(done, SESSION, secret, path=entrance.base_path, secure=secure, lasts_s=lasts_s)
    done.headers["Cache-Control"] = "no-store"
    return done


async def landing(entrance: Entrance, found: SignedIn, onward: str) -> str:
    """Where somebody goes who has just signed in, below the base path.

    The code first; then where he wanted to go; the wall; who may not see that, to his own account.
    """
    if found.needs_code:
        return f"sign-in/code?next={quote(onward, safe='')}"
    return await _home(entrance, Cookies(found.secret), onward)


async def _home(entrance: Entrance, shown: Cookies, onward: str) -> str:
    wanted = _below(onward)
    if wanted not in {"", "wall"}:
        return wanted
    bearer = await entrance.bearers.of(shown, "")
    may_look = bearer.renewing or may_somewhere(bearer, "wall.see").allowed  # the gate asks for a new password first
    return "wall" if may_look else "account"


def _seat(entrance: Entrance, shown: Cookies) -> tuple[str, str]:
    """The seat whose token this browser carries, and its name; empty: none."""
    if not shown.token:
        return "", ""
    bearer = entrance.office.sessions.bearer(Cookies(token=shown.token), "", real_ms())
    kind, _, seat = bearer.name.partition(":")
    return (seat, bearer.grants[0].post) if kind == "seat" and bearer.grants else ("", "")


async def _end(entrance: Entrance, shown: Cookies, address: str) -> bool:
    """End the session that a browser still carries. Returns whether there was one."""
    found = await asyncio.to_thread(entrance.office.sessions.find, shown.session) if shown.session else None
    if found is not None:
        by = Bearer(f"person:{found[1].login}", address=address)
        await asyncio.to_thread(entrance.office.sessions.sign_out, by, found[0], real_ms())
    entrance.bearers.forget(shown)
    return found is not None


def _code(router: APIRouter, entrance: Entrance) -> None:
    @router.get("/sign-in/code", include_in_schema=False)
    async def page(request: Request) -> Response:
        """The second step; who has no second factor sets one up on his own page."""
        onward = request.query_params.get("next", "")
        try:
            one = await signed(entrance, request)
        except ApiError:
            return sign_in_page(entrance, onward)
        has_factor = await asyncio.to_thread(entrance.office.credentials.has_factor, one.person)
        if has_factor and not one.session.strong:
            return code_page(entrance, onward)
        wants_one = entrance.bearer().grants and not has_factor  # else it is a post that he lacks: his page says so
        return RedirectResponse(f"{entrance.base_path}account" + ("?told=factor-first" if wants_one else ""), 303)

    @router.post("/sign-in/code", include_in_schema=False)
    async def code(request: Request) -> Response:
        """The code of an authenticator, from the form."""
        given, _ = await _sent(request, CodeStep)
        try:
            one = await signed(entrance, request)
        except ApiError:  # it took him too long
            return sign_in_page(entrance, given.next)
        refused = await show_code(entrance, one, given)
        if refused is not None:
            return code_page(entrance, given.next, refused.in_words(entrance.language), STATUS.get(refused.code, 422))
        return RedirectResponse(entrance.base_path + await _home(entrance, one.shown, given.next), 303)


def _new_password(router: APIRouter, entrance: Entrance) -> None:
    @router.get("/new-password", include_in_schema=False)
    async def page() -> Response:
        return new_password_page(entrance)

    @router.post("/new-password", include_in_schema=False)
    async def new_password(request: Request) -> Response:
        """The form of a password that must change, which stands before every page until it is done."""
        given, _ = await _sent(request, TypedTwice)
        try:
            one = await signed(entrance, request)
        except ApiError:
            return sign_in_page(entrance, "")
        refused = Refused("again-differs") if given.again not in {None, given.new} else None
        refused = refused or await change_password(entrance, one, given)
        if refused is not None:
            return new_password_page(entrance, refused.in_words(entrance.language), STATUS.get(refused.code, 422))
        return RedirectResponse(entrance.base_path + await _home(entrance, one.shown, ""), 303)


async def _sent(request: Request, form: type[Form]) -> tuple[Form, bool]:
    """What was sent, and whether by a form. Raises ApiError 422."""
    content = await read_body(request, BODY_BYTES)
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    try:
        sent = dict(parse_qsl(content.decode(), max_num_fields=10)) if is_form else json.loads(content)
        return form.model_validate(sent), is_form
    except ValidationError as wrong:
        fields = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors())
        raise ApiError(422, "bad-request", detail=fields) from None
    except (ValueError, RecursionError) as wrong:
        raise ApiError(422, "bad-request", detail=type(wrong).__name__) from None


def _below(wanted: str) -> str:
    """An address below our base path and nowhere else.

    >>> _below("indicators/air?x=1"), _below("//evil.example"), _below("https://evil.example")
    ('indicators/air?x=1', 'evil.example', 'https%3A//evil.example')
    """
    return quote(wanted.replace("\\", "/").lstrip("/"), safe="/?=&")
