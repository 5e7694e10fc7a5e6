"""Publishes a recorded timeline as if live, in city time, at any speed; city time waits for what was published.

The city clock is held: it never passes the end of a step before every message of that step lies in the streams. So
no reading is ever late because we are slow, and the result of a replay does not depend on the machine. Messages of
a step are published while the clock stands in it or before it, hence up to a step ahead of the clock.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from core.clock import monotonic_s
from core.errors import NeighbourDown
from core.records import HOUR_MS, MINUTE_MS
from simulator.message import Message
from simulator.wire import Wire

LOG = logging.getLogger(__name__)
LOOK_S = 0.01
AGAIN_S = 3.0  # what did not land by then is sent again: at first nobody may have subscribed yet; doubles count once
PATIENCE_S = 60.0  # what did not land in this time was refused; waiting on would hide it
AFTER_MS = 5 * MINUTE_MS  # the clock goes on so far, or the windows that end with the last reading stay open
FASTEST = 1e9  # the speed of a clock that only its hold keeps back


@dataclass(frozen=True, slots=True)
class Pace:
    """From where to where, ms of city time, and how fast; speed 0: as fast as the city swallows."""

    start_ms: int
    stop_ms: int
    speed: float

    @property
    def clock_speed(self) -> float:
        """What the scene's clock is declared with."""
        return self.speed or FASTEST

    @property
    def step_ms(self) -> int:
        """City time between two holds: a second of real time, from a minute to an hour of the city's."""
        return int(min(max(self.clock_speed * 1000, MINUTE_MS), HOUR_MS))

    def inside(self, at_ms: int) -> int:
        """The time itself, or the end of the span that it lies beyond."""
        return min(max(at_ms, self.start_ms), self.stop_ms)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the player asks of the installation that it plays to; all in city time.

    landed: how many distinct messages, pairs of (device, event time), lie in the streams of the scene by now.
    hold: city time may run up to this, ms, from now on. progress: share of the way, 0 to 1.
    stopping: True ends the replay cleanly after the present message.
    """

    landed: Callable[[], int]
    hold: Callable[[int], None]
    progress: Callable[[float], None]
    stopping: Callable[[], bool]


def play(messages: Iterable[Message], url: str, root: str, *, pace: Pace, gate: Gate) -> int:
    """Play a timeline; returns how many distinct messages were published.

    Args:
        messages: In the order in which they are sent (`recordings.timeline`, `disturbance.disturbed`).
        url: Of the broker.
        root: Topic root of the scene.
        pace: Speed and span. City time must run with it: the scene is declared with `pace.clock_speed` and with
            its hold at `pace.start_ms`.
        gate: The installation.

    Raises:
        NeighbourDown: What was published did not arrive in the streams within a minute.
    """
    wire = Wire(url, f"cityvitals-replay-{root.replace('/', '-')}", stopping=gate.stopping)
    began_s = monotonic_s()
    told: set[tuple[str, int]] = set()
    try:
        for end_ms, step in _steps(messages, pace.step_ms):
            gate.hold(pace.inside(end_ms - pace.step_ms))  # nothing lies between the last step and this one
            for message in step:
                if not _sleep_until(_due_s(message, pace, began_s), gate.stopping):
                    return len(told)
                wire.publish(message.address(root), message.payload)
                told.add((message.device, message.event_ms))
            if not _until_landed(len(told), gate, partial(_publish_again, wire, root, step)):
                return len(told)
            gate.hold(pace.inside(end_ms))
            gate.progress((pace.inside(end_ms) - pace.start_ms) / max(1, pace.stop_ms - pace.start_ms))
        gate.hold(pace.stop_ms + AFTER_MS)
        gate.progress(1.0)
        return len(told)
    finally:
        wire.settle(within_s=2.0)
        wire.close()


def _steps(messages: Iterable[Message], step_ms: int) -> Iterator[tuple[int, list[Message]]]:
    """(end of the step, its messages) for each step that has any; a step holds send times in (end − step, end]."""
    for number, step in groupby(messages, key=lambda message: -(-message.send_ms // step_ms)):
        yield number * step_ms, list(step)


def _due_s(message: Message, pace: Pace, began_s: float) -> float:
    return began_s + (message.send_ms - pace.start_ms) / 1000 / pace.clock_speed


def _sleep_until(due_s: float, stopping: Callable[[], bool]) -> bool:
    """False when stopped meanwhile."""
    while (left_s := due_s - monotonic_s()) > 0:
        if stopping():
            return False
        time.sleep(min(left_s, 0.1))
    return not stopping()


def _publish_again(wire: Wire, root: str, step: list[Message]) -> None:
    LOG.info("sending %d messages again that did not all land", len(step))
    for message in step:
        wire.publish(message.address(root), message.payload)


def _until_landed(expected: int, gate: Gate, again: Callable[[], None]) -> bool:
    """Wait until all messages lie in the streams. False when stopped meanwhile; raises when they stay away."""
    began_s = sent_s = monotonic_s()
    while (landed := gate.landed()) < expected:
        if gate.stopping():
            return False
        if monotonic_s() - began_s > PATIENCE_S:
            raise NeighbourDown(f"{expected - landed} of {expected} messages did not arrive in {PATIENCE_S:.0f} s")
        if monotonic_s() - sent_s > AGAIN_S:
            again()
            sent_s = monotonic_s()
        time.sleep(LOOK_S)
    return True
