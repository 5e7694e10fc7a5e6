"""kill −9 of ingest and engine while a replay runs on without waiting for them: the same values, each reading once."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from beijing import TABLE, recorded
from installation import HOUR_MS, Installation
from test_beijing import differences, pace_of

from simulator.message import Message
from simulator.replay.disturbance import Disturbance, disturbed
from simulator.replay.player import Gate, Pace
from simulator.replay.recordings import timeline

pytestmark = pytest.mark.recorded
START = "2015-11-25T00:00+08:00"
HOW = Disturbance(doubled=0.05, late=0.10, late_by_ms=4 * HOUR_MS, shuffled=True, seed=23)
VICTIMS = (("ingest",), ("engine",), ("ingest", "engine"))


class Chaos:
    """Publishes at its own pace; kills whoever is due once it has something unfinished in its hands.

    City time follows what landed, so that nothing is late by our doing, but publishing never waits for it.
    """

    def __init__(self, installation: Installation, messages: Iterable[Message], kills: int, seed: int) -> None:
        self.installation = installation
        self.messages = list(messages)
        chosen = random.Random(seed).sample(range(len(self.messages) // 10, len(self.messages) * 9 // 10), kills)
        self.due = deque((at, VICTIMS[number % 3]) for number, at in enumerate(sorted(chosen)))
        self.published: set[tuple[str, int]] = set()
        self.backlogs: list[int] = []
        self._sent = 0

    def timeline(self) -> Iterator[Message]:
        for message in self.messages:
            yield message
            self.published.add((message.device, message.event_ms))
            self._sent += 1
            if self.due and self._sent >= self.due[0][0]:
                self._kill_when_unfinished(self.due[0][1])

    def gate(self) -> Gate:
        return Gate(landed=lambda: len(self.messages), hold=self._hold, progress=lambda _: None, stopping=lambda: False)

    def _hold(self, hold_ms: int) -> None:
        """Only when nothing is on the way: a redelivery after a kill takes 5 s, and that is days of city time."""
        if self.installation.landed() == len(self.published):
            self.installation.hold(hold_ms)

    def _kill_when_unfinished(self, victims: tuple[str, ...]) -> None:
        unlanded = len(self.published) - self.installation.landed() if "ingest" in victims else 0
        undecided = self.installation.undecided() if "engine" in victims else 0
        if ("ingest" in victims and not unlanded) or ("engine" in victims and not undecided):
            return  # it has nothing in its hands: the next message is tried
        assert unlanded + undecided > 0
        self.due.popleft()
        self.backlogs.append(unlanded + undecided)
        for victim in victims:
            self.installation.kill(victim)


def play_with_kills(
    installation: Installation, folder: Path, pace: Pace, kills: int, wait_for: Callable[..., None]
) -> Chaos:
    """Play the recording, disturbed, with kills on the way; returns when all is decided."""
    installation.show("110000", pace)
    installation.start("ingest", "engine")
    wait_for(installation.serving, 40)
    chaos = Chaos(installation, disturbed(timeline([folder], pace.start_ms, pace.stop_ms), HOW), kills, seed=5)
    installation.play(chaos.timeline(), pace, chaos.gate())
    wait_for(lambda: installation.landed() == len(chaos.published), 60)
    installation.decide_all(pace.stop_ms + HOUR_MS, within_s=90)
    return chaos


def check(installation: Installation, folder: Path, stop: str, chaos: Chaos, kills: int) -> str:
    """Every published reading stands in the streams and was counted once; every value is the oracle's."""
    assert len(chaos.backlogs) == kills, f"killed {len(chaos.backlogs)} times of {kills}"
    known, wrong = differences(installation, folder, START, stop)
    assert not wrong, f"{len(wrong)} of {known} hours differ: {wrong[:5]}"
    table = recorded(folder, START, stop)
    expected = {
        (station, metric, end_ms): 1
        for column, (metric, _) in TABLE.items()
        for station, end_ms, value in table[["station", "end_ms", column]].itertuples(index=False)
        if value is not None
    }
    landed = installation.told.readings()
    assert {reading[:3] for reading in landed} == set(expected)
    assert installation.told.pane_counts() == expected
    # What stood on disk but was not acknowledged when ingest was killed comes again 5 s later, and that is days of city
    # time: such a copy counts as doubled while its hour is remembered, and as late when it is decided.
    assert sum(installation.told.late_and_doubled()) == len(landed) - len(expected)
    return f"{kills} kills at backlogs of {min(chaos.backlogs)} to {max(chaos.backlogs)}; {known} hours equal"


@pytest.mark.claim("PULSE", "kill -9 of ingest and engine at unfinished backlogs: nothing lost, nothing counted twice")
def test_three_kills_change_nothing(
    installation: Installation, recorded_data: Path, wait_for: Callable[..., None], record_property
) -> None:
    folder, stop = recorded_data / "air_beijing", "2015-12-05T00:00+08:00"
    pace = replace(pace_of(START, stop), speed=12.0 * HOUR_MS / 1000)
    chaos = play_with_kills(installation, folder, pace, 3, wait_for)
    record_property("figure", check(installation, folder, stop, chaos, 3))


@pytest.mark.long
@pytest.mark.claim("PULSE", "twenty kills -9 of ingest and engine over 30 days: nothing lost, nothing counted twice")
def test_twenty_kills_change_nothing(
    installation: Installation, recorded_data: Path, wait_for: Callable[..., None], record_property
) -> None:
    folder, stop = recorded_data / "air_beijing", "2015-12-25T00:00+08:00"
    pace = replace(pace_of(START, stop), speed=6.0 * HOUR_MS / 1000)
    chaos = play_with_kills(installation, folder, pace, 20, wait_for)
    record_property("figure", check(installation, folder, stop, chaos, 20))
