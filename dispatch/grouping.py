"""One grouper for warnings, video items, orders and reports: what is likely one incident, and why. Pure.

Two things belong together when one is told twice (the same kind, near and soon), or when both are symptoms of one
cause as the pack declares it (爆管 → 停水 within 3 km, 积水 within 500 m). Nothing is joined by itself: proposals go to
a person, with a reason for every member.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.records import Float64, Int64
from dispatch.kinds import CaseKind, Cause, Symptom
from dispatch.similar import likeness
from geo.distance import great_circle_m

MOST_DOUBT_M = 1500.0  # of a place that is vaguer than this only so much is granted: a whole district is near anything
SAME_WORDS = 0.3  # so alike are two requests of a kind that says nothing about what is wrong


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that was told: its kind, the rule or the type of event behind it, or text alone; degrees WGS 84.

    accuracy_m: radius of the place. at_ms: when it happened, ms UTC. case: the case that it already belongs to.
    """

    id: str
    lon_deg: float
    lat_deg: float
    accuracy_m: float
    at_ms: int
    kind: str = ""
    rule: str = ""
    event: str = ""
    text: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A sighting of a proposal and why it is in it: how it shows, how far from the first, how long after it, s."""

    id: str
    shows: str
    distance_m: float
    delay_s: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """疑似同一事件: a cause, or "" for one thing told several times; the kind that leads; members, oldest first."""

    cause: str
    kind: str
    lead: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class _Fits:
    sighting: Sighting
    symptom: Symptom
    words: tuple[str, ...]


Show = tuple[str, str, str]  # a kind of case, a rule or a type of event; two of them ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a sighting shows; and how its words do, where its kind says nothing."""

    told: tuple[Show, ...]
    words: tuple[str, ...]
    said: Show | None = None
    said_words: tuple[str, ...] = ()


class _Heard:
    """All sightings, read once and found by how they show."""

    def __init__(self, sightings: Sequence[Sighting], readings: Sequence[_Reading]) -> None:
        self._sightings, self._readings = sightings, readings
        self._told: dict[Show, list[int]] = defaultdict(list)
        self._said: dict[Show, list[int]] = defaultdict(list)
        for row, reading in enumerate(readings):
            for show in reading.told:
                self._told[show].append(row)
            if reading.said:
                self._said[reading.said].append(row)

    def fitting(self, shows: Sequence[Symptom]) -> list[_Fits]:
        """What shows as one of some symptoms, each as the first of them; by its words only where nothing else fits."""
        fits: dict[int, _Fits] = {}
        for symptom in shows:
            for row in self._told.get(_show(symptom), ()):
                fits.setdefault(row, _Fits(self._sightings[row], symptom, self._readings[row].words))
        for symptom in shows:
            for row in self._said.get(_show(symptom), ()):
                fits.setdefault(row, _Fits(self._sightings[row], symptom, self._readings[row].said_words))
        return list(fits.values())


_Group = tuple[str, str, list[_Fits]]  # a cause or "", the kind that leads, what belongs together


