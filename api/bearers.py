"""Whom a request stands for: cookies and headers become a bearer, looked up once in a few seconds for all requests."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

from accounts.bearer import NOBODY, Bearer
from accounts.own_token import OWN
from accounts.sealing import PREFIX
from accounts.sessions import Cookies, Sessions
from core.clock import real_ms
from core.errors import NeighbourDown

SESSION, TOKEN = "cityvitals_session", "cityvitals_token"  # names of the two cookies
KNOWN_MS = 3_000  # a revoked token or an ended session is noticed after so long
KEPT = 10_000  # bearers remembered; more are strangers that try secrets
SECRET_LETTERS = 100
USED_EVERY_MS = 60_000
TOKEN_S = 400 * 86_400  # the longest that browsers keep a cookie; a wall hangs for years and is seen daily

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Known:
    bearer: Bearer
    at_ms: int


def shown_by(headers: Headers) -> Cookies:
    """What a request shows: a token in `Authorization` stands alone; else the cookies of a browser."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Cookies(token=_plausible(secret.strip()))
    cookies = cookie_parser(headers.get("cookie", ""))
    token = _plausible(cookies.get(TOKEN, ""))
    return Cookies(_plausible(cookies.get(SESSION, "")), token if token.startswith(PREFIX) else "")


def _plausible(secret: str) -> str:
    return secret if len(secret) <= SECRET_LETTERS else ""


def set_cookie(answer: Response, name: str, secret: str, *, path: str, secure: bool, lasts_s: int) -> None:
    """Give a browser a secret that no script reads and no other site sends along. An empty one takes it away."""
    answer.set_cookie(
        name, secret, max_age=lasts_s if secret else 0, path=path, secure=secure, httponly=True, samesite="lax"
    )


class Bearers:
    """Bearers of one web process; lives on one event loop, asks the database in threads."""

    def __init__(self, sessions: Sessions, own_token: str, now_ms: Callable[[], int] = real_ms) -> None:
        """own_token: what the other processes of this installation show."""
        self._sessions, self._own_token, self._now_ms = sessions, own_token, now_ms
        self._known: dict[Cookies, _Known] = {}
        self._asking: dict[Cookies, asyncio.Task[Bearer]] = {}
        self._used_ms: dict[str, int] = {}

    async def of(self, shown: Cookies, address: str) -> Bearer:
        """Whom they stand for. Raises NeighbourDown: nobody can say, and nobody could before."""
        if shown == Cookies():
            return replace(NOBODY, address=address)
        if hmac.compare_digest(shown.token.encode(), self._own_token.encode()):
            return replace(OWN, address=address)
        known = self._known.get(shown)
        if known is None or self._now_ms() - known.at_ms >= KNOWN_MS:
            asking = self._asking.get(shown)
            if asking is None:
                asking = self._asking[shown] = asyncio.create_task(self._asked(shown, known))
                asking.add_done_callback(lambda _: self._asking.pop(shown, None))
            return replace(await asyncio.shield(asking), address=address)
        return replace(known.bearer, address=address)

    async def as_of(self, shown: Cookies, present: Bearer, at_ms: int) -> Bearer:
        """A bearer as he may do what he began at `at_ms`: with the rights of now, in the session as it stood then.

        Raises NeighbourDown.
        """
        then = await asyncio.to_thread(self._sessions.bearer, shown, "", at_ms)
        return replace(present, locked=then.locked)

    def forget(self, shown: Cookies) -> None:
        """What they stand for has just changed."""
        self._known.pop(shown, None)

    def forget_all(self) -> None:
        """Somebody's rights have just changed, or a token's: whoever comes next is looked up again."""
        self._known.clear()

    async def used(self, shown: Cookies) -> None:
        """Somebody acted: his session is not idle."""
        now_ms = self._now_ms()
        if not shown.session or now_ms - self._used_ms.get(shown.session, 0) < USED_EVERY_MS:
            return
        _keep(self._used_ms, shown.session, now_ms)
        await asyncio.to_thread(self._note_use, shown.session, now_ms)

    async def _asked(self, shown: Cookies, known: _Known | None) -> Bearer:
        """Without its database the house knows those whom it knew; they look on, and cannot act."""
        now_ms = self._now_ms()
        try:
            bearer = await asyncio.to_thread(self._sessions.bearer, shown, "", now_ms)
        except NeighbourDown:
            if known is None:
                raise
            bearer = replace(known.bearer, locked=True)
        _keep(self._known, shown, _Known(bearer, now_ms))
        return bearer

    def _note_use(self, secret: str, now_ms: int) -> None:
        found = self._sessions.find(secret)
        if found is not None:
            self._sessions.used(found[0], now_ms)


def _keep(kept: MutableMapping[Key, Value], key: Key, value: Value) -> None:
    """Put the newest last; beyond the limit the oldest goes."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > KEPT:
        del kept[next(iter(kept))]
