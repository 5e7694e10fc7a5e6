"""How an owned slot turns: read the log, fold, decide at ticks, emit under the tick's id, commit, trim."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import msgspec

from catalogue.declared import Declared
from core.clock import monotonic_s, real_ms
from core.errors import UnreadableEntry
from core.records import HOUR_MS, Tick
from core.settings import Settings
from stream.archived import archived
from stream.codec import TICK, decode_tick
from stream.definitions import KIND as DEFINITION
from stream.definitions import PLACE, Change, Definition, Replaced, decode_definition, keep_definition
from stream.entries import START, Entry, order
from stream.slot import Output, Slot

log = logging.getLogger(__name__)

ENTRIES_A_TURN = 40  # about 8,000 readings, at most 200,000: the other slots wait no longer than these take
IDLE_TICK_S = 1.0  # without data time must still pass: windows fall due, reporters fall silent
TRIM_S = 30.0
LOST_TICK_S = 5.0  # a tick that was not read back by then went with its log; asking again finds out
TURNS_TO_FINISH = 5  # at most so many reads before a slot is handed over; what is left its next owner folds


class Stage(Protocol):
    """What is folded and decided in one slot.

    `side`: name in a tick → stream that is folded at ticks. `outputs`: streams that only readers outside of the
    engine follow; those that are the side of another stage are trimmed there.
    """

    slot: str
    side: Mapping[str, str]
    outputs: Sequence[str]

    def fold(self, fields: Mapping[bytes, bytes]) -> int:
        """Take one entry of the log that is no tick; how many readings it held. Raises UnreadableEntry."""
        ...

    def fold_beside(self, fields: Mapping[bytes, bytes]) -> None:
        """Take one entry of a side stream. Raises UnreadableEntry."""
        ...

    def decide(self, tick: Tick) -> list[Output]:
        """What this tick puts out, everything up to it being folded."""
        ...

    def dirty(self) -> Mapping[bytes, bytes | None]:
        """Chunks of state that changed since this was last asked; asked right after a tick."""
        ...

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave."""
        ...

    @property
    def declared(self) -> Declared:
        """What it was made of."""
        ...

    def end_for(self, successor: Stage, at_ms: int) -> None:
        """Let the next decision, the last of this stage, end what the successor does not go on with."""
        ...

    def inherited(
        self, before: Stage, chunks: Mapping[bytes, bytes], beside: Iterable[Mapping[bytes, bytes]]
    ) -> Mapping[bytes, bytes] | None:
        """The chunks to begin with behind a stage of another declaration; None: the log is folded anew.

        beside: The entries of the side streams that were folded and are still there, read only when asked for.
        """
        ...


class Place(msgspec.Struct):
    """What a slot must know again after a crash beside its stage; kept as the chunk `PLACE`.

    upto: how far each side stream is folded; unreadable: how many entries were left out because nobody can read them;
    number: of the definition in force; coming: those that the log announced; replaced: those before, oldest first.
    """

    upto: dict[str, str]
    unreadable: int = 0
    number: int = 0
    coming: list[Change] = []
    replaced: list[Replaced] = []


Make = Callable[[str, Sequence[Replaced]], Stage]  # (fingerprint, those before) → a stage without state


