"""`app.py compute`: the values of any span anew from the raw readings of the history, with the engine's own stages.

Readings are folded in the order of their event time, so that none is late: what live had to leave out counts here.
Values become newer versions under the id of the run; nothing that stands in the history is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from catalogue.versions import Definitions
from core.clock import from_ms, real_ms
from core.errors import UnknownName
from core.records import DAY_MS, HOUR_MS, Event, ReadingBatch, Scene, Tick, ValueBatch
from core.settings import Settings
from indicators.reach import reach_ms
from indicators.versions import with_sources
from store.history.columns import READINGS, VALUES
from store.history.manifest import Folder
from store.history.reader import History
from store.history.writer import add_values
from stream.codec import decode_values, encode_events, encode_readings
from stream.keys import Keys
from workers.stages import CityStage, PartitionStage

STEP_MS = HOUR_MS  # between two ticks: long enough to be fast, short enough that no window is passed over
ROWS = 500_000  # values in memory before they are written


Progress = Callable[[int, int], None]  # (city time reached, values so far)


@dataclass(frozen=True, slots=True)
class Computed:
    """What one run did. after_ms: later than asked for when raw readings before it are not kept any more."""

    run: str
    after_ms: int
    upto_ms: int
    readings: int
    values: int


class BothStages:
    """The two stages of the engine without its streams: readings in, values out."""

    def __init__(self, definitions: Definitions, scene: Scene) -> None:
        self._keys = Keys(scene.id, 1)
        now, before = definitions.now, definitions.before
        every = {f"{one.indicator.id}@{one.indicator.version}": one.indicator for one in before} | dict(now.indicators)
        # A pane carries what the windows of any definition need; the engine begins with that when one takes effect.
        self._partition = PartitionStage("0", self._keys, replace(now, indicators=every))
        self._city = CityStage(self._keys, now, scene, before)

    def fold(self, readings: Collection[ReadingBatch], events: Collection[Event]) -> None:
        """Take what came between two ticks."""
        for batch in readings:
            self._partition.fold(encode_readings(batch))
        if events:
            self._partition.fold_beside(encode_events(list(events)))

    def tick(self, now_ms: int) -> list[ValueBatch]:
        """What is decided as of city time."""
        tick = Tick(now_ms, {})
        for _, panes in self._partition.decide(tick):
            self._city.fold_beside(panes)
        told = dict(self._city.decide(tick))
        values = told.get(self._keys.values)
        return decode_values(values) if values else []


def compute(
    settings: Settings,
    definitions: Definitions,
    scene: Scene,
    asked: tuple[int, int],
    progress: Progress,
    only: Collection[str] = (),
) -> Computed:
    """Compute the windows that end in (after, upto] of some indicators, of all when none is named.

    definitions: Windows of the time of a definition that held before are computed by it.

    Raises:
        UnknownName: An indicator is not declared, or the history holds no raw reading of the scene.
        OSError: The history cannot be read or written; what was written by then stays and may be repeated.
    """
    wanted = _wanted(definitions.now.indicators, only)
    needed = _needed(definitions, wanted)
    history, folder = History(settings.history_folder, scene.id), Folder(settings.history_folder / scene.id)
    known = _known(history, scene)
    reaches_ms = {name: _reach_ms(needed, name) for name in wanted}
    run = f"compute-{from_ms(real_ms()):%Y%m%dT%H%M%S}"
    writer = _Writer(
        folder, run, {name: known.first(asked[0], reach) for name, reach in reaches_ms.items()}, reaches_ms
    )
    stages = BothStages(needed, scene)
    begin_ms = max(known.begin_ms - 1, asked[0] - max(reaches_ms.values()))
    readings, settle_ms = 0, 1000 * max(one.settle_s for one in needed.now.indicators.values())
    for piece in _slices(history, begin_ms, asked[1], scene):
        stages.fold(piece.readings, piece.events)
        readings += sum(len(part) for part in piece.readings)
        writer.heard(piece)
        writer.take(stages.tick(piece.upto_ms), asked[1])
        progress(piece.upto_ms, writer.written)
    writer.take(stages.tick(asked[1] + settle_ms), asked[1])
    writer.write()
    return Computed(run, min(writer.first_ms.values()), asked[1], readings, writer.written)


@dataclass(frozen=True, slots=True)
class _Known:
    """From when on raw readings are kept, and whether there were earlier ones: their values still stand."""

    begin_ms: int
    cut: bool

    def first(self, after_ms: int, reach_ms: int) -> int:
        """After which end windows may be told anew: not when a part of their readings is not kept any more."""
        return max(after_ms, self.begin_ms + reach_ms) if self.cut else after_ms


@dataclass(frozen=True, slots=True)
class _Slice:
    """What the history holds between two ticks, by event time."""

    upto_ms: int
    readings: list[ReadingBatch]
    events: list[Event]
    imported: bool


class _Writer:
    """Keeps the values that were asked for and writes them in large pieces.

    A window of which no reading is kept is not told anew: that the history holds none does not mean there was none.
    """

    def __init__(self, folder: Folder, run: str, first_ms: Mapping[str, int], reaches_ms: Mapping[str, int]) -> None:
        self.first_ms, self.written = first_ms, 0
        self._folder, self._run, self._reaches_ms = folder, run, reaches_ms
        self._told: list[tuple[int, ValueBatch]] = []
        self._rows, self._heard_ms, self._imported = 0, 0, False

    def heard(self, piece: _Slice) -> None:
        """Note that readings or events are there, and whether they were imported."""
        if piece.readings or piece.events:
            self._heard_ms = piece.upto_ms
        if piece.imported != self._imported:
            self.write()
            self._imported = piece.imported

    def take(self, values: Collection[ValueBatch], upto_ms: int) -> None:
        """Take what one tick decided."""
        written_ms = real_ms()
        for batch in values:
            first_ms, end_ms = self.first_ms.get(batch.indicator), batch.window_end_ms
            if (
                first_ms is not None
                and first_ms < end_ms <= upto_ms
                and end_ms < self._heard_ms + self._reach_ms(batch)
            ):
                self._told.append((written_ms, batch))
                self._rows += len(batch)
        if self._rows >= ROWS:
            self.write()

    def write(self) -> None:
        """Write what is kept."""
        if self._told:
            self.written += add_values(self._folder, self._told, self._run, self._imported)
        self._told, self._rows = [], 0

    def _reach_ms(self, batch: ValueBatch) -> int:
        return self._reaches_ms[batch.indicator]


def _wanted(known: Collection[str], only: Collection[str]) -> list[str]:
    unknown = sorted(set(only) - set(known))
    if unknown:
        raise UnknownName(f"no such indicator: {', '.join(unknown)}; declared: {', '.join(sorted(known))}")
    return sorted(only or known)


def _needed(definitions: Definitions, names: Collection[str]) -> Definitions:
    """Those of some indicators and of all that they are computed from, or were."""
    now, before = definitions.now, definitions.before
    needed = with_sources(names, [*now.indicators.values(), *(one.indicator for one in before)])
    kept = {name: one for name, one in now.indicators.items() if name in needed}
    return Definitions(
        replace(now, indicators=kept, rules={}), tuple(one for one in before if one.indicator.id in needed)
    )


def _reach_ms(needed: Definitions, name: str) -> int:
    """How far back the windows of an indicator look, by whatever definition."""
    every = {one.indicator.id: one.indicator for one in needed.before} | dict(needed.now.indicators)
    old = ({**every, one.indicator.id: one.indicator} for one in needed.before)
    return max(reach_ms(indicators, name) for indicators in (every, *old))


def _known(history: History, scene: Scene) -> _Known:
    readings, values = history.span_ms(READINGS), history.span_ms(VALUES)
    if readings is None:
        raise UnknownName(f"the history of scene {scene.id!r} holds no raw reading")
    return _Known(readings[0], values is not None and values[0] < readings[0] - DAY_MS)


def _slices(history: History, after_ms: int, upto_ms: int, scene: Scene) -> Iterator[_Slice]:
    """All that the history holds of a span, an hour at a time; hours without anything too: time passes in them."""
    for begin_ms, end_ms in history.pieces(after_ms, upto_ms):
        batches, imported = history.batches(begin_ms, end_ms, scene.stamp)
        events = history.events(begin_ms, end_ms)
        ends = [*range((begin_ms // STEP_MS + 1) * STEP_MS, end_ms, STEP_MS), end_ms]
        cuts = [np.searchsorted(batch.event_ms, ends, side="right").tolist() for batch in batches]
        told = np.searchsorted(np.array([event.told_ms for event in events], np.int64), ends, side="right").tolist()
        for row, at_ms in enumerate(ends):
            spans = [slice(cut[row - 1] if row else 0, cut[row]) for cut in cuts]
            parts = [_part(batch, span) for batch, span in zip(batches, spans, strict=True) if span.start < span.stop]
            yield _Slice(at_ms, parts, events[told[row - 1] if row else 0 : told[row]], imported)


def _part(batch: ReadingBatch, rows: slice) -> ReadingBatch:
    columns = {name: getattr(batch, name)[rows] for name in ("device", "metric", "event_ms", "value", "quality")}
    return replace(batch, **columns)
