"""What people did, on show: sections `duty` and `silences`, folded from the stream of acts and from what is active.

A card without a record is one that nobody touched. `mute` in `silences` is the sound of the room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from board.belonging import Shown, active_concerned, cards_of, chain_of
from board.canvas import Canvas, Record
from board.names import Names
from board.warnings import is_restricted
from board.words import level_word
from catalogue.declared import Declared
from core.acts import ActTopic
from core.duty import SOUND, Deed, DutyAct, Silence
from core.messages import listed
from core.records import DAY_MS, Level
from early_warning.duty_fold import UNTOUCHED, Standing, after, shelved_until, spread, together, waits
from early_warning.duty_rules import Concerned, is_hidden
from early_warning.grades import grade_of_all, grade_of_scope
from early_warning.seats import SeatReach, ladder, owner

KEPT_MS = 2 * DAY_MS  # city time: what nobody touched for so long, and is not active, is over
LOOK_MS = 1000  # shelves and silences end by the second


class DutyBook:
    """How every warning and item stands with people."""

    def __init__(self, declared: Declared, names: Names, scene: str) -> None:
        self._declared, self._names, self._scene = declared, names, scene
        self._standings: dict[str, Standing] = {}
        self._silences: dict[int, Silence] = {}
        self._seats: list[SeatReach] = []
        self._mute: DutyAct | None = None
        self._dirty = True
        self._drawn_ms = 0

    def fold(self, topic: str, body: Mapping[str, Any]) -> None:
        """Take in one row of the stream of acts; those of other scenes and topics are passed over."""
        if topic == ActTopic.SEATS:
            self._seats = msgspec.convert(body["seats"], list[SeatReach])
            self._dirty = True
        if body.get("scene") != self._scene:
            return
        if topic == ActTopic.SILENCE:
            silence = msgspec.convert(body, Silence)
            self._silences[silence.number] = silence
        elif topic == ActTopic.DUTY:
            self._take(msgspec.convert(body, DutyAct))
        self._dirty = True

    def changed(self) -> None:
        """Warnings or cards are others than they were."""
        self._dirty = True

    def paint(self, canvas: Canvas, city_now_ms: int) -> None:
        """Show how things stand; shelves, silences and mutes end by themselves."""
        if not self._dirty and abs(city_now_ms - self._drawn_ms) < LOOK_MS:
            return
        self._dirty, self._drawn_ms = False, city_now_ms
        active = {one.id: one for one in active_concerned(self._declared, canvas.sections)}
        self._forget(active, city_now_ms)
        hidden = self._paint_silences(canvas, active.values(), city_now_ms)
        cards = cards_of(canvas.sections)
        for card in cards.values():
            levels = {one: active[one].level for one in card["warnings"] if one in active}
            self._standings |= spread(self._standings, levels, card.get("flapping", ()))
        shown = {card: self._card(record, active, hidden, city_now_ms) for card, record in cards.items()}
        shown |= {item: self._item(item) for item in self._standings if ":" in item}
        shown |= self._cleared(canvas.sections, shown)
        for key, record in _followed(shown, cards).items():
            if record is not None:
                canvas.put("duty", key, record | {"grade": self._grade(canvas.sections, key)}, urgent=True)
        canvas.keep_only("duty", (key for key, record in shown.items() if record is not None))

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, ready for JSON."""
        return {
            "standings": {item: asdict(standing) for item, standing in self._standings.items()},
            "silences": [asdict(one) for one in self._silences.values()],
            "mute": asdict(self._mute) if self._mute else None,
            "seats": [asdict(seat) for seat in self._seats],
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Continue from a snapshot."""
        self._standings = msgspec.convert(kept["standings"], dict[str, Standing])
        self._silences = {one.number: one for one in msgspec.convert(kept["silences"], list[Silence])}
        self._mute = msgspec.convert(kept["mute"], DutyAct | None)
        self._seats = msgspec.convert(kept.get("seats", []), list[SeatReach])
        self._dirty = True

    def _take(self, act: DutyAct) -> None:
        if act.kind is Deed.MUTE:
            self._mute = act
        for item in act.covers:
            self._standings[item] = after(self._standings.get(item, UNTOUCHED), act, item)

    def _forget(self, active: Mapping[str, Concerned], now_ms: int) -> None:
        """What is over for long. Replays set the clock back: then nothing is."""
        for item in [one for one in self._standings if one not in active]:
            if now_ms - self._standings[item].touched_ms > KEPT_MS:
                del self._standings[item]
        for number in [number for number, one in self._silences.items() if one.until_ms <= now_ms or one.ended_ms]:
            del self._silences[number]
        if self._mute is not None and self._mute.until_ms <= now_ms:
            self._mute = None

    def _paint_silences(self, canvas: Canvas, active: Iterable[Concerned], now_ms: int) -> set[str]:
        """Show what is silenced and by whom. Returns the warnings that are hidden now."""
        found, hidden = list(active), set[str]()
        for number, silence in self._silences.items():
            mine = {one.id for one in found if is_hidden(silence.scope, one)} if silence.holds_at(now_ms) else set()
            hidden |= mine
            told = [
                one for one in mine if not is_restricted(canvas.sections["warnings"][one]["indicator"], self._declared)
            ]
            canvas.put("silences", str(number), self._silence(silence, len(told)), urgent=True)
        if self._mute is not None:
            mute = {"what": SOUND, "area": self._names.city, "from_ms": self._mute.at_ms, "hides": 0}
            mute |= {"until_ms": self._mute.until_ms, "reason": self._mute.text, "by": self._mute.name}
            canvas.put("silences", "mute", mute, urgent=True)
        canvas.keep_only("silences", [*map(str, self._silences), *(["mute"] if self._mute else [])])
        return hidden

    def _silence(self, silence: Silence, hides: int) -> Record:
        scope = silence.scope
        return {
            "what": self._what(silence),
            "area": scope.areas[0] if scope.areas else self._names.city,
            "from_ms": silence.from_ms,
            "until_ms": silence.until_ms,
            "reason": silence.reason,
            "by": silence.name,
            "hides": hides,
            "maintenance": silence.maintenance,
            "sensitivity": int(grade_of_scope(scope, self._declared.rules, self._declared.indicators)),
        }

    def _what(self, silence: Silence) -> str:
        """What is hidden, in words."""
        scope, language = silence.scope, self._names.language
        domains = {one.id: one.name[language] for one in self._declared.domains}
        named = [
            *(self._names.subject(area) for area in scope.areas),
            *(domains.get(topic, topic) for topic in scope.topics),
            *(self._names.rule(rule) for rule in scope.rules),
            *(self._names.subject(subject) for subject in scope.subjects),
        ]
        return listed(named, language)

    def _card(self, card: Record, active: Mapping[str, Concerned], hidden: set[str], now_ms: int) -> Record | None:
        members = [one for one in card["warnings"] if one in active]
        if not members:
            return self._quiet(card)
        standing = together(self._standings.get(one, UNTOUCHED) for one in members)
        silenced = hidden.issuperset(members)
        if standing == UNTOUCHED and not silenced and not self._seats:
            return None
        gravest = max((active[one] for one in members), key=lambda one: one.level)
        lost_ms = max(active[one].lost_ms for one in members if active[one].level >= min(gravest.level, Level.ORANGE))
        waiting = waits(standing, gravest.level, now_ms, lost_ms) and not silenced
        waited_ms = now_ms - max(gravest.since_ms, standing.at_ms) if waiting else 0
        shelves = [one for one in standing.shelves if one.until_ms > now_ms]
        seat, went_up = owner(ladder(self._seats, gravest), gravest.level, max(0, waited_ms))
        return _record(standing) | {
            "waits": waiting,
            "silenced": silenced,
            "seat": seat.name if seat else "",
            "went_up": went_up,
            "shelved_until_ms": shelved_until(standing, gravest.level, now_ms),
            "shelved_by": listed((one.name for one in shelves), self._names.language),
            "shelf_reason": next((one.reason for one in shelves), ""),
            "area": gravest.area[0],
            "topic": gravest.topic,
        }

    def _quiet(self, card: Record) -> Record | None:
        """A card that flaps 抖动 and is normal now: it waits for nobody, and keeps what people said of it."""
        standing = together(self._standings.get(one, UNTOUCHED) for one in card.get("flapping", ()))
        if standing == UNTOUCHED:
            return None
        return _record(standing) | {"waits": False, "silenced": False, "area": card["area"], "topic": ""}

    def _grade(self, sections: Shown, key: str) -> str:
        """How far what was said of a card, or of a cleared warning, may be seen: as far as all that it is about."""
        card, warning = cards_of(sections).get(key), sections.get("warnings", {}).get(key)
        indicators = card.get("indicators", ()) if card else [warning["indicator"]] if warning else []
        return grade_of_all(indicators, self._declared.indicators).word

    def _item(self, item: str) -> Record:
        kind, _, key = item.partition(":")
        place = key if kind == "device" else self._names.city
        return _record(self._standings[item]) | {
            "waits": False,
            "area": chain_of(self._declared, place)[0],
            "topic": "",
        }

    def _cleared(self, sections: Shown, shown: Mapping[str, Record | None]) -> dict[str, Record | None]:
        """Warnings that have just cleared: who judged them."""
        found: dict[str, Record | None] = {}
        for one, warning in sections.get("warnings", {}).items():
            if warning["phase"] != "active" and one not in shown and one in self._standings:
                place = {"area": chain_of(self._declared, warning["subject"])[0], "topic": ""}
                found[one] = _record(self._standings[one]) | {"waits": False} | place
        return found


def _record(standing: Standing) -> Record:
    return {
        "acked_level": level_word(standing.level) if standing.level else "",
        "acked_by": standing.name,
        "acked_ms": standing.at_ms,
        "since_ms": standing.since_ms,
        "holder": standing.holder_name,
        "seat": "",
        "comments": [asdict(one) for one in standing.comments],
        "shelved_until_ms": 0,
        "verdict": standing.verdict,
        "verdict_by": standing.verdict_name,
        "verdict_ms": standing.verdict_ms,
        "into": standing.into,
    }


def _followed(shown: Mapping[str, Record | None], cards: Mapping[str, Record]) -> dict[str, Record | None]:
    """A card that was merged into one that still stands waits only as long as that one waits.

    It must be no graver than that one stands, or was acknowledged: no red is hidden behind a blue.
    """
    followed = dict(shown)
    for key, record in shown.items():
        leader = shown.get(record["into"]) if record and record["into"] else None
        if record is None or leader is None or leader["waits"]:
            continue
        known = max(_level(leader["acked_level"]), _level(cards.get(record["into"], {}).get("level", "")))
        if _level(cards.get(key, {}).get("level", "")) <= known:
            followed[key] = record | {"waits": False}
    return followed


def _level(word: str) -> Level:
    return Level[word.upper()] if word else Level.NORMAL