class Turning:
    """One stage in its slot. After a crash it goes on from the checkpoint and repeats only what is refused."""

    def __init__(self, slot: Slot, make: Make, settings: Settings, now_ms: Callable[[], int], number: int = 0) -> None:
        """now_ms: As of which city time a tick may be asked for; 0 for none yet. number: of the slot's definition."""
        self._slot, self._make, self._settings, self._now_ms = slot, make, settings, now_ms
        self._log = slot.keys.log(slot.name)
        kept = slot.chunks.get(PLACE)
        self._place = msgspec.json.decode(kept, type=Place) if kept else Place({}, number=number)
        self._stage = make(_named(slot.definition), self._place.replaced)
        self._stage.restore(slot.chunks)
        self._place.upto = dict.fromkeys(self._stage.side, START) | self._place.upto
        self._committed_upto = dict(self._place.upto)
        self.readings = 0
        self.behind = False  # there was more to read than one turn takes, and it is not decided yet
        self._decided = slot.position  # the newest tick decided here
        self._asked = START  # the newest tick that we appended
        self._fresh = True  # something was folded since the last tick
        self._uncommitted = False
        self._complained = False
        self._ticked_s = self._trimmed_s = self._committed_s = monotonic_s()

    @property
    def unreadable(self) -> int:
        """How many entries were left out since the slot began."""
        return self._place.unreadable

    @property
    def cursor(self) -> str:
        """Up to here the log was read."""
        return self._slot.cursor

    def turn(self) -> bool:
        """Read and fold what came, ask for a decision when one is due; True when anything was read."""
        entries = self._read()
        if len(entries) >= ENTRIES_A_TURN:
            self.behind = True
        else:
            self._ask()
        self._keep_house()
        return bool(entries)

    def hand_over(self) -> None:
        """Decide what was read, leave a checkpoint and let go of the slot. Raises NotOwner."""
        if self._fresh and (now_ms := self._now_ms()):
            asked = self._append_tick(now_ms)
            for _ in range(TURNS_TO_FINISH):
                if order(self._decided) < order(asked):
                    self._read()
        self.commit()
        self._slot.release()

    def _read(self) -> list[Entry]:
        entries, definition = self._slot.read(ENTRIES_A_TURN, 0), self._slot.definition
        for entry_id, fields in entries:
            if self._slot.definition != definition:
                break  # the cursor was set back: what follows is read again
            with self._leaving_out(self._log, entry_id):
                if fields.get(b"k") == TICK:
                    self._decide(entry_id, decode_tick(fields))
                elif fields.get(b"k") == DEFINITION:
                    self._announce(decode_definition(fields))
                else:
                    self._fresh = True
                    self.readings += self._stage.fold(fields)
        return entries

    @property
    def patience_s(self) -> float:
        """How long it can wait for news: until its next tick may be asked for."""
        tick_s = self._settings.tick_ms / 1000
        return max(0.0, self._ticked_s + tick_s - monotonic_s()) or tick_s

    def commit(self) -> None:
        """State and position as of the last tick, when the log was not read beyond it; else at the next one."""
        if self._uncommitted and not self._fresh:
            self._slot.commit(self._decided, {**self._stage.dirty(), PLACE: msgspec.json.encode(self._place)})
            self._committed_upto = dict(self._place.upto)
            self._committed_s, self._uncommitted = monotonic_s(), False

    def _decide(self, entry_id: str, tick: Tick) -> None:
        upto = self._place.upto
        for name, stream in sorted(self._stage.side.items()):
            for side_id, fields in self._slot.read_side(stream, upto[name], tick.upto.get(name, START)):
                with self._leaving_out(stream, side_id):
                    self._stage.fold_beside(fields)
                upto[name] = side_id
        change = self._due(tick.now_ms)
        successor = self._successor(change, change.effective_ms or tick.now_ms) if change else None
        self._slot.emit(entry_id, tick, self._stage.decide(tick))
        self._decided, self._fresh, self._uncommitted, self.behind = entry_id, False, True, False
        if change and successor:
            self._succeed(successor, change)
        elif monotonic_s() - self._committed_s >= self._settings.checkpoint_s:
            self.commit()

    def _announce(self, definition: Definition) -> None:
        """Remember a definition until its time has come; one that is not newer than ours was read before."""
        self._fresh = True
        known = max([self._place.number, *(change.number for change in self._place.coming)])
        if definition.number > known:
            keep_definition(self._slot.client, self._slot.keys, definition)
            self._place.coming.append(Change(*definition[:3]))

    def _due(self, now_ms: int) -> Change | None:
        """The newest of the definitions whose time has come; those before it are passed over."""
        due = [change for change in self._place.coming if change.effective_ms <= now_ms]
        return due[-1] if due else None

    def _successor(self, change: Change, until_ms: int) -> Stage:
        """A stage of another definition; ours ends with the next decision."""
        place = self._place
        place.replaced.append(Replaced(_named(self._slot.definition), until_ms))
        place.coming = [later for later in place.coming if later.number > change.number]
        place.number = change.number
        successor = self._make(change.fingerprint, place.replaced)
        self._stage.end_for(successor, until_ms)
        return successor

    def _succeed(self, successor: Stage, change: Change) -> None:
        """Go on with a stage of another definition, in one commit: what it can read of our state, or all anew.

        Until that commit a crash leaves the stage before, which comes to this tick again and decides the same.
        """
        stored, changed = self._slot.stored(), self._stage.dirty()
        stored.pop(PLACE, None)
        held = {name: chunk for name, chunk in {**stored, **changed}.items() if chunk is not None}
        inherited = successor.inherited(self._stage, held, self._folded_beside())
        if inherited is None:
            self._place.upto = dict.fromkeys(successor.side, START)
        else:
            successor.restore(inherited)
        kept = inherited or {}
        written = {name: chunk for name, chunk in kept.items() if stored.get(name) != chunk}
        dropped = dict.fromkeys(stored.keys() - kept.keys())
        position = START if inherited is None else self._decided
        state = {**written, **dropped, PLACE: msgspec.json.encode(self._place)}
        definition = self._slot.definition.replace(_named(self._slot.definition), change.fingerprint)
        self._slot.commit(position, state, definition)
        self._stage, self._decided = successor, position
        self._committed_upto = dict(self._place.upto)
        self._committed_s, self._uncommitted = monotonic_s(), False
        log.info("slot %s goes on with definition %s", self._slot.name, definition)

    def _folded_beside(self) -> Iterator[Mapping[bytes, bytes]]:
        for name, stream in sorted(self._stage.side.items()):
            yield from (fields for _, fields in self._slot.read_side(stream, START, self._place.upto[name]))

    @contextmanager
    def _leaving_out(self, stream: str, entry_id: str) -> Iterator[None]:
        """What cannot be read is left out now and whenever it is read again: counted, and the first one logged."""
        try:
            yield
        except UnreadableEntry as why:
            self._place.unreadable += 1
            self._fresh = True  # counted for good with the next tick, not with the one before
            if not self._complained:
                self._complained = True
                log.error("%s %s is left out, as any other that cannot be read: %s", stream, entry_id, why)

    def _ask(self) -> None:
        """Append a tick when data wait for one, at most each `tick_ms`; without data once a second."""
        waited_s = monotonic_s() - self._ticked_s
        outstanding = order(self._asked) > order(self._decided) and waited_s < LOST_TICK_S
        if outstanding or waited_s * 1000 < self._settings.tick_ms:
            return
        upto = self._side_ends()
        news = self._fresh or any(order(upto[name]) > order(self._place.upto[name]) for name in upto)
        if (news or waited_s >= IDLE_TICK_S) and (now_ms := self._now_ms()):
            self._append_tick(now_ms)

    def _append_tick(self, now_ms: int) -> str:
        """The ends are looked at after the clock: what landed before a time is folded before that time is decided."""
        self._asked = self._slot.append_tick(Tick(now_ms, self._side_ends()))
        self._ticked_s = monotonic_s()
        return self._asked

    def _side_ends(self) -> dict[str, str]:
        return self._slot.ends(self._stage.side)

    def _keep_house(self) -> None:
        """Now and then drop what is folded for good and nobody asks for any more; in a crowded stream all of that."""
        if monotonic_s() - self._trimmed_s < TRIM_S:
            return
        self._trimmed_s = monotonic_s()
        roomy = self._settings.stream_limit // 2
        keep_from = f"{real_ms() - self._settings.keep_h * HOUR_MS}-0"
        read = {self._log: self._slot.position}
        read |= {stream: self._committed_upto[name] for name, stream in self._stage.side.items()}
        kept = archived(self._slot.client, self._slot.keys)  # what the history has not yet, it will ask for
        for stream, upto in read.items():
            crowded = self._slot.length(stream) > roomy
            done = min(upto, kept.get(stream, upto), key=order)
            self._slot.trim(stream, done if crowded else min(done, keep_from, key=order))
        for stream in self._stage.outputs:
            self._slot.shorten(stream, roomy, kept.get(stream))


def _named(definition: str) -> str:
    """The fingerprint in a slot's definition, behind the version of the state."""
    return definition.partition("-")[2]
