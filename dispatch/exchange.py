"""Cases between platforms 上下级平台: what is told, how it is known to be whole and fresh, when again. Pure.

A case has the same number at every level that works on it. Four things are told: it is handed over, it comes back
with a reason, how it stands there, and the photos that belong to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import SettingsError
from core.messages import text
from core.records import HOUR_MS, MINUTE_MS

FRESH_MS = 5 * MINUTE_MS  # an older signature is refused: whoever overheard it comes too late
GIVEN = ("kind", "title", "text", "area", "place", "grade", "correlation")  # facts that go along; never who called
FIRST_RETRY_MS, LONGEST_RETRY_MS = 5_000, 10 * MINUTE_MS
TRIED_FOR_MS = 24 * HOUR_MS  # since its first failure; then somebody looks at it and sends it again
TELL = "exchange.tell"  # the right of a platform's token
NETWORK = {  # what keeps an answer away, by the name of its exception
    "ConnectionRefusedError": "not-listening",
    "ConnectionResetError": "hung-up",
    "RemoteDisconnected": "hung-up",
    "SSLCertVerificationError": "certificate",
    "TimeoutError": "no-answer",
    "gaierror": "no-such-host",
}
OWN_REASONS = ("unknown-peer", "file-missing", "bad-url")
PHOTO_TYPE = "application/x-cityvitals-photo"  # a message in one line of JSON, and behind it the file


class Deed(StrEnum):
    """What one platform tells another."""

    PUSH = "push"  # 交办, 上报: it is handed over
    RETURN = "return"  # 退回, with a reason
    STATUS = "status"  # 反馈: how it stands
    PHOTO = "photo"  # 照片 that belongs to it


class Standing(StrEnum):
    """What became of a message."""

    WAITING = "waiting"  # 待发送: never tried, or tried again soon
    TAKEN = "taken"  # 已送达
    REFUSED = "refused"  # 被拒收: the other side said why
    GIVEN_UP = "given-up"  # 已停发: tried for a day in vain
    DROPPED = "dropped"  # 已放弃: by a person


STUCK = frozenset({Standing.REFUSED, Standing.GIVEN_UP})  # nobody tries it any more, until a person says so


@dataclass(frozen=True, slots=True)
class Peer:
    """Another platform: the name that both use for it, where it listens, the secret that both sign with.

    token: made there for us, what we show at its door.
    """

    name: str
    url: str
    secret: str
    token: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that is told. key: the same at each attempt. at_ms: city time; fields: facts, a reason, a state."""

    key: str
    sender: str
    deed: Deed
    case: str
    at_ms: int
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. said: by the other side, or why there was no answer.

    next_ms: when it is tried next, real time, None: never; failed_ms: since when it fails, None when it was taken.
    """

    standing: Standing
    said: str
    next_ms: int | None = None
    failed_ms: int | None = None


def peers_of(written: str) -> dict[str, Peer]:
    """Peers as a setting has them: `name url secret token`, with semicolons between them. Raises SettingsError.

    >>> sorted(peers_of("county https://a/cityvitals/ s1 t1; province https://b/ s2 t2"))
    ['county', 'province']
    """
    found = {}
    for one in filter(None, (part.split() for part in written.split(";"))):
        if len(one) != 4 or not one[1].startswith(("https://", "http://")):
            raise SettingsError(["CITYVITALS_EXCHANGE_PEERS: each is `name url secret token`, with ; between them"])
        found[one[0]] = Peer(one[0], one[1].rstrip("/") + "/", one[2], one[3])
    return found


def is_fresh(sent_s: str, now_ms: int) -> bool:
    """Whether a timestamp, s since the epoch, is of now."""
    return sent_s.isdigit() and len(sent_s) < 12 and abs(int(sent_s) * 1000 - now_ms) <= FRESH_MS


def retry_ms(tries: int) -> int:
    """How long to wait after so many attempts, ms.

    >>> [retry_ms(tries) // 1000 for tries in (0, 1, 2, 6, 7, 50)]
    [5, 10, 20, 320, 600, 600]
    """
    return min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(tries, 10))


def failed(said: str, tries: int, failed_ms: int | None, now_ms: int) -> Outcome:
    """What follows from an attempt that brought no answer worth having: tried again, later and later, for a day.

    tries: attempts before this one; failed_ms: since when it fails, None when this is the first time.
    """
    since_ms = now_ms if failed_ms is None else failed_ms
    if now_ms - since_ms >= TRIED_FOR_MS:
        return Outcome(Standing.GIVEN_UP, said, None, since_ms)
    return Outcome(Standing.WAITING, said, now_ms + retry_ms(tries), since_ms)


def in_words(said: str, language: str) -> str:
    """Why an attempt failed: a reason of ours in words, what the other side answered as it is.

    >>> in_words("10.1.2.3: TimeoutError", "zh"), in_words("HTTP 503 busy", "zh")
    ('10.1.2.3：对方没有应答', 'HTTP 503 busy')
    """
    if said in OWN_REASONS:
        return text(f"exchange.said-{said}", language)
    host, _, name = said.rpartition(": ")
    return text(f"exchange.said-{NETWORK[name]}", language, host=host) if host and name in NETWORK else said


def photo_key(peer: str, case: str, kept: str) -> str:
    """The key of a photo's message: the same file goes to a platform once. kept: hash of the file that is sent."""
    return f"photo-{hashlib.sha256(f'{peer} {case} {kept}'.encode()).hexdigest()[:40]}"
