"""Parts that die are started again after a pause that doubles; logs stay bounded. No process is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workers import parts, supervisor
from workers.parts import Part


class Process:
    """As much of a process as a part looks at."""

    returncode: int | None = None

    def poll(self) -> int | None:
        return self.returncode


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(parts, "monotonic_s", clock)
    return clock


def part_of(started: list[Process], clock: Clock) -> Part:
    def start() -> Any:
        started.append(Process())
        return started[-1]

    return Part("engine", Path("engine.log"), start, start(), started_s=clock.now_s)


def test_each_death_is_noticed_once_and_its_pause_doubles(clock: Clock) -> None:
    started: list[Process] = []
    part = part_of(started, clock)
    assert not part.noticed_dead()
    pauses = []
    for _ in range(8):
        started[-1].returncode = 1
        assert part.noticed_dead()
        assert not part.noticed_dead()
        pauses.append(part.pause_s)
        clock.now_s += part.pause_s - 0.01
        part.start_when_due()
        begun = len(started)
        clock.now_s += 0.02
        part.start_when_due()
        part.start_when_due()
        assert len(started) == begun + 1
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_part_that_stood_long_begins_with_the_first_pause(clock: Clock) -> None:
    started: list[Process] = []
    part = part_of(started, clock)
    for lasted_s, pause_s in ((1, 0.5), (1, 1.0), (61, 0.5), (1, 1.0)):
        clock.now_s += lasted_s
        started[-1].returncode = -9
        assert part.noticed_dead()
        assert part.pause_s == pause_s
        clock.now_s += pause_s
        part.start_when_due()


def test_a_full_log_is_put_aside_while_its_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FULL_LOG_BYTES", 10)
    log_file = tmp_path / "engine.log"
    with log_file.open("ab", buffering=0) as writer:
        writer.write(b"short")
        supervisor._put_aside(log_file)
        writer.write(b" and longer")
        supervisor._put_aside(log_file)
        writer.write(b"new")
    assert log_file.read_bytes() == b"new"
    assert (tmp_path / "engine.old.log").read_bytes() == b"short and longer"
