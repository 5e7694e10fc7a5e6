"""From the levels of one subject over time to episodes, and from new episodes to the warnings they continue. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.records import HOUR_MS, CityWarning, Level, WarningPhase

NEVER_ENDED_MS = 2**62
FLAP_MS = HOUR_MS


@dataclass(frozen=True, slots=True)
class Episode:
    """A level above normal without a break: from the window end that opened it to the one that ended it."""

    since_ms: int
    ended_ms: int | None
    level: Level
    peak: Level
    last_level: Level  # the last one above normal

    @property
    def until_ms(self) -> int:
        """Where it ends, far away while it stands."""
        return NEVER_ENDED_MS if self.ended_ms is None else self.ended_ms


def episodes(levels: Iterable[tuple[int, Level]], standing: Episode | None) -> list[Episode]:
    """The episodes in a run of (window end, level), rising; `standing` is the one open before the run."""
    found: list[Episode] = []
    open_one = standing
    for end_ms, level in levels:
        if level and open_one is None:
            open_one = Episode(end_ms, None, level, level, level)
        elif level and open_one is not None:
            open_one = Episode(open_one.since_ms, None, level, max(open_one.peak, level), level)
        elif open_one is not None:
            found.append(Episode(open_one.since_ms, end_ms, level, open_one.peak, open_one.last_level))
            open_one = None
    return [*found, open_one] if open_one else found


@dataclass(frozen=True, slots=True)
class Continued:
    """An episode, and the warning it continues; None: it is a new one.

    flapping: how many openings too many it is of those within an hour; 0: it does not flap 抖动.
    """

    episode: Episode
    warning: CityWarning | None
    flapping: int = 0


def continued(
    found: Sequence[Episode], known: Sequence[CityWarning], flap_limit: int = 0
) -> tuple[list[Continued], list[CityWarning]]:
    """Which warning each episode continues, and the warnings that no episode stands for any more.

    Episodes that overlap are one warning, under the oldest id; an episode may overlap several warnings (they
    become one) and a warning several episodes (the first continues it).
    """
    left = sorted((w for w in known if w.phase is not WarningPhase.RETRACTED), key=lambda w: (w.since_ms, w.id))
    pairs = []
    for episode in found:
        same = next((w for w in left if _overlap(episode, w)), None)
        if same:
            left.remove(same)
        pairs.append(Continued(episode, same, _flapping(episode, found, flap_limit)))
    return pairs, left


def _flapping(episode: Episode, found: Sequence[Episode], limit: int) -> int:
    """By how many the openings within the hour up to this one pass the limit; 0: there is none."""
    within = (one for one in found if episode.since_ms - FLAP_MS < one.since_ms <= episode.since_ms)
    return max(0, sum(1 for _ in within) - limit) if limit else 0


def warning_id(rule: str, subject: str, since_ms: int, taken: Iterable[str]) -> str:
    """Stable over restarts and machines: the same episode always gets the same id.

    taken: ids of other warnings of the subject; one of them may have begun at the same time before it was moved.
    """
    ids = (
        hashlib.blake2b(f"{rule}|{subject}|{since_ms}|{attempt}".encode(), digest_size=8).hexdigest()
        for attempt in range(1_000_000)
    )
    others = set(taken)
    return next(candidate for candidate in ids if candidate not in others)


def _overlap(episode: Episode, warning: CityWarning) -> bool:
    until_ms = NEVER_ENDED_MS if warning.ended_ms is None else warning.ended_ms
    return episode.since_ms < until_ms and warning.since_ms < episode.until_ms
