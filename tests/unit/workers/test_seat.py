"""The name of a process: its own while it lives, its successor's after it died."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from prerequisites import REPOSITORY

from workers.seat import seat

HOLDER = """
import sys, time
from pathlib import Path
from workers.seat import seat
with seat(Path(sys.argv[1]), "engine") as name:
    print(name, flush=True)
    time.sleep(60)
"""


def test_names_differ_and_the_name_of_a_killed_process_is_free_again(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    first = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)
    started.append(first)
    assert first.stdout is not None
    name = first.stdout.readline().decode().strip()
    with seat(tmp_path, "engine") as second:
        assert second != name
        assert "engine-2" in second
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    with seat(tmp_path, "engine") as successor:
        assert successor == name


def test_another_folder_is_another_name(tmp_path: Path) -> None:
    with seat(tmp_path / "a", "engine") as one, seat(tmp_path / "b", "engine") as other:
        assert one != other