class Grouper:
    """Proposals by the kinds and causes of one city."""

    def __init__(self, kinds: Mapping[str, CaseKind], causes: Iterable[Cause]) -> None:
        self._kinds, self._causes = kinds, tuple(causes)

    def kind_of(self, sighting: Sighting) -> tuple[str, tuple[str, ...]]:
        """Which kind of case a sighting is of, as told or by its words, and those words; "" unknown."""
        told = [self._kinds[sighting.kind]] if sighting.kind in self._kinds else self._kinds.values()
        found = {kind.id: tuple(w for w in kind.words if w in sighting.text) for kind in told}
        if sighting.kind:
            return sighting.kind, found.get(sighting.kind, ())
        longest = max(found.items(), key=lambda pair: sum(map(len, pair[1])), default=("", ()))
        return longest if longest[1] else ("", ())

    def within_ms(self, sighting: Sighting) -> tuple[int, int]:
        """Between which times something was told that may be one with a sighting, ms UTC, both included."""
        reading = self._reading(sighting)
        shows = {*reading.told, reading.said}
        spans_s = [one.within_s for one in self._kinds.values() if (one.id, "", "") in shows]
        for cause in self._causes:
            if any(_show(symptom) in shows for symptom in cause.symptoms):
                spans_s += [one.latest_s - other.earliest_s for one in cause.symptoms for other in cause.symptoms]
        longest_ms = max(spans_s, default=0) * 1000
        return sighting.at_ms - longest_ms, sighting.at_ms + longest_ms

    def propose(self, sightings: Sequence[Sighting], apart: frozenset[frozenset[str]] = frozenset()) -> list[Proposal]:
        """What belongs together, the largest first; each sighting is in one proposal at most.

        Args:
            sightings: What is open now, near enough to matter.
            apart: Pairs of ids of which a person said that they are not one.
        """
        found = [_proposal(*group) for group in self._grouped(sightings, apart)]
        return sorted(found, key=lambda proposal: (-len(proposal.members), proposal.lead))

    def about(
        self, sighting: Sighting, others: Iterable[Sighting], apart: frozenset[frozenset[str]] = frozenset()
    ) -> Proposal | None:
        """That of all proposals in which a sighting is; nothing is looked for once it is found."""
        for cause, kind, group in self._grouped([sighting, *others], apart):
            if any(one.sighting.id == sighting.id for one in group):
                return _proposal(cause, kind, group)
        return None

    def _grouped(self, sightings: Sequence[Sighting], apart: frozenset[frozenset[str]]) -> Iterator[_Group]:
        """Groups by causes, then what is told again of each kind; each sighting is in one group at most."""
        heard, taken = _Heard(sightings, [self._reading(one) for one in sightings]), set[str]()
        symptoms = [(cause.id, cause.kind, cause.symptoms) for cause in self._causes]
        again = [("", kind.id, (_told_again(kind),)) for kind in self._kinds.values()]
        for cause, kind, shows in [*symptoms, *again]:
            left = [one for one in heard.fitting(shows) if one.sighting.id not in taken]
            for group in _groups(left, apart, by_words=not cause and self._is_general(kind)):
                if cause and len({_show(one.symptom) for one in group}) < 2:
                    continue  # one symptom alone speaks for no cause
                taken |= {one.sighting.id for one in group}
                yield cause, kind, group

    def _is_general(self, kind: str) -> bool:
        """Whether a kind says nothing about what is wrong, as a citizen's request does."""
        return kind in self._kinds and not self._kinds[kind].words

    def _reading(self, sighting: Sighting) -> _Reading:
        kind, words = self.kind_of(sighting)
        told = tuple(show for show in ((kind, "", ""), ("", sighting.rule, ""), ("", "", sighting.event)) if any(show))
        if not self._is_general(sighting.kind):
            return _Reading(told, words)
        kind, said = self.kind_of(replace(sighting, kind=""))  # 群众诉求: look at what it says
        return _Reading(told, words, (kind, "", "") if kind else None, said)


def _told_again(kind: CaseKind) -> Symptom:
    return Symptom(kind=kind.id, reach_m=kind.near_m, earliest_s=0, latest_s=kind.within_s)


def _shown(symptom: Symptom) -> str:
    return symptom.kind or symptom.rule or symptom.event


def _show(symptom: Symptom) -> Show:
    return symptom.kind, symptom.rule, symptom.event


