"""Frigate's video events: topic `frigate/events`, one JSON object each time a tracked object changes.

`{"type": "new" | "update" | "end", "before": {…}, "after": {…}}`: `after` is the object as it now stands, its
times in seconds since 1970. An end may never come, and a tracked object may turn out to be none
(`false_positive`). Names of faces and number plates are left out: the picture of the city needs no persons.

Source: Frigate documentation, "MQTT", topic `frigate/events`, versions 0.12 to 0.16.
"""

from __future__ import annotations

from typing import Any

from core.records import Event, Phase, Rejected
from ingest.decoders import fields
from ingest.decoders.contract import Decoded, Fault, Route


def decode(route: Route, topic: str, payload: bytes, now_ms: int) -> Decoded | Rejected:
    """One telling of one tracked object, or the reason it is none; never a raise."""
    try:
        event = _event(route, fields.parse_json(payload), now_ms)
    except Fault as fault:
        return Rejected(fault.reason, topic, payload, fault.detail)
    return Decoded(event.device, events=(event,))


def _event(route: Route, body: object, now_ms: int) -> Event:
    if type(body) is not dict or type(body.get("after")) is not dict:
        raise Fault("wrong-type", "no object with type and after")
    kind, after = body.get("type"), body["after"]
    if kind not in tuple(Phase):
        raise Fault("wrong-type", f"type: {fields.shown(kind)} is not one of new, update, end")
    began_ms = _time_ms(route, after, "start_time", now_ms)
    if began_ms is None:
        raise Fault("bad-time", "start_time: not given")
    ended_ms = _time_ms(route, after, "end_time", now_ms)
    seen_ms = _time_ms(route, after, "frame_time", now_ms)
    told_ms = max(began_ms, ended_ms or began_ms, seen_ms or began_ms)
    if kind == Phase.END and ended_ms is None:  # older versions leave end_time out of a short event
        ended_ms = told_ms
    return Event(
        id=f"{route.feed.id}:{fields.name(after.get('id'), 'id')}",
        feed=route.feed.id,
        type=fields.name(f"video.{fields.name(after.get('label'), 'label')}", "label"),
        phase=Phase(kind),
        device=fields.name(after.get("camera"), "camera"),
        began_ms=began_ms,
        told_ms=told_ms,
        ended_ms=ended_ms,
        stamp=route.stamp,
        confidence=_confidence(after),
        false_positive=after.get("false_positive") is True,
        attributes=_attributes(after),
    )


def _time_ms(route: Route, after: dict[str, Any], key: str, now_ms: int) -> int | None:
    """A time in ms, from seconds since 1970; None when it is not told."""
    if after.get(key) is None:
        return None
    return fields.near_clock(round(fields.number(after[key], key) * 1000), now_ms, route.feed.ahead_s)


def _confidence(after: dict[str, Any]) -> float | None:
    """The best score so far, else the score of this frame, held inside 0 to 1."""
    scores = (after.get("top_score"), after.get("score"))
    given = [fields.number(score, "score") for score in scores if score is not None]
    return min(max(given[0], 0.0), 1.0) if given else None


def _attributes(after: dict[str, Any]) -> dict[str, str | float | bool]:
    found: dict[str, str | float | bool] = {}
    zones = after.get("entered_zones")
    if type(zones) is list and zones:
        found["zones"] = ",".join(fields.name(zone, "entered_zones") for zone in zones)
    for key in ("stationary", "has_snapshot", "has_clip"):
        if type(after.get(key)) is bool:
            found[key] = after[key]
    return found
