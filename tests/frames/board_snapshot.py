"""Pictures of a city in the documented format, made up here, for the browser tests: no Redis, no engine.

`picture(declared, situation, city_ms)` gives the sections of
docs/architecture.md; `snap`, `diff` and `beat` make frames.
All figures come from a seeded generator, so that a test knows the number that must stand on the screen.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from board.aqi import AqiWriter
from board.values import indicator_record, key_of
from board.words import number
from catalogue.declared import Declared
from core.declared import SELDOM, Device
from indicators.definition import Indicator
from tests.frames.board_warnings import LEVELS, MINUTE, Sections, areas_of, events_of, trend_of, warnings_of, wave

OF_THE_CITY = "sources domains sparks values areas warnings stations vehicles events trends".split()

DOMAIN_VALUES = {  # domain → (indicator, value, spark's amplitude)
    "economic_regulation": ("econ_operation.industrial_va_yoy", 5.4, 0.4),
    "market_regulation": ("market_supervision.kitchen_online", 98.2, 0.7),
    "social_management": ("security.video_events_1h", 27.0, 6.0),
    "public_service": ("government_services.hotline_calls_1h", 142.0, 30.0),
    "eco_environment": ("ecology.aqi", 46.0, 12.0),
}


def picture(declared: Declared, situation: str, city_ms: int, warnings: int = 0) -> Sections:
    """The whole picture. warnings: how many are active (situation `typhoon`)."""
    rng = random.Random(f"{situation}-{warnings}")
    sections = _installation(declared, city_ms)
    if situation == "empty":
        return sections | {name: {} for name in OF_THE_CITY}
    sections["sources"] = _sources(declared, city_ms, rng)
    sections["stations"], sections["vehicles"] = _devices(declared, city_ms, rng)
    sections["values"] = _values(declared, city_ms, rng)
    sections["warnings"] = warnings_of(declared, city_ms, warnings, rng) if situation == "typhoon" else {}
    sections["areas"] = areas_of(declared, sections["warnings"])
    sections["events"] = events_of(declared, city_ms, rng, 4 if situation == "typhoon" else 2)
    sections["domains"] = _domains(declared, sections, city_ms)
    sections["sparks"] = {
        name: {"points": wave(city_ms, base, swing, 96, rng), "indicator": one, "area": declared.areas.city.id}
        for name, (one, base, swing) in DOMAIN_VALUES.items()
    }
    sections["trends"] = {"focus": trend_of(declared, sections, city_ms, rng)}
    for warning in sections["warnings"].values():
        station = sections["stations"].get(warning["subject"], {"level": "red"})
        if station["level"] not in LEVELS or LEVELS.index(warning["level"]) < LEVELS.index(station["level"]):
            station["level"] = warning["level"]
    if situation in ("unknown", "silent"):
        _silence(sections, "hotline", city_ms - 14 * MINUTE)
    if situation == "unknown":
        _blind(sections, "public_service", declared.areas.counties[1].id)
    return sections


def _installation(declared: Declared, city_ms: int) -> Sections:
    """What is known without a single reading."""
    workers = ("ingest", "engine", "board", "probe")
    return {
        "city": {"main": _city(declared)},
        "indicators": {one.id: indicator_record(one, "zh") for one in declared.indicators.values()},
        "probe": {"main": {"round_trip_ms": 412, "seen_ms": city_ms - 3000, "state": "ok"}},
        "workers": {name: {"beat_ms": city_ms, "state": "ok", "says": ""} for name in workers},
        "load": {"main": {"messages_s": 524.0, "readings_s": 2310.4, "refused_hour": 3, "doubled": 41, "late": 7}},
    }


def snap(sections: Mapping[str, Any], rev: int, at_ms: int, **other: Any) -> dict[str, Any]:
    """A whole picture as one frame; city time is real time."""
    return _frame("snap", rev, at_ms) | {"prev": 0, "set": sections, "drop": {}} | other


def diff(changed: Mapping[str, Any], rev: int, at_ms: int, **other: Any) -> dict[str, Any]:
    """What changed since the revision before."""
    return _frame("diff", rev, at_ms) | {"prev": rev - 1, "set": changed, "drop": {}} | other


def beat(rev: int, at_ms: int, redis: str = "ok", **other: Any) -> dict[str, Any]:
    """The web process is alive."""
    return _frame("beat", rev, at_ms) | {"redis": redis} | other


def _frame(kind: str, rev: int, at_ms: int) -> dict[str, Any]:
    return {
        "k": kind,
        "rev": rev,
        "scene": "demo-440900",
        "assets": "a1",
        "server_ms": at_ms,
        "city_ms": at_ms,
        "speed": 1.0,
    }


def _city(declared: Declared) -> dict[str, Any]:
    city = declared.city
    return {
        "code": city.code,
        "name": city.name.zh,
        "stamp": "demo",
        "scene": "demo-440900",
        "support": "信息中心",
        "support_phone": "0668-0000100",
        "map_source": city.map_source,
        "map_date": city.map_date,
        "map_review": city.map_review,
        "issued": [],
        "simulated": True,
        "language": "zh",
    }


def _sources(declared: Declared, city_ms: int, rng: random.Random) -> dict[str, Any]:
    found = {}
    for feed in declared.feeds.values():
        if feed.kind in SELDOM:
            continue
        devices = sum(device.feed == feed.id for device in declared.devices.values())
        blinds = [
            i.name.zh
            for i in declared.indicators.values()
            if set(i.metrics) & set(feed.fields.values()) or any(t.startswith(feed.id) for t in i.event_types)
        ]
        newest = city_ms - rng.randrange(2000, max(3000, min(feed.every_s, 1800) * 1000))
        found[feed.id] = {
            "name": feed.name.zh,
            "kind": feed.kind,
            "newest_ms": newest,
            "received_ms": newest + 300,
            "every_s": feed.every_s,
            "late_after_s": feed.late_after_s,
            "state": "ok",
            "since_ms": None,
            "reporting": max(devices - (devices > 15), 0),
            "expected": devices,
            "owner": feed.owner,
            "phone": feed.phone,
            "blinds": blinds,
        }
    return found


def _devices(declared: Declared, city_ms: int, rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    stations, vehicles = {}, {}
    places = [device.place for device in declared.devices.values() if device.place and device.feed == "rain"]
    for device in declared.devices.values():
        kind = declared.feeds[device.feed].kind
        if kind in SELDOM:
            continue
        if kind == "vehicle":
            place = rng.choice(places)
            vehicles[device.id] = {
                "name": device.name.zh,
                "lon": place.lon_deg + rng.gauss(0, 0.03),
                "lat": place.lat_deg + rng.gauss(0, 0.03),
                "ms": city_ms - 9000,
                "speed_kmh": 31.0,
            }
            continue
        record = _station(device, kind, city_ms, "silent" if rng.random() < 0.05 else "ok", rng)
        stations[device.id] = record | {"area": device.area and declared.areas.county_of(device.area)}
    return stations, vehicles


def _station(device: Device, kind: str, city_ms: int, state: str, rng: random.Random) -> dict[str, Any]:
    place = device.place
    return {
        "name": device.name.zh,
        "kind": kind,
        "feed": device.feed,
        "area": device.area,
        "lon": place.lon_deg if place else None,
        "lat": place.lat_deg if place else None,
        "state": state,
        "newest_ms": city_ms - 40_000,
        "clock_s": 0,
        "settling": False,
        "level": "normal",
        "simulated": True,
        "unplaced": place is None,
        "readings": {metric: [round(rng.uniform(1, 40), 2), city_ms - 40_000] for metric in device.metrics},
    }


def value_record(declared: Declared, indicator: str, area: str, value: float | None, city_ms: int) -> dict[str, Any]:
    """One value as the Board writes it."""
    one = declared.indicators[indicator]
    known = value is not None
    expected = (
        sum(
            area in declared.areas.holding(device).values()
            for device in declared.devices.values()
            if set(device.metrics) & set(one.metrics)
        )
        or 5
    )
    return {
        "indicator": indicator,
        "area": area,
        "value": value,
        "text": number(value, one.decimals, "zh"),
        "end_ms": city_ms - city_ms % MINUTE,
        "newest_ms": city_ms - 70_000 if known else 0,
        "reported": expected - (expected > 5) if known else 0,
        "expected": expected,
        "status": "final" if known else "unknown",
        "level": "normal" if known else None,
        "period": "2026年10月" if one.period else "",
        "detail": "",
        "beside": _beside(one, value),
        "aqi": AqiWriter(declared.schemes, "zh").record(one.scheme, city_ms, value, "pm25_ugm3")
        if one.formula == "aqi"
        else None,
    }


def _beside(indicator: Indicator, value: float | None) -> dict[str, float]:
    """What is usual, a tenth below, and where the trend leads, a tenth above; as far as declared."""
    if value is None:
        return {}
    usual = {"baseline": value * 0.9, "baseline_low": value * 0.8, "baseline_high": value * 1.05}
    trend = {"forecast": value * 1.1, "trend_per_h": value * 0.05}
    return (usual if indicator.baseline else {}) | (trend if indicator.forecast_s else {})


def _values(declared: Declared, city_ms: int, rng: random.Random) -> dict[str, Any]:
    found = {}
    for indicator in declared.indicators.values():
        areas = (
            [declared.city.code, *(county.id for county in declared.areas.counties)]
            if "county" in indicator.levels
            else [declared.city.code]
        )
        for area in areas:
            value = round(
                rng.uniform(20, 120) if indicator.formula == "aqi" else rng.uniform(0, 60), indicator.decimals
            )
            found[key_of(indicator.id, area)] = value_record(declared, indicator.id, area, value, city_ms)
    for indicator, value, _ in DOMAIN_VALUES.values():
        found[key_of(indicator, declared.city.code)] = value_record(
            declared, indicator, declared.city.code, value, city_ms
        )
    return found | _scores(declared, found, city_ms, rng)


def _scores(declared: Declared, values: Mapping[str, Any], city_ms: int, rng: random.Random) -> dict[str, Any]:
    """Scores as the engine tells them: what each part costs and who cost most, of scores of scores too."""
    found: dict[str, Any] = {}
    composites = [one for one in declared.indicators.values() if one.parts]
    for one in sorted(composites, key=lambda one: one.domain == "city"):
        for key in [key for key in values if key.startswith(f"{one.id}¦")]:
            area, parts = values[key]["area"], [part.indicator for part in one.parts]
            below = {part: found[key_of(part, area)]["value"] for part in parts if key_of(part, area) in found}
            value = float(round(sum(below.values()) / len(below))) if below else float(rng.randrange(58, 98))
            worst = min(below, key=lambda part: below[part]) if below else parts[0]
            found[key] = value_record(declared, one.id, area, value, city_ms) | {"detail": f"worst:{worst}"}
    return found


def _domains(declared: Declared, sections: Sections, city_ms: int) -> dict[str, Any]:
    found = {}
    for order, domain in enumerate(declared.domains):
        indicator, value, _ = DOMAIN_VALUES[domain.id]
        mine = [w for w in sections["warnings"].values() if declared.indicators[w["indicator"]].domain == domain.id]
        worst = next((level for level in LEVELS if any(w["level"] == level for w in mine)), "normal")
        headline = value_record(declared, indicator, declared.city.code, value, city_ms) | {
            "name": declared.indicators[indicator].name.zh,
            "unit": declared.indicators[indicator].unit,
            "area_name": declared.city.name.zh,
        }
        if mine:
            first = min(mine, key=lambda w: (LEVELS.index(w["level"]), -w["since_ms"]))
            headline |= {key: first[key] for key in ("indicator", "value", "text", "unit")} | {
                "name": declared.indicators[first["indicator"]].name.zh,
                "area_name": first["subject_name"],
                "aqi": None,
                "reported": 38,
                "expected": 40,
            }
        found[domain.id] = {
            "name": domain.name.zh,
            "order": order,
            "level": worst,
            "status": "ok",
            "headline": headline,
            "counts": {level: sum(w["level"] == level for w in mine) for level in LEVELS},
            "reported": 37 + order,
            "expected": 40 + order,
        }
    return found


def _silence(sections: Sections, feed: str, since_ms: int) -> None:
    sections["sources"][feed] |= {"state": "silent", "since_ms": since_ms, "newest_ms": since_ms, "reporting": 0}
    for station in sections["stations"].values():
        if station["feed"] == feed:
            station |= {"state": "silent", "newest_ms": since_ms}


def _blind(sections: Sections, domain: str, county: str) -> None:
    """One domain and one county of which nothing is known."""
    record = sections["domains"][domain]
    nothing = {"value": None, "text": "—", "status": "unknown", "level": None}
    headline = record["headline"] | nothing | {"reported": 0}
    sections["domains"][domain] = record | {"status": "unknown", "level": None, "headline": headline, "reported": 0}
    blinded = (headline["indicator"], f"score.{domain}")
    for key, value in sections["values"].items():
        if value["indicator"] in blinded:
            sections["values"][key] = value | nothing
        elif value["indicator"] == "city.index":
            sections["values"][key] = value | {"detail": value["detail"] + f";unknown:score.{domain}"}
    for station in sections["stations"].values():
        if station["area"] == county:
            station["state"] = "silent"
