"""What people do about warnings and whatever else waits for a person, as it is stored and streamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.accounts import Sensitivity
from core.records import HOUR_MS, MINUTE_MS, Level

SHELVED_AT_MOST_MS = 4 * HOUR_MS
MUTED_AT_MOST_MS = 5 * MINUTE_MS
TAKEN_BACK_WITHIN_MS = MINUTE_MS
SOUND = "sound"  # the subject of a mute: what rings in the room


class Deed(StrEnum):
    """What somebody did."""

    ACKNOWLEDGE = "acknowledge"  # 确认: up to the level that it covers
    TAKE_BACK = "take-back"  # 撤回确认, within a minute
    COMMENT = "comment"
    TAKE_OVER = "take-over"  # 接管: from now on it is his
    SHELVE = "shelve"  # 搁置: comes back by itself
    MERGE = "merge"  # 合并: belongs to another card
    VERDICT = "verdict"  # one tap; becomes a label (`core/labels.py`)
    MUTE = "mute"
    ENTRY = "entry"  # 人工录入


@dataclass(frozen=True, slots=True)
class DutyAct:
    """One act. Times are city time, ms UTC.

    key: given by whoever acts, so that a repeat is known. subject: a card, or `event:<id>`, `source:<feed>`, ….
    covers: each warning (or the item itself) that it is about, and the level up to which. by: as the audit calls him;
    name: as people call him; post: in what capacity. since_ms: of a silence, the beginning that was seen.
    """

    key: str
    scene: str
    kind: Deed
    subject: str
    covers: Mapping[str, Level]
    by: str
    name: str
    post: str
    at_ms: int
    until_ms: int = 0
    text: str = ""
    verdict: str = ""
    into: str = ""
    since_ms: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0  # given when it is stored


@dataclass(frozen=True, slots=True)
class Scope:
    """What a silence hides: all of what is named must fit, what is left empty fits everything.

    areas: division codes, with all that lies in them. up_to: the gravest level that is hidden. grade: the most
    sensitive that is hidden; nobody silences what he may not see.
    """

    areas: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    up_to: Level = Level.ORANGE
    grade: Sensitivity = Sensitivity.RESTRICTED


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence 屏蔽, or a maintenance window 维护窗口, from a time to a time (city time, ms UTC)."""

    scene: str
    scope: Scope
    from_ms: int
    until_ms: int
    reason: str
    by: str
    name: str
    made_ms: int
    maintenance: bool = False
    ended_ms: int = 0  # 0: it was not ended by hand
    number: int = 0

    def holds_at(self, now_ms: int) -> bool:
        """Whether it hides anything now."""
        return self.from_ms <= now_ms < self.until_ms and not self.ended_ms
