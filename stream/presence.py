"""Who has something open on his screen just now: told by heartbeats, forgotten by themselves when they end."""

from __future__ import annotations

from dataclasses import dataclass

from stream.connect import Client

GONE_MS = 15_000  # whoever was not heard for so long has it open no more
_KEY = "cityvitals:open:"


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody who has it open, and when he was heard last; real time, ms UTC."""

    who: str
    at_ms: int


def heard(client: Client, what: str, who: str, now_ms: int) -> list[Heard]:
    """Tell that somebody has something open. Returns everybody who has, the newest first; by real time, ms UTC."""
    key = f"{_KEY}{what}"
    with client.pipeline() as telling:
        telling.zadd(key, {who: now_ms})
        telling.zremrangebyscore(key, "-inf", now_ms - GONE_MS)
        telling.pexpire(key, GONE_MS)
        telling.zrevrange(key, 0, 99, withscores=True)
        found = telling.execute()[-1]
    return [Heard(name.decode(), int(at_ms)) for name, at_ms in found]


def left(client: Client, what: str, who: str) -> None:
    """Somebody closed it, or opened something else."""
    client.zrem(f"{_KEY}{what}", who)
