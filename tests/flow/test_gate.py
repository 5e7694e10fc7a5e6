"""Every door of the running website, for every role, against the one table; and every way around a door."""

from __future__ import annotations

import http.client
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
import requests
from guarded_site import Guarded, guarded
from live_city import BASE, RAIN, City, settings_of
from prerequisites import ANSWER_S, eventually, patience, unused_port
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as ws_connect

from accounts.doors import DOORS, action_of, callback_door
from accounts.founding import console
from accounts.rights import OPEN, RIGHTS
from api.bearers import TOKEN
from api.doorways import METHODS
from core.accounts import Role
from core.clock import real_ms
from core.messages import catalogue
from stream.connect import connect

PLACES = {
    "indicator": RAIN,
    "area": "440981",
    "subject": "440981",
    "device": "mm-rain-01",
    "warning": "none",
    "feed": "rain",
    "source": "oidc",
    "login": "nobody-at-all",
    "post": "no-post",
    "package_name": "dash",
    "fingerprinted_path:path": "none.js",
    "rest:path": "nothing/here",
}
FILES = {"FILES /assets": "assets/base.css", "FILES /api/static": "api/static/docs.js"}
# The founder first: his post ends when each of the three administrators is somebody.
WALKING = [None, *sorted(Role, key=lambda role: role is not Role.FOUNDER)]
BEHIND_OURS = {"GET {path:path}"}  # Dash adds it at the start; our own answer to every address comes first
REFUSED = {code.removeprefix("rights.") for code in catalogue() if code.startswith("rights.")}


