"""How an owned slot turns: read the log, fold, decide at ticks, emit under the tick's id, commit, trim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from core.clock import monotonic_s, real_ms
from core.records import HOUR_MS, Tick
from core.settings import Settings
from stream.codec import decode_tick
from stream.entries import START, Entry, order
from stream.slot import Slot

Output = tuple[str, Mapping[bytes, bytes]]  # (stream, fields)

ENTRIES_A_TURN = 200  # about 40,000 readings; the other slots wait no longer than these take
IDLE_TICK_S = 1.0  # without data time must still pass: windows fall due, reporters fall silent
TRIM_S = 30.0
SIDE = b"side"  # chunk: up to where each side stream is folded


class Stage(Protocol):
    """What is folded and decided in one slot. `side`: name in a tick → stream that is folded at ticks."""

    slot: str
    side: Mapping[str, str]

    def fold(self, fields: Mapping[bytes, bytes]) -> int:
        """Take one entry of the log that is no tick; how many readings it held."""
        ...

    def decide(self, tick: Tick, beside: Mapping[str, Iterable[Entry]]) -> list[Output]:
        """What this tick puts out, given the side entries up to it."""
        ...

    def dirty(self) -> Mapping[bytes, bytes | None]:
        """Chunks of state that changed since this was last asked; asked right after a tick."""
        ...

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave."""
        ...


class Turning:
    """One stage in its slot. After a crash it goes on from the checkpoint and repeats only what is refused."""

    def __init__(self, slot: Slot, stage: Stage, settings: Settings) -> None:
        self._slot, self._stage, self._settings = slot, stage, settings
        stage.restore(slot.chunks)
        self._folded_upto: dict[str, str] = dict.fromkeys(stage.side, START)
        if SIDE in slot.chunks:
            self._folded_upto |= msgspec.json.decode(slot.chunks[SIDE], type=dict[str, str])
        self.readings = 0
        self.level_ms = 0  # all that the log held at this city time is decided; 0: nothing is yet
        self._decided = slot.position  # the newest tick decided here
        self._asked = START  # the newest tick that we appended
        self._fresh = True  # something was folded since the last tick
        now_s = monotonic_s()
        self._ticked_s = self._trimmed_s = now_s
        self._committed_s = now_s
        self._uncommitted = False

    def turn(self, now_ms: int) -> bool:
        """Read and fold what came, ask for a decision when one is due; True when anything was read."""
        entries = self._slot.read(ENTRIES_A_TURN, 0)
        for entry_id, fields in entries:
            if fields[b"k"] == b"t":
                self._decide(entry_id, decode_tick(fields))
            else:
                self.readings += self._stage.fold(fields)
                self._fresh = True
        if len(entries) < ENTRIES_A_TURN:
            self._ask(now_ms)
        self._keep_house()
        return bool(entries)

    def commit(self) -> None:
        """State and position as of the last tick, when the log was not read beyond it; else at the next one."""
        if self._uncommitted and not self._fresh:
            side = msgspec.json.encode(self._folded_upto)
            self._slot.commit(self._decided, {**self._stage.dirty(), SIDE: side})
            self._committed_s, self._uncommitted = monotonic_s(), False

    def _decide(self, entry_id: str, tick: Tick) -> None:
        beside = {
            name: self._slot.read_side(stream, self._folded_upto[name], tick.upto.get(name, START))
            for name, stream in self._stage.side.items()
        }
        for stream, fields in self._stage.decide(tick, beside):
            self._slot.emit(stream, entry_id, fields)
        self._folded_upto |= {name: found[-1][0] for name, found in beside.items() if found}
        self._decided, self._fresh, self._uncommitted = entry_id, False, True
        self.level_ms = max(self.level_ms, tick.now_ms)
        if monotonic_s() - self._committed_s >= self._settings.checkpoint_s:
            self.commit()

    def _ask(self, now_ms: int) -> None:
        """Append a tick when data wait for one, at most each `tick_ms`; without data once a second."""
        waited_s = monotonic_s() - self._ticked_s
        outstanding = order(self._asked) > order(self._decided)
        if outstanding or waited_s * 1000 < self._settings.tick_ms:
            return
        upto = {name: self._slot.newest(stream) for name, stream in self._stage.side.items()}
        news = self._fresh or any(order(upto[name]) > order(self._folded_upto[name]) for name in upto)
        if not news and self.level_ms:
            self.level_ms = max(self.level_ms, now_ms)
        if news or waited_s >= IDLE_TICK_S:
            self._asked = self._slot.append_tick(Tick(now_ms, upto))
            self._ticked_s = monotonic_s()

    def _keep_house(self) -> None:
        """Now and then drop what every reader has behind it and nobody asks for any more."""
        if monotonic_s() - self._trimmed_s < TRIM_S:
            return
        self._trimmed_s = monotonic_s()
        keep_from = f"{real_ms() - self._settings.keep_h * HOUR_MS}-0"
        log = self._slot.keys.log(self._stage.slot)
        crowded = self._slot.length(log) > self._settings.stream_limit // 2
        self._slot.trim([log], self._slot.position if crowded else min(self._slot.position, keep_from, key=order))
        for name, stream in self._stage.side.items():
            self._slot.trim([stream], min(self._folded_upto[name], keep_from, key=order))
