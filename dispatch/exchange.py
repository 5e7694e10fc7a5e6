"""Cases between platforms 上下级平台: what is told, and how it is known to be whole and fresh. Pure.

A case has the same number at every level that works on it. Three things are told: it is handed over, it comes back
with a reason, and how it stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import SettingsError
from core.records import MINUTE_MS

FRESH_MS = 5 * MINUTE_MS  # an older signature is refused: whoever overheard it comes too late
GIVEN = ("kind", "title", "text", "area", "place", "grade", "correlation")  # facts that go along; never who called
FIRST_RETRY_MS, LONGEST_RETRY_MS = 5_000, 10 * MINUTE_MS


class Deed(StrEnum):
    """What one platform tells another."""

    PUSH = "push"  # 交办, 上报: it is handed over
    RETURN = "return"  # 退回, with a reason
    STATUS = "status"  # 反馈: how it stands


@dataclass(frozen=True, slots=True)
class Peer:
    """Another platform: the name that both use for it, where it listens, the secret that both know."""

    name: str
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that is told. key: the same at each attempt. at_ms: city time; fields: facts, a reason, a state."""

    key: str
    sender: str
    deed: Deed
    case: str
    at_ms: int
    fields: Mapping[str, Any] = field(default_factory=dict)


def peers_of(written: str) -> dict[str, Peer]:
    """Peers as a setting has them: `name url secret`, with semicolons between them. Raises SettingsError.

    >>> sorted(peers_of("county https://a/cityvitals/ s1; province https://b/ s2"))
    ['county', 'province']
    """
    found = {}
    for one in filter(None, (part.split() for part in written.split(";"))):
        if len(one) != 3 or not one[1].startswith(("https://", "http://")):
            raise SettingsError(["CITYVITALS_EXCHANGE_PEERS: each is `name url secret`, with ; between them"])
        found[one[0]] = Peer(one[0], one[1].rstrip("/") + "/", one[2])
    return found


def is_fresh(sent_s: str, now_ms: int) -> bool:
    """Whether a timestamp, s since the epoch, is of now."""
    return sent_s.isdigit() and len(sent_s) < 12 and abs(int(sent_s) * 1000 - now_ms) <= FRESH_MS


def retry_ms(tries: int) -> int:
    """How long to wait after so many attempts, ms."""
    return min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(tries, 10))
