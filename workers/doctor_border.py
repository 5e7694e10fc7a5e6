"""The doctor on a border machine: whether the relay has its key, reaches the website inside, and is believed there."""

from __future__ import annotations

import http.client
import secrets
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from core.border_signature import HEADER as SIGNATURE
from core.border_signature import KEY_FILE, REFUSED, Vouched, digest_of, key_of, signed
from core.clock import real_ms
from core.messages import text
from core.settings import Settings
from workers.findings import Told, fault, ok, warning

ANSWER_S = 5


def key(settings: Settings) -> Iterator[Told]:
    """What it signs with, and under which name telephones come."""
    if key_of(settings) is None:
        yield fault("border-no-key", file=settings.var / KEY_FILE)
    if not settings.field_address:
        yield fault("border-unnamed")
    plain = [one for one in (settings.border_inner, settings.field_address) if one.startswith("http://")]
    if plain:
        yield warning("border-plain", addresses=", ".join(plain))


def inner(settings: Settings) -> Iterator[Told]:
    """The website inside, asked as the relay asks it."""
    given, target = key_of(settings), f"{settings.base_path}sign-in"
    if given is None or not settings.field_address:
        return
    now_ms = real_ms()
    told = Vouched(now_ms, secrets.token_urlsafe(12), "127.0.0.1", settings.field_address, now_ms, digest_of(b""))
    try:
        connection = _connection(settings)
        try:
            connection.request("GET", target, headers={SIGNATURE: signed(given, told, "GET", target)})
            answer = connection.getresponse()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as problem:
        yield fault("border-away", address=settings.border_inner, reason=problem)
        return
    if why := answer.getheader(REFUSED):
        yield fault("border-refused", address=settings.border_inner, reason=_in_words(why, settings.language))
    elif answer.status != http.client.OK:
        yield fault("border-away", address=settings.border_inner, reason=f"HTTP {answer.status} {target}")
    else:
        yield ok("border-reached", address=settings.border_inner)


def _connection(settings: Settings) -> http.client.HTTPConnection:
    where = urlsplit(settings.border_inner)
    if where.scheme == "http":
        return http.client.HTTPConnection(where.netloc, timeout=ANSWER_S)
    trusted = ssl.create_default_context(cafile=settings.border_ca or None)
    trusted.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN if settings.border_ca else 0
    return http.client.HTTPSConnection(where.netloc, timeout=ANSWER_S, context=trusted)


def _in_words(why: str, language: str) -> str:
    known = {"no-key", "malformed", "wrong", "old", "again", "door"}
    return text(f"api.border-{why}", language) if why in known else why


CHECKS = (key, inner)
