"""The whole city as a user starts it: `python app.py run` as a process, with ports and a folder of its own.

It is met as a new user meets it: the wall by its printed link, everything else signed in with the printed password.
"""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

import paho.mqtt.client as paho
from machine import Passed
from prerequisites import ANSWER_S, REPOSITORY, eventually, patience, unused_port

from stream.embedded.children import accepts, start_child

APP = [sys.executable, str(REPOSITORY / "app.py")]
READY_WITHIN_S = 60  # how fast it is, is a claim of its own; here a loaded machine may take its time
WORKERS = {"ingest", "engine", "archive", "board", "web", "relay", "notify", "clocks", "probe"}
PARTS = WORKERS | {"simulate", "forkserver"}  # of a demonstration on servers of somebody else
_SERVERS = {"nats-server": "broker", "redis-server": "redis", "valkey-server": "redis"}


@dataclass(frozen=True)
class Answer:
    """What a site answered."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    """An address at which the city is looked at. `address` ends with the base path; `trusted`: who vouches for TLS.

    shown: headers that say who comes, a session's cookie or a token; empty: nobody.
    """

    address: str
    trusted: ssl.SSLContext | None = None
    shown: Mapping[str, str] = field(default_factory=dict)

    def ask(self, path: str, body: bytes | None = None, method: str | None = None) -> Answer:
        """One request below the base path, as from a page of it; a refusal is an answer too."""
        opener = build_opener(ProxyHandler({}), HTTPSHandler(context=self.trusted), _Here())
        parts = urlsplit(self.address)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Content-Type": "application/json", **self.shown}
        request = Request(self.address + path, body, headers, method=method)
        try:
            with opener.open(request, timeout=20 * patience()) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers, refusal.read())


class _Here(HTTPRedirectHandler):
    """The way to somewhere else is an answer."""

    def redirect_request(self, *told: Any) -> None:
        return None


class WholeCity:
    """One installation. Settings beyond folder and ports are given as variables: `CITY="宿迁"`."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder, self.said = folder, folder / "said"
        self.ports = {name: unused_port() for name in ("PORT", "REDIS_PORT", "MQTT_PORT")}
        self.variables = {
            "CITYVITALS_VAR": str(folder / "var"),
            **{f"CITYVITALS_{name}": str(port) for name, port in self.ports.items()},
            **variables,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.first_wall: Passed | None = None  # from the command to the first live wall, by whoever measured it
        self.founder: dict[str, str] = {}  # the session of the first administrator, who may look at everything
        self._machine: dict[str, str] = {}

    def start(self) -> WholeCity:
        self.process = start_child([*APP, "run"], self.said, self.variables)
        return self

    def words(self) -> str:
        """All that it said so far."""
        return self.said.read_text("utf-8") if self.said.exists() else ""

    def wait_until_ready(self) -> str:
        """The one address that it prints, when all of its parts are well."""
        address = self.wait_for_address()
        nobody = Site(f"http://127.0.0.1:{self.ports['PORT']}{self.variables.get('BASE_PATH', '/')}")
        eventually(lambda: nobody.ask("healthz").status == 200 or self._ended(), READY_WITHIN_S)
        assert not self._ended(), self.words()
        return address

    def wait_for_address(self) -> str:
        """The one address that it prints, as soon as somebody answers there: it is printed unready after a minute."""
        eventually(lambda: self._answers() or self._ended(), READY_WITHIN_S)
        assert not self._ended(), self.words()
        (address,) = re.findall(r"https?://[!-~]+/wall[!-~]*", self.words())
        return str(address)

    def _answers(self) -> bool:
        return "/wall" in self.words() and accepts("127.0.0.1", self.ports["PORT"])

    @property
    def site(self) -> Site:
        """The city as its first administrator sees it."""
        nobody = Site(f"http://127.0.0.1:{self.ports['PORT']}{self.variables.get('BASE_PATH', '/')}")
        if not self.founder:
            self.founder = self._sign_in(nobody)
        return replace(nobody, shown=self.founder)

    @property
    def machine(self) -> dict[str, str]:
        """What a system shows that sends readings: a token made at the console."""
        if not self._machine:
            told = self.command("token", "add", "a system", "--role", "machine").stdout
            (secret,) = re.findall(r"cityvitals_[\w-]+", told)
            self._machine = {"Authorization": f"Bearer {secret}"}
        return self._machine

    def _sign_in(self, nobody: Site) -> dict[str, str]:
        """Sign in with the password that was printed, and choose another, as everybody must."""
        ((login, password),) = re.findall(r"初始管理员 (\S+)，口令 ([^（]+)", self.words())
        signed = nobody.ask("sign-in", json.dumps({"login": login, "password": password}).encode())
        assert signed.status == 200, signed.body
        shown = {"Cookie": str(signed.headers["Set-Cookie"]).partition(";")[0]}
        change = json.dumps({"old": password, "new": "Own-password-26"}).encode()
        assert replace(nobody, shown=shown).ask("api/v1/me/password", change).status == 204
        return shown

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.ports['REDIS_PORT']}"

    @property
    def mqtt_port(self) -> int:
        return self.ports["MQTT_PORT"]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same installation, to its end."""
        environment = os.environ | self.variables
        return subprocess.run(
            [*APP, *words], env=environment, capture_output=True, text=True, timeout=60 * patience(), check=False
        )

    def pids(self) -> dict[str, int]:
        """Part → process, of those that live."""
        assert self.process is not None
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _parent(entry) == self.process.pid:
                with suppress(OSError):  # it ended while we looked
                    words = (entry / "cmdline").read_bytes().decode().replace("\0", " ").split()
                    name = Path(words[0]).name if words else "?"
                    found[_SERVERS.get(name, words[-1] if words else "?")] = int(entry.name)
        return found

    def forked(self) -> set[str]:
        """The parts that were forked, and so have a name of their own."""
        names = {part: Path(f"/proc/{pid}/comm").read_text().strip() for part, pid in self.pids().items()}
        return {part for part, name in names.items() if name == part}

    def remains(self) -> list[int]:
        """Every process of this folder, also of a supervisor that is gone; Redis shows its port instead."""
        told = f"CITYVITALS_VAR={self.variables['CITYVITALS_VAR']}".encode()
        redis = f"127.0.0.1:{self.ports['REDIS_PORT']}".encode()
        return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if {told, redis} & _told(entry)]

    @contextmanager
    def frozen(self, part: str) -> Iterator[None]:
        """Stop a part without ending it, as a swapping or hung machine would."""
        pid = self.pids()[part]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def publish(self, messages: Mapping[str, bytes]) -> None:
        """Publish with QoS 1 as a device would, and wait until the broker acknowledged all."""
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, "a-device")
        client.connect("127.0.0.1", self.mqtt_port)
        client.loop_start()
        for told in [client.publish(topic, payload, qos=1) for topic, payload in messages.items()]:
            told.wait_for_publish(ANSWER_S)
            assert told.is_published()
        client.disconnect()
        client.loop_stop()

    def interrupt(self) -> int:
        """Ctrl-C; its exit code. Asserts that nothing of it lives on."""
        assert self.process is not None
        family = self.pids()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(40 * patience())
        assert not [part for part, pid in family.items() if Path(f"/proc/{pid}").exists()]
        return code

    def end(self) -> None:
        """Whatever happened before: nothing stays."""
        if self.process is not None and not self._ended():
            self.process.kill()  # its parts are bound to it
            self.process.wait()

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


def _told(process: Path) -> set[bytes]:
    """Words of the command and environment of a process."""
    try:
        words = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
    except OSError:
        return set()  # it ended while we looked, or is not ours
    return set(words.replace(b" ", b"\0").split(b"\0"))


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None  # it ended while we looked
