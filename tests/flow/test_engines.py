"""Several engine processes share the slots: they join, leave, freeze and are killed, and the values stay the same."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import several_engines
from forked_worker import StartWorker, fork_server
from machine import Moment, since
from several_engines import Engines, Feeding

from stream.connect import Client
from stream.crew import read_crew
from stream.keys import CITY_SLOT

SERIES = 2_000
Wait = Callable[..., None]


@pytest.fixture(scope="module")
def fork_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartWorker]:
    with fork_server(tmp_path_factory.mktemp("forked"), several_engines.APP) as fork:
        yield fork


@pytest.fixture
def engines(redis_client: Client, tmp_path: Path, fork_engine: StartWorker) -> Iterator[Engines]:
    """Engine processes that end with the test, none running yet."""
    made = Engines(redis_client, tmp_path, SERIES, fork_engine)
    yield made
    for number in list(made.running):
        made.signal(number, signal.SIGCONT)
        made.signal(number, signal.SIGTERM)


@pytest.mark.claim("ENGINE", "Engine workers join and leave: nothing lost, nothing counted twice, values identical")
def test_workers_join_and_leave(engines: Engines, wait_for: Wait, record_property: Callable[..., None]) -> None:
    feeding = Feeding(engines, rounds=120, rounds_a_second=12)
    engines.start(0)
    wait_for(engines.all_share, 20)
    for number in feeding.play():
        if number == 10:
            engines.start(1)
            engines.start(2)
        if number == 90:
            wait_for(engines.all_share, 20)
            assert all(1 <= len(engines.owned(n)) <= 3 for n in range(3))
            engines.signal(0, signal.SIGTERM)  # it hands its slots over and goes
            wait_for(engines.all_share, 3)  # nobody had to wait until it was silent
    feeding.finish()
    record_property("figure", feeding.check())


@pytest.mark.claim("ENGINE", "The slots of a frozen worker are taken over within 5 s; its late writes are refused")
def test_a_frozen_worker_is_replaced_and_its_late_write_refused(engines: Engines, wait_for: Wait) -> None:
    feeding = Feeding(engines, rounds=120, rounds_a_second=12)
    engines.start(0)
    engines.start(1)
    wait_for(engines.all_share, 20)
    frozen, frozen_at = engines.running[0], 0
    for number in feeding.play():
        if (
            not frozen_at and number >= 20 and engines.backlog(0)
        ):  # else it had just decided all: the next round is tried
            frozen_at = number
            engines.signal(0, signal.SIGSTOP)
            begun = Moment.now()
            wait_for(lambda: not engines.owned(0), 12)
            assert (passed := since(begun)).within(7), str(passed)  # 5 s of silence, and a turn
        if frozen_at and number == frozen_at + 20:
            engines.signal(0, signal.SIGCONT)
            wait_for(lambda: "another worker took it" in engines.said(0), 5)
    assert frozen_at and frozen.poll() is None  # it lives on, and gets its share back
    wait_for(engines.all_share, 10)
    feeding.finish()
    feeding.check()


def since_ms(engines: Engines, number: int) -> int:
    """Since when one that told of itself is there."""
    return read_crew(engines.client, engines.keys)[engines.name(number)].workplace.since_ms


def came_after(engines: Engines, number: int, at_ms: int) -> bool:
    """Whether it came again since."""
    return since_ms(engines, number) > at_ms


@pytest.mark.claim("ENGINE", "Engines beyond the cores of a machine stand by, and take over when one is killed")
def test_who_is_more_than_a_machine_has_cores_for_stands_by(engines: Engines, wait_for: Wait) -> None:
    engines.at_once = 1
    feeding = Feeding(engines, rounds=60, rounds_a_second=12)
    everything = sorted((*engines.keys.slots, CITY_SLOT))
    engines.start(0)
    wait_for(lambda: len(read_crew(engines.client, engines.keys)) == 1, 20)
    wait_for(lambda: sorted(engines.owned(0)) == everything, 20)
    engines.start(1)
    wait_for(lambda: len(read_crew(engines.client, engines.keys)) == 2, 20)
    for number in feeding.play():
        if number == 20:
            assert not engines.owned(1)
            engines.signal(0, signal.SIGKILL)
            wait_for(lambda: sorted(engines.owned(1)) == everything, 20)
            came_ms = since_ms(engines, 0)
            engines.start(0)
            wait_for(partial(came_after, engines, 0, came_ms), 20)
        if number == 40:
            assert not engines.owned(0)  # who comes again stands by
            engines.signal(1, signal.SIGKILL)
            engines.start(1)  # also who comes at once, under a name that owns all
            wait_for(lambda: sorted(engines.owned(0)) == everything, 20)
    feeding.finish()
    feeding.check()


def kill_now_and_then(engines: Engines, feeding: Feeding, kills: int, wait_for: Wait) -> list[int]:
    """Feed, and kill one after the other at an unfinished backlog, each started again at once; the backlogs."""
    victims = random.Random(5)
    due = [round(feeding.rounds * (number + 1) / (kills + 2)) for number in range(kills)]
    backlogs: list[int] = []
    for number in feeding.play():
        while len(backlogs) < kills and due[len(backlogs)] <= number:
            able = [n for n in engines.running if (engines.folder / str(n) / "engine-1.lock").exists()]
            unfinished = {n: backlog for n in able if (backlog := engines.backlog(n))}
            if not unfinished:
                break  # nobody has anything in its hands: the next round is tried
            victim = victims.choice(sorted(unfinished))
            engines.signal(victim, signal.SIGKILL)
            engines.start(victim)
            backlogs.append(unfinished[victim])
    assert len(backlogs) == kills and min(backlogs) > 0
    return backlogs


@pytest.mark.claim("ENGINE", "Three kills -9 of two engine workers at unfinished backlog: values identical")
def test_kills_of_two_workers_change_nothing(
    engines: Engines, wait_for: Wait, record_property: Callable[..., None]
) -> None:
    feeding = Feeding(engines, rounds=120, rounds_a_second=20)
    engines.start(0)
    engines.start(1)
    wait_for(engines.all_share, 20)
    backlogs = kill_now_and_then(engines, feeding, 3, wait_for)
    feeding.finish()
    record_property("figure", f"killed at backlogs of {min(backlogs)} to {max(backlogs)} batches; {feeding.check()}")


@pytest.mark.long
@pytest.mark.claim("ENGINE", "100 kills -9 over 10 million readings with three workers: values identical")
def test_a_hundred_kills_of_three_workers_change_nothing(
    redis_client: Client,
    tmp_path: Path,
    fork_engine: StartWorker,
    wait_for: Wait,
    record_property: Callable[..., None],
) -> None:
    engines = Engines(redis_client, tmp_path, 10_000, fork_engine)
    feeding = Feeding(engines, rounds=1_000, rounds_a_second=3)
    for number in range(3):
        engines.start(number)
    wait_for(engines.all_share, 30)
    backlogs = kill_now_and_then(engines, feeding, 100, wait_for)
    feeding.finish(120)
    for number in list(engines.running):
        engines.signal(number, signal.SIGTERM)
    record_property("figure", f"killed at backlogs of {min(backlogs)} to {max(backlogs)} batches; {feeding.check()}")
