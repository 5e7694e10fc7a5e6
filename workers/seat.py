"""A name for this process that no other living process has, and that its successor after a crash has again."""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def seat(folder: Path, kind: str) -> Iterator[str]:
    """The first free name such as `gate-engine-1-3fa2`, held for as long as the process lives.

    The kernel lets go of the lock however a process ends. The last four letters are drawn once a folder and number:
    two machines of the same host name do not meet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        with (folder / f"{kind}-{number}.lock").open("a+", encoding="utf-8") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            held.seek(0)
            drawn = held.read()
            if not drawn:
                drawn = uuid.uuid4().hex[:4]
                held.write(drawn)
                held.flush()
                os.fsync(held.fileno())
            yield f"{socket.gethostname()}-{kind}-{number}-{drawn}"
            return
