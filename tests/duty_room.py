"""The duty desk of a house (`guarded_site.standing_house`): what people do there is folded into its made-up picture.

The fold is the Board's own (`board/duty.py`), fed from the outbox as the relay feeds the stream.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import msgspec
from guarded_site import Guarded

from board.canvas import Canvas
from board.duty import DutyBook
from board.names import Names
from core.clock import real_ms
from store.outbox import last_number, told_after

TURN_S = 0.05


class DutyRoom:
    """Follows the outbox of a house and hangs up sections `duty` and `silences`, until it is left."""

    def __init__(self, house: Guarded) -> None:
        self._house = house
        declared = house.picture.declared
        self._book = DutyBook(declared, Names(declared, "zh"), f"demo-{declared.city.code}")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        with house.office.database.reading() as connection:
            self._number = last_number(connection)

    def change(self, changed: Mapping[str, Mapping[str, Any]], drop: Mapping[str, list[str]] | None = None) -> None:
        """Change the picture, as the rest of the Board would."""
        self._house.picture.change(changed, drop)

    def __enter__(self) -> DutyRoom:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ending.wait(TURN_S):
            with self._house.office.database.reading() as connection:
                rows = told_after(connection, self._number)
            for row in rows:
                self._book.fold(row.topic, msgspec.json.decode(msgspec.json.encode(row.body)))
                self._number = row.number
            self._paint()

    def _paint(self) -> None:
        """Show what is different from what hangs."""
        canvas, hung = Canvas(), self._house.picture.sections
        for section in ("warnings", "cards"):
            canvas.sections[section] = dict(hung.get(section, {}))
        self._book.changed()
        self._book.paint(canvas, real_ms())
        wanted = {name: canvas.sections[name] for name in ("duty", "silences")}
        changed = {
            name: {key: one for key, one in records.items() if hung.get(name, {}).get(key) != one}
            for name, records in wanted.items()
        }
        gone = {name: [key for key in hung.get(name, {}) if key not in records] for name, records in wanted.items()}
        if any(changed.values()) or any(gone.values()):
            self.change(changed, gone)
