"""The audit as a chain: each row carries a digest over its act, its number and the digest of the row before.

What a check finds: an altered, removed, inserted or reordered row; and with the heads kept outside the database, a tail
cut off or a chain written anew up to the newest head. What came after the newest head can be cut unseen; heads are
therefore written often (`accounts/journal.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives import hashes

from core.accounts import Act, AuditEntry, Head

GENESIS = "0" * 64  # what the first row has as the digest before it


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a row. code: altered, gap, unchained, algorithm, cut, rewritten."""

    number: int
    code: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the whole audit found."""

    rows: int
    faults: tuple[Fault, ...]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sm3(content: bytes) -> str:
    """GB/T 32905-2016."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


DIGESTS: Mapping[str, Callable[[bytes], str]] = {"sha256": _sha256, "sm3": _sm3}


def chained(act: Act, after: AuditEntry | None, algorithm: str) -> AuditEntry:
    """The row that an act becomes behind the last one."""
    number, previous = (1, GENESIS) if after is None else (after.number + 1, after.digest)
    return AuditEntry(number, act, algorithm, previous, _digest(act, number, algorithm, previous))


def verify(entries: Iterable[AuditEntry], heads: Iterable[Head] = ()) -> Verdict:
    """Check rows in their order, from the first, against each other and against heads kept elsewhere."""
    wanted = {head.number: head.digest for head in heads}
    faults: list[Fault] = []
    last_number, last_digest = 0, GENESIS
    rows = 0
    for entry in entries:
        faults += [Fault(entry.number, code) for code in _faults(entry, last_number, last_digest)]
        if wanted.pop(entry.number, entry.digest) != entry.digest:
            faults.append(Fault(entry.number, "rewritten"))
        last_number, last_digest, rows = entry.number, entry.digest, rows + 1
    faults += [Fault(number, "cut") for number in sorted(wanted)]
    return Verdict(rows, tuple(faults))


def _faults(entry: AuditEntry, last_number: int, last_digest: str) -> list[str]:
    found = []
    if entry.number != last_number + 1:
        found.append("gap")
    elif entry.previous != last_digest:
        found.append("unchained")
    if entry.algorithm not in DIGESTS:
        found.append("algorithm")
    elif _digest(entry.act, entry.number, entry.algorithm, entry.previous) != entry.digest:
        found.append("altered")
    return found


def _digest(act: Act, number: int, algorithm: str, previous: str) -> str:
    """Over one canonical JSON: sorted keys, no spaces, so that any language can check an export."""
    content = asdict(act) | {"number": number, "algorithm": algorithm, "previous": previous}
    return DIGESTS[algorithm](json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
