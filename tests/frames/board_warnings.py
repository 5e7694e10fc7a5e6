"""Made-up warnings, events and trends for `board_snapshot`."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from board.values import key_of
from catalogue.declared import Declared
from core.declared import Device

LEVELS = ("red", "orange", "yellow", "blue")
COLOUR_WORDS = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
HOUR, MINUTE = 3_600_000, 60_000
Sections = dict[str, dict[str, dict[str, Any]]]


def warnings_of(declared: Declared, city_ms: int, count: int, rng: random.Random) -> dict[str, Any]:
    rivers = [d for d in declared.devices.values() if d.feed == "river"]
    rains = [d for d in declared.devices.values() if d.feed == "rain"]
    found = {}
    for at in range(count):
        level = "red" if at < max(1, count // 40) else rng.choices(LEVELS[1:], [2, 3, 4])[0]
        river = at % 3 == 0
        device = rivers[(at // 3 + 1) % len(rivers)] if river else rains[(at * 7) % len(rains)]
        found[f"w{at:03d}"] = _warning(declared, device, level, river, city_ms - rng.randrange(1, 240) * MINUTE, at)
    return found


def _warning(declared: Declared, device: Device, level: str, river: bool, since_ms: int, at: int) -> dict[str, Any]:
    short = device.name.zh.replace("(模拟)", "")
    if river:
        bound = device.references[0].value
        value, unit, indicator, rule = bound + 0.42 + at % 7 / 10, "m", "water.river_stage", "water.river_stage"
        sentence = f"{short}水位 {value:.2f} 米，超警戒水位 {value - bound:.2f} 米，仍在上涨"
    else:
        bound, value, unit, indicator, rule = (
            50.0,
            52.1 + at % 9 * 3.7,
            "mm",
            "meteorology.rain_3h",
            "meteorology.rainstorm",
        )
        sentence = f"{short} 3 小时雨量 {value:.1f} 毫米，达{COLOUR_WORDS[level]}色阈值 50 毫米"
    return {
        "rule": rule,
        "rule_name": declared.rules[rule].name.zh,
        "version": "1",
        "indicator": indicator,
        "subject": device.id,
        "subject_name": short,
        "area": (device.area and declared.areas.county_of(device.area)) or declared.city.code,
        "level": level,
        "peak": level,
        "phase": "active",
        "issuer": "computed",
        "since_ms": since_ms,
        "updated_ms": since_ms,
        "ended_ms": None,
        "value": value,
        "text": f"{value:.2f}" if river else f"{value:.1f}",
        "bound": bound,
        "unit": unit,
        "trend": "rising",
        "sentence": sentence,
        "late": False,
        "revision": 1,
        "source": None,
    }


def areas_of(declared: Declared, warnings: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for order, area in enumerate([*declared.areas.counties, declared.areas.city]):
        counts = {
            level: sum(w["area"] == area.id and w["level"] == level for w in warnings.values()) for level in LEVELS
        }
        found[area.id] = {
            "name": area.name.zh,
            "order": order,
            "level": next((level for level in LEVELS if counts[level]), "normal"),
            "counts": counts,
            "total": sum(counts.values()),
        }
    return found


def events_of(declared: Declared, city_ms: int, rng: random.Random, count: int) -> dict[str, Any]:
    cameras = [d for d in declared.devices.values() if d.feed == "camera" and d.place]
    found = {}
    for at in range(count):
        camera = cameras[(at * 5) % len(cameras)]
        began = city_ms - rng.randrange(1, 30) * MINUTE
        ended = began + 30_000 if at == count - 1 else None
        found[f"e{at}"] = {
            "type": "video." + ("waterlogging", "person", "car", "truck")[at % 4],
            "device": camera.id,
            "name": camera.name.zh.replace("(模拟)", ""),
            "area": camera.area,
            "lon": camera.place.lon_deg,
            "lat": camera.place.lat_deg,
            "began_ms": began,
            "ended_ms": ended,
            "phase": "end" if ended else "update",
            "confidence": 0.83,
        }
    return found


def wave(city_ms: int, base: float, swing: float, points: int, rng: random.Random) -> list[list[Any]]:
    step = 24 * HOUR // points
    noise = 0.0
    wave = []
    for at in range(points):
        noise = noise * 0.8 + rng.gauss(0, swing * 0.12)
        wave.append(
            [city_ms - (points - 1 - at) * step, round(base + swing * math.sin(at / points * 6.3 - 2) + noise, 2)]
        )
    return wave


def trend_of(declared: Declared, sections: Sections, city_ms: int, rng: random.Random) -> dict[str, Any]:
    """The focus: the gravest river, else the air of the city."""
    worst = sorted(sections["warnings"].values(), key=lambda w: (LEVELS.index(w["level"]), -w["since_ms"]))
    river = next((w for w in worst if w["indicator"] == "water.river_stage"), None)
    return (
        _air_trend(declared, sections, city_ms, rng) if river is None else _river_trend(declared, river, city_ms, rng)
    )


def _air_trend(declared: Declared, sections: Sections, city_ms: int, rng: random.Random) -> dict[str, Any]:
    aqi = sections["values"][key_of("ecology.aqi", declared.city.code)]
    return {
        "indicator": "ecology.aqi",
        "subject": declared.city.code,
        "subject_name": declared.city.name.zh,
        "name": "空气质量指数(实时)",
        "unit": "",
        "decimals": 0,
        "level": "normal",
        "value": aqi["value"],
        "text": aqi["text"],
        "points": [*wave(city_ms, 46, 14, 96, rng)[:-1], [city_ms, aqi["value"]]],
        "bands": [],
        "down_bad": False,
        "source": {"standard": "HJ 633-2012", "bounds": "verified", "colours": "verified", "note": ""},
        "sentence": f"茂名市空气质量指数(实时) {aqi['text']}",
    }


def _river_trend(declared: Declared, river: Mapping[str, Any], city_ms: int, rng: random.Random) -> dict[str, Any]:
    references = {reference.name: reference.value for reference in declared.devices[river["subject"]].references}
    bounds = [
        ("blue", references["warning"] - 0.5, "一般"),
        ("yellow", references["warning"], "警戒水位"),
        ("orange", references["guaranteed"], "保证水位"),
        ("red", references["record"], "历史最高"),
    ]
    return {
        **{key: river[key] for key in ("indicator", "subject", "subject_name", "level", "value", "text", "sentence")},
        "name": "江河水位",
        "unit": "m",
        "decimals": 2,
        "points": _flood(river["value"], city_ms, rng),
        "down_bad": False,
        "bands": [{"level": level, "bound": bound, "name": name} for level, bound, name in bounds],
        "source": {"standard": "水情预警发布(洪水蓝黄橙红)", "bounds": "verified", "colours": "verified", "note": ""},
    }


def _flood(value: float, city_ms: int, rng: random.Random) -> list[list[Any]]:
    """A day of ten-minute stages that rise to a value, with an hour missing."""
    rise = []
    for at in range(144):
        stage = value - 3.4 + 3.4 / (1 + math.exp(-(at - 95) / 14)) + rng.gauss(0, 0.02)
        rise.append([city_ms - (143 - at) * 10 * MINUTE, None if 40 <= at < 47 else round(stage, 2)])
    rise[-1][1] = value
    return rise