def _groups(fits: Sequence[_Fits], apart: frozenset[frozenset[str]], by_words: bool) -> list[list[_Fits]]:
    """Each around the sharpest sighting that is left: least reach, then surest place, then oldest."""
    left = sorted(fits, key=lambda f: (f.symptom.reach_m, f.sighting.accuracy_m, f.sighting.at_ms, f.sighting.id))
    columns, free = _Columns.of(left), np.ones(len(left), np.bool_)
    rows = {one.sighting.id: row for row, one in enumerate(left)}
    groups = []
    for first, anchor in enumerate(left):
        if not free[first]:
            continue
        free[first] = False
        group = _around(anchor, [left[at] for at in columns.near(first, free)], apart, by_words)
        if len(group) > 1:
            groups.append(group)
            free[[rows[one.sighting.id] for one in group]] = False
    return groups


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Fits as columns, so that one is held against a whole city at once: (n, 2) degrees, m, ms."""

    places_deg: Float64
    reach_m: Float64
    doubt_m: Float64
    from_ms: Int64
    to_ms: Int64

    @classmethod
    def of(cls, fits: Sequence[_Fits]) -> _Columns:
        begun_ms = np.array([_beginnings_ms(one) for one in fits], np.int64).reshape(-1, 2)
        return cls(
            np.array([(one.sighting.lon_deg, one.sighting.lat_deg) for one in fits], np.float64).reshape(-1, 2),
            np.array([one.symptom.reach_m for one in fits]),
            np.array([min(one.sighting.accuracy_m, MOST_DOUBT_M) for one in fits]),
            begun_ms[:, 0],
            begun_ms[:, 1],
        )

    def near(self, first: int, free: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Rows of those that are free, near enough to one of them, and possibly begun with it."""
        rows = np.flatnonzero(free & (self.from_ms <= self.to_ms[first]) & (self.to_ms >= self.from_ms[first]))
        if len(rows) == 0:
            return rows
        far_m = great_circle_m(self.places_deg[first], self.places_deg[rows])
        near: NDArray[np.intp] = rows[far_m <= self.reach_m[rows] + self.doubt_m[rows] + self.doubt_m[first]]
        return near


def _around(anchor: _Fits, near: Sequence[_Fits], apart: frozenset[frozenset[str]], by_words: bool) -> list[_Fits]:
    """The anchor and what is near it, as long as one beginning of the incident explains all of their times."""
    first_ms, last_ms = _beginnings_ms(anchor)
    group = [anchor]
    for one in near:
        from_ms, to_ms = _beginnings_ms(one)
        in_time = max(first_ms, from_ms) <= min(last_ms, to_ms)
        alike = not by_words or likeness(one.sighting.text, anchor.sighting.text) >= SAME_WORDS
        if in_time and alike and _may_be_one(one.sighting, anchor.sighting, apart):
            first_ms, last_ms = max(first_ms, from_ms), min(last_ms, to_ms)
            group.append(one)
    return group


def _beginnings_ms(one: _Fits) -> tuple[int, int]:
    """Between which times the incident began, if this is a symptom of it."""
    at_ms, symptom = one.sighting.at_ms, one.symptom
    return at_ms - symptom.latest_s * 1000, at_ms - symptom.earliest_s * 1000


def _may_be_one(one: Sighting, other: Sighting, apart: frozenset[frozenset[str]]) -> bool:
    """Whether nobody took the two apart, and they are not in one case already."""
    return frozenset({one.id, other.id}) not in apart and not (one.case and one.case == other.case)


def _distances_m(anchor: Sighting, others: Sequence[Sighting]) -> list[float]:
    places = np.array([(one.lon_deg, one.lat_deg) for one in others])
    found: list[float] = great_circle_m((anchor.lon_deg, anchor.lat_deg), places).tolist()
    return found


def _proposal(cause: str, kind: str, group: Sequence[_Fits]) -> Proposal:
    oldest = sorted(group, key=lambda one: (one.sighting.at_ms, one.sighting.id))
    anchor = group[0].sighting
    far_m = _distances_m(anchor, [one.sighting for one in oldest])
    lead = next((one.sighting for one in oldest if _shown(one.symptom) == kind and one.sighting.case), anchor)
    members = tuple(
        Member(
            one.sighting.id,
            _shown(one.symptom),
            round(m),
            (one.sighting.at_ms - oldest[0].sighting.at_ms) // 1000,
            one.words,
        )
        for one, m in zip(oldest, far_m, strict=True)
    )
    return Proposal(cause, kind, lead.case or lead.id, members)
