"""What the relay answers by itself, and which way on it lets an answer of the site lead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
from starlette.datastructures import Headers
from typer.testing import CliRunner

import app
from border.call import Call, Onward, sender_of
from border.inner import Answer, Asked
from border.known import Known
from border.queue import Queue
from border.relay import AT_ONCE_EACH, Relay
from border.vault import Vault
from core.border import passage_of
from core.clock import real_ms
from core.errors import NeighbourDown
from core.settings import load

Given = TypeVar("Given")
VAULT, ORIGIN = Vault(bytes(32)), "https://m.city.example"
WHO = {"host": "m.city.example", "cookie": "cityvitals_session=s", "accept": "text/html"}


def run(work: Coroutine[Any, Any, Given]) -> Given:
    """What some work gives, on a loop of its own: the browser of another test may have one in this thread."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


@dataclass
class Inside:
    """A website that answers 303, or is away."""

    is_away: bool = False
    asked: list[str] = field(default_factory=list)
    away_since_ms: int | None = None
    why_away: str = ""

    @asynccontextmanager
    async def ask(self, asked: Asked) -> AsyncIterator[Answer]:
        if self.is_away:
            raise NeighbourDown("away")
        self.asked.append(asked.target)
        yield Answer(303, [("location", "/m?told=step")], self._nothing())

    async def _nothing(self) -> AsyncIterator[bytes]:
        for piece in (b"",):
            yield piece