@pytest.fixture(scope="module")
def site(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    settings = settings_of(
        redis_server, unused_port(), CITYVITALS_ACCOUNTS="1", CITYVITALS_VAR=str(tmp_path_factory.mktemp("var"))
    )
    client = connect(redis_server)
    client.flushall()
    city = City(client, settings)
    city.rain(3.0)
    with guarded(settings) as opened:
        eventually(lambda: opened.entrance.office is not None and _is_up(opened), 20)
        yield opened
    client.close()


def _is_up(site: Guarded) -> bool:
    return site.ask("GET", "api/v1/indicators", site.as_role(Role.DUTY)).status_code == 200


def _refused(answer: requests.Response) -> bool:
    """Whether the gate said no: a code of the rights, or the way to the sign-in page."""
    if answer.status_code == 303:
        return "sign-in" in answer.headers["location"]
    if answer.status_code not in {401, 403}:
        return False
    return answer.json()["error"]["code"] in REFUSED


def _passes(site: Guarded, door: str, who: dict[str, str]) -> bool:
    """Whether somebody is let through a door of the running site."""
    kind, place = door.split(" ", 1)
    if kind == "WS":
        try:
            with ws_connect(_socket(site, place), additional_headers=who):
                return True
        except InvalidStatus as refused:
            assert refused.response.status_code == 403
            return False
    if kind == "callback":
        called = next(one for one in site.callbacks if callback_door(one["output"]) == door)
        address = BASE if action_of(door) == OPEN else f"{BASE}indicators"
        return not _refused(site.ask("POST", "_dash-update-component", who, json=_call(called, address)))
    if place == "/_dash-update-component":
        return _passes(site, "callback shell-page.children", who)
    if kind == "page":
        shell = next(one for one in site.callbacks if "shell-page" in one["output"])
        return not _refused(site.ask("POST", "_dash-update-component", who, json=_call(shell, BASE + place)))
    path = (
        FILES[door] if kind == "FILES" else re.sub(r"\{([^}]*)\}", lambda found: PLACES.get(found[1], "0"), place)[1:]
    )
    with site.ask("GET" if kind in {"FILES", "*"} else kind, path, who, stream=True) as answer:
        return not _refused(answer)


def _socket(site: Guarded, place: str) -> str:
    return site.address.replace("http", "ws").rstrip("/") + place


def _call(callback: dict[str, Any], pathname: str) -> dict[str, Any]:
    """A callback as a page calls it."""

    def filled(one: dict[str, str]) -> dict[str, Any]:
        return one | {"value": pathname if one["property"] == "pathname" else 1}

    outputs = [dict(zip(("id", "property"), one.rsplit(".", 1), strict=True)) for one in _outputs(callback["output"])]
    return {
        "output": callback["output"],
        "outputs": outputs,
        "inputs": [filled(one) for one in callback["inputs"]],
        "state": [filled(one) for one in callback.get("state", [])],
        "changedPropIds": ["shell-address.pathname"],
    }


def _outputs(output: str) -> list[str]:
    return output.strip(".").split("...")


@pytest.fixture(scope="module")
def registered(site: Guarded) -> set[str]:
    """What the running website really has, asked of itself."""
    doorways = site.entrance.doorways.all()
    routes = {one.door(method) for one in doorways for method in (one.methods & METHODS or {"GET"})}
    return (
        (routes - BEHIND_OURS)
        | {callback_door(one["output"]) for one in site.callbacks}
        | {d for d in DOORS if d[:5] == "page "}
    )


@pytest.mark.claim("ACCOUNTS", "Every door of the running website lets exactly the roles of the one table through.")
@pytest.mark.parametrize("role", WALKING, ids=lambda role: str(role or "nobody"))
def test_every_door_for_every_role(site: Guarded, registered: set[str], role: Role | None) -> None:
    who = {} if role is None else site.as_role(role)
    wrong = []
    for door in sorted(registered, key=lambda door: (door == "POST /sign-out", door)):  # signed out, he is nobody
        action = action_of(door)
        wanted = action is not None and (action == OPEN or role in RIGHTS[action].roles)
        if _passes(site, door, who) != wanted:
            wrong.append((door, "shut" if wanted else "open"))
    assert wrong == []


def test_the_walk_knows_every_door_of_the_list(registered: set[str]) -> None:
    assert set(DOORS) - registered == set()


@pytest.mark.claim("ACCOUNTS", "No writing of an address leads around a door.")
@pytest.mark.parametrize(
    "path",
    [
        "api/v1/warnings",
        "/api/v1/warnings",
        "api//v1/warnings",
        "api/v1/warnings/",
        "api/v1/./warnings",
        "api/v1/x/../warnings",
        "api/v1/%2e%2e/v1/warnings",
        "api/v1/%77arnings",
        "API/v1/warnings",
        "api/v1/warnings;x=1",
        "api/v1/warnings%00",
        "assets/../api/v1/warnings",
        "assets/%2e%2e/api/v1/warnings",
        "assets/..%2f..%2fapp.py",
        "assets/%252e%252e/app.py",
        "wall/",
        "//wall",
        "WALL",
        "live/poll/",
        "live//poll",
        "_dash-layout/../live/poll",
        "_dash-component-suites/dash/../../../../app.py",
        "_dash-component-suites/app/app.py",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_no_way_around_a_door(site: Guarded, method: str, path: str) -> None:
    """Sent as it is written: no client of ours tidies it first."""
    host = site.address.partition("//")[2].partition("/")[0]
    wire = http.client.HTTPConnection(host, timeout=ANSWER_S)
    wire.request(method, BASE + path, headers={"Accept": "application/json"})
    answer = wire.getresponse()
    content = answer.read()
    wire.close()
    assert answer.status in {307, 400, 401, 403, 404, 405}, content
    assert b'"origin"' not in content and b'"set"' not in content and b"react-entry-point" not in content
    if answer.status == 307:
        assert answer.headers["location"].startswith(site.address.partition(BASE)[0])


@pytest.mark.claim("ACCOUNTS", "What is refused at a door stands in the audit: who, where, why and how often.")
def test_refusals_are_audited(site: Guarded) -> None:
    person = site.person(Role.AUDIT)
    who = site.as_person(person)
    for _ in range(5):
        assert site.ask("GET", "api/v1/dead", who).json()["error"]["code"] == "role"
    callback = next(one for one in site.callbacks if "desk-body" in one["output"])
    site.ask("POST", "_dash-update-component", who, json=_call(callback, f"{BASE}indicators"))
    with pytest.raises(InvalidStatus):
        ws_connect(_socket(site, "/live/ws"), additional_headers=who)
    acts = [entry.act for entry in site.acts() if entry.act.actor == f"person:{person.login}"]
    found = {act.subject: act.detail for act in acts}
    assert {"GET /api/v1/dead", "WS /live/ws"} <= set(found)
    assert "POST /_dash-update-component" in found
    written = [act.detail["times"] for act in acts if act.subject == "GET /api/v1/dead" and act.detail["times"]]
    assert len(written) <= 2 and found["GET /api/v1/dead"]["reason"] == "role"
    assert all(act.outcome == "refused" and act.address == "127.0.0.1" for act in acts)


@pytest.mark.claim(
    "ACCOUNTS", "A direct POST to Dash, WebSocket, SSE, a disguised path and a wrong token: refused, and in the audit."
)
def test_every_way_that_is_refused_is_audited(site: Guarded) -> None:
    """By somebody who may see no picture, whose name the audit then has; and by a token that was never made."""
    person = site.person(Role.SYSTEM)
    who = site.as_person(person)
    callback = next(one for one in site.callbacks if "desk-body" in one["output"])
    refused = [
        site.ask("POST", "_dash-update-component", who, json=_call(callback, f"{BASE}indicators")),
        site.ask("POST", "_dash-update-component", who, json={"output": "nobody.children"}),
        site.ask("GET", "live/sse", who),
        site.ask("GET", "live/poll", who),
        site.ask("GET", "api/v1/%77arnings", who),
        site.ask("GET", "wall", {"Authorization": "Bearer cityvitals_" + "x" * 43}),
    ]
    assert all(_refused(answer) for answer in refused)
    with pytest.raises(InvalidStatus):
        ws_connect(_socket(site, "/live/ws"), additional_headers=who)
    acts = [entry.act for entry in site.acts()]
    mine = {act.subject for act in acts if act.actor == f"person:{person.login}"}
    assert mine >= {
        "POST /_dash-update-component",
        "callback nobody.children",
        "GET /live/sse",
        "GET /live/poll",
        "GET /api/v1/warnings",
        "WS /live/ws",
    }
    assert [act for act in acts if act.actor == "nobody" and act.subject == "GET /wall"]
    assert {act.outcome for act in acts} == {"refused"}


@pytest.mark.claim("ACCOUNTS", "A direct POST to Dash calls no callback that its sender may not call.")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"output": 7}',
        b'{"output": "no-such.children"}',
        b'{"output": "..desk-body.children..", "output": "..nobody.children.."}',
        b'{"output": "desk-body.children"}',
        b'{"output": "..shell-page.children...shell-again.disabled..",'
        b' "inputs": [{"id": "a", "property": "pathname", "value": "/cityvitals/%77all"}]}',
        b'{"output": "..shell-page.children...shell-again.disabled..",'
        b' "inputs": [[{"id": "a", "property": "pathname", "value": "/cityvitals//wall/x"}]]}',
        b"[" * 20_000,
        b"x" * 2_000_000,
    ],
    ids=lambda body: body[:40].decode(),
)
def test_a_direct_post_to_dash_is_refused(site: Guarded, body: bytes) -> None:
    answer = site.ask("POST", "_dash-update-component", {}, data=body, headers={"Content-Type": "application/json"})
    assert _refused(answer), answer.text


