"""What the two stages of the engine fold and decide; how they turn is `workers/turn.py`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from catalogue.declared import Declared
from core.errors import UnreadableEntry
from core.records import Scene, Tick
from early_warning.rule_watch import Judging
from early_warning.watch import Watch
from indicators.city import CityFold
from indicators.layout import agreeing, layout
from indicators.measures import needed
from indicators.panes import PartitionFold
from indicators.versions import Superseded
from stream.codec import (
    VALUES,
    decode_events,
    decode_panes,
    decode_readings,
    decode_values,
    encode_panes,
    encode_values,
    encode_warnings,
)
from stream.keys import CITY_SLOT, Keys
from stream.slot import Output
from workers.turn import Stage

log = logging.getLogger(__name__)

State = Mapping[bytes, bytes | None]
Chunks = Mapping[bytes, bytes]
Layout = Mapping[str, str]
Beside = Iterable[Mapping[bytes, bytes]]  # entries of the side streams, as far as they are kept and were folded

# Of all that a checkpoint holds. Raise it with any change of what `dirty` gives, in whatever room: what an older
# program left is then folded anew from the log instead of being misread.
STATE_VERSION = 9


class PartitionStage:
    """First stage: readings and events of one partition become panes."""

    def __init__(self, slot: str, keys: Keys, declared: Declared) -> None:
        self.slot, self.declared = slot, declared
        self.side: Mapping[str, str] = {"evt": keys.events(slot)}
        self.outputs: Sequence[str] = ()  # its panes are the side of the city
        self._panes = keys.panes(slot)
        self._complained = False
        carried = needed(declared.indicators)
        self._fold = PartitionFold(int(slot), declared.metrics, declared.feeds, declared.devices, carried)

    def fold(self, fields: Mapping[bytes, bytes]) -> int:
        """Take one reading batch; how many readings it held."""
        batch = decode_readings(fields)
        self._fold.fold(batch)
        return len(batch)

    def fold_beside(self, fields: Mapping[bytes, bytes]) -> None:
        """Take the tellings of one entry."""
        self._fold.fold_events(decode_events(fields))

    def decide(self, tick: Tick) -> list[Output]:
        """The panes that changed since the last tick."""
        panes = self._fold.tick(tick.now_ms)
        if panes is not None and panes.crowded and not self._complained:
            self._complained = True
            log.warning("partition %s: readings under too many undeclared names are left out", self.slot)
        return [(self._panes, encode_panes(panes))] if panes is not None else []

    def dirty(self) -> State:
        """Chunks of state that changed; None: dropped."""
        return self._fold.dirty()

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave."""
        self._fold.restore(chunks)

    def end_for(self, successor: Stage, at_ms: int) -> None:
        """Nothing of what a partition told ends with a definition."""

    def inherited(self, before: Stage, chunks: Chunks, beside: Beside) -> Chunks | None:
        """All of it, when panes are cut and measured as before; else none, and the log is folded anew."""
        return chunks if _first_stage(before.declared) == _first_stage(self.declared) else None


class CityStage:
    """Second stage: panes of all partitions become values, values become warnings."""

    def __init__(self, keys: Keys, declared: Declared, scene: Scene, superseded: Sequence[Superseded] = ()) -> None:
        """superseded: what held before, see `indicators/versions.py`."""
        self.slot, self.declared = CITY_SLOT, declared
        self.side: Mapping[str, str] = {f"pane:{slot}": keys.panes(slot) for slot in keys.slots}
        self.outputs: Sequence[str] = (keys.values, keys.warnings)
        self._keys, self._stamp = keys, scene.stamp
        d = declared
        self._made_of = (d.indicators, d.devices, d.areas, d.feeds, d.schemes, superseded)
        self._city = CityFold(*self._made_of)
        self._handing_over: tuple[Watch, int] | None = None
        self._watch = Watch(d.rules, d.indicators, d.devices, d.areas, d.feeds)

    def fold(self, fields: Mapping[bytes, bytes]) -> int:
        """The log of the city holds ticks and, where something is recalled, values of before it began."""
        if fields.get(b"k") == VALUES:
            self._city.recall(decode_values(fields))
            return 0
        raise UnreadableEntry(f"an entry of kind {fields.get(b'k')!r} has no place in the log of the city")

    def fold_beside(self, fields: Mapping[bytes, bytes]) -> None:
        """Take what a partition changed at one of its ticks."""
        self._city.fold(decode_panes(fields))

    def decide(self, tick: Tick) -> list[Output]:
        """The values that fell due or changed, and the warnings that they open, change or clear."""
        values = self._city.tick(tick.now_ms)
        warnings = self._watch.judge(values, tick.now_ms, self._stamp)
        if self._handing_over:
            warnings += self._watch.hand_over(*self._handing_over, Judging(tick.now_ms, self._stamp))
        outputs: list[Output] = []
        if values:
            outputs.append((self._keys.values, encode_values(values)))
        if warnings:
            outputs.append((self._keys.warnings, encode_warnings(warnings)))
        return outputs

    def dirty(self) -> State:
        """Chunks of state that changed; None: dropped."""
        return _prefixed(b"city.", self._city.dirty()) | _prefixed(b"watch.", self._watch.dirty())

    def restore(self, chunks: Mapping[bytes, bytes]) -> None:
        """Put back what `dirty` gave."""
        self._city.restore(_under(b"city.", chunks))
        self._watch.restore(_under(b"watch.", chunks))

    def end_for(self, successor: Stage, at_ms: int) -> None:
        """Let the next decision hand over what stands, and end the warnings of rules that the successor has not."""
        assert isinstance(successor, CityStage)
        self._handing_over = successor._watch, at_ms

    def inherited(self, before: Stage, chunks: Chunks, beside: Beside) -> Chunks | None:
        """What means the same as before, and the rest made anew from the panes that the streams still hold."""
        assert isinstance(before, CityStage)
        was, now = layout(*before._made_of), layout(*self._made_of)
        rules = _agreeing(_under(b"watch.", chunks), before._watch.layout, self._watch.layout, agree=True)
        panes = _agreeing(_under(b"city.", chunks), was, now, agree=True)
        if was != now:
            anew = CityFold(*self._made_of)
            for fields in beside:
                anew.fold(decode_panes(fields))
            made = {name: chunk for name, chunk in anew.dirty().items() if chunk is not None}
            panes |= _agreeing(made, was, now, agree=False)
        rules |= self._watch.inherited()
        return {b"city." + name: chunk for name, chunk in panes.items()} | {
            b"watch." + name: chunk for name, chunk in rules.items()
        }


def _first_stage(declared: Declared) -> object:
    """What of a declaration the state of a partition hangs on."""
    pane_s = {name: metric.pane_s for name, metric in declared.metrics.items()}
    boots = {name for name, metric in declared.metrics.items() if metric.zero_at_boot}
    settles = {name: (feed.lateness_s, feed.settle_n, feed.settle_for_s) for name, feed in declared.feeds.items()}
    return pane_s, boots, settles, needed(declared.indicators)


def _agreeing(chunks: Chunks, was: Layout, now: Layout, *, agree: bool) -> dict[bytes, bytes]:
    """The chunks that mean the same under two layouts, or those that do not."""
    return {name: chunk for name, chunk in chunks.items() if agreeing(name.decode(), was, now) is agree}


def _prefixed(prefix: bytes, state: State) -> dict[bytes, bytes | None]:
    return {prefix + name: chunk for name, chunk in state.items()}


def _under(prefix: bytes, chunks: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    return {name.removeprefix(prefix): chunk for name, chunk in chunks.items() if name.startswith(prefix)}
