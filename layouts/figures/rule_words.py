"""Rules in words: fields, changes, people, states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from board.names import Names
from catalogue.declared import Declared
from core.messages import listed, text
from early_warning.rule_changes import Change
from layouts.figures.moments import length

SPANS = ("hold_s", "clear_after_s", "no_data_after_s", "over_s", "ahead_s")


def change_words(found: Sequence[Change], declared: Declared, language: str) -> list[str]:
    """One sentence a change: what it concerns, from what to what."""
    names = Names(declared, language)
    return [_sentence(one, names, language) for one in found]


def _sentence(change: Change, names: Names, language: str) -> str:
    of = text(f"level.{change.level}", language) if change.level else ""
    if change.place:
        of = f"{names.subject(change.place)} {of}"
    if change.field == "level":
        code = "rules.change_level_gone" if change.after is None else "rules.change_level_new"
        return text(code, language, level=of)
    what = text(f"rules.field_{change.field}", language)
    before, after = (_value(change.field, value, language) for value in (change.before, change.after))
    return text("rules.change", language, what=f"{of} {what}".strip(), before=before, after=after)


def _value(field: str, value: Any, language: str) -> str:
    if value is None or value in ("", (), []):
        return text("rules.none", language)
    match field:
        case "no_data":
            said = text(f"rules.no_data_{value}", language)
        case "min_reporting":
            said = f"{float(value):.0%}"
        case "schedule":
            said = schedule_words(value, language)
        case "conditions":
            said = text("rules.conditions_count", language, count=len(value))
        case _ if field in SPANS:
            said = length(int(value), language)
        case _ if isinstance(value, Mapping):
            said = str(value.get(language) or value.get("standard") or value.get("bounds", ""))
        case _:
            said = f"{value:g}" if isinstance(value, (int, float)) else str(value)
    return said


def schedule_words(schedule: Mapping[str, Any] | None, language: str) -> str:
    """When a rule is judged."""
    if not schedule:
        return text("rules.always", language)
    parts = [listed((f"{begin}–{end}" for begin, end in schedule.get("hours") or ()), language)]
    days = schedule.get("weekdays") or ()
    parts.append(listed((text(f"rules.weekday_{day}", language) for day in days), language))
    if season := schedule.get("season"):
        parts.append(text("rules.season", language, first=season[0], last=season[1]))
    return " · ".join(part for part in parts if part) or text("rules.always", language)


def person_words(called: str, people: Mapping[str, str]) -> str:
    """The name of somebody whom the audit calls `person:login`."""
    login = called.partition(":")[2]
    return people.get(login, login or called)
