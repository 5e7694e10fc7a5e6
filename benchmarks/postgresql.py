"""A PostgreSQL of one's own for the length of a benchmark, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from stream.embedded.children import start_child, stop_child, wait_until


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database on a server with its usual promises; "" where there is no PostgreSQL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        yield ""
        return
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:  # it refuses to run as root; its package brings a user
            shutil.chown(folder, "postgres")
        log, port = Path(tempfile.mkdtemp()) / "log", _port()
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        data = f"{folder}/data"
        made = [*as_user, str(programs[-1] / "initdb"), "-D", data, "-U", "city", "-A", "trust"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        options = ["-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"]
        server = start_child([*as_user, str(programs[-1] / "postgres"), "-D", data, *options], log)
        url = f"postgresql://city@127.0.0.1:{port}/postgres"
        try:
            wait_until(lambda: _answers(url), server, "PostgreSQL", log)
            yield url
        finally:
            stop_child(server, 5)
            shutil.rmtree(log.parent)


def _answers(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url):
        return True
    return False


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
