"""Which members belong to which group, both as row numbers: a pass over some groups costs only their members."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
_FEW = 32  # of so many rows one is sorted faster than all are looked through
NOBODY: Rows = np.zeros(0, dtype=np.intp)


def rising(rows: Rows, of: int) -> Rows:
    """The same rows, each once and in order; of: how many there can be.

    >>> rising(np.array([7, 2, 7]), 1000).tolist()
    [2, 7]
    """
    if len(rows) * _FEW < of:
        ordered = np.sort(rows)
        return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(ordered)]]
    there = np.zeros(of, dtype=np.bool_)
    there[rows] = True
    return np.flatnonzero(there)


class Members(NamedTuple):
    """The members of some groups: `group[i]` is the place of member[i]'s group among those asked for, rising."""

    group: Rows
    member: Rows
    groups: int

    def times(self, several: int, of: int) -> Members:
        """The same groups over several columns of `of` rows each that lie one behind the other."""
        shift = np.arange(several)[:, None]
        group, member = (self.group + shift * self.groups).ravel(), (self.member + shift * of).ravel()
        return Members(group, member, several * self.groups)


class Groups:
    """Fixed once made; a member may belong to several groups or to none."""

    def __init__(self, group: Rows, member: Rows, groups: int) -> None:
        """group, member: (pairs,); groups: how many there are. Inside a group the order of the pairs is kept."""
        order = np.argsort(group, kind="stable")
        self._member = member[order]
        self._begin = np.concatenate(([0], np.cumsum(np.bincount(group, minlength=groups)))).astype(np.intp)
        self.all = Members(group[order], self._member, groups)

    def __len__(self) -> int:
        return self.all.groups

    def of(self, rows: Rows) -> Members:
        """The members of the groups with these rows (n,), one group behind the other."""
        if len(rows) == len(self) and (rows == np.arange(len(self))).all():
            return self.all
        size = self._begin[rows + 1] - self._begin[rows]
        group = np.repeat(np.arange(len(rows)), size)
        before = np.cumsum(size) - size
        place = np.arange(len(group)) - before[group] + self._begin[rows][group]
        return Members(group, self._member[place], len(rows))

    def turned(self, members: int) -> Groups:
        """The groups of each member; members: how many there are."""
        return Groups(self.all.member, self.all.group, members)
