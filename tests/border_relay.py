"""A border relay as a process of its own before the house, and the way between the two, which can be cut."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from guarded_site import Guarded
from live_city import BASE
from prerequisites import ANSWER_S, REPOSITORY, eventually, unused_port

from border.serving import make_key
from core.border_signature import KEY_FILE


class Way:
    """A wire to the house on a port of its own. Cut: the port refuses whoever comes, and who was there is hung up."""

    def __init__(self, house: Guarded) -> None:
        self._to = ("127.0.0.1", urlsplit(house.address).port or 0)
        self.port, self.count = unused_port(), 0
        self._listening: socket.socket | None = None
        self._ends: set[socket.socket] = set()
        self.mend()

    def mend(self) -> None:
        """From now on the house is reached."""
        listening = self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        """From now on nobody is there."""
        listening, self._listening = self._listening, None
        assert listening is not None
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        listening.close()
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut for good."""
        if self._listening is not None:
            self.cut()

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

    @property
    def origin(self) -> str:
        """As telephones have it."""
        return f"http://127.0.0.1:{self.port}"

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
        return given | ours | more

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
def standing_border(house: Guarded, folder: Path) -> Iterator[Border]:
    """A relay before the house, with the house's key as an administrator copies it."""
    key, _ = make_key(house.entrance.settings, anew=False)
    folder.mkdir(mode=0o700)
    (folder / KEY_FILE).write_bytes(key.read_bytes())
    border = Border(house, folder, Way(house))
    try:
        border.start()
        yield border
    finally:
        if border.process is not None and border.process.poll() is None:
            border.process.kill()
            border.process.wait(ANSWER_S)
        border.way.close()