@pytest.mark.claim("ACCOUNTS", "A revoked token is shut out within five seconds, from requests and live pictures.")
def test_a_revoked_token_is_shut_out(site: Guarded, wait_for: Callable[..., None]) -> None:
    secret = site.token(Role.WALL)
    number = site.office.tokens.all()[-1].id
    who = {"Cookie": f"{TOKEN}={secret}"}
    events = site.ask("GET", "live/sse", who, stream=True)
    assert events.status_code == 200
    with ws_connect(_socket(site, "/live/ws"), additional_headers=who) as socket:
        site.office.tokens.revoke(console(), number, real_ms())
        wait_for(lambda: _refused(site.ask("GET", "api/v1/warnings", who)), 5)
        with pytest.raises(ConnectionClosed):
            _read_until_closed(socket, real_ms() + int(5000 * patience()))
        assert socket.protocol.close_code == 1008
    for _ in events.iter_content(65536):  # it ends by itself
        pass
    assert {"GET /live/sse", "WS /live/ws"} <= {one.act.subject for one in site.acts() if f":{number}" in one.act.actor}


def _read_until_closed(socket: Any, until_ms: int) -> None:
    while real_ms() < until_ms:
        socket.recv(ANSWER_S)


@pytest.mark.claim("ACCOUNTS", "An expired session locks the acts, never the picture nor the sound.")
def test_an_expired_session_keeps_the_picture(site: Guarded) -> None:
    who = site.as_person(site.person(Role.RULES), began_ms=real_ms() - 40 * 60_000)  # idle for more than 30 min
    assert site.ask("GET", "api/v1/me", who).json()["locked"]
    for path in ("wall", "live/poll", "api/v1/warnings", "indicators"):
        assert site.ask("GET", path, who).status_code == 200, path
    refused = site.ask("GET", "api/v1/dead", who)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "locked")
    assert site.ask("POST", "api/v1/me/password", who, json={"old": "a", "new": "b"}).status_code == 401


