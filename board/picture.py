"""The present picture of the city: values, warnings, panes and heartbeats folded into records with a difference.

Pure: every time is handed in. What must be drawn is found at `tick`; between two ticks folding only marks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from board.canvas import CALM_MS, SLOW_MS, Canvas, Difference, Record, Sections
from board.cards import CardBook
from board.cases import CaseBoard
from board.domains import Domains
from board.duty import DutyBook
from board.events import EventBook
from board.history import History
from board.names import Names
from board.pulse import Pulse
from board.responses import ResponseBoard
from board.signals import SignalBook
from board.sources import Sources
from board.stations import Stations
from board.supervision import OrderBoard
from board.trends import TrendPanel
from board.units import UnitBoard
from board.values import ValueWriter, indicator_record, key_of
from board.warnings import WarningBook
from board.words import level_word
from catalogue.declared import Declared
from core.records import CityWarning, PaneBatch, Scene, Stamp, ValueBatch

PROBE = "system.probe"
HURRIED = 60  # times real time: a replay whose lines move visibly within seconds
TREND_EVERY_MS = 5000  # real time; a day's line does not move faster
MEMORY_VERSION = 8  # of what `memory` gives; another one is not continued but folded anew


class Picture:
    """One scene's picture. Fold, `tick`, then take the `difference`."""

    def __init__(self, declared: Declared, scene: Scene, language: str) -> None:
        self.history = History()
        self._declared = declared
        self._scene = scene
        self._names = Names(declared, language)
        self._writer = ValueWriter(declared, self._names)
        hurried = scene.speed > HURRIED
        self._trend_every_ms = CALM_MS if hurried else TREND_EVERY_MS
        self._canvas = Canvas({} if hurried else SLOW_MS)
        self._trend_behind = True
        self._warnings = WarningBook(declared, self._names)
        self._cards = CardBook(declared, self._names)
        self._stations = Stations(declared, self._names)
        self._sources = Sources(declared, language)
        self._events = EventBook(declared, self._names)
        self._duty = DutyBook(declared, self._names, scene.id)
        self._cases = CaseBoard(declared, self._names, scene.id)
        self._units = UnitBoard(declared, language)
        self._responses = ResponseBoard(declared, self._names, scene.id)
        self._orders = OrderBoard(scene.id)
        self._signals = SignalBook(self._names)
        self._domains = Domains(declared, self._names, self._writer)
        self._trend = TrendPanel(declared, self._names)
        self._pulse = Pulse(language)
        self._latest: dict[tuple[str, str], Record] = {}  # of stations too, which are not in the section `values`
        self._changed: list[CityWarning] = []
        self._held: Sections | None = None  # what clients hold since before a restart
        self._moved = True  # a figure of a domain may have changed
        self._real_now_ms = self._trend_ms = 0
        self._paint_fixed()

    @property
    def sections(self) -> Sections:
        """All records on show; not to be changed by the caller."""
        return self._canvas.sections

    def fold_values(self, batches: Iterable[ValueBatch]) -> None:
        """Take in indicator values; of each figure the newest is shown, all others go to the history only."""
        newest: dict[tuple[str, str], tuple[ValueBatch, int]] = {}
        for batch in batches:
            for row in self.history.fold(batch):
                newest[batch.indicator, batch.areas[row]] = batch, row
        for batch, row in newest.values():
            self._take_value(batch, row)

    def fold_warnings(self, warnings: Iterable[CityWarning]) -> None:
        """Take in warnings as they stand now; trial rules (试运行) are never shown."""
        seen = self._warnings.fold(warnings, self._real_now_ms)
        self._cards.fold(seen)
        self._changed += seen

    def fold_act(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take in what somebody did, from the stream of acts."""
        self._duty.fold(topic, body)
        self._cases.fold(topic, body)
        self._units.fold(topic, body)
        self._responses.fold(topic, body)
        self._orders.fold(topic, body)

    def fold_panes(self, batch: PaneBatch) -> None:
        """Take in newest readings and events of one partition."""
        self._sources.hear(self._stations.fold(batch), batch.received_ms)
        self._events.fold(batch.events)
        self._signals.fold(batch.events)
        self._pulse.engine(batch.late, batch.doubled)

    def fold_beats(self, beats: Mapping[str, tuple[int, str, str]]) -> None:
        """Worker → (real time of its last turn in ms, state, what it says)."""
        self._pulse.beats(beats)

    def fold_probe(self, round_trip_ms: int, seen_ms: int) -> None:
        """The last test reading that came back, and when (real time, ms)."""
        self._pulse.probe(round_trip_ms, seen_ms)

    def fold_counts(self, counts: Mapping[str, int], real_now_ms: int) -> None:
        """`feed|what` → messages, readings, refused since the scene began."""
        self._pulse.counts(counts, real_now_ms)

    def fold_relaxed(self, relaxed: Mapping[str, Record]) -> None:
        """Rules that a shift leader relaxed 临时放宽: until when, who, why; all that are, each time."""
        for rule, record in relaxed.items():
            self._canvas.put("relaxed", rule, {"rule_name": self._names.rule(rule), **record}, urgent=True)
        self._canvas.keep_only("relaxed", relaxed)

    def tick(self, city_now_ms: int, real_now_ms: int) -> None:
        """Draw everything that folding or time itself changed."""
        self._real_now_ms = real_now_ms
        self._sources.changed(self._stations.tick(city_now_ms))
        self._events.tick(city_now_ms)
        self._draw_signals(city_now_ms)
        warned = self._draw_warnings(real_now_ms)
        self._cards.paint(self._canvas, city_now_ms)
        if warned:
            self._duty.changed()
        self._duty.paint(self._canvas, city_now_ms)
        self._cases.paint(self._canvas, city_now_ms)
        self._units.paint(self._canvas, self._cases.tasks(), city_now_ms)
        self._responses.paint(self._canvas, self._warnings.active, warned, city_now_ms)
        self._orders.paint(self._canvas, city_now_ms)
        self._stations.paint(self._canvas)
        self._moved |= bool(self._sources.paint(self._canvas, self._stations)) or warned
        self._events.paint(self._canvas)
        self._trend_behind |= self._moved
        draw = warned or (self._trend_behind and real_now_ms - self._trend_ms >= self._trend_every_ms)
        active = self._warnings.active() if self._moved or draw else ()
        if self._moved:
            self._domains.paint(self._canvas, active, self._stations, self._latest_of, self.history)
        if draw:
            self._trend_ms, self._trend_behind = real_now_ms, False
            self._trend.paint(self._canvas, active, self._latest_of, self.history, city_now_ms)
        self._moved = False
        self._pulse.paint(self._canvas, self._stations.unplaced, real_now_ms)
        if self._held is not None:
            self._canvas.begin_from(self._held)
            self._held = None

    def difference(self) -> Difference | None:
        """What clients must change since the last call, as of the last tick; None when nothing."""
        return self._canvas.take_difference(self._real_now_ms)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs besides the history, ready for JSON."""
        return {
            "version": MEMORY_VERSION,
            "latest": list(self._latest.values()),
            "warnings": self._warnings.snapshot(),
            "cards": self._cards.snapshot(),
            "stations": self._stations.snapshot(),
            "sources": self._sources.snapshot(),
            "events": self._events.snapshot(),
            "pulse": self._pulse.snapshot(),
            "duty": self._duty.snapshot(),
            "cases": self._cases.snapshot(),
            "units": self._units.snapshot(),
            "responses": self._responses.snapshot(),
            "orders": self._orders.snapshot(),
            "signals": self._signals.snapshot(),
        }

    def restore(self, kept: Mapping[str, Any], shown: Sections) -> bool:
        """Continue from a snapshot; False when it is of another version, then nothing is restored.

        shown: what clients hold. After the next tick, `difference` says what they must change.
        """
        self._held = shown
        if kept.get("version") != MEMORY_VERSION:
            return False
        for record in kept["latest"]:
            if record["indicator"] in self._declared.indicators:
                self._show_value(record)
        self._changed = self._warnings.restore(kept["warnings"])
        self._cards.restore(kept["cards"], self._changed)
        self._stations.restore(kept["stations"])
        self._sources.restore(kept["sources"])
        self._events.restore(kept["events"])
        self._pulse.restore(kept["pulse"])
        self._duty.restore(kept["duty"])
        self._cases.restore(kept["cases"])
        self._units.restore(kept["units"])
        self._responses.restore(kept["responses"])
        self._orders.restore(kept["orders"])
        self._signals.restore(kept["signals"])
        return True

    def _take_value(self, batch: ValueBatch, row: int) -> None:
        area = batch.areas[row]
        known = self._latest.get((batch.indicator, area))
        if known is not None and known["end_ms"] > batch.window_end_ms:
            return  # the history was lost, not the value
        record = self._writer.record(batch, row, self._warnings.level_of(batch.indicator, area))
        if record is not None:
            self._show_value(record)

    def _show_value(self, record: Record) -> None:
        indicator, area = record["indicator"], record["area"]
        known = self._latest.get((indicator, area))
        self._latest[indicator, area] = record
        if not self._names.is_in_picture(area):
            self._trend_behind = True  # it may be the one in focus
            return
        turned = (
            known is None or record["level"] != known["level"] or (record["value"] is None) != (known["value"] is None)
        )
        self._canvas.put("values", key_of(indicator, area), record, urgent=turned or indicator == PROBE)
        self._moved |= indicator != PROBE

    def _draw_warnings(self, real_now_ms: int) -> bool:
        """Show warnings and whatever is coloured by them; True when any changed."""
        changed, self._changed = self._changed, []
        self._warnings.paint(self._canvas, changed, real_now_ms)
        if not changed and self._canvas.sections["areas"]:
            return False
        self._warnings.paint_areas(self._canvas)
        self._stations.set_levels(self._warnings.levels_by_subject())
        for place in self._warnings.take_touched():
            record = self._latest.get(place)
            if record is not None and record["value"] is not None:
                self._show_value(record | {"level": level_word(self._warnings.level_of(*place))})
        return True

    def _draw_signals(self, city_now_ms: int) -> None:
        """Signals in force stand in the record of the city."""
        city = self._canvas.sections["city"]["main"]
        self._canvas.put("city", "main", city | {"issued": self._signals.in_force(city_now_ms)}, urgent=True)

    def _latest_of(self, indicator: str, area: str) -> Record | None:
        return self._latest.get((indicator, area))

    def _paint_fixed(self) -> None:
        """What does not change while a scene is shown."""
        city, language = self._declared.city, self._names.language
        record = {
            "code": city.code,
            "name": city.name[language],
            "stamp": str(self._scene.stamp),
            "scene": self._scene.id,
            "support": city.support,
            "support_phone": city.support_phone,
            "map_source": city.map_source,
            "map_date": city.map_date,
            "map_review": city.map_review,
            "issued": [],
            "simulated": self._scene.stamp is Stamp.DEMO,
            "language": language,
        }
        self._canvas.put("city", "main", record)
        for indicator in self._declared.indicators.values():
            self._canvas.put("indicators", indicator.id, indicator_record(indicator, language))
