"""Who asks, as the house sees him; and what a person does about himself: his password, his second factor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from accounts.rights import RIGHTS, may_somewhere
from accounts.sessions import Cookies
from accounts.sources.contract import Refused
from api.bearers import shown_by
from api.entrance import Entrance
from api.errors import ApiError, answer, errors
from core.accounts import Person, Session
from core.clock import real_ms

# Of refused sign-ins and proofs that are no plain no.
STATUS = {"locked": 429, "too-fast": 429, "server-down": 503, "not-used": 404}


class NewPassword(BaseModel):
    """A change of one's own password."""

    model_config = ConfigDict(extra="forbid")

    old: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


class Code(BaseModel):
    """A code of the authenticator."""

    model_config = ConfigDict(extra="forbid")

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
class Signed:
    """Somebody who is signed in, for what only he may do."""

    session: Session
    person: Person
    shown: Cookies


async def signed(entrance: Entrance, request: Request) -> Signed:
    """The session behind a request that can still act. Raises ApiError 401."""
    one, has_expired = await looking(entrance, request)
    if has_expired:
        raise ApiError(401, "sign-in-first")
    return one


async def looking(entrance: Entrance, request: Request) -> tuple[Signed, bool]:
    """The session behind a request, and whether it has expired: then it looks on, and acts no more.

    Raises ApiError 401: nobody is signed in, or the session was ended.
    """
    shown, sessions = shown_by(request.headers), entrance.office.sessions
    found = await asyncio.to_thread(sessions.find, shown.session) if shown.session else None
    if found is None:
        raise ApiError(401, "sign-in-first")
    return Signed(*found, shown), sessions.has_expired(found[0], real_ms())


async def change_password(entrance: Entrance, one: Signed, given: NewPassword) -> Refused | None:
    """Change one's own password. None: done."""
    change = entrance.office.credentials.change_password
    refused = await asyncio.to_thread(change, one.person, given.old, given.new, one.session, real_ms())
    entrance.bearers.forget(one.shown)
    return refused


async def show_code(entrance: Entrance, one: Signed, given: Code) -> Refused | None:
    """Show a code of one's authenticator. None: it was right."""
    show = entrance.office.credentials.show_code
    refused = await asyncio.to_thread(show, one.person, one.session, given.code, real_ms())
    entrance.bearers.forget(one.shown)
    return refused


def me_routes(entrance: Entrance) -> APIRouter:
    """`/api/v1/me…`."""
    router = APIRouter(prefix="/api/v1/me", tags=["v1"])

    @router.get("")
    async def me(request: Request) -> Me:
        """Who this is: a person, a seat, a token or nobody."""
        return await _me(entrance, request)

    _credential_routes(router, entrance)
    return router


def _credential_routes(router: APIRouter, entrance: Entrance) -> None:
    credentials, taken = entrance.office.credentials, errors(401, 422)

    def told(refused: Refused | None) -> Response:
        if refused is None:
            return Response(status_code=204)
        status = STATUS.get(refused.code, 422)
        return answer(status, f"sign-in.{refused.code}", refused.in_words(entrance.language))

    @router.post("/password", status_code=204, responses=taken, response_class=Response)
    async def password(given: NewPassword, request: Request) -> Response:
        """Change one's own password; every other session of the person ends."""
        return told(await change_password(entrance, await signed(entrance, request), given))

    @router.post("/factor", responses=errors(401, 403))
    async def factor(request: Request) -> Factor:
        """Begin a second factor: what the authenticator scans."""
        one = await signed(entrance, request)
        return Factor(address=await asyncio.to_thread(credentials.begin_factor, one.person, one.session, real_ms()))

    @router.post("/code", status_code=204, responses=taken, response_class=Response)
    async def code(given: Code, request: Request) -> Response:
        """Show a code: confirms a new second factor, and makes this session strong."""
        return told(await show_code(entrance, await signed(entrance, request), given))


async def _me(entrance: Entrance, request: Request) -> Me:
    bearer, shown = entrance.bearer(), shown_by(request.headers)
    found = await asyncio.to_thread(entrance.office.sessions.find, shown.session) if shown.session else None
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
