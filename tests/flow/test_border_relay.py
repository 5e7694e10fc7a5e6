"""The border relay before a real site: telephones get their tasks, and nobody gets anything else."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from border_relay import Border, Way, by_a_relay, key, photo, standing_border, task, verbs
from gateway import Gateway
from guarded_site import Guarded
from live_city import BASE
from prerequisites import ANSWER_S, REPOSITORY, eventually, unused_port

from accounts.doors import DOORS
from accounts.founding import console
from accounts.sign_in import Where
from border import serving
from core.accounts import Role
from core.border import PASSAGES
from core.border_signature import REFUSED, VALID_MS, Vouched, digest_of, key_of, signed
from core.clock import real_ms

UNIT, LOGIN, PASSWORD = "border-crew-1", "border-wang", "Harbour-lights-9"
ON_THE_LIST = {one.door for one in PASSAGES}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@pytest.fixture(scope="module")
def border(house_of_this_run: Guarded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Border]:
    with standing_border(house_of_this_run, tmp_path_factory.mktemp("dmz") / "var") as border:
        yield border


def signed_up(house: Guarded) -> None:
    """Somebody of the field with a password of his own."""
    house.person(Role.FIELD, login=LOGIN, name="王某某")
    office, now_ms = house.office, real_ms()
    first = office.credentials.reset_password(console(), LOGIN, now_ms)
    began = office.sign_in.with_password(LOGIN, first, Where("10.0.0.7"), now_ms)
    assert office.credentials.change_password(began.person, first, PASSWORD, began.session, now_ms) is None


@pytest.mark.claim(
    "COMMAND", "Through the border relay a telephone signs in and takes every step of its task, with a photo."
)
def test_a_whole_task_through_the_relay(house: Guarded, border: Border) -> None:
    house.crew(UNIT, "边界一队", 21.6)
    signed_up(house)
    case = task(house, "经边界办到底", UNIT)
    away = border.ask("GET", "m")
    assert away.status_code == 303 and away.headers["Location"] == f"{BASE}sign-in?next=m"
    assert "口令" in border.ask("GET", "sign-in?next=m").text
    form = {"login": LOGIN, "password": PASSWORD, "next": f"m?unit={UNIT}"}
    begun = border.ask("POST", "sign-in", data=form)
    assert begun.status_code == 303 and begun.headers["Location"].startswith(f"{BASE}m"), begun.text
    who = {"Cookie": begun.headers["Set-Cookie"].partition(";")[0]}
    home = border.ask("POST", "sign-in", data=form | {"next": "wall"})  # his desk is not here
    assert home.status_code == 303 and home.headers["Location"] == f"{BASE}m"
    who = {"Cookie": home.headers["Set-Cookie"].partition(";")[0]}
    page = border.ask("GET", f"m?unit={UNIT}", who)
    assert page.status_code == 200 and "经边界办到底" in page.text
    sent = {"case": case, "assignment": UNIT, "unit": UNIT}
    for verb in ("accept", "depart", "arrive"):
        answer = border.ask("POST", "m/step", who, data=sent | {"key": key(), "verb": verb})
        assert answer.status_code == 303 and "told=step" in answer.headers["Location"], answer.text
    files = {"photo": ("a.jpg", photo(31), "image/jpeg")}
    assert border.ask("POST", "m/photo", who, data=sent | {"key": key()}, files=files).status_code == 303
    address = re.search(r'src="([^"]+/photos/[^"]+)"', border.ask("GET", f"m?unit={UNIT}", who).text)
    assert address is not None
    shown = border.ask("GET", address[1], who)
    assert shown.status_code == 200 and shown.headers["Content-Type"] == "image/jpeg" and len(shown.content) > 500
    answer = border.ask("POST", "m/step", who, data=sent | {"key": key(), "verb": "clear"})
    assert answer.status_code == 303, answer.text
    assert verbs(house, case)[3:] == ["notify", "accept", "take", "depart", "arrive", "note", "clear"]
    signs = border.ask("GET", f"m/changes?unit={UNIT}&seen=x", who, headers={"Accept": "*/*"})
    assert signs.status_code == 200 and signs.json()["seen"]


def test_every_file_that_the_pages_name_is_let_through(house: Guarded, border: Border) -> None:
    who = house.colleague(Role.FIELD)
    pages = [border.ask("GET", path, who).text for path in ("m", "sign-in", "t?k=nothing")]
    named = {name for page in pages for name in re.findall(r'(?:src|href)="([^"]*/assets/[^"]+)"', page)}
    sheet = border.ask("GET", "assets/fonts.css").text
    named |= {f"{BASE}assets/{name}" for name in re.findall(r"url\(([^)]+)\)", sheet)[:3]}
    assert len(named) > 15
    assert {name for name in named if border.ask("GET", name).status_code != 200} == set()
    for other in ("assets/dispatch.js", "assets/all.js", "assets/fonts/", "assets/wall.css", "assets/sounds/red.mp3"):
        assert border.ask("GET", other).status_code == 404, other


def address_of(door: str) -> tuple[str, str]:
    """A request that stands at a door: its method and its address below the base path."""
    kind, _, place = door.partition(" ")
    method = {"FILES": "GET", "WS": "GET", "page": "GET", "*": "GET"}.get(kind, kind)
    place = place if place.startswith("/") else f"/{place}"
    place = place.replace("{sha256}", "a" * 64) + ("/swagger-ui.css" if door == "FILES /api/static" else "")
    return method, re.sub(r"\{[^}]+\}", "x1", place).removeprefix("/")


@pytest.mark.claim(
    "COMMAND", "Of all doors of the site only those of the telephone are reached through the relay; the others are 404."
)
def test_every_other_door_is_shut_without_asking_inside(house: Guarded, border: Border) -> None:
    who, before = house.colleague(Role.SYSTEM), border.way.count
    shut = sorted(set(DOORS) - ON_THE_LIST)
    assert len(shut) > 150 and ON_THE_LIST < set(DOORS)
    for door in shut:
        if door.startswith("callback ") or door == "GET /":
            continue  # callbacks are asked at POST /_dash-update-component; the bare address leads to the tasks
        method, path = address_of(door)
        if (method, path) in {("GET", "m"), ("GET", "healthz")}:
            continue
        answer = border.ask(method, path, who)
        assert answer.status_code == 404 and answer.text == "没有这个地址\n", door
    for method in METHODS:
        path = "m" if method != "GET" else "m/step"
        assert border.ask(method, path, who).status_code == 404, method
    assert border.ask("GET", "", who).headers["Location"] == f"{BASE}m"
    assert border.way.count == before, "nothing of this was asked inside"


@pytest.mark.claim(
    "COMMAND", "The site itself refuses whatever a relay signed for a door that is not on the list, whoever asks."
)
def test_the_site_itself_keeps_to_the_list(house: Guarded, border: Border) -> None:
    who = house.colleague(Role.SYSTEM)
    for door in sorted(set(DOORS) - ON_THE_LIST):
        method, path = address_of(door)
        if door.split(" ")[0] in {"callback", "page", "WS"} or (method, path) == ("GET", "m"):
            continue
        answer = by_a_relay(house, method, path, who=who)
        assert answer.status_code == 403 and answer.headers[REFUSED] == "door", door
    assert by_a_relay(house, "GET", "m", who=house.colleague(Role.FIELD)).status_code == 200


@pytest.mark.claim(
    "COMMAND", "A forged, altered, old or repeated signature of a relay is refused, and leaves its trace in the audit."
)
def test_what_is_not_signed_right_is_refused(house: Guarded) -> None:
    who = house.colleague(Role.FIELD)

    def why(method: str = "GET", path: str = "m", **more: Any) -> str:
        answer = by_a_relay(house, method, path, who=who, **more)
        assert answer.status_code == (403 if REFUSED in answer.headers else 200), answer.text
        return answer.headers.get(REFUSED, "")

    assert why() == ""
    assert why(secret=b"x" * 43) == "wrong"
    assert why(said="1 2 3") == why(said="x") == why(said="é".encode("latin-1").decode("latin-1")) == "malformed"
    assert why(about=("POST", f"{BASE}m")) == why(about=("GET", f"{BASE}m?unit=a")) == "wrong"
    assert why(told={"at_ms": real_ms() - VALID_MS - 60_000, "taken_ms": real_ms() - VALID_MS - 60_000}) == "old"
    assert why(told={"at_ms": real_ms() + VALID_MS + 60_000}) == "old"
    assert why(told={"taken_ms": real_ms() - 8 * 86_400_000}) == "old"
    assert why(told={"address": "nobody"}) == "malformed"
    told = Vouched(real_ms(), "once", "198.51.100.7", "https://m.city.example", real_ms(), digest_of(b""))
    once = signed(key_of(house.entrance.settings) or b"", replace(told, taken_ms=told.at_ms), "GET", f"{BASE}m")
    assert (why(said=once), why(said=once)) == ("", "again")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    altered = by_a_relay(
        house, "POST", "m/step", who=who, body=b"key=another-body", told={"digest": digest_of(b"")}, headers=form
    )
    assert altered.status_code == 403 and altered.headers[REFUSED] == "wrong"
    assert {act.detail["reason"] for act in (entry.act for entry in house.acts()) if act.subject == "border"} >= {
        "border-wrong",
        "border-again",
        "border-old",
    }


@pytest.mark.claim("COMMAND", "Only what a relay signed tells the telephone's address; it is the one in the audit.")
def test_the_telephone_is_who_it_says(house: Guarded, border: Border) -> None:
    failed = border.ask("POST", "sign-in", data={"login": "border-nobody", "password": "x"})
    assert failed.status_code == 401
    by_a_relay(
        house,
        "POST",
        "sign-in",
        body=b"login=border-nobody&password=y",
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.9"},
    )
    told = {entry.act.address for entry in house.acts("sign-in") if "border-nobody" in str(entry.act)}
    assert told == {"127.0.0.1", "198.51.100.7"}


def test_names_of_proxies_and_tokens_do_not_pass(house: Guarded, border: Border) -> None:
    """Neither a header that a proxy inside may set, nor the token of a wall or a machine."""
    wall, machine = house.as_role(Role.WALL), house.as_role(Role.MACHINE)
    carried = {"X-Remote-User": "admin-1", "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https"}
    for who in (wall, machine, carried):
        assert border.ask("GET", "m", who).status_code == 303, who
        assert by_a_relay(house, "GET", "m", headers={"Accept": "text/html"} | who).status_code == 303, who


def raw(border: Border, lines: bytes) -> bytes:
    """How the relay begins to answer bytes as they stand."""
    with socket.create_connection(("127.0.0.1", border.port), timeout=ANSWER_S) as wire:
        wire.sendall(lines)
        return wire.recv(65_536)


HOSTILE = (
    "/cityvitals/m/../api/v1/cases",
    "/cityvitals/m/%2e%2e/wall",
    "/cityvitals/%6d",
    "/cityvitals/m%2fstep",
    "/cityvitals//m",
    "//cityvitals/m",
    "/cityvitals/m/",
    "/cityvitals/./m",
    "/cityvitals/m;x=1",
    "/cityvitals/m%00",
    "/cityvitals/assets/../m",
    "/cityvitals/assets/fonts/noto-sans-sc/../../all.js",
    "/cityvitals/api/v1/cases/../photos/" + "a" * 64,
    "/cityvitals/M",
    "/m",
    "/",
    "*",
    "http://127.0.0.1/cityvitals/m",
    "/cityvitals/m?" + "x" * 3000,
)


@pytest.mark.claim(
    "COMMAND", "Addresses and heads that are written otherwise than ours reach nothing, and nothing inside is asked."
)
def test_hostile_requests_stay_outside(border: Border) -> None:
    before, host = border.way.count, f"Host: 127.0.0.1:{border.port}\r\nConnection: close\r\n".encode()
    for path in HOSTILE:
        came = raw(border, f"GET {path} HTTP/1.1\r\n".encode() + host + b"\r\n")
        assert came.split(b" ")[1] in {b"404", b"400"}, (path, came[:80])
    heads = {
        b"GET /cityvitals/m HTTP/1.1\r\nHost: wall.inside\r\nConnection: close\r\n\r\n": b"404",
        b"GET /cityvitals/m HTTP/1.1\r\n" + host + b"X: " + b"x" * 40_000 + b"\r\n\r\n": b"431",
        b"CONNECT inside:8050 HTTP/1.1\r\n" + host + b"\r\n": b"404",
        b"GET /cityvitals/wall HTTP/1.1\r\n"
        + host.replace(b"close", b"Upgrade")
        + b"Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n": b"404",
        b"POST /cityvitals/m/step HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello": b"400",
        b"GET /cityvitals/m HTTP/1.1\r\n" + host + b"X-A: 1\x00\r\n\r\n": b"400",
        b"\x16\x03\x01\x00\xa5\x01\x00": b"400",
    }
    for head, status in heads.items():
        assert raw(border, head).split(b" ")[1] == status, head[:80]
    assert border.way.count == before


def test_what_is_too_large_is_told_and_stays_outside(border: Border) -> None:
    before = border.way.count
    large = border.ask("POST", "m/step", data={"key": key(), "text": "x" * 100_000})
    assert large.status_code == 413 and "过大" in large.text
    file = {"photo": ("a.jpg", b"\xff\xd8" + b"x" * 16_000_000, "image/jpeg")}
    assert border.ask("POST", "m/photo", data={"key": key()}, files=file).status_code == 413
    assert border.way.count == before


def test_a_relay_with_another_key_reaches_nothing(house: Guarded, border: Border) -> None:
    """A key that was made anew inside counts at once; until the relay has it, its pages say that they cannot."""
    file = border.folder / "border.key"
    ours = file.read_bytes()
    file.write_bytes(b"another-key-another-key-another-key-1\n")
    try:
        page = border.ask("GET", "m", house.colleague(Role.FIELD))
        assert page.status_code == 503 and "内网暂时不通" in page.text
        assert border.health()["why"] == "border-wrong"
    finally:
        file.write_bytes(ours)
    assert border.ask("GET", "m", house.colleague(Role.FIELD)).status_code == 200
    assert border.health()["state"] == "ok"


def doctor(border: Border, **more: str) -> str:
    asked = subprocess.run(
        [sys.executable, "app.py", "doctor"],
        cwd=REPOSITORY,
        env=border.environment(**more),
        capture_output=True,
        text=True,
        timeout=ANSWER_S,
        check=False,
    )
    return asked.stdout + asked.stderr


@pytest.mark.claim(
    "COMMAND", "On the border machine the doctor says whether the site is reached and believes the relay."
)
def test_the_doctor_at_the_border(border: Border) -> None:
    well = doctor(border)
    assert "密钥相符，时钟相合" in well and "Redis" not in well and "WARNING  未加密" in well
    wrong = doctor(border, CITYVITALS_BORDER_KEY="x" * 40)
    assert "FAULT    内网网站" in wrong and "签名不对" in wrong


def test_no_secret_stands_in_the_log(house: Guarded, border: Border) -> None:
    who = house.colleague(Role.FIELD)
    border.ask("GET", "t?k=a-secret-of-a-link", who)
    secrets = [who["Cookie"].partition("=")[2], "a-secret-of-a-link", (border.folder / "border.key").read_text()[:40]]
    assert [one for one in secrets if one.strip() in border.log()] == []


@pytest.mark.nginx
def test_with_tls_on_both_sides_and_a_proxy_inside(house: Guarded, tmp_path: Path) -> None:
    """Telephones and the site have TLS, and what the proxy inside says while the site is away is no refusal."""
    house.crew(UNIT, "边界一队", 21.6)
    case, who, way = task(house, "两边都加密", UNIT), house.colleague(Role.FIELD), Way(house)
    with Gateway(tmp_path / "inside", way.port, BASE) as gateway:
        certificate = gateway.folder / "certificate.pem"
        given = {
            "CITYVITALS_BORDER_INNER": f"https://127.0.0.1:{gateway.port}",
            "CITYVITALS_BORDER_CA": str(certificate),
            "CITYVITALS_TLS_CERTIFICATE": str(certificate),
            "CITYVITALS_TLS_KEY": str(gateway.folder / "key.pem"),
        }
        with standing_border(house, tmp_path / "var", way, certificate, **given) as border:
            page = border.ask("GET", f"m?unit={UNIT}", who)
            assert page.status_code == 200 and "max-age" in page.headers["Strict-Transport-Security"]
            signed_out = border.ask("GET", "m")
            assert signed_out.status_code == 303 and "sign-in" in signed_out.headers["Location"]
            way.cut()
            sent = {"key": key(), "case": case, "assignment": UNIT, "unit": UNIT, "verb": "accept"}
            assert border.ask("POST", "m/step", who, data=sent).status_code == 202
            assert border.health()["why"] == "HTTP 502"
            way.mend()
            eventually(lambda: border.health()["waiting"] == 0, 20)
    assert verbs(house, case)[3:] == ["notify", "accept", "take"]


def test_who_never_ends_the_head_of_a_request_is_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_S", 0.5)

    async def hello(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(
        hello, http=serving.Hurried, port=unused_port(), timeout_keep_alive=1, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    eventually(lambda: server.started, 20)
    begun = b"GET / HTTP/1.1\r\nHost: a\r\n"
    for first in (b"", begun, begun + b"\r\n" + begun):  # nothing, a half head, a half head after a whole one
        with socket.create_connection(("127.0.0.1", config.port), timeout=ANSWER_S) as wire:
            wire.sendall(first)
            while piece := wire.recv(65_536):
                assert piece.startswith(b"HTTP/1.1 204")
    server.should_exit = True
    running.join(ANSWER_S)
    assert not running.is_alive()
