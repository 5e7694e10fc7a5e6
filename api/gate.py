"""The gate: every request passes here, and here it is asked who comes, at which door, and whether he may.

In this order: from our own pages? which door? who? may he? A live connection is asked again while it lasts. What is
refused is told in the form that the caller reads, and noted for the audit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts.bearer import NOBODY, Bearer
from accounts.doors import OF_ONE_PLACE, callback_door, enter, named_on_page, page_door
from accounts.rights import Decision
from accounts.sessions import Cookies
from accounts.sources.contract import Claim
from api.bearers import SESSION, TOKEN, TOKEN_S, set_cookie, shown_by
from api.border import vouched_for
from api.entrance import Entrance
from api.errors import answer
from api.sight import Sight
from api.sign_in_page import refusal_page
from catalogue.declared import Declared
from core.clock import real_ms
from core.errors import NeighbourDown
from core.messages import text
from core.peer import Peer

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CALLBACKS = "POST /_dash-update-component"
WALL = "GET /wall"
CALLBACK_BYTES = JSON_BYTES = 1024 * 1024  # larger than anything of ours that is read whole into memory
OWN_LIMIT = frozenset(  # of those that take readings and pictures: they count what comes, and tell more about it
    f"POST /api/v1/{place}"
    for place in ("readings/{feed}/{device}", "cases/{case}/photos", "cameras/{camera}/snapshot", "exchange")
)
ASKED_AGAIN_MS = 1_000  # with what is remembered of a bearer, a live connection ends within five seconds
WAYS_ON = {  # of a person who is refused a page: where he does what is missing
    "nobody": "sign-in",
    "locked": "sign-in",
    "new-password": "new-password",
    "second-factor": "sign-in/code",
}
STEPS_IN = frozenset(  # where secrets could be guessed: counted by address
    f"{method} {place}"
    for method, places in {
        "POST": (
            "/sign-in",
            "/sign-in/code",
            "/new-password",
            "/api/v1/me/password",
            "/api/v1/me/code",
            "/t/step",
            "/t/photo",
        ),
        "GET": ("/sign-in/with/{source}", "/sign-in/back/{source}", "/t"),
    }.items()
    for place in places
)
REFUSED_SOCKET = 1008  # policy violation
BY_HAND = (".n_clicks", ".n_submit", ".value", ".pathname")  # what a person changes; a clock does not keep him awake


class DoorShut(OSError):
    """The bearer of a live connection may not see it any more."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request at the gate."""

    scope: Scope
    headers: Headers
    peer: Peer
    shown: Cookies
    door: str

    @property
    def path(self) -> str:
        """The address that was asked for, without its query: secrets stand there."""
        return str(self.scope["path"])

    @property
    def reads_pages(self) -> bool:
        """Whether a person looks at the answer."""
        return self.door.startswith(("GET /", "POST /", "* /{rest")) and "text/html" in self.headers.get("accept", "")


@dataclass(frozen=True, slots=True)
class Called:
    """What a request to Dash asks for: a callback, for the pages of these addresses; by a hand, or by a clock."""

    door: str
    pages: tuple[str, ...] = ()
    by_hand: bool = False


