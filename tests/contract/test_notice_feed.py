"""CAP 1.2 messages and their feed, held against the rules of the standard by a reader that shares no code with them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from defusedxml import ElementTree

from core.notices import Kind, Notice
from core.records import Level, Stamp
from notices.channels.cap import Feed, listed, message

FEED = Feed("cap", "茂名 & 监测", "cv@city.example", "https://city.example/api/v1/cap/cap", "zh")
NOTICE = Notice(
    "live|w1|opened|orange", "live", Stamp.LIVE, Kind.OPENED, Level.ORANGE, "w1", "w1", "water", ("440983", "440900"),
    "信宜 <新宝> 水位 62.35 m & 涨", 1_795_304_100_000, number=1,
)  # fmt: skip
RISEN = replace(
    NOTICE, key="live|w1|risen|red", kind=Kind.RISEN, level=Level.RED, at_ms=NOTICE.at_ms + 60_000, number=2
)
OVER = replace(RISEN, key="live|w1|cleared|red", kind=Kind.CLEARED, at_ms=NOTICE.at_ms + 120_000, number=3)
OTHER = replace(NOTICE, key="live|w9|opened|orange", warning="w9", card="w9", number=4)

# CAP 1.2, 3.2: element → (whether it must be there, how often at most, what it may say); in the order of the schema.
_DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
_ALERT = {
    "identifier": (1, 1, r"[^\s,<&]+"),
    "sender": (1, 1, r"[^\s,<&]+"),
    "sent": (1, 1, _DATE),
    "status": (1, 1, "Actual|Exercise|System|Test|Draft"),
    "msgType": (1, 1, "Alert|Update|Cancel|Ack|Error"),
    "source": (0, 1, ".*"),
    "scope": (1, 1, "Public|Restricted|Private"),
    "restriction": (0, 1, ".+"),
    "addresses": (0, 1, ".+"),
    "code": (0, 99, ".+"),
    "note": (0, 1, ".+"),
    "references": (0, 1, rf"[^\s,]+,[^\s,]+,{_DATE}( [^\s,]+,[^\s,]+,{_DATE})*"),
    "incidents": (0, 1, ".+"),
    "info": (0, 99, None),
}
_INFO = {
    "language": (0, 1, r"[a-z]{2}-[A-Z]{2}"),
    "category": (1, 99, "Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other"),
    "event": (1, 1, ".+"),
    "responseType": (0, 99, "Shelter|Evacuate|Prepare|Execute|Avoid|Monitor|Assess|AllClear|None"),
    "urgency": (1, 1, "Immediate|Expected|Future|Past|Unknown"),
    "severity": (1, 1, "Extreme|Severe|Moderate|Minor|Unknown"),
    "certainty": (1, 1, "Observed|Likely|Possible|Unlikely|Unknown"),
    "audience": (0, 1, ".+"),
    "eventCode": (0, 99, None),
    "effective": (0, 1, _DATE),
    "onset": (0, 1, _DATE),
    "expires": (0, 1, _DATE),
    "senderName": (0, 1, ".+"),
    "headline": (0, 1, ".+"),
    "description": (0, 1, ".+"),
    "instruction": (0, 1, ".+"),
    "web": (0, 1, ".+"),
    "contact": (0, 1, ".+"),
    "parameter": (0, 99, None),
    "resource": (0, 99, None),
    "area": (0, 99, None),
}
_PAIR = {"valueName": (1, 1, ".+"), "value": (1, 1, ".+")}
_AREA = {"areaDesc": (1, 1, ".+"), "polygon": (0, 99, ".+"), "circle": (0, 99, ".+"), "geocode": (0, 99, None)}
_INSIDE = {"info": _INFO, "parameter": _PAIR, "eventCode": _PAIR, "area": _AREA, "geocode": _PAIR}
_NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"


def _faults(element, rules) -> list[str]:  # type: ignore[no-untyped-def]
    """What the standard has against the children of an element: names, order, number, values."""
    names = [child.tag.removeprefix(_NAMESPACE) for child in element]
    faults = [f"unknown {name}" for name in names if name not in rules]
    order = [list(rules).index(name) for name in names if name in rules]
    faults += ["order"] if order != sorted(order) else []
    for name, (least, most, _) in rules.items():
        faults += [] if least <= names.count(name) <= most else [f"{names.count(name)} × {name}"]
    for child, name in zip(element, names, strict=True):
        pattern = rules.get(name, (0, 0, None))[2]
        if pattern is not None and not re.fullmatch(pattern, child.text or "", re.DOTALL):
            faults.append(f"{name}: {child.text!r}")
        faults += _faults(child, _INSIDE[name]) if name in _INSIDE else []
    return faults


def read(document: bytes) -> dict[str, str]:
    """A message by the standard; it fails with what is wrong. Leaves of alert and info by name."""
    alert = ElementTree.fromstring(document)
    assert alert.tag == f"{_NAMESPACE}alert"
    assert _faults(alert, _ALERT) == []
    leaves = {child.tag.removeprefix(_NAMESPACE): child.text for child in alert.iter() if child.text}
    if leaves["scope"] == "Restricted":
        assert leaves["restriction"]
    if leaves["msgType"] in ("Update", "Cancel"):
        assert leaves["references"]
    return leaves


def test_the_reader_finds_faults() -> None:
    whole = message(FEED, NOTICE, []).decode()
    for wrong in (
        whole.replace("+08:00</sent>", "Z</sent>"),
        whole.replace("Restricted", "Secret"),
        whole.replace("<sender>cv@city.example</sender>", ""),
        whole.replace("<severity>Severe</severity>", "").replace("</info>", "<severity>Severe</severity></info>"),
    ):  # fmt: skip
        assert wrong != whole
        with pytest.raises(AssertionError):
            read(wrong.encode())


@pytest.mark.claim(
    "WARN", "The CAP 1.2 feed tells Alert, Update and Cancel with references; an exercise is an Exercise."
)
def test_alert_update_and_cancel_name_what_came_before() -> None:
    told = [OTHER, OVER, RISEN, NOTICE]
    first, second, third = (read(message(FEED, one, told)) for one in (NOTICE, RISEN, OVER))
    assert [one["msgType"] for one in (first, second, third)] == ["Alert", "Update", "Cancel"]
    assert "references" not in first
    assert second["references"] == f"{first['sender']},{first['identifier']},{first['sent']}"
    assert third["references"].split() == [
        second["references"],
        f"{second['sender']},{second['identifier']},{second['sent']}",
    ]
    assert (first["severity"], second["severity"], third["urgency"]) == ("Severe", "Extreme", "Past")
    assert first["event"] == "监测告警" and first["description"] == NOTICE.sentence
    assert "references" not in read(message(FEED, OTHER, told))


def test_what_is_judged_no_more_updates_the_alert_and_is_unknown() -> None:
    blind = replace(NOTICE, key="lost", kind=Kind.LOST, number=NOTICE.number + 1)
    told = read(message(FEED, blind, [blind, NOTICE]))
    assert (told["msgType"], told["certainty"], told["severity"]) == ("Update", "Unknown", "Severe")


def test_what_is_no_computed_level_is_called_what_it_is() -> None:
    assert read(message(FEED, replace(NOTICE, issued=True), []))["event"] == "预警信号"


@pytest.mark.parametrize(
    ("stamp", "status"),
    [("live", "Actual"), ("drill", "Exercise"), ("demo", "Test"), ("replay", "Test"), ("test", "Test")],
)
def test_the_status_tells_what_the_data_are(stamp: str, status: str) -> None:
    assert read(message(FEED, replace(NOTICE, stamp=Stamp(stamp)), []))["status"] == status


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("level", list(Level))
def test_every_kind_at_every_level_keeps_to_the_standard(kind: Kind, level: Level) -> None:
    read(message(FEED, replace(OVER, kind=kind, level=level, areas=()), [NOTICE]))


def test_the_feed_lists_messages_and_where_they_are() -> None:
    atom = ElementTree.fromstring(listed(FEED, [RISEN, NOTICE]))
    inside = {"a": "http://www.w3.org/2005/Atom"}
    entries = atom.findall("a:entry", inside)
    assert [entry.find("a:link", inside).get("href") for entry in entries] == [f"{FEED.address}/2", f"{FEED.address}/1"]
    assert [entry.findtext("a:title", None, inside) for entry in entries] == [RISEN.sentence, NOTICE.sentence]
    assert atom.findtext("a:updated", None, inside) == "2026-11-22T07:36:00+08:00"
    assert ElementTree.fromstring(listed(FEED, [])).findall("a:entry", inside) == []
