"""Section `cards`: active warnings gathered by what they may come from 疑似同因, each in exactly one card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from board.canvas import Canvas, Record
from board.names import Names
from board.warnings import said
from board.words import level_word
from catalogue.declared import Declared
from core.messages import text
from core.records import CityWarning, WarningPhase
from core.wording import time_seen_from
from early_warning.belongings import Belongings
from early_warning.cards import REMEMBERED_MS, Card, grouped

REMEMBERED = 5000  # of those that are over; in a city where more end within an hour, cards may fall apart


class CardBook:
    """Folds the warnings that anybody may see; what is over keeps its card together for a while."""

    def __init__(self, declared: Declared, names: Names) -> None:
        self._declared, self._names = declared, names
        self._belongings = Belongings(declared.devices, declared.areas, declared.indicators, declared.rules)
        self._known: dict[str, CityWarning] = {}
        self._dirty = False

    def fold(self, warnings: Iterable[CityWarning]) -> None:
        """Take in warnings as they stand now."""
        for warning in warnings:
            self._known.pop(warning.id, None)  # the newest last
            self._known[warning.id] = warning
            self._dirty = True

    def paint(self, canvas: Canvas, city_now_ms: int) -> None:
        """Show the cards as they are now."""
        self._forget(city_now_ms)
        if not self._dirty:
            return
        self._dirty = False
        cards = grouped(self._known.values(), self._belongings)
        for card in cards:
            canvas.put("cards", card.id, self.record(card), urgent=True)
        canvas.keep_only("cards", [card.id for card in cards])

    def record(self, card: Card) -> Record:
        """One card as a record of the section `cards`."""
        name = self._cause_name(card)
        return {
            "cause": card.cause,
            "cause_name": name,
            "warnings": list(card.warnings),
            "indicators": sorted({self._known[one].indicator for one in card.warnings or card.flapping}),
            "inhibited": len(card.inhibited),
            "level": level_word(card.level),
            "since_ms": card.since_ms,
            "area": card.area,
            "subjects": card.subjects,
            "silent": card.silent,
            "flapping": list(card.flapping),
            "sentence": self._sentence(card, name),
        }

    def snapshot(self) -> list[Any]:
        """What `restore` needs beside the warnings on show, ready for JSON: those that are over."""
        over = [one for one in self._known.values() if one.phase is not WarningPhase.ACTIVE]
        found: list[Any] = msgspec.to_builtins(over)
        return found

    def restore(self, kept: Sequence[Mapping[str, Any]], shown: Iterable[CityWarning]) -> None:
        """Continue from a snapshot. shown: the warnings on show."""
        self.fold(msgspec.convert(kept, list[CityWarning]))
        self.fold(shown)

    def _forget(self, city_now_ms: int) -> None:
        """Drop what is over for so long that it keeps nothing together."""
        over = [one for one in self._known.values() if one.phase is not WarningPhase.ACTIVE]
        crowd = max(0, len(over) - REMEMBERED)
        for place, warning in enumerate(over):
            if place < crowd or (warning.ended_ms or 0) < city_now_ms - REMEMBERED_MS:
                del self._known[warning.id]
                self._dirty = True

    def _cause_name(self, card: Card) -> str:
        feed = self._declared.feeds.get(card.cause_id)
        if card.cause == "source" and feed:
            return feed.name[self._names.language]
        return self._names.subject(card.cause_id) if card.cause in ("parent", "place") else card.cause_id

    def _sentence(self, card: Card, name: str) -> str:
        """That of its warning when it has one alone; else of the gravest one, the suspected cause, and how many."""
        oldest = self._known[card.id]
        if not card.warnings:  # it flaps, and nothing of it stands now
            return said(self._known[card.flapping[-1]], self._declared, self._names)
        members = [self._known[one] for one in card.warnings]
        gravest = said(max(members, key=_gravity), self._declared, self._names)
        if len(members) == 1:
            return gravest
        language = self._names.language
        if not card.cause:  # one matter that flaps, or that hides others
            own = said(oldest, self._declared, self._names)
            return text("warning.with_others", language, sentence=own, count=len(card.warnings) - 1)
        cause = text(f"warning.cause_{card.cause}", language, name=name)
        if card.silent:  # each would say the same of another device
            since = time_seen_from(card.since_ms, max(one.updated_ms for one in members), language)
            return text("warning.card_silent", language, cause=cause, count=card.subjects, since=since)
        return text("warning.card", language, sentence=gravest, cause=cause, count=card.subjects)


def _gravity(warning: CityWarning) -> tuple[int, int, str]:
    """The gravest first, then the oldest."""
    return (warning.level, -warning.since_ms, warning.id)