class Gate:
    """ASGI middleware around the whole site."""

    def __init__(self, app: ASGIApp, entrance: Entrance, declared: Callable[[], Declared | None]) -> None:
        """declared: of the city on show, for what an address names by area, station or indicator."""
        self._app, self._entrance, self._declared = app, entrance, declared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers, peer = Headers(scope=scope), self._entrance.peers.of(scope)
        door, named = self._entrance.doorways.door(scope) or (None, {})
        unknown = f"{scope.get('method', 'WS')} {scope['path']}"
        visit = Visit(scope, headers, peer, shown_by(headers), door or unknown)
        try:
            bearer = await self._bearer(visit)
        except NeighbourDown:
            await self._say(visit, send, receive, 503, "no-accounts")
            return
        if _is_foreign(visit):
            await self._refuse(visit, bearer, Decision(False, "foreign", action=visit.door), receive, send)
            return
        if door == WALL and "token" in dict(parse_qsl(scope["query_string"].decode("latin-1"))):
            await self._take_token(visit, receive, send)
            return
        waits_s = self._waits_s(visit, bearer)
        if waits_s:
            await self._send_away(visit, bearer, waits_s, receive, send)
            return
        decision = self._in_reach(bearer, named) or enter(bearer, visit.door)
        if decision.allowed and door == CALLBACKS:
            content = await _body(receive)
            called = _called(content)
            decision = self._callback_decision(bearer, called)
            door, by_hand = called.door, called.by_hand
            named = named_on_page(called.pages[0], self._entrance.base_path) if called.pages else {}
            receive = _replayed(content or b"", receive)
        else:
            by_hand = scope.get("method") not in SAFE_METHODS or visit.reads_pages
        if not decision.allowed:
            await self._refuse(visit, bearer, decision, receive, send)
            return
        if by_hand:
            with suppress(NeighbourDown):
                await self._entrance.bearers.used(visit.shown)
        self._note_look(bearer, door or visit.door, named)
        await self._let_in(visit, bearer, receive, send)

    async def _bearer(self, visit: Visit) -> Bearer:
        """Who comes. What waited at a border relay is his who could act when it was taken in there."""
        bearers, told = self._entrance.bearers, vouched_for(visit.scope)
        bearer = await bearers.of(visit.shown, visit.peer.address)
        return await bearers.as_of(visit.shown, bearer, told.taken_ms) if bearer.locked and told else bearer

    def _note_look(self, bearer: Bearer, door: str, named: Mapping[str, str]) -> None:
        """Who is shown restricted indicators stands in the audit; a callback is known by its own door."""
        declared = self._declared()
        if declared is not None:
            with self._entrance.looking_as(bearer):
                sight = self._entrance.sights.of(declared)
            self._entrance.sensitive.noted(bearer, door, named, declared, sight)

    async def _let_in(self, visit: Visit, bearer: Bearer, receive: Receive, send: Send) -> None:
        visit.scope.setdefault("state", {})["bearer"] = bearer
        is_bounded = " /api/" in visit.door and visit.door not in OWN_LIMIT
        app = RequestBodyLimitMiddleware(self._app, JSON_BYTES) if is_bounded else self._app
        with self._entrance.looking_as(bearer):
            if visit.door in {"WS /live/ws", "GET /live/sse"}:
                with suppress(DoorShut, ClientDisconnect):
                    await app(visit.scope, receive, self._asking_again(visit, bearer, send))
            else:
                await app(visit.scope, receive, send)

    def _asking_again(self, visit: Visit, before: Bearer, send: Send) -> Send:
        """Before a frame is sent, now and then, whether the bearer still may."""
        asked_ms = real_ms()

        async def ask_and_send(message: Message) -> None:
            nonlocal asked_ms
            if message["type"] in {"websocket.send", "http.response.body"} and real_ms() - asked_ms >= ASKED_AGAIN_MS:
                asked_ms = real_ms()
                bearer = await self._entrance.bearers.of(visit.shown, visit.peer.address)
                decision = enter(bearer, visit.door)
                if not decision.allowed or bearer.grants != before.grants:  # with other rights he comes anew
                    self._note(visit, bearer, decision)
                    is_socket = visit.scope["type"] == "websocket"
                    closing: dict[str, Any] = {"type": "websocket.close", "code": REFUSED_SOCKET}
                    await send(closing if is_socket else {"type": "http.response.body", "body": b""})
                    raise DoorShut
            await send(message)

        return ask_and_send

    def _callback_decision(self, bearer: Bearer, called: Called) -> Decision:
        """Whether he may call a Dash callback, and see the page that it fills."""
        base, at_one = self._entrance.base_path, called.door in OF_ONE_PLACE
        decisions = [enter(bearer, one) for one in (called.door, *(page_door(page, base) for page in called.pages))]
        decisions += filter(None, (self._in_reach(bearer, named_on_page(page, base), at_one) for page in called.pages))
        return next((one for one in decisions if not one.allowed), decisions[0])

    def _in_reach(self, bearer: Bearer, named: Mapping[str, str], at_one: bool = False) -> Decision | None:
        """Why an area, a station or an indicator that an address names is out of his reach; None: it is not."""
        indicator, declared = named.get("indicator", ""), self._declared()
        place = named.get("area") or named.get("subject") or named.get("device", "")
        if at_one and not place and declared is not None:
            place = declared.areas.city.id
        if declared is None or not place or "feed" in named or not bearer.grants:
            return None
        with self._entrance.looking_as(bearer):
            sight = self._entrance.sights.of(declared)
        if sight is None or sight.refusal(indicator, place) is None:
            return None
        return Sight(bearer, declared).refusal(indicator, place)  # told with the name of his own post

    async def _take_token(self, visit: Visit, receive: Receive, send: Send) -> None:
        """The link of a wall: its token becomes a cookie and leaves the address, where others would read it."""
        query = parse_qsl(visit.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = Cookies(token=dict(query)["token"])
        bearer = await self._entrance.bearers.of(shown, visit.peer.address)
        decision = enter(bearer, visit.door)
        if not decision.allowed:
            await self._refuse(visit, bearer, decision, receive, send)
            return
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        away = RedirectResponse(f"{self._entrance.base_path}wall" + (f"?{rest}" if rest else ""), 303)
        base, secure = self._entrance.base_path, visit.peer.secure
        set_cookie(away, TOKEN, shown.token, path=base, secure=secure, lasts_s=TOKEN_S)
        set_cookie(away, SESSION, "", path=base, secure=secure, lasts_s=0)
        away.headers["Cache-Control"] = "no-store"
        await away(visit.scope, receive, send)

    async def _refuse(self, visit: Visit, bearer: Bearer, decision: Decision, receive: Receive, send: Send) -> None:
        self._note(visit, bearer, decision)
        way = WAYS_ON.get(decision.code) if visit.reads_pages else None
        if way is not None:
            if decision.code == "nobody" and bearer.name != NOBODY.name:
                way = "sign-in/code"  # known already; where he goes on from there is asked there
            elif decision.code == "nobody" and self._is_named(visit):
                way = "sign-in/with/proxy"
            back = visit.path.removeprefix(self._entrance.base_path) if visit.scope["method"] in SAFE_METHODS else ""
            address = f"{self._entrance.base_path}{way}?next={quote(back)}"
            await RedirectResponse(address, 303)(visit.scope, receive, send)
            return
        status = 401 if decision.code in {"nobody", "locked"} else 403
        await self._say(visit, send, receive, status, decision.code, decision.in_words(self._entrance.language))

    def _waits_s(self, visit: Visit, bearer: Bearer) -> int:
        """How long somebody must wait who asks too often, s; 0: he need not."""
        if visit.door in STEPS_IN:
            return self._entrance.sign_ins.waits_s(visit.peer.address, real_ms())
        if " /api/" in visit.door:
            asker = visit.peer.address if bearer.name == NOBODY.name else bearer.name
            return self._entrance.requests.waits_s(asker, real_ms())
        return 0

    async def _send_away(self, visit: Visit, bearer: Bearer, waits_s: int, receive: Receive, send: Send) -> None:
        self._note(visit, bearer, Decision(False, "too-many", action=visit.door))

        async def with_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Retry-After"] = str(waits_s)
            await send(message)

        await self._say(visit, with_time, receive, 429, "too-many")

    def _is_named(self, visit: Visit) -> bool:
        """Whether a proxy of ours says who comes: he need not be asked."""
        carried = self._entrance.office.sources.carried
        return carried is not None and isinstance(carried.read(dict(visit.headers), visit.peer.direct), Claim)

    async def _say(
        self, visit: Visit, send: Send, receive: Receive, status: int, code: str, sentence: str = ""
    ) -> None:
        if visit.scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": REFUSED_SOCKET})  # before it was accepted: HTTP 403
            return
        sentence = sentence or text(f"rights.{code}", self._entrance.language)
        said: Response = answer(status, code, sentence)
        if visit.reads_pages:
            said = refusal_page(self._entrance, sentence, status)
        said.headers["Cache-Control"] = "no-store"
        await said(visit.scope, receive, send)

    def _note(self, visit: Visit, bearer: Bearer, decision: Decision) -> None:
        door = decision.action if decision.code == "unknown-door" else visit.door
        self._entrance.refusals.noted(bearer, door, decision.code, visit.path, real_ms())


def _is_foreign(visit: Visit) -> bool:
    """Whether another site sent this request with the cookies of ours.

    A browser says where a page comes from with everything that may change something, and with every WebSocket.
    """
    if visit.scope["type"] != "websocket" and visit.scope["method"] in SAFE_METHODS:
        return False
    origin, site = visit.headers.get("origin"), visit.headers.get("sec-fetch-site")
    if origin is not None:
        return origin.lower().partition("://")[2] != visit.peer.host.lower()  # "null" is nobody's host
    if site is not None:
        return site not in {"same-origin", "none"}
    is_browser = "cookie" in visit.headers and "authorization" not in visit.headers
    return is_browser and visit.shown != Cookies() and visit.scope["type"] != "websocket"


def _called(content: bytes | None) -> Called:
    """What a body asks for; of one that nobody can read, a callback that there is not."""
    try:
        called = json.loads(content or b"")
        door, changed = callback_door(called["output"]), called.get("changedPropIds") or []
        values = [one for one in _flat([called.get("inputs"), called.get("state")]) if isinstance(one, dict)]
        pages = tuple(str(one.get("value") or "") for one in values if one.get("property") == "pathname")
        return Called(door, pages, any(str(one).endswith(BY_HAND) for one in changed))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Called("callback")


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is larger than any callback of ours needs."""
    content = bytearray()
    while True:
        message = await receive()
        content += message.get("body", b"")
        if len(content) > CALLBACK_BYTES:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(content)


def _replayed(content: bytes, receive: Receive) -> Receive:
    """A body that was read here, to be read again."""
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _flat(found: Any) -> list[Any]:
    """Inputs of a callback: each a record, or a list of such."""
    return [one for part in found for one in _flat(part)] if isinstance(found, list) else [found]
