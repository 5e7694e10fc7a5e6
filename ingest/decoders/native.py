"""Our own JSON: `<root>/<feed>/<device>/readings`, `event` or `position`.

    readings   {"t": "2026-03-01T07:00:00+08:00", "values": {"pm25": 35.2}}, or a list of such
    position   {"t": 1772319600000, "lon": 110.92, "lat": 21.66, "speed_kmh": 31, "heading_deg": 90}, or a list
    event      {"id": "k7", "type": "hotline.noise", "phase": "new", "t": …, "ended": …, "told": …,
                "lon": …, "lat": …, "accuracy_m": 30, "origin": "caller",
                "confidence": 0.9, "false_positive": false, "attributes": {"street": "…"}}

`t` is ISO 8601 with a zone, or ms since 1970. Of a message with some bad members the good ones count, and the
whole message is kept as a dead letter that names the bad ones. An event is all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from math import isfinite
from typing import Any

from core.records import Event, Phase, Rejected
from ingest.decoders import fields
from ingest.decoders.contract import Decoded, Fault, Route

NUMBERS = frozenset({int, float})
POSITION = {"lon": "lon_deg", "lat": "lat_deg", "speed_kmh": "speed_kmh", "heading_deg": "heading_deg"}
FAULTS_TOLD = 10  # a dead letter names so many bad members; the payload beside it shows the rest
ATTRIBUTES = 64


def decode(route: Route, topic: str, payload: bytes, now_ms: int) -> Decoded | Rejected:
    """One native message, or the reason it is none; never a raise."""
    try:
        body = fields.parse_json(payload)
        if route.shape == "event":
            return Decoded(route.device, events=(_event(route, body, now_ms),))
        decoded, faults = _samples(route, body, now_ms, _positions if route.shape == "position" else _values)
    except Fault as fault:
        return Rejected(fault.reason, topic, payload, fault.detail)
    if not faults:
        return decoded
    detail = "; ".join(fault.detail for fault in faults[:FAULTS_TOLD])
    rejected = Rejected(faults[0].reason, topic, payload, detail)
    if not decoded.values:
        return rejected
    decoded.rejected = rejected
    return decoded


_Columns = tuple[list[str], list[float]]
_Reader = Callable[[dict[str, Any], list[Fault]], _Columns]


def _samples(route: Route, body: object, now_ms: int, read: _Reader) -> tuple[Decoded, list[Fault]]:
    decoded, faults = Decoded(route.device), list[Fault]()
    renamed = route.feed.fields
    for sample in _listed(body):
        try:
            if type(sample) is not dict:
                raise Fault("wrong-type", f"{fields.shown(sample)} is not an object with t and values")
            at_ms = fields.near_clock(fields.time_ms(sample.get("t")), now_ms, route.feed.ahead_s)
            names, values = read(sample, faults)
        except Fault as fault:
            faults.append(fault)
            continue
        decoded.metrics += [renamed.get(name, name) for name in names] if renamed else names
        decoded.event_ms += repeat(at_ms, len(values))
        decoded.values += values
    return decoded, faults


def _listed(body: object) -> list[Any]:
    samples = body if type(body) is list else [body]
    if not samples:
        raise Fault("empty", "a list without a member")
    return samples


def _values(sample: dict[str, Any], faults: list[Fault]) -> _Columns:
    """Names and numbers of `values`; the usual case, all good, costs one look at the types."""
    members = sample.get("values")
    if type(members) is not dict:
        raise Fault("wrong-type", f"values: {fields.shown(members)} is not an object of numbers")
    if not members:
        raise Fault("empty", "values: no member")
    numbers = list(members.values())
    if NUMBERS.issuperset(map(type, numbers)) and all(map(fields.is_name, members)) and _all_finite(numbers):
        return list(members), numbers
    return _good_members(members.items(), faults)


def _all_finite(numbers: list[int | float]) -> bool:
    """False also for a sum that leaves the floats though no member does: then each is looked at."""
    try:
        return isfinite(sum(numbers))
    except OverflowError:
        return False


def _good_members(members: Any, faults: list[Fault]) -> _Columns:
    names: list[str] = []
    numbers: list[float] = []
    for name, value in members:
        try:
            good_name, good_number = fields.name(name, "values"), fields.number(value, fields.shown(name))
        except Fault as fault:
            faults.append(fault)
        else:
            names.append(good_name)
            numbers.append(good_number)
    return names, numbers


def _positions(sample: dict[str, Any], faults: list[Fault]) -> _Columns:
    """A position is good as a whole or not at all: half a place is none."""
    if fields.place(sample) is None:
        raise Fault("empty", "lon, lat: not given")
    told = [(metric, sample[key]) for key, metric in POSITION.items() if sample.get(key) is not None]
    return [metric for metric, _ in told], [fields.number(value, metric) for metric, value in told]


def _event(route: Route, body: object, now_ms: int) -> Event:
    if type(body) is not dict:
        raise Fault("wrong-type", f"{fields.shown(body)} is not an object")
    began_ms = fields.near_clock(fields.time_ms(body.get("t")), now_ms, route.feed.ahead_s)
    ended_ms = _optional_time(body, "ended", now_ms, route)
    told_ms = _optional_time(body, "told", now_ms, route)
    if told_ms is None:  # the newest time the telling itself speaks of
        told_ms = began_ms if ended_ms is None else max(began_ms, ended_ms)
    phase = body.get("phase", "new" if ended_ms is None else "end")
    if phase not in tuple(Phase):
        raise Fault("wrong-type", f"phase: {fields.shown(phase)} is not one of new, update, end")
    return Event(
        id=f"{route.feed.id}:{fields.name(body.get('id'), 'id')}",
        feed=route.feed.id,
        type=fields.name(body.get("type"), "type"),
        phase=Phase(phase),
        device=route.device,
        began_ms=began_ms,
        told_ms=told_ms,
        ended_ms=ended_ms,
        stamp=route.stamp,
        place=fields.place(body),
        confidence=_optional_share(body, "confidence"),
        false_positive=_truth(body.get("false_positive", False)),
        attributes=dict(_attributes(body.get("attributes", {}))),
    )


def _optional_time(body: dict[str, Any], key: str, now_ms: int, route: Route) -> int | None:
    value = body.get(key)
    return None if value is None else fields.near_clock(fields.time_ms(value, key), now_ms, route.feed.ahead_s)


def _optional_share(body: dict[str, Any], key: str) -> float | None:
    value = body.get(key)
    if value is None:
        return None
    share = fields.number(value, key)
    if not 0 <= share <= 1:
        raise Fault("wrong-type", f"{key}: {share} is not between 0 and 1")
    return share


def _truth(value: object) -> bool:
    if type(value) is not bool:
        raise Fault("wrong-type", f"false_positive: {fields.shown(value)} is neither true nor false")
    return value


def _attributes(members: object) -> Iterator[tuple[str, str | float | bool]]:
    if type(members) is not dict or len(members) > ATTRIBUTES:
        raise Fault("wrong-type", f"attributes: not an object of at most {ATTRIBUTES} members")
    for key, value in members.items():
        if type(value) in (str, bool):
            yield fields.name(key, "attributes"), value
        elif value is not None:
            yield fields.name(key, "attributes"), fields.number(value, fields.shown(key))
