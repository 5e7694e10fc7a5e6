"""Which engine process ought to own which slot: everyone who sees the same members says the same. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from stream.crew import Member
from stream.keys import CITY_SLOT


def at_work(alive: Mapping[str, Member]) -> list[str]:
    """Those who share the slots, by name: of each machine as many as it has cores for, who came first before others.

    The rest stand by. They would only take processors from each other (four on two cores were 8 % slower than two), but
    take over when one of the others is gone. Who comes again stands by: nothing moves twice.
    """
    came = sorted(alive.values(), key=lambda member: (member.workplace.since_ms, member.name))
    busy: Counter[str] = Counter()
    chosen = []
    for member in came:
        if not member.workplace.at_once or busy[member.workplace.host] < member.workplace.at_once:
            busy[member.workplace.host] += 1
            chosen.append(member.name)
    return sorted(chosen)


def shares(partitions: Sequence[str], members: Collection[str]) -> dict[str, str]:
    """Slot → member, for every partition and the city; {} without members.

    Rendezvous hashing, so that a member that joins or leaves moves few slots, with even shares: nobody has two
    partitions more than another. The city goes to one of those with the fewest.

    Source: Thaler, Ravishankar, 1998, Using name-based mappings to increase hit rates. The even shares are ours:
    four partitions are too few for chance to spread them.

    >>> sorted(Counter(shares(["0", "1", "2", "3"], ["a", "b"]).values()).values())
    [2, 3]
    """
    if not members:
        return {}
    fewest, further = divmod(len(partitions), len(members))
    owned: Counter[str] = Counter()
    owner: dict[str, str] = {}
    for slot in partitions:
        most = fewest + (sum(count > fewest for count in owned.values()) < further)
        owner[slot] = max((m for m in members if owned[m] < most), key=lambda m: _weight(m, slot))
        owned[owner[slot]] += 1
    owner[CITY_SLOT] = min(members, key=lambda m: (owned[m], _weight(m, CITY_SLOT)))
    return owner


def _weight(member: str, slot: str) -> tuple[bytes, str]:
    return hashlib.blake2b(f"{slot} {member}".encode(), digest_size=8).digest(), member
