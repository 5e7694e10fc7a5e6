"""Notices as CAP 1.2 messages: Alert, Update, Cancel, each naming the messages before it; and the feed that lists them.

A level that we compute is called 监测告警 and never 预警信号, and is restricted to those who were given the feed.
What is an exercise says Exercise; what is simulated, replayed or a test says Test.

Source: OASIS Common Alerting Protocol 1.2 (2010), 3.2 and 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from core.clock import in_china
from core.messages import text
from core.notices import Channel, Kind, Notice, State
from core.records import DAY_MS, Level, Stamp
from notices.dedupe import delivery_key
from notices.parcel import Handed, Parcel

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
OVER = frozenset({Kind.CLEARED, Kind.RETRACTED})
_STATUS = {Stamp.LIVE: "Actual", Stamp.DRILL: "Exercise"}  # all others: Test
_CATEGORY = {"eco_environment": "Env", "public_service": "Infra", "social_management": "Safety"}  # by domain
_CERTAINTY = {Kind.RETRACTED: "Unlikely", Kind.LOST: "Unknown"}
_SEVERITY = {Level.RED: "Extreme", Level.ORANGE: "Severe", Level.YELLOW: "Moderate", Level.BLUE: "Minor"}


class Published:
    """The channel of feeds: who reads a feed comes for it, so what is decided is there."""

    def carry(self, parcel: Parcel) -> Handed:
        """Nothing has to go anywhere."""
        return Handed(State.DELIVERED)


@dataclass(frozen=True, slots=True)
class Feed:
    """What is the same in all messages of a feed. address: of the feed itself, as its readers reach it."""

    recipient: str
    name: str
    sender: str
    address: str
    language: str

    def identifier(self, notice: Notice) -> str:
        """Of one message, the same whenever it is asked for."""
        return delivery_key(notice.key, self.recipient, Channel.CAP)


def message(feed: Feed, notice: Notice, told: Sequence[Notice]) -> bytes:
    """One notice as a CAP document. told: everything in the feed; what belongs to the same card before it is named."""
    before = [one for one in told if one.number < notice.number and _belong(one, notice)]
    alert = Element("alert", xmlns=CAP)
    _add(alert, "identifier", feed.identifier(notice))
    _add(alert, "sender", feed.sender)
    _add(alert, "sent", _time(notice.at_ms))
    _add(alert, "status", _STATUS.get(notice.stamp, "Test"))
    _add(alert, "msgType", "Cancel" if notice.kind in OVER and before else "Update" if before else "Alert")
    _add(alert, "scope", "Restricted")
    _add(alert, "restriction", text("notice.cap_restricted", feed.language))
    if notice.stamp is not Stamp.LIVE:
        _add(alert, "note", text(f"stamp.{notice.stamp}", feed.language))
    if before:
        ordered = sorted(before, key=lambda one: one.number)
        _add(alert, "references", " ".join(f"{feed.sender},{feed.identifier(o)},{_time(o.at_ms)}" for o in ordered))
    _inform(SubElement(alert, "info"), notice, feed)
    return _written(alert)


def listed(feed: Feed, told: Sequence[Notice]) -> bytes:
    """The feed as Atom, newest first; each entry leads to its message."""
    root = Element("feed", xmlns=ATOM)
    _add(root, "id", feed.address)
    _add(root, "title", feed.name)
    _add(root, "updated", _time(max((one.at_ms for one in told), default=0)))
    SubElement(_add(root, "author", ""), "name").text = feed.sender
    SubElement(root, "link", rel="self", href=feed.address)
    for one in told:
        entry = SubElement(root, "entry")
        _add(entry, "id", f"urn:cityvitals:{feed.identifier(one)}")
        _add(entry, "title", one.sentence)
        _add(entry, "updated", _time(one.at_ms))
        href = f"{feed.address}/{one.number}"
        SubElement(entry, "link", rel="alternate", type="application/cap+xml", href=href)
    return _written(root)


def _inform(info: Element, notice: Notice, feed: Feed) -> None:
    urgent = notice.level >= Level.ORANGE and notice.kind not in OVER
    event = text("notice.cap_issued" if notice.issued else "notice.cap_computed", feed.language)
    _add(info, "language", "zh-CN" if feed.language == "zh" else "en-US")
    _add(info, "category", _CATEGORY.get(notice.topic, "Other"))
    _add(info, "event", event)
    if notice.kind in OVER:
        _add(info, "responseType", "AllClear")
    _add(info, "urgency", "Past" if notice.kind in OVER else "Immediate" if urgent else "Expected")
    _add(info, "severity", _SEVERITY.get(notice.level, "Unknown"))
    _add(info, "certainty", _CERTAINTY.get(notice.kind, "Observed"))
    _add(info, "expires", _time(notice.at_ms + DAY_MS))
    _add(info, "senderName", feed.name)
    _add(info, "headline", notice.sentence[:160])
    _add(info, "description", notice.sentence)
    for name, value in (("kind", notice.kind), ("level", notice.level.name.lower()), ("warning", notice.warning)):
        parameter = SubElement(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", str(value))
    area = SubElement(info, "area")
    _add(area, "areaDesc", "、".join(notice.areas) or "-")
    for code in notice.areas:
        geocode = SubElement(area, "geocode")
        _add(geocode, "valueName", "GB/T 2260")
        _add(geocode, "value", code)


def _add(parent: Element, name: str, words: str) -> Element:
    child = SubElement(parent, name)
    child.text = words or None
    return child


def _written(root: Element) -> bytes:
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _belong(one: Notice, other: Notice) -> bool:
    return one.card == other.card or (bool(one.warning) and one.warning == other.warning)


def _time(at_ms: int) -> str:
    """With the zone as CAP asks for it: an offset, never Z.

    >>> _time(1_795_304_100_000)
    '2026-11-22T07:35:00+08:00'
    """
    return in_china(at_ms).isoformat(timespec="seconds")
