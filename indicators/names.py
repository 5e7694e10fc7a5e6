"""Names numbered in the order in which they first appear, and pairs of such numbers numbered in the same way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        try:
            return np.fromiter(map(self._number.__getitem__, names), dtype=np.int64, count=len(names))
        except KeyError:  # some are new
            return np.fromiter(map(self.number, names), dtype=np.int64, count=len(names))


class Series:
    """Dense numbers for pairs of a metric and a device, both numbered themselves.

    All tables reach as far as `room`, which is doubled, so that n pairs cost O(n) copies in all; what is zero and was
    never touched takes no memory.
    """

    def __init__(self) -> None:
        self.metric: Int64 = np.zeros(0, dtype=np.int64)
        self.device: Int64 = np.zeros(0, dtype=np.int64)
        self.count = 0
        self._next = np.zeros((0, 0), dtype=np.int32)  # (metrics, devices): the number + 1; 0: none yet
        self._turn = np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return self.count

    @property
    def room(self) -> int:
        """For how many pairs there is room before tables must grow."""
        return len(self.device)

    def numbers(self, metric: Int64, device: Int64) -> Int64:
        """int64 (n,): the number of each pair, given now if it has none."""
        if not len(metric):
            return metric
        self._reach(int(metric.max()), int(device.max()))
        width = self._next.shape[1]
        place = metric * width + device
        numbers = self._next.ravel().take(place).astype(np.int64)
        if not numbers.all():
            new = np.unique(place[numbers == 0])
            self._append(new // width, new % width)
            numbers = self._next.ravel().take(place).astype(np.int64)
        return numbers - 1

    def first_of_each(self, numbers: Int64) -> NDArray[np.bool_]:
        """(n,): True where a number stands for the first time; without sorting."""
        turn = np.arange(len(numbers), dtype=np.int32)
        self._turn[numbers[::-1]] = turn[::-1]  # of equal ones the last that is written stays: the first
        first: NDArray[np.bool_] = self._turn[numbers] == turn
        return first

    def pairs(self) -> dict[str, Int64]:
        """What `restore` takes: the metric and the device of each number."""
        return {"metric": self.metric[: self.count], "device": self.device[: self.count]}

    def restore(self, metric: Int64, device: Int64) -> None:
        """Put back what `pairs` gave."""
        if len(metric):
            self._reach(int(metric.max()), int(device.max()))
            self._append(metric, device)

    def _append(self, metric: Int64, device: Int64) -> None:
        count = self.count + len(metric)
        if count > self.room:
            room = max(count, 2 * self.room, 64)
            self.metric, self.device, self._turn = (
                grown(column, room) for column in (self.metric, self.device, self._turn)
            )
        self.metric[self.count : count], self.device[self.count : count] = metric, device
        self._next[metric, device] = np.arange(self.count + 1, count + 1)
        self.count = count

    def _reach(self, metric: int, device: int) -> None:
        metrics, devices = self._next.shape
        if metric >= metrics or device >= devices:
            room = (max(metrics, metric + 1), devices if device < devices else 2 * (device + 1))
            further = np.zeros(room, dtype=np.int32)
            further[:metrics, :devices] = self._next
            self._next = further


def grown(column: NDArray[Any], room: int) -> NDArray[Any]:
    """A longer copy with zeros behind."""
    longer = np.zeros(room, dtype=column.dtype)
    longer[: len(column)] = column
    return longer
