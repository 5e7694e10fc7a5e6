"""One grouper for warnings, video items, orders and reports: what is likely one incident, and why. Pure.

Two things belong together when one is told twice (the same kind, near and soon), or when both are symptoms of one
cause as the pack declares it (爆管 → 停水 within 3 km, 积水 within 500 m). Nothing is joined by itself: proposals go to
a person, with a reason for every member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.kinds import CaseKind, Cause, Symptom
from geo.distance import great_circle_m

MOST_DOUBT_M = 1500.0  # of a place that is vaguer than this only so much is granted: a whole district is near anything


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that was told. Exactly one of kind, rule and event, or text alone; place in degrees WGS 84.

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


class Grouper:
    """Proposals by the kinds and causes of one city."""

    def __init__(self, kinds: Mapping[str, CaseKind], causes: Iterable[Cause]) -> None:
        self._kinds, self._causes = kinds, tuple(causes)

    def kind_of(self, sighting: Sighting) -> tuple[str, tuple[str, ...]]:
        """Which kind of case a sighting is of, as told or by its words, and those words; "" unknown."""
        found = {kind.id: tuple(w for w in kind.words if w in sighting.text) for kind in self._kinds.values()}
        if sighting.kind:
            return sighting.kind, found.get(sighting.kind, ())
        longest = max(found.items(), key=lambda pair: sum(map(len, pair[1])), default=("", ()))
        return longest if longest[1] else ("", ())

    def propose(self, sightings: Sequence[Sighting], apart: frozenset[frozenset[str]] = frozenset()) -> list[Proposal]:
        """What belongs together, the largest first; each sighting is in one proposal at most.

        Args:
            sightings: What is open now, near enough to matter.
            apart: Pairs of ids of which a person said that they are not one.
        """
        found: list[Proposal] = []
        taken: set[str] = set()
        symptoms = [(cause.id, cause.kind, cause.symptoms) for cause in self._causes]
        again = [("", kind.id, (_told_again(kind),)) for kind in self._kinds.values()]
        for cause, kind, shows in [*symptoms, *again]:
            left = [one for one in sightings if one.id not in taken]
            for group in _groups(self._fitting(left, shows), apart):
                if cause and len({_shown(one.symptom) for one in group}) < 2:
                    continue  # one symptom alone speaks for no cause
                found.append(_proposal(cause, kind, group))
                taken |= {one.sighting.id for one in group}
        return sorted(found, key=lambda proposal: (-len(proposal.members), proposal.lead))

    def _fitting(self, sightings: Sequence[Sighting], shows: Sequence[Symptom]) -> list[_Fits]:
        fits = []
        for sighting in sightings:
            kind, words = self.kind_of(sighting)
            for symptom in shows:
                if (symptom.kind, symptom.rule, symptom.event) in (
                    (kind or None, "", ""),
                    ("", sighting.rule or None, ""),
                    ("", "", sighting.event or None),
                ):
                    fits.append(_Fits(sighting, symptom, words))
                    break
        return fits


def _told_again(kind: CaseKind) -> Symptom:
    return Symptom(kind=kind.id, reach_m=kind.near_m, earliest_s=0, latest_s=kind.within_s)


def _shown(symptom: Symptom) -> str:
    return symptom.kind or symptom.rule or symptom.event


def _groups(fits: Sequence[_Fits], apart: frozenset[frozenset[str]]) -> list[list[_Fits]]:
    """Each around the sharpest sighting that is left: least reach, then surest place, then oldest."""
    left = sorted(fits, key=lambda f: (f.symptom.reach_m, f.sighting.accuracy_m, f.sighting.at_ms, f.sighting.id))
    groups = []
    while left:
        group = _around(left[0], left, apart)
        if len(group) > 1:
            groups.append(group)
        gathered = {one.sighting.id for one in group}
        left = [one for one in left if one.sighting.id not in gathered]
    return groups


def _around(anchor: _Fits, left: Sequence[_Fits], apart: frozenset[frozenset[str]]) -> list[_Fits]:
    """The anchor and what is near enough, as long as one beginning of the incident explains all of their times."""
    first_ms, last_ms = _beginnings_ms(anchor)
    group = [anchor]
    for one, far_m in zip(left, _distances_m(anchor.sighting, [other.sighting for other in left]), strict=True):
        from_ms, to_ms = _beginnings_ms(one)
        in_time = max(first_ms, from_ms) <= min(last_ms, to_ms)
        if one is not anchor and in_time and _near(one, anchor, far_m, apart):
            first_ms, last_ms = max(first_ms, from_ms), min(last_ms, to_ms)
            group.append(one)
    return group


def _beginnings_ms(one: _Fits) -> tuple[int, int]:
    """Between which times the incident began, if this is a symptom of it."""
    at_ms, symptom = one.sighting.at_ms, one.symptom
    return at_ms - symptom.latest_s * 1000, at_ms - symptom.earliest_s * 1000


def _near(one: _Fits, anchor: _Fits, far_m: float, apart: frozenset[frozenset[str]]) -> bool:
    other, first = one.sighting, anchor.sighting
    if frozenset({other.id, first.id}) in apart or (other.case and other.case == first.case):
        return False
    doubt_m = min(other.accuracy_m, MOST_DOUBT_M) + min(first.accuracy_m, MOST_DOUBT_M)
    return far_m <= one.symptom.reach_m + doubt_m


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
