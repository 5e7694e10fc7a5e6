"""Signals 预警信号 that an authority issued, as warnings of the database: kept and told of, never judged by us. Pure.

They stand beside our own warnings as `Issuer.ISSUED`. People act on one as an item of the duty list, `signal:<event>`.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from math import nan

from core.messages import text
from core.records import DAY_MS, CityWarning, Event, Issuer, Level, WarningPhase

KIND = "signal."  # what types of such events begin with; the level follows
ITEM = "signal:"  # what the names of signals in the duty list begin with; the id of the event follows
UNENDED_MS = 3 * DAY_MS  # city time: who forgets to lift a signal without an end does not leave it standing for ever
LEVELS = tuple(level.name.lower() for level in (Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED))


def is_signal(event: Event) -> bool:
    """Whether an event is an issued signal of a level that we know."""
    return event.type.startswith(KIND) and event.type.removeprefix(KIND) in LEVELS


def over_ms(event: Event) -> int:
    """When a signal is over, city time: lifted, taken back, or as its issuer said; else after three days."""
    if event.ended_ms is not None or event.false_positive:
        return event.ended_ms or 0
    return until_ms(event) or event.began_ms + UNENDED_MS


def until_ms(event: Event) -> int:
    """Until when its issuer said that it holds; 0: until it is lifted."""
    try:
        return int(float(event.attributes.get("until_ms", 0)))
    except (OverflowError, ValueError):  # whoever tells of a signal may write anything there
        return 0


def item_of(warning: CityWarning) -> str:
    """Under which name people act on a warning: a signal by its place in the duty list, others by their id."""
    return str(warning.facts["item"]) if warning.issuer is Issuer.ISSUED else warning.id


def id_of(item: str) -> str:
    """The id under which a warning is kept, by the name under which people act on it."""
    event = item.removeprefix(ITEM)
    return item if event == item else blake2b(event.encode(), digest_size=8).hexdigest()


def kept_signal(event: Event, before: CityWarning | None, city: str, now_ms: int) -> CityWarning | None:
    """A signal as it stands after one telling; None: the telling is older than what is known.

    Args:
        event: The telling.
        before: As it was kept last.
        city: Where a signal holds that names no area.
        now_ms: City time.
    """
    if before is not None and before.facts["told_ms"] >= event.told_ms:
        return None
    told, ended_ms = event.attributes, over_ms(event)
    level = Level[event.type.removeprefix(KIND).upper()]
    signal = CityWarning(
        id=id_of(f"{ITEM}{event.id}"),
        rule="",
        rule_version="",
        indicator="",
        subject=str(told.get("area", "")) or city,
        issuer=Issuer.ISSUED,
        phase=WarningPhase.RETRACTED if event.false_positive else WarningPhase.ACTIVE,
        level=level,
        peak=max(level, before.peak) if before else level,
        since_ms=event.began_ms,
        updated_ms=event.told_ms,
        ended_ms=event.told_ms if event.false_positive else None,
        decided_ms=now_ms,
        value=nan,
        bound=nan,
        unit="",
        trend="unknown",
        revision=before.revision + 1 if before else 1,
        stamp=event.stamp,
        late=before is None and ended_ms <= now_ms,
        facts=_facts(event, level),
    )
    return signal if event.false_positive else expired(signal, now_ms) or signal


def _facts(event: Event, level: Level) -> dict[str, object]:
    """What a signal says beyond its level and place."""
    told = event.attributes
    return {
        "item": f"{ITEM}{event.id}",
        "told_ms": event.told_ms,
        "colour": level.name.lower(),
        "what": str(told.get("what", "")),
        "by": str(told.get("issuer", "")),
        "ends_ms": over_ms(event),
        "lifted": event.ended_ms is not None,
    }


def expired(signal: CityWarning, now_ms: int) -> CityWarning | None:
    """A standing signal whose time is over, as it ends; None: it goes on."""
    ends_ms = int(signal.facts["ends_ms"])
    if signal.phase is not WarningPhase.ACTIVE or ends_ms > now_ms:
        return None
    ended_ms = max(ends_ms, signal.since_ms)
    over = replace(signal, phase=WarningPhase.CLEARED, level=Level.NORMAL, ended_ms=ended_ms, decided_ms=now_ms)
    return replace(over, revision=signal.revision + 1)


def title(signal: CityWarning, language: str) -> str:
    """What was issued: 台风橙色预警信号."""
    colour = text(f"level.{signal.facts['colour']}_colour", language)
    return text("duty.signal_title", language, what=signal.facts["what"], colour=colour)


def sentence(signal: CityWarning, area_name: str, language: str) -> str:
    """Who issued what for where, and whether it was lifted, ran out or was taken back."""
    code = "signal"
    if signal.phase is WarningPhase.RETRACTED:
        code = "signal_retracted"
    elif signal.phase is WarningPhase.CLEARED:
        code = "signal_lifted" if signal.facts["lifted"] else "signal_expired"
    return text(f"duty.{code}", language, issuer=signal.facts["by"], area=area_name, title=title(signal, language))
