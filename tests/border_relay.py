"""A border relay as a process of its own before the house, and the way between the two, which can be cut."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from guarded_site import Guarded
from live_city import BASE
from PIL import Image
from prerequisites import ANSWER_S, REPOSITORY, eventually, unused_port

from border.serving import make_key
from core.accounts import Role
from core.border_signature import HEADER, KEY_FILE, Vouched, digest_of, key_of, signed
from core.clock import real_ms


class Way:
    """A wire to the house on a port of its own. Cut: the port refuses whoever comes, and who was there is hung up."""

    def __init__(self, house: Guarded) -> None:
        self._to = ("127.0.0.1", urlsplit(house.address).port or 0)
        self.port, self.count = unused_port(), 0
        self._listening: socket.socket | None = None
        self._ends: set[socket.socket] = set()
        self._held = self._hold()
        self.mend()

    @property
    def is_there(self) -> bool:
        """Whether the house is reached."""
        return self._listening is not None

    def mend(self) -> None:
        """From now on the house is reached."""
        listening, self._held = self._held, None
        assert listening is not None
        listening.listen()
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        """From now on nobody is there."""
        listening, self._listening = self._listening, None
        assert listening is not None
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        listening.close()
        self._held = self._hold()
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut for good."""
        if self._listening is not None:
            self.cut()
        if self._held is not None:
            self._held.close()

    def _hold(self) -> socket.socket | None:
        """The port, so that nobody else takes it; without a listener it refuses whoever comes."""
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", self.port))
        return held

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                came, _ = listening.accept()
                self.count += 1
                threading.Thread(target=self._carry, args=(came,), daemon=True).start()

    def _carry(self, came: socket.socket) -> None:
        with contextlib.suppress(OSError), came, socket.create_connection(self._to) as on:
            pair = {came: on, on: came}
            self._ends |= set(pair)
            try:
                with selectors.DefaultSelector() as waiting:
                    for end in pair:
                        waiting.register(end, selectors.EVENT_READ)
                    while True:
                        for ready, _ in waiting.select():
                            end = ready.fileobj
                            assert isinstance(end, socket.socket)
                            piece = end.recv(65_536)
                            if not piece:
                                return
                            pair[end].sendall(piece)
            finally:
                self._ends -= set(pair)


@dataclass
class Border:
    """The relay under test. `ask` is a telephone of its own each time: who comes is a mapping of headers."""

    house: Guarded
    folder: Path
    way: Way
    port: int = field(default_factory=unused_port)
    process: subprocess.Popen[bytes] | None = None
    certificate: Path | None = None  # of its own TLS
    more: dict[str, str] = field(default_factory=dict)  # settings

    @property
    def origin(self) -> str:
        """As telephones have it."""
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        """Of the process: nothing of this one's settings."""
        given = {name: value for name, value in os.environ.items() if not name.startswith("CITYVITALS_")}
        ours = {
            "BASE_PATH": BASE,
            "CITYVITALS_PORT": str(self.port),
            "CITYVITALS_VAR": str(self.folder),
            "CITYVITALS_FIELD_ADDRESS": self.origin,
            "CITYVITALS_BORDER_INNER": f"http://127.0.0.1:{self.way.port}",
            "CITYVITALS_BORDER_PER_MIN": "1000000",
        }
        return given | ours | self.more | more

    def start(self) -> None:
        """`python app.py border`, until it answers."""
        with (self.folder / "border.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", "border"], cwd=REPOSITORY, env=self.environment(), stdout=log, stderr=log
            )
        eventually(self._answers, 20)

    def kill(self) -> None:
        """As the power does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(ANSWER_S)

    def ask(self, method: str, path: str, who: dict[str, str] | None = None, **more: Any) -> requests.Response:
        """One request, as the browser of a telephone sends it. path: below the base path, or from its first slash."""
        headers = {"Origin": self.origin, "Accept": "text/html"} | (who or {}) | more.pop("headers", {})
        url = self.origin + (path if path.startswith("/") else BASE + path)
        more.setdefault("verify", str(self.certificate) if self.certificate else None)
        return requests.request(method, url, headers=headers, timeout=ANSWER_S, allow_redirects=False, **more)

    def health(self) -> dict[str, Any]:
        """What it says of itself to its own machine."""
        return dict(self.ask("GET", "healthz").json())

    def log(self) -> str:
        """What it has written."""
        return (self.folder / "border.log").read_text("utf-8")

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.log()
        with contextlib.suppress(requests.ConnectionError):
            return self.ask("GET", "healthz").status_code == 200
        return False


@contextlib.contextmanager
def standing_border(
    house: Guarded, folder: Path, way: Way | None = None, certificate: Path | None = None, **more: str
) -> Iterator[Border]:
    """A relay before the house, with the house's key as an administrator copies it. more: settings."""
    key, _ = make_key(house.entrance.settings, anew=False)
    folder.mkdir(mode=0o700)
    (folder / KEY_FILE).write_bytes(key.read_bytes())
    border = Border(house, folder, way or Way(house), certificate=certificate, more=more)
    try:
        border.start()
        yield border
    finally:
        if border.process is not None and border.process.poll() is None:
            border.process.kill()
            border.process.wait(ANSWER_S)
        border.way.close()


def key() -> str:
    return f"border-{time.time_ns()}"


def photo(shade: int) -> bytes:
    made = BytesIO()
    Image.new("RGB", (320, 240), (shade, 20, 140)).save(made, "JPEG")
    return made.getvalue()


def task(house: Guarded, title: str, unit: str) -> str:
    """A case of which a crew of ours was told, whatever another proof has left in its hands."""
    desk = house.colleague(Role.DISPATCHER)
    wanted = {"key": key(), "kind": "water.road_water", "title": title, "area": "440904"}
    case = str(house.ask("POST", "api/v1/cases", desk, json=wanted).json()["id"])
    steps: list[dict[str, Any]] = [{"verb": "file"}, {"verb": "dispatch", "fields": {"lead": "市水务局"}}]
    steps += [{"verb": "notify", "assignment": unit, "fields": {"unit": unit, "also": True}}]
    for step in steps:
        answer = house.ask("POST", f"api/v1/cases/{case}/steps", desk, json={"key": key()} | step)
        assert answer.status_code == 200, answer.text
    return case


def verbs(house: Guarded, case: str) -> list[str]:
    log = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"]
    return [entry["verb"] for entry in log]


def by_a_relay(house: Guarded, method: str, path: str, **more: Any) -> requests.Response:
    """Asked of the site itself, signed as the relay does. told: what it says otherwise; secret, said: the same."""
    secret = more.pop("secret", None) or key_of(house.entrance.settings)
    body = more.pop("body", b"")
    now_ms = real_ms()
    told = Vouched(now_ms, key(), "198.51.100.7", "https://m.city.example", now_ms, digest_of(body))
    told = replace(told, **more.pop("told", {}))
    target = BASE + path
    said = more.pop("said", "") or signed(secret, told, *more.pop("about", (method, target)))
    headers = {HEADER: said, "Origin": "https://m.city.example"} | more.pop("headers", {})
    return house.ask(method, path, more.pop("who", {}), headers=headers, data=body, **more)