@dataclass
class Outside:
    """A relay, asked without a server."""

    folder: Path
    inside: Inside = field(default_factory=Inside)
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {"CITYVITALS_FIELD_ADDRESS": ORIGIN, "CITYVITALS_BORDER_INNER": "http://10.0.0.1:8050"}
        self.known = Known(self.folder / "known")
        queue = Queue(self.folder / "queue", VAULT, 10)
        self.relay = Relay(load(given | self.more), self.inside, queue, self.known, VAULT)  # type: ignore[arg-type]

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """The status of one answer."""
        return run(self.asked(method, path, body, **headers))

    async def asked(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        form = {"content-type": "application/x-www-form-urlencoded"}
        scope = {
            "type": "http",
            "method": method,
            "raw_path": path.encode(),
            "query_string": b"",
            "client": ("198.51.100.7", 1),
            "scheme": "https",
            "headers": [(name.encode(), value.encode()) for name, value in (WHO | form | headers).items()],
        }
        said: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            said.append(message.get("status", 0))

        await self.relay(scope, receive, send)
        return said[0]

    def step(self, key: str) -> int:
        """A tap of whoever is signed in."""
        return self.ask("POST", "/m/step", urlencode({"key": key, "verb": "accept"}).encode())


@pytest.mark.claim("COMMAND", "What is done while earlier acts of one's own still wait on the border goes behind them.")
def test_an_act_goes_behind_those_that_wait(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    outside.known.saw(sender_of(VAULT, "m s"), real_ms())
    assert outside.step("key-00000001") == 303
    outside.inside.is_away = True
    assert outside.step("key-00000002") == 202
    outside.inside.is_away = False
    assert outside.step("key-00000003") == 202 and len(outside.inside.asked) == 1
    other = urlencode({"key": "key-00000004", "k": "link", "verb": "note"}).encode()
    assert outside.ask("POST", "/t/step", other) == 303, "nobody waits for somebody else"


def test_one_address_may_not_ask_too_often_nor_hold_all(tmp_path: Path) -> None:
    outside = Outside(tmp_path, more={"CITYVITALS_BORDER_PER_MIN": "3"})
    assert [outside.ask("GET", "/m") for _ in range(4)] == [303, 303, 303, 429]
    assert outside.ask("GET", "/healthz") == 200
    patient = Outside(tmp_path / "patient")

    async def many() -> list[int]:
        async def slow(body: bytes) -> int:
            return await patient.asked("POST", "/sign-in", body)

        patient.inside.ask = waiting  # type: ignore[method-assign]
        return await asyncio.gather(*(slow(b"login=a") for _ in range(AT_ONCE_EACH + 20)))

    @asynccontextmanager
    async def waiting(asked: Asked) -> AsyncIterator[Answer]:
        await asyncio.sleep(0.05)
        yield Answer(303, [("location", "/m")], Inside()._nothing())

    statuses = run(many())
    assert statuses.count(429) == 20 and statuses.count(303) == AT_ONCE_EACH
    assert patient.ask("GET", "/m") == 303, "they are counted while they last"


@pytest.mark.parametrize("host", ["", "evil.example", "m.city.example:8443"])
def test_another_name_is_not_ours(tmp_path: Path, host: str) -> None:
    outside = Outside(tmp_path)
    assert outside.ask("GET", "/m", host=host) == 404 and outside.inside.asked == []


def way(method: str, path: str, location: str) -> str | None:
    """Where an answer leads in the end; None: nowhere that a telephone may go."""
    passage = passage_of(method, path, "/")
    assert passage is not None
    call = Call(passage, path, Headers(), b"", "198.51.100.7", 0)
    found = Onward(ORIGIN, "/").headers(call, Answer(303, [("location", location)], Inside()._nothing()))
    return None if found is None else dict(found)[b"location"].decode()


@pytest.mark.parametrize(
    ("method", "path", "location", "leads"),
    [
        ("POST", "/m/step", "/m?unit=a&told=step", "/m?unit=a&told=step"),
        ("GET", "/m", "/sign-in?next=m", "/sign-in?next=m"),
        ("GET", "/m", f"{ORIGIN}/sign-in", "/sign-in"),
        ("GET", "/m", "/wall", None),
        ("GET", "/m", "//evil.example/m", None),
        ("GET", "/m", "https://evil.example/m", None),
        ("GET", "/m", f"{ORIGIN}.evil.example/m", None),
        ("GET", "/sign-in/code", "/account?told=factor-first", None),
        ("POST", "/sign-in", "/wall", "/m"),
        ("POST", "/sign-in", "https://evil.example/", None),
        ("GET", "/sign-in/with/oidc", "https://id.city.example/authorize?x=1", "https://id.city.example/authorize?x=1"),
        ("GET", "/sign-in/with/oidc", "javascript:alert(1)", None),
        ("GET", "/sign-in/back/oidc", "/wall", "/m"),
    ],
)
def test_an_answer_leads_only_where_telephones_go(method: str, path: str, location: str, leads: str | None) -> None:
    assert way(method, path, location) == leads


def test_of_an_answer_only_what_stands_on_the_list_comes_out() -> None:
    passage = passage_of("GET", "/m", "/")
    assert passage is not None
    said = [
        ("content-type", "text/html"),
        ("server", "inside/1.0"),
        ("x-inner-host", "10.1.2.3"),
        ("set-cookie", "cityvitals_session=s; HttpOnly"),
        ("set-cookie", "cityvitals_token=t; HttpOnly"),
        ("connection", "close"),
    ]
    call = Call(passage, "/m", Headers(), b"", "198.51.100.7", 0)
    found = Onward(ORIGIN, "/").headers(call, Answer(200, said, Inside()._nothing()))
    assert found == [(b"content-type", b"text/html"), (b"set-cookie", b"cityvitals_session=s; HttpOnly")]


def command(folder: Path, *words: str, **more: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app.cli, words, env={"CITYVITALS_VAR": str(folder)} | more)
    return ended.exit_code, ended.output + str(ended.exception or "")


def test_the_key_is_made_once_and_anew_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "border.key"
    assert "已生成" in command(tmp_path, "border-key")[1]
    first = file.read_bytes()
    assert len(first.strip()) >= 32 and file.stat().st_mode & 0o777 == 0o600
    assert "未改动" in command(tmp_path, "border-key")[1] and file.read_bytes() == first
    assert command(tmp_path, "border-key", "--anew")[0] == 0 and file.read_bytes() != first


def test_a_relay_that_lacks_something_says_what(tmp_path: Path) -> None:
    from border.serving import relay_of
    from core.errors import StartError

    with pytest.raises(StartError, match="CITYVITALS_BORDER_INNER, CITYVITALS_FIELD_ADDRESS"):
        relay_of(load({"CITYVITALS_VAR": str(tmp_path)}))
    given = {"CITYVITALS_FIELD_ADDRESS": ORIGIN, "CITYVITALS_BORDER_INNER": "https://10.0.0.1:8050"}
    with pytest.raises(StartError, match=r"border\.key"):
        relay_of(load(given | {"CITYVITALS_VAR": str(tmp_path)}))
    (tmp_path / "border.key").write_text("k" * 40)
    with pytest.raises(StartError, match="CITYVITALS_BORDER_CA"):
        relay_of(load(given | {"CITYVITALS_VAR": str(tmp_path), "CITYVITALS_BORDER_CA": str(tmp_path / "none.pem")}))
