"""What an act of the duty desk must fit, beyond the right to it. Pure: says no with a reason, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.accounts import Sensitivity
from core.duty import MUTED_AT_MOST_MS, SHELVED_AT_MOST_MS, TAKEN_BACK_WITHIN_MS, Deed, Scope, Silence
from core.errors import Objection
from core.labels import Verdict
from core.messages import text
from core.records import DAY_MS, HOUR_MS, Level
from core.wording import time_seen_from
from early_warning.duty_fold import UNTOUCHED, Standing

TEXT_LETTERS = 500
SILENCED_AT_MOST_MS, MAINTAINED_AT_MOST_MS = DAY_MS, 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Concerned:
    """A warning, or another item that waits, as it stands now. area: its area and those it lies in, by code.

    grade: how far it may be seen.
    """

    id: str
    level: Level
    area: tuple[str, ...]
    topic: str
    rule: str = ""
    subject: str = ""
    since_ms: int = 0
    ended_ms: int = 0  # 0: it still stands
    lost_ms: int = 0  # since when its data are lost, 0: they are not
    grade: Sensitivity = Sensitivity.PUBLIC


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. key: chosen by whoever asks, the same for a repeat.

    seen: the level that stood on his screen; a graver one that he has not seen is not covered.
    """

    key: str
    kind: Deed
    subject: str
    text: str = ""
    until_ms: int = 0
    verdict: str = ""
    into: str = ""
    since_ms: int = 0
    seen: Level = Level.RED
    detail: Mapping[str, Any] = field(default_factory=dict)


def covered(wish: Wish, concerned: Sequence[Concerned]) -> dict[str, Level]:
    """Each item that an act is about, and the level up to which."""
    return {one.id: min(one.level, wish.seen) for one in concerned}


def check(wish: Wish, covers: Mapping[str, Level], standings: Mapping[str, Standing], by: str, now_ms: int) -> None:
    """Whether an act fits how things stand. Raises Objection.

    Args:
        wish: What is asked for.
        covers: Items and levels that it is about.
        standings: How those items stand now.
        by: Who asks, as the audit calls him.
        now_ms: City time.
    """
    if not wish.key or len(wish.text) > TEXT_LETTERS:
        raise objection("too-long-text", letters=TEXT_LETTERS)
    checked: Mapping[Deed, Callable[[], None]] = {
        Deed.ACKNOWLEDGE: lambda: _not_yet(wish, covers, standings, now_ms),
        Deed.TAKE_BACK: lambda: _just_now(standings, by, now_ms),
        Deed.COMMENT: lambda: _reasoned(wish),
        Deed.TAKE_OVER: lambda: _taken_with_reason(wish, standings, by),
        Deed.SHELVE: lambda: _shelved_for_a_while(wish, now_ms),
        Deed.MERGE: lambda: _merged_elsewhere(wish, covers),
        Deed.VERDICT: lambda: _verdict(wish),
        Deed.MUTE: lambda: _within(wish.until_ms - now_ms, MUTED_AT_MOST_MS, "muted-too-long"),
    }
    checked.get(wish.kind, lambda: None)()


def check_silence(wanted: Silence) -> None:
    """Whether a silence says enough and hides not too much. Raises Objection."""
    scope = wanted.scope
    if not wanted.reason.strip():
        raise objection("no-reason")
    if not (scope.areas or scope.topics or scope.rules or scope.subjects):
        raise objection("scope-empty")
    if scope.up_to is Level.RED and not (wanted.maintenance and scope.subjects):
        raise objection("scope-red")
    longest_ms = MAINTAINED_AT_MOST_MS if wanted.maintenance else SILENCED_AT_MOST_MS
    if not 0 < wanted.until_ms - wanted.from_ms <= longest_ms:
        raise objection("silenced-too-long", hours=longest_ms // HOUR_MS)


def is_hidden(scope: Scope, one: Concerned) -> bool:
    """Whether a silence hides a warning."""
    return (
        one.level <= scope.up_to
        and one.grade <= scope.grade
        and (not scope.areas or bool(set(scope.areas) & set(one.area)))
        and (not scope.topics or one.topic in scope.topics)
        and (not scope.rules or one.rule in scope.rules)
        and (not scope.subjects or one.subject in scope.subjects)
    )


def objection(code: str, **places: object) -> Objection:
    """A no with its sentence in `core/messages/duty.yaml`; times are written where they are read."""

    def in_words(language: str) -> str:
        said = {key: _written(value, language) for key, value in places.items()}
        return text(f"duty.no_{code.replace('-', '_')}", language, **said)

    return Objection(code, in_words)


@dataclass(frozen=True, slots=True)
class _Time:
    at_ms: int
    seen_ms: int


def _written(value: object, language: str) -> object:
    return time_seen_from(value.at_ms, value.seen_ms, language) if isinstance(value, _Time) else value


def _not_yet(wish: Wish, covers: Mapping[str, Level], standings: Mapping[str, Standing], now_ms: int) -> None:
    mine = {item: standings.get(item, UNTOUCHED) for item in covers}
    if any(level > mine[item].level or wish.since_ms > mine[item].since_ms for item, level in covers.items()):
        return
    known = max(mine.values(), key=lambda one: one.at_ms, default=UNTOUCHED)
    raise objection("already", name=known.name, time=_Time(known.at_ms, now_ms))


def _just_now(standings: Mapping[str, Standing], by: str, now_ms: int) -> None:
    if not any(one.by == by and now_ms - one.at_ms <= TAKEN_BACK_WITHIN_MS for one in standings.values()):
        raise objection("take-back-late", seconds=TAKEN_BACK_WITHIN_MS // 1000)


def _reasoned(wish: Wish) -> None:
    if not wish.text.strip():
        raise objection("no-reason")


def _taken_with_reason(wish: Wish, standings: Mapping[str, Standing], by: str) -> None:
    if any(one.holder not in {"", by} for one in standings.values()):
        _reasoned(wish)


def _shelved_for_a_while(wish: Wish, now_ms: int) -> None:
    if wish.until_ms <= now_ms:
        return  # it is taken off the shelf
    _reasoned(wish)
    _within(wish.until_ms - now_ms, SHELVED_AT_MOST_MS, "shelved-too-long")


def _merged_elsewhere(wish: Wish, covers: Mapping[str, Level]) -> None:
    if not wish.into or wish.into == wish.subject or wish.into in covers:
        raise objection("merge-itself")


def _verdict(wish: Wish) -> None:
    if wish.verdict not in set(Verdict) - {Verdict.INCIDENT}:
        raise objection("no-verdict")


def _within(length_ms: int, longest_ms: int, code: str) -> None:
    if length_ms > longest_ms + 1000:  # the clock of the screen runs a little beside ours
        raise objection(code)
