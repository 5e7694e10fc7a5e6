"""The engine worker: any number of processes share the slots of a scene, each turning its own one after the other."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from functools import partial

from core.clock import monotonic_s, real_ms
from core.errors import NotOwner
from core.messages import text
from core.settings import Settings
from stream.boards import renew_board
from stream.crew import Crew, Member, Workplace
from stream.keys import CITY_SLOT
from stream.levels import Levels
from stream.slot import Slot, definition_of, owners, wait_for_news
from workers.definitions import Declarations
from workers.freed import keep_freed
from workers.rates import Rate
from workers.recall import recall
from workers.seat import seat
from workers.shares import at_work, shares
from workers.telling import Telling
from workers.turn import Turning
from workers.worker import Running, run_worker

log = logging.getLogger(__name__)

RATE_S = 2.0
RECALL_S = 60.0  # at most this often it looks whether values of the past were computed
LOOK_S = 1.0  # at most this often it looks who else lives
IDLE_S = 0.2  # a member without a slot waits so long
UNOWNED_S = 8.0  # a takeover is no fault; a slot that nobody living owns for longer is one


def run(settings: Settings) -> int:
    """Serve the active scene until a signal. Exit code."""
    keep_freed()
    with seat(settings.var, "engine") as name:
        return run_worker("engine", settings, lambda running: serve(running, name))


def serve(running: Running, name: str) -> None:
    """Fold and decide this process's share of one scene until it is over; leave checkpoints."""
    at_once = running.settings.engines_at_once or len(os.sched_getaffinity(0))
    crew = Crew(running.client, running.keys, name, Workplace(socket.gethostname(), at_once, real_ms()))
    with Telling(crew) as telling:
        shift = Shift(running, crew, telling)
        while not running.stopping():
            shift.settle()
            shift.turn()
        shift.end()
    crew.leave()


class Shift:
    """The slots that one engine process owns, and how it comes by them and lets go of them.

    Who joins or leaves is seen by all within a second, who dies within five; then each lets go of what is not its
    share any more, and takes of its share what nobody at work owns. Who is more than its machine has cores for stands
    by without a slot. Two that see it differently for a moment do no harm: whoever took a slot last is its owner, and
    any other's write is refused.
    """

    def __init__(self, running: Running, crew: Crew, telling: Telling) -> None:
        self._running, self._client, self._keys = running, running.client, running.keys
        self._crew, self._telling = crew, telling
        self._declarations = Declarations(
            running.client, running.keys, running.scene, running.declared, running.settings
        )
        self._turnings: dict[str, Turning] = {}
        self._levels: Levels | None = None  # of the owner of the city
        self._rate, self._readings = Rate(RATE_S), 0
        self._recalled_s = float("-inf")
        self._looked_s, self._whole_s = float("-inf"), monotonic_s()
        self._state = self._says = ""

    def settle(self) -> None:
        """Once a second: see who lives, let go of slots and take over others."""
        if monotonic_s() - self._looked_s < LOOK_S:
            return
        self._looked_s = monotonic_s()
        alive = self._crew.look()
        self._running.answered()
        crew = at_work(alive)
        share = {slot for slot, member in shares(self._keys.slots, crew).items() if member == self._crew.name}
        for slot in sorted(self._turnings.keys() - share):
            self._attempt(slot, Turning.hand_over)
            self._turnings.pop(slot, None)
            self._note()
        owned = owners(self._client, self._keys)
        others = set(crew) - {self._crew.name}  # not who stands by: it may bear the name of a killed owner
        for slot in sorted(share - self._turnings.keys()):
            if owned[slot] not in others:
                self._take(slot)
                self._note()
        if CITY_SLOT in self._turnings and monotonic_s() - self._recalled_s >= RECALL_S:
            self._recalled_s = monotonic_s()
            recall(self._running)
        if self._levels and CITY_SLOT in self._turnings:
            self._levels.cursors = {slot: at for member in alive.values() for slot, at in member.cursors.items()}
            self._judge(alive, all(owner in alive for owner in owned.values()))

    def turn(self) -> None:
        """One turn of every slot, the city last: it looks at what the others just put out. Waits when nothing came.

        While a partition of ours is behind, the city has no turn: its time waits for that partition anyway, and what
        it did meanwhile would hold that partition up (four processes were slower than two by that). That the city is
        behind itself, as after a crash, must not keep it from going on.
        """
        partitions = sorted(self._turnings.keys() - {CITY_SLOT})
        came = [self._turn_of(slot) for slot in partitions]
        if CITY_SLOT in self._turnings:
            if not any(self._turnings[slot].behind for slot in partitions if slot in self._turnings):
                came.append(self._turn_of(CITY_SLOT))
            self._running.beat(self._state, self._says)  # its owner speaks for all: one part `engine`
        if not any(came):
            cursors = {self._keys.log(slot): turning.cursor for slot, turning in self._turnings.items()}
            patience_s = min((turning.patience_s for turning in self._turnings.values()), default=IDLE_S)
            wait_for_news(self._client, cursors or {self._keys.log(CITY_SLOT): "$"}, patience_s)

    def _turn_of(self, slot: str) -> bool | None:
        turning = self._turnings[slot]
        before = turning.readings
        came = self._attempt(slot, Turning.turn)
        self._readings += turning.readings - before
        self._note()
        return came

    def end(self) -> None:
        """Hand everything over."""
        for slot in sorted(self._turnings):
            self._attempt(slot, Turning.hand_over)
            self._note()

    def _attempt(self, slot: str, what: Callable[[Turning], bool | None]) -> bool | None:
        """Do something with a slot of ours; when it is not ours any more, drop it."""
        try:
            return what(self._turnings[slot])
        except NotOwner as taken:
            log.warning("%s", taken)
            del self._turnings[slot]
            return None

    def _take(self, slot: str) -> None:
        """Take a slot over. What it or the Board holds from another definition is made anew."""
        running, keys = self._running, self._keys
        definition = self._declarations.definition_for(slot)
        dropped = definition != definition_of(self._client, keys, slot)
        taken = Slot.take(self._client, keys, slot, definition, self._crew.name)
        now_ms: Callable[[], int] = running.now_ms
        if slot == CITY_SLOT:
            now_ms = self._levels = Levels(self._client, keys, running.now_ms)
            if dropped:
                renew_board(self._client, keys, definition)
        make, number = partial(self._declarations.stage, slot), self._declarations.number(definition)
        self._turnings[slot] = Turning(taken, make, running.settings, now_ms, number)
        log.info("slot %s taken, epoch %d", slot, taken.epoch)

    def _note(self) -> None:
        """A step was made: the others may know."""
        cursors = {slot: turning.cursor for slot, turning in self._turnings.items()}
        unreadable = sum(turning.unreadable for turning in self._turnings.values())
        self._telling.note(cursors, self._rate.of(self._readings), unreadable)

    def _judge(self, alive: dict[str, Member], whole: bool) -> None:
        """Well is when every slot is in living hands."""
        if whole:
            self._whole_s = monotonic_s()
        unowned = monotonic_s() - self._whole_s > UNOWNED_S
        places = {
            "readings": sum(member.readings_s for member in alive.values()),
            "count": sum(member.unreadable for member in alive.values()),
            "engines": len(at_work(alive)),
        }
        several = "-together" if places["engines"] > 1 else ""
        code = "unowned" if unowned else "turning-past" if places["count"] else f"turning{several}"
        self._state = "unowned" if unowned else "ok"
        self._says = text(f"engine.{code}", self._running.settings.language, **places)