@pytest.mark.claim("ACCOUNTS", "Another site can neither act nor open the live feed with the cookies of ours.")
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil"])
def test_another_site_cannot_act(site: Guarded, origin: str) -> None:
    who = site.as_role(Role.DUTY)
    callback = next(one for one in site.callbacks if "desk-body" in one["output"])
    for path, content in {"_dash-update-component": _call(callback, f"{BASE}indicators"), "sign-out": {}}.items():
        answer = site.ask("POST", path, who, json=content, headers={"Origin": origin})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign")
    with pytest.raises(InvalidStatus):
        ws_connect(_socket(site, "/live/ws"), additional_headers=who, origin=origin)  # type: ignore[arg-type]
    assert site.ask("GET", "api/v1/me", who).json()["login"] is not None


def test_a_browser_that_says_nothing_cannot_act(site: Guarded) -> None:
    who = site.as_role(Role.DUTY)
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = requests.post(f"{site.address}sign-out", headers=who | headers, timeout=ANSWER_S)
        assert answer.status_code == 403


@pytest.mark.claim("ACCOUNTS", "The wall opens by its own link; its token leaves the address at once.")
def test_the_link_of_a_wall(site: Guarded) -> None:
    secret = site.token(Role.WALL)
    first = site.ask("GET", f"wall?token={secret}&screen=2", {}, headers={"Accept": "text/html"})
    assert (first.status_code, first.headers["location"]) == (303, f"{BASE}wall?screen=2")
    cookie = next(one for one in first.raw.headers.getlist("Set-Cookie") if one.startswith(TOKEN))
    for part in ("HttpOnly", "SameSite=lax", f"Path={BASE}"):
        assert part in cookie
    assert "Secure" not in cookie and first.headers["cache-control"] == "no-store"
    who = {"Cookie": cookie.partition(";")[0]}
    assert "react-entry-point" in site.ask("GET", "wall", who).text
    assert site.ask("GET", "wall?token=wrong", {}).status_code == 401
    assert secret not in str([entry.act for entry in site.acts()])


@pytest.mark.claim("ACCOUNTS", "Readings are taken from machines with a token, and from nobody else.")
def test_readings_need_a_token(site: Guarded) -> None:
    reading = {"t": real_ms(), "values": {"rain": 1.0}}
    path = "api/v1/readings/rain/mm-rain-01"
    machine, wall = site.token(Role.MACHINE), site.token(Role.WALL)
    narrow = site.token(Role.MACHINE, actions=("indicators.see",))
    found = {}
    for name, secret in {"machine": machine, "wall": wall, "narrow": narrow, "wrong": "x" * 40}.items():
        answer = requests.post(
            site.address + path, json=reading, headers={"Authorization": f"Bearer {secret}"}, timeout=ANSWER_S
        )
        found[name] = answer.json().get("error", {}).get("code", "taken")
    assert found["machine"] not in REFUSED
    assert (found["wall"], found["narrow"], found["wrong"]) == ("role", "narrowed", "nobody")
    assert requests.post(site.address + path, json=reading, timeout=ANSWER_S).status_code == 401


def test_a_stranger_hears_only_up_or_down(site: Guarded) -> None:
    assert set(site.ask("GET", "healthz", {}).json()) == {"state"}
    parts = site.ask("GET", "healthz", site.as_role(Role.OPERATIONS)).json()["parts"]
    assert parts["relay"]["state"] == "never"  # whatever people do would be told to nobody


def test_a_page_leads_nobody_to_the_sign_in_page_and_back(site: Guarded) -> None:
    answer = site.ask("GET", "indicators/air.aqi", {}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}sign-in?next=indicators/air.aqi")
    page = site.ask("GET", "sign-in?next=%22%3E%3Cscript%3E", {}).text
    assert "<script>" not in page and 'name="password"' in page


@pytest.mark.claim("ACCOUNTS", "Pages run no script that is not ours, by policy with hashes; nothing frames them.")
def test_every_answer_carries_its_headers(site: Guarded) -> None:
    who = site.as_role(Role.DUTY)
    page, data, nothing = (site.ask("GET", path, who) for path in ("wall", "api/v1/warnings", "nothing"))
    scripts = page.headers["content-security-policy"].partition("script-src ")[2].partition(";")[0].split()
    inside = re.findall(r"<script(?: id=\"_dash-renderer\"[^>]*)?>(.*?)</script>", page.text, re.DOTALL)
    assert len(inside) == 2 and "'unsafe-inline'" not in scripts
    for script in inside:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in scripts
    for answer in (data, nothing, site.ask("GET", "wall", {})):
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'self'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "strict-transport-security" not in answer.headers
