"""What one row of the table of settings is, and the readers of values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: attribute, environment variable, default as it would be typed, reader, unit, sentence."""

    name: str
    variable: str
    default: str
    read: Reader
    unit: str
    sentence: str
    secret: bool = False


def whole(low: int, high: int) -> Reader:
    """Reader of a whole number inside [low, high]."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return read


def one_of(*choices: str) -> Reader:
    """Reader of one word out of a list."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r} is not one of {', '.join(choices)}")
        return text

    return read


def url(*schemes: str) -> Reader:
    """Reader of an address with one of the schemes, or nothing."""

    def read(text: str) -> str:
        parts = urlsplit(text)
        place = parts.path if parts.scheme == "unix" else parts.hostname
        if text and (parts.scheme not in schemes or not place or _port_is_wrong(parts)):
            raise ValueError(f"not an address such as {schemes[0]}://127.0.0.1:6379")
        return text

    return read


def origin(text: str) -> str:
    """Reader of the beginning of web addresses, scheme, host and port alone, or nothing."""
    parts = urlsplit(url("https", "http")(text))
    if text != f"{parts.scheme}://{parts.netloc}" * bool(text) or "@" in parts.netloc or text != text.lower():
        raise ValueError(f"{text!r} is not the beginning of addresses such as https://m.city.example:8443")
    return text


def _port_is_wrong(parts: SplitResult) -> bool:
    try:
        return parts.port == 0
    except ValueError:  # no number, or above 65535
        return True


def base_path(text: str) -> str:
    """Reader of the path under which the site lives: begins and ends with a slash."""
    if not re.fullmatch(r"/([A-Za-z0-9._~-]+/)*", text):
        raise ValueError(f"{text!r} must begin and end with '/', for example /cityvitals/")
    return text


def flag(text: str) -> bool:
    """Reader of 1 or 0."""
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} is neither 1 nor 0")
    return text == "1"


def words(text: str) -> str:
    """Reader of any single line without control characters."""
    if any(ord(letter) < 32 for letter in text):
        raise ValueError("must be one line without control characters")
    return text


def folder(text: str) -> Path:
    """Reader of a folder, made when first needed."""
    return Path(words(text)).expanduser()


def some_of(*choices: str) -> Reader:
    """Reader of words out of a list, with commas between them; read as the text that they make."""

    def read(text: str) -> str:
        given = text.split(",")
        if not set(given) <= set(choices):
            raise ValueError(f"{text!r} is not made of {', '.join(choices)} with commas between them")
        return text

    return read


def networks(text: str) -> str:
    """Reader of addresses or networks, with commas between them, or nothing."""
    for one in filter(None, text.split(",")):
        ip_network(one)
    return text


def address(text: str) -> str:
    """Reader of an IP address."""
    try:
        ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address such as 127.0.0.1 or 0.0.0.0") from None
    return text
