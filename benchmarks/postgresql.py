"""A PostgreSQL of one's own for the length of a benchmark, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from benchmarks.load import free_port
from stream.embedded.children import start_child, stop_child, wait_until


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of a server with its usual promises over the data of a folder, new or kept.

    "" where there is none.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        yield ""
        return
    folder.mkdir(exist_ok=True)
    as_user = []
    if os.geteuid() == 0:  # it refuses to run as root; its package brings a user
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    log, port, data = Path(tempfile.mkdtemp()) / "log", free_port(), folder / "data"
    if not data.exists():
        made = [*as_user, str(programs[-1] / "initdb"), "-D", str(data), "-U", "city", "-A", "trust"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    options = ["-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
    server = start_child([*as_user, str(programs[-1] / "postgres"), "-D", str(data), *options], log)
    url = f"postgresql://city@127.0.0.1:{port}/postgres"
    try:
        wait_until(lambda: _answers(url), server, "PostgreSQL", log)
        yield url
    finally:
        stop_child(server, 60)
        shutil.rmtree(log.parent)


def _answers(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url):
        return True
    return False
