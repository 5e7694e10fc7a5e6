"""Names numbered in the order in which they first appear, and rows numbered in the same way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from core.records import Int64

NO_ROOM = -1


class Names:
    """A growing table: name to number and back. Of names that nobody declared it takes so many and no more."""

    def __init__(self, declared: Collection[str], room: int, names: Iterable[str] = ()) -> None:
        """room: for how many undeclared names; names: those numbered before, in the order of their numbers."""
        self._declared, self._room = declared, room
        self.all: list[str] = []
        self._number: dict[str, int] = {}
        self.numbers(tuple(names))

    def __len__(self) -> int:
        return len(self.all)

    def number(self, name: str) -> int:
        """The number of a name, given now if it has none; `NO_ROOM` for one undeclared name too many."""
        number = self._number.get(name, NO_ROOM)
        if number == NO_ROOM and (name in self._declared or self._room):
            self._room -= name not in self._declared
            number = self._number[name] = len(self.all)
            self.all.append(name)
        return number

    def numbers(self, names: Sequence[str]) -> Int64:
        """int64 (n,): the number of each name."""
        return np.fromiter(map(self.number, names), dtype=np.int64, count=len(names))


class Series:
    """Dense row numbers for those of many numbered things that one metric has met."""

    def __init__(self, things: Int64 | None = None) -> None:
        self.things: Int64 = np.zeros(0, dtype=np.int64) if things is None else things
        self._row = np.zeros(0, dtype=np.int64)
        if len(self.things):
            self._reach(int(self.things.max()))
            self._row[self.things] = np.arange(len(self.things))

    def __len__(self) -> int:
        return len(self.things)

    def rows(self, things: Int64) -> Int64:
        """int64 (n,): the row of each thing, given now if it has none."""
        if not len(things):
            return things
        self._reach(int(things.max()))
        rows = self._row[things]
        if (rows < 0).any():
            new = np.unique(things[rows < 0])
            self._row[new] = np.arange(len(self.things), len(self.things) + len(new))
            self.things = np.concatenate((self.things, new))
            rows = self._row[things]
        return rows

    def _reach(self, thing: int) -> None:
        if thing >= len(self._row):  # doubled, so that n things cost O(n) copies in all
            self._row = np.concatenate((self._row, np.full(thing + 1, -1, dtype=np.int64)))
