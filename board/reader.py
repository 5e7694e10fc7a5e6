"""The picture as a web process holds it: the mirror of all frames, and the last day of every value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from board.canvas import Record, Sections, apply
from board.frames import difference_of, read
from board.history import History, Point
from board.names import IN_PICTURE, Names
from board.values import ValueWriter, key_of
from catalogue.declared import Declared
from core.records import Level, Scene, ValueBatch


class PictureReader:
    """What pages and the API read. Everything is None or empty until the first snapshot came.

    Records are those of `docs/architecture.md`; they are shared, so nobody changes them.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.scene: Scene | None = None
        self.declared: Declared | None = None
        self.sections: Sections = {}
        self.revision = 0
        self._history = History()
        self._others: dict[tuple[str, str], Record] = {}
        self._writer: ValueWriter | None = None
        self._names: Names | None = None

    def show_scene(self, scene: Scene, declared: Declared) -> None:
        """Begin with another scene, empty."""
        self.scene, self.declared = scene, declared
        self.sections, self.revision = {}, 0
        self._history, self._others = History(), {}
        self._names = Names(declared, self.language)
        self._writer = ValueWriter(declared, self._names)

    def load(self, snapshot: bytes) -> None:
        """Take over a whole picture."""
        frame = read(snapshot)
        self.sections, self.revision = frame["set"], frame["rev"]

    def take(self, frame: Mapping[str, Any]) -> bool:
        """Apply one difference; False when it does not follow the revision that is held."""
        if frame["prev"] != self.revision:
            return False
        apply(self.sections, difference_of(frame))
        self.revision = frame["rev"]
        return True

    def fold_values(self, batches: Iterable[ValueBatch]) -> None:
        """Take in values for the history and, of what is not in the picture, for the newest."""
        for batch in batches:
            for row in self._history.fold(batch):
                area = batch.areas[row]
                if self._writer is None or self._names is None or self._names.is_in_picture(area):
                    continue
                record = self._writer.record(batch, row, Level.NORMAL)
                if record is not None:
                    self._others[batch.indicator, area] = record

    def sees(self, indicator: str) -> bool:
        """Whether there is an indicator for whoever reads; who may see less reads by `api.sight.SeenReader`."""
        return True

    def value(self, indicator: str, area: str) -> Record | None:
        """The newest value of an indicator at an area or a station, as a record of the section `values`."""
        shown = self.sections.get("values", {}).get(key_of(indicator, area))
        if shown is not None:
            return shown
        record = self._others.get((indicator, area))
        if record is None or record["value"] is None:
            return record
        return record | {"level": self._level(indicator, area)}

    def values(self, indicator: str) -> list[Record]:
        """The newest values of an indicator: city, counties and zones in official order, then all others by id."""
        if self.declared is None:
            return []
        areas = [area.id for level in IN_PICTURE for area in self.declared.areas.at(level)]
        others = sorted(area for known, area in self._others if known == indicator)
        found = (self.value(indicator, area) for area in [*areas, *others])
        return [record for record in found if record is not None]

    def series(self, indicator: str, area: str, from_ms: int = 0) -> list[Point]:
        """(window end, value or None, status) of the last day, oldest first."""
        return self._history.points(indicator, area, from_ms)

    def name(self, subject: str) -> str:
        """The name of an area or a device."""
        return self._names.subject(subject) if self._names else subject

    def _level(self, indicator: str, subject: str) -> str:
        """The gravest active warning on an indicator at one place."""
        levels = [
            Level[record["level"].upper()]
            for record in self.sections.get("warnings", {}).values()
            if record["phase"] == "active" and (record["indicator"], record["subject"]) == (indicator, subject)
        ]
        return max(levels, default=Level.NORMAL).name.lower()
