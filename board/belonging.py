"""What an act is about: warnings of a card, an event or a source as they stand in the picture, and where they belong.

Acts arrive from browsers with an id; everything else about what they concern is read here, from the picture that this
process holds itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from board.canvas import Record
from catalogue.declared import Declared
from core.records import Level
from early_warning.duty_rules import Concerned
from early_warning.grades import grade_of
from geo.areas import ZONE_OF_DEVICE

Shown = Mapping[str, Mapping[str, Record]]


def chain_of(declared: Declared, place: str) -> tuple[str, ...]:
    """A place and everything it lies in, by code; a place that nobody declared lies in the city alone."""
    areas, device = declared.areas, declared.devices.get(place)
    zone = device.attributes.get(ZONE_OF_DEVICE, "") if device else ""
    smallest = (device.area if device else place) or ""
    chain = [one for one in (smallest, zone) if one in areas]
    chain += [above.id for above in areas.ancestors(chain[0])] if chain else [areas.city.id]
    return tuple(dict.fromkeys(chain))


def cards_of(sections: Shown) -> dict[str, Record]:
    """The cards on show; where nothing was grouped each active warning is one of its own."""
    cards = dict(sections.get("cards", {}))
    carded = {member for card in cards.values() for member in card["warnings"]}
    for one, warning in sections.get("warnings", {}).items():
        if warning["phase"] == "active" and one not in carded:
            cards[one] = {"warnings": [one], "level": warning["level"]}
    return cards


def warning_concerned(declared: Declared, one: str, warning: Record) -> Concerned:
    """A warning of the picture as an act sees it."""
    indicator = declared.indicators.get(warning["indicator"])
    return Concerned(
        id=one,
        level=Level[warning["level"].upper()],
        area=chain_of(declared, warning["subject"]),
        topic=indicator.domain if indicator else "",
        rule=warning["rule"],
        subject=warning["subject"],
        since_ms=warning["since_ms"],
        ended_ms=warning["ended_ms"] or 0,
        lost_ms=warning.get("lost_ms", 0),
        grade=grade_of(indicator),
    )


def active_concerned(declared: Declared, sections: Shown) -> list[Concerned]:
    """Every active warning."""
    shown = sections.get("warnings", {})
    return [warning_concerned(declared, one, it) for one, it in shown.items() if it["phase"] == "active"]


def concerned_by(declared: Declared, sections: Shown, subject: str) -> list[Concerned]:
    """All that an act is about: members of a card, one warning, or the item itself; [] when it is unknown."""
    kind, _, key = subject.partition(":")
    if kind == "event" and key in sections.get("events", {}):
        event = sections["events"][key]
        topic = _topic(declared, {event["type"]})
        return [_item(subject, chain_of(declared, event["device"]), topic, event["began_ms"])]
    if kind == "signal":
        issued = next((one for one in sections["city"]["main"]["issued"] if one["id"] == key), None)
        area = chain_of(declared, str(issued["area"])) if issued else ()
        level = Level[issued["level"].upper()] if issued else Level.NORMAL
        return [replace(_item(subject, area, "", issued["at_ms"]), level=level)] if issued else []
    if kind == "source" and key in sections.get("sources", {}):
        return [_item(subject, (declared.areas.city.id,), "", sections["sources"][key]["since_ms"] or 0)]
    if kind == "device" and key in sections.get("stations", {}):
        station, device = sections["stations"][key], declared.devices.get(key)
        topic = _topic(declared, device.metrics if device else ())
        return [_item(subject, chain_of(declared, key), topic, station["newest_ms"])]
    warnings, card = sections.get("warnings", {}), cards_of(sections).get(subject)
    members = card["warnings"] if card else [subject]
    return [warning_concerned(declared, one, warnings[one]) for one in members if one in warnings]


def _item(subject: str, area: tuple[str, ...], topic: str, since_ms: int) -> Concerned:
    """Something other than a warning: it has no level of its own, and is as urgent as lost data."""
    return Concerned(subject, Level.ORANGE, area, topic, subject=subject.partition(":")[2], since_ms=since_ms)


def _topic(declared: Declared, measured: Iterable[str]) -> str:
    """The topic of the first indicator that is filled by a metric or an event type; "" when none is."""
    wanted = set(measured)
    filled = (one for one in declared.indicators.values() if wanted & {*one.metrics, *one.event_types})
    return next((one.domain for one in filled), "")
