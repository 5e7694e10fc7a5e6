"""How alike two short texts are, and which past cases are like one in hand. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.records import DAY_MS

SAME_AREA, OF_ITS_TEXT, RECENT = 0.3, 0.6, 0.1  # what each counts for; a kind that differs is not asked for at all
FADES_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Precedent:
    """A past case and how it went; likeness: to the one in hand, 0 to 1.

    at_ms: when it was reported; took_ms: from there to its last state; result: what was written when it was done.
    """

    id: str
    title: str
    area: str
    lead: str
    state: str
    at_ms: int
    took_ms: int
    redone: int
    escalated: int
    result: str = ""
    likeness: float = 0.0


def likeness(one: str, other: str) -> float:
    """Dice's coefficient of the pairs of neighbouring letters: 1 the same, 0 nothing in common.

    Source: L. R. Dice, Measures of the amount of ecologic association between species, Ecology 26 (1945), applied to
    pairs of letters, which needs no dictionary and suits Chinese, where a word is mostly two of them.

    >>> likeness("光华路积水", "光华路口有积水")
    0.6
    """
    pairs, others = _pairs(one), _pairs(other)
    both, either = sum((pairs & others).values()), sum(pairs.values()) + sum(others.values())
    return 2 * both / either if either else 0.0


def most_alike(title: str, area: str, now_ms: int, past: Iterable[Precedent], at_most: int = 5) -> list[Precedent]:
    """Past cases of the same kind, the most alike first: by words, by area, and a little by how long ago."""

    def weighed(one: Precedent) -> Precedent:
        age_days = max(0, now_ms - one.at_ms) / DAY_MS
        found = OF_ITS_TEXT * likeness(title, one.title) + SAME_AREA * (one.area == area)
        return replace(one, likeness=round(found + RECENT * max(0.0, 1 - age_days / FADES_DAYS), 3))

    return sorted(map(weighed, past), key=lambda one: (-one.likeness, -one.at_ms, one.id))[:at_most]


def _pairs(text: str) -> Counter[str]:
    letters = "".join(letter for letter in text if letter.isalnum())
    return Counter(letters[at : at + 2] for at in range(len(letters) - 1))
