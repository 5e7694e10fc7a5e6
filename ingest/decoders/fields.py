"""The checks that all JSON decoders share: text, numbers, names, times, places. Each raises `Fault` with its reason."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from core.clock import to_ms
from core.records import DAY_MS, Place
from ingest.decoders.contract import Fault

OLDEST_MS = 3653 * DAY_MS  # ten years: a device whose clock fell back to 1970 or 2000 is caught, an archive is not
# Where clocks start that lost their power: 1 January 1970 and 2000, UTC. What follows within a year is theirs, for a
# device can run for months without a time server, and so is the day before: it may be local time.
FACTORY_STARTS_MS = (0, 946_684_800_000)
SHOWN = 80  # letters of a bad value that a reason repeats
LONGEST_NAME = 128
ORIGINS = ("gps", "device", "road", "caller")

# Letters and digits of every script, and the punctuation that device catalogues use. Left out: control
# characters, and | ¦ { } which separate names in our keys.
_NAME = re.compile(r"[\w.\-:@%()·/#+](?:[\w.\-:@%()·/#+ ]*[\w.\-:@%()·/#+])?")


def shown(value: object) -> str:
    """A bad value as a reason repeats it: short, on one line, safe to encode.

    >>> shown("x" * 200)[-5:], shown("雨|量"), shown([1, 2])
    ('xxxx…', "'雨|量'", 'list')
    """
    if isinstance(value, dict | list):
        return type(value).__name__
    text = repr(value[:SHOWN]) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def parse_json(payload: bytes) -> Any:
    """The JSON value of a payload.

    NaN and Infinity are no JSON, but many devices write them: they come out as floats, so that the check of
    each number can name the member that is not finite and keep the others.
    """
    if not payload or payload.isspace():
        raise Fault("empty", "no byte but white space")
    try:
        return orjson.loads(payload)
    except ValueError as problem:
        return _parse_loosely(payload, str(problem))


def _parse_loosely(payload: bytes, why: str) -> Any:
    try:
        text = payload.decode()
    except UnicodeDecodeError as problem:
        raise Fault("bad-text", f"byte {problem.start}: {problem.reason}") from None
    try:
        body = json.loads(text, parse_int=float)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # lone surrogates are a UnicodeEncodeError, which is a ValueError
        raise Fault("malformed", why) from None
    return body


def number(value: object, name: str) -> float:
    """A finite float; text and truth values are not numbers."""
    if type(value) is not float and type(value) is not int:
        raise Fault("wrong-type", f"{name}: {shown(value)} is not a number")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise Fault("not-finite", f"{name}: {shown(value)} is not a finite number")
    return result


def text(value: object, name: str) -> str:
    """A text, as it came."""
    if type(value) is not str:
        raise Fault("wrong-type", f"{name}: {shown(value)} is not a text")
    return value


def is_name(candidate: str) -> bool:
    """Whether a device, metric, type or id may be called this: 1 to 128 sane characters, Chinese included.

    >>> is_name("茂名-雨量 01"), is_name("a|b"), is_name("")
    (True, False, False)
    """
    return len(candidate) <= LONGEST_NAME and _is_sane(candidate)


@lru_cache(maxsize=65_536)
def _is_sane(candidate: str) -> bool:
    """Remembered, for names repeat; only short ones get here, so that the memory is bounded."""
    return _NAME.fullmatch(candidate) is not None


def name(value: object, where: str) -> str:
    """A text that `is_name` accepts."""
    found = text(value, where)
    if not is_name(found):
        raise Fault(
            "bad-name", f"{where}: {shown(found)} is not a name of 1 to 128 letters, digits and . - _ : / @ # +"
        )
    return found


@lru_cache(maxsize=16_384)
def _iso_ms(candidate: str) -> int:
    at = datetime.fromisoformat(candidate)
    if at.tzinfo is None:
        raise Fault("no-timezone", f"t: {shown(candidate)} has no time zone; add one such as +08:00")
    return to_ms(at)


def time_ms(value: object, name: str = "t") -> int:
    """Milliseconds UTC of an ISO 8601 text with its zone, or of a number of ms since 1970."""
    if type(value) is int:
        return value
    if type(value) is float:
        return round(number(value, name))
    try:
        return _iso_ms(text(value, name))
    except Fault:
        raise
    except (ValueError, OverflowError):
        raise Fault("bad-time", f"{name}: {shown(value)} is neither ISO 8601 with a zone nor ms since 1970") from None


def near_clock(at_ms: int, now_ms: int, ahead_s: int) -> int:
    """The same time, when it is at most `ahead_s` ahead of the city clock and ten years behind it."""
    if now_ms - OLDEST_MS <= at_ms <= now_ms + ahead_s * 1000:
        return at_ms
    reason = "factory-clock" if _at_factory_time(at_ms, now_ms) else "far-from-clock"
    raise Fault(reason, f"t: {(at_ms - now_ms) / 1000:+.0f} s from the city clock")


def _at_factory_time(at_ms: int, now_ms: int) -> bool:
    """Whether a clock far from ours began anew; seconds taken for ms lie in January 1970 too, but are near us."""
    if abs(1000 * at_ms - now_ms) <= OLDEST_MS:
        return False
    return any(-DAY_MS <= at_ms - start_ms < 365 * DAY_MS for start_ms in FACTORY_STARTS_MS)


def place(body: dict[str, Any]) -> Place | None:
    """`lon`, `lat`, and how sure they are; None when the message names no place.

    Without `accuracy_m` a fix is taken as good to 50 m, a phone in a street; `origin` defaults to device.
    """
    if body.get("lon") is None and body.get("lat") is None:
        return None
    lon, lat = number(body.get("lon"), "lon"), number(body.get("lat"), "lat")
    accuracy_m = number(body.get("accuracy_m", 50.0), "accuracy_m")
    origin = body.get("origin", "device")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Fault("bad-place", f"lon {lon}, lat {lat}: outside ±180 and ±90 degrees")
    if accuracy_m < 0 or origin not in ORIGINS:
        raise Fault("bad-place", f"accuracy_m {accuracy_m}, origin {shown(origin)}: not 0 or more, one of {ORIGINS}")
    return Place(lon, lat, accuracy_m, origin)
