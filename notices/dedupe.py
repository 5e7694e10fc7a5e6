"""Keys: what has the same key is the same notice or delivery, however often it is decided. Pure.

The database refuses a key that it has, and the other side is handed it too, so that a retry counts once.
"""

from __future__ import annotations

import hashlib

from core.notices import Channel, Kind
from core.records import Level


def notice_key(scene: str, warning: str, kind: Kind, level: Level, step: int = 0) -> str:
    """Of what is told of a warning: it opens, rises to a level, ends or is retracted once; step: of the chain."""
    return f"{scene}|{warning}|{kind}|{level.name.lower()}" + (f"|{step}" if step else "")


def delivery_key(notice: str, recipient: str, channel: Channel) -> str:
    """Of one notice to one recipient on one channel, short enough for a header.

    >>> delivery_key("live|w1|opened|red", "zhang", Channel.SMS)
    '6620040c47148ab852867f27b897a591'
    """
    return hashlib.sha256(f"{notice}|{recipient}|{channel}".encode()).hexdigest()[:32]
