"""The way up: what stations brought in one window becomes the numbers of areas, level by level. Pure.

The stations of an area are tallied in blocks of at most `BLOCK` neighbours, the blocks in areas; so a station that
changes costs its blocks and not its city.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int32, Int64
from geo.areas import DOWNWARDS, AreaLevel
from indicators.definition import Indicator, RollUp
from indicators.groups import Groups, Rows, rising
from indicators.rollup import Tally, in_direction, number, tallied, together

STATION = "station"
HUNG_ON = ("feeder", "gateway")  # no areas: what devices hang on, by the name that they declare
# In this order subjects are numbered, so that what a step rolls up stands before it.
LEVELS: tuple[str, ...] = (STATION, *HUNG_ON, *reversed(DOWNWARDS[1:]), AreaLevel.ZONE, AreaLevel.CITY)
BESIDE = (*HUNG_ON, AreaLevel.ZONE)  # never a step from one level to the next
BLOCK = 128

Standing = Mapping[str, str]  # level → the area of that level in which a station stands


@dataclass(slots=True, eq=False)
class Brought:
    """What the stations of an indicator brought in one window, and the same by block.

    values float64 (k, n): what is rolled up; reported bool (n,); newest_ms int64 (n,), 0 for never; known bool (n,):
    which stations were looked up; detail (n,): what a formula said of a station.
    """

    values: Float64
    reported: NDArray[np.bool_]
    newest_ms: Int64
    known: NDArray[np.bool_]
    detail: NDArray[np.object_]
    block_reported: Int64
    block_newest_ms: Int64
    block_tallies: list[Tally]


class _Step(NamedTuple):
    """One level that is rolled up from the level below it.

    subjects: their rows; place: of each subject among them, -1 for others; members: of each, as rows of stations, or
    as number of stations + row of a subject.
    """

    subjects: Rows
    place: Rows
    members: Groups
    how: RollUp


class Ascent:
    """From the stations of one indicator to its subjects, which are stations first, then areas, the city last.

    An area without a station is no subject. A station that stands in an area of a level with a step, but in none of
    the level below it, counts beside those areas.
    """

    def __init__(
        self,
        indicator: Indicator,
        stations: Sequence[str],
        standing: Sequence[Standing],
        weight_of: Callable[[str], float],
    ) -> None:
        """standing: where each of the stations stands; weight_of: a station or an area, NaN for none."""
        self._how = in_direction(indicator.rollup, indicator)
        self._stations = len(stations)
        self._own = len(stations) if STATION in indicator.levels else 0  # so many subjects are stations themselves
        pairs = _pairs(indicator.levels, standing)
        self.subjects = (*stations[: self._own], *dict.fromkeys(area for area, _ in pairs))
        self._weight = np.array([weight_of(name) for name in (*stations, *self.subjects)], dtype=np.float64)
        area_of_block, block, station = _blocks(pairs)
        self._area_of_block = area_of_block
        self._blocks = Groups(block, station, len(area_of_block))
        self._blocks_of_station = self._blocks.turned(len(stations))
        areas = len(self.subjects) - self._own
        self._blocks_of_area = Groups(area_of_block, np.arange(len(area_of_block)), areas)
        row_of = {subject: row for row, subject in enumerate(self.subjects)}
        self._steps = _steps(indicator, standing, row_of)
        everybody = self.nothing(1)
        everybody.reported[:] = True
        self.tally(everybody, np.arange(len(stations)))
        self.expected, _ = self.heard(everybody, np.arange(len(self.subjects)))

    def subjects_of(self, stations: Rows) -> Rows:
        """The subjects that hold one of the stations, rising."""
        areas = rising(self._area_of_block[self._blocks_of_station.of(stations).member], len(self.subjects) - self._own)
        return np.concatenate((rising(stations, self._stations), areas + self._own)) if self._own else areas

    def stations_of(self, subjects: Rows) -> Rows:
        """The stations of the subjects, rising."""
        blocks = self._blocks_of_area.of(subjects[subjects >= self._own] - self._own).member
        of_areas = self._blocks.of(blocks).member
        return rising(np.concatenate((subjects[subjects < self._own], of_areas)), self._stations)

    def nothing(self, rows: int) -> Brought:
        """Of nobody anything is known yet; rows: how many numbers are rolled up."""
        n, blocks = self._stations, len(self._blocks)
        return Brought(
            values=np.full((rows, n), np.nan),
            reported=np.zeros(n, dtype=np.bool_),
            newest_ms=np.zeros(n, dtype=np.int64),
            known=np.zeros(n, dtype=np.bool_),
            detail=np.full(n, "", dtype=object),
            block_reported=np.zeros(blocks, dtype=np.int64),
            block_newest_ms=np.zeros(blocks, dtype=np.int64),
            block_tallies=[Tally(np.zeros(blocks), np.full(blocks, np.nan)) for _ in range(rows)],
        )

    def tally(self, brought: Brought, stations: Rows) -> None:
        """Count the blocks of some stations anew, after what those brought changed."""
        blocks = rising(self._blocks_of_station.of(stations).member, len(self._blocks))
        members = self._blocks.of(blocks)
        brought.block_reported[blocks] = np.bincount(members.group, brought.reported[members.member], members.groups)
        brought.block_newest_ms[blocks] = _newest(members.group, brought.newest_ms[members.member], members.groups)
        held, at_place = members.member, members._replace(member=np.arange(len(members.member)))
        for values, tallies in zip(brought.values, brought.block_tallies, strict=True):
            of_block = together(at_place, tallied(values[held], self._weight[held], self._how), self._how)
            tallies.base[blocks], tallies.total[blocks] = of_block

    def heard(self, brought: Brought, subjects: Rows) -> tuple[Int32, Int64]:
        """How many stations of each of the subjects, rising, have reported; and their newest reading, 0 when none."""
        own, areas = self.parted(subjects)
        members = self._blocks_of_area.of(areas)
        reported = np.bincount(members.group, brought.block_reported[members.member], members.groups)
        newest_ms = _newest(members.group, brought.block_newest_ms[members.member], members.groups)
        return (
            np.concatenate((brought.reported[own], reported)).astype(np.int32),
            np.concatenate((brought.newest_ms[own], newest_ms)),
        )

    def rolled_up(self, brought: Brought, row: int, subjects: Rows) -> Float64:
        """float64 (n,): one of the values of each of the subjects, rising; NaN where none of its stations is known."""
        if not self._steps:
            return self._from_stations(brought, row, subjects)
        wanted = [subjects]
        for step in reversed(self._steps):
            below = step.members.of(_at(step, wanted)).member - self._stations
            wanted.append(below[below >= 0])
        some = rising(np.concatenate(wanted), len(self.subjects))
        value = np.concatenate((brought.values[row], np.full(len(self.subjects), np.nan)))
        value[self._stations + some] = self._from_stations(brought, row, some)
        for step in self._steps:
            places = _at(step, wanted)
            made = together(step.members.of(places), tallied(value, self._weight, step.how), step.how)
            value[self._stations + step.subjects[places]] = number(made, step.how)
        return value[self._stations + subjects]

    def _from_stations(self, brought: Brought, row: int, subjects: Rows) -> Float64:
        own, areas = self.parted(subjects)
        of_own = number(tallied(brought.values[row][own], self._weight[own], self._how), self._how)
        of_areas = together(self._blocks_of_area.of(areas), brought.block_tallies[row], self._how)
        return np.concatenate((of_own, number(of_areas, self._how)))

    def rolled_up_at_once(self, values: Float64) -> Float64:
        """float64 (w, subjects) from values (w, stations) of some windows: of each what `rolled_up` gives."""
        windows, width = len(values), self._stations + len(self.subjects)
        weight = np.tile(self._weight, (windows, 1))
        of_station = tallied(values.ravel(), weight[:, : self._stations].ravel(), self._how)
        of_block = together(self._blocks.all.times(windows, self._stations), of_station, self._how)
        of_area = together(self._blocks_of_area.all.times(windows, len(self._blocks)), of_block, self._how)
        own = number(of_station, self._how).reshape(windows, -1)[:, : self._own]
        risen = np.concatenate((values, own, number(of_area, self._how).reshape(windows, -1)), axis=1)
        for step in self._steps:
            made = together(
                step.members.all.times(windows, width), tallied(risen.ravel(), weight.ravel(), step.how), step.how
            )
            risen[:, self._stations + step.subjects] = number(made, step.how).reshape(windows, -1)
        return risen[:, self._stations :]

    def heard_at_once(self, reported: NDArray[np.bool_], newest_ms: Int64) -> tuple[Int32, Int64]:
        """(w, subjects) each from (w, stations), as `heard` gives them of each window."""
        windows = len(reported)
        blocks = self._blocks.all.times(windows, self._stations)
        areas = self._blocks_of_area.all.times(windows, len(self._blocks))
        count = np.bincount(blocks.group, reported.ravel()[blocks.member], blocks.groups)
        count = np.bincount(areas.group, count[areas.member], areas.groups).reshape(windows, -1)
        latest_ms = _newest(blocks.group, newest_ms.ravel()[blocks.member], blocks.groups)
        latest_ms = _newest(areas.group, latest_ms[areas.member], areas.groups).reshape(windows, -1)
        return (
            np.concatenate((reported[:, : self._own], count), axis=1).astype(np.int32),
            np.concatenate((newest_ms[:, : self._own], latest_ms), axis=1),
        )

    def parted(self, subjects: Rows) -> tuple[Rows, Rows]:
        """(stations, areas) among some subjects, rising, each by its own rows."""
        own = int(np.searchsorted(subjects, self._own))
        return subjects[:own], subjects[own:] - self._own


def _pairs(levels: Sequence[str], standing: Sequence[Standing]) -> list[tuple[str, int]]:
    """(area, station) of the levels, area by area; inside an area neighbours follow each other."""
    downwards = LEVELS[:0:-1]
    neighbours = sorted(range(len(standing)), key=lambda row: [standing[row].get(level, "") for level in downwards])
    found = []
    for level in LEVELS[1:]:
        if level in levels:
            here = [(standing[row][level], row) for row in neighbours if level in standing[row]]
            found += sorted(here, key=lambda pair: pair[0])
    return found


def _blocks(pairs: Sequence[tuple[str, int]]) -> tuple[Rows, Rows, Rows]:
    """The area of each block; then the block and the station of each pair."""
    areas: list[int] = []
    block_of: list[int] = []
    for area, (_, members) in enumerate(groupby(pairs, key=lambda pair: pair[0])):
        for place, _ in enumerate(members):
            if place % BLOCK == 0:
                areas.append(area)
            block_of.append(len(areas) - 1)
    return _rows(areas), _rows(block_of), _rows([station for _, station in pairs])


def _rows(numbers: Sequence[int]) -> Rows:
    return np.array(numbers, dtype=np.intp)


def _steps(indicator: Indicator, standing: Sequence[Standing], row_of: Mapping[str, int]) -> tuple[_Step, ...]:
    """The steps of an indicator, the finest first. row_of: the row of each subject."""
    found = []
    ladder = [level for level in LEVELS[1:] if level in indicator.levels and level not in BESIDE]
    for below, level in zip(["", *ladder], ladder, strict=False):
        if level not in indicator.steps:
            continue
        pairs = {
            (row_of[at[level]], len(standing) + row_of[at[below]] if below in at else station)
            for station, at in enumerate(standing)
            if level in at
        }
        subject, member = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2).T
        subjects = rising(subject, len(row_of))
        place = np.full(len(row_of), -1, dtype=np.intp)
        place[subjects] = np.arange(len(subjects))
        how = in_direction(indicator.steps[level], indicator)
        found.append(_Step(subjects, place, Groups(place[subject], member, len(subjects)), how))
    return tuple(found)


def _at(step: _Step, wanted: Sequence[Rows]) -> Rows:
    """The places of the wanted subjects in a step, rising."""
    places = step.place[np.concatenate(wanted)]
    return rising(places[places >= 0], len(step.subjects))


def _newest(group: Rows, of_member: Int64, groups: int) -> Int64:
    newest = np.zeros(groups, dtype=np.int64)
    np.maximum.at(newest, group, of_member)
    return newest
