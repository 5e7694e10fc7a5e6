"""A thread that shows the others that an engine process lives, also while it reads back a large checkpoint."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType

from core.clock import monotonic_s
from core.errors import NeighbourDown
from stream.crew import Crew

TELL_S = 1.0
STUCK_S = 20.0  # who made no step for so long is not working, though its process lives


class Telling:
    """Tells once a second what was last noted, until the process ends or makes no step any more.

    In the engine's own loop it would be late whenever a step takes long: on an overloaded machine the others took the
    slots of one that was only slow, and each takeover made more work.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._noted: tuple[Mapping[str, str], int, int] = ({}, 0, 0)
        self._stepped_s = monotonic_s()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell_on, name="telling", daemon=True)

    def __enter__(self) -> Telling:
        self._crew.tell(*self._noted)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def note(self, cursors: Mapping[str, str], readings_s: int, unreadable: int) -> None:
        """A step was made; what to tell from now on, as in `stream.crew.Member`."""
        self._noted, self._stepped_s = (dict(cursors), readings_s, unreadable), monotonic_s()

    def _tell_on(self) -> None:
        while not self._over.wait(TELL_S):
            if monotonic_s() - self._stepped_s < STUCK_S:
                try:
                    self._crew.tell(*self._noted)
                except NeighbourDown:
                    continue  # the engine's own loop says so
