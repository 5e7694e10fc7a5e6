"""The audit: written in the transaction of the act, its heads kept outside the database, checked and exported."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from accounts.chain import Verdict, chained, verify
from core.accounts import Act, Head
from store import audit
from store.sql import Database, Transaction

HEADS = "audit.heads"
SUBJECT_LETTERS, DETAIL_BYTES = 500, 16_000  # what strangers send is cut to this


class Journal:
    """The audit of one installation."""

    def __init__(self, database: Database, algorithm: str, folder: Path) -> None:
        """algorithm: of new rows, a name in `accounts.chain.DIGESTS`. folder: where the heads are kept."""
        self._database, self._algorithm, self._heads = database, algorithm, folder / HEADS
        self._anchored: int | None = None  # the number of the newest head; None: not looked yet

    def write(self, connection: Transaction, act: Act) -> None:
        """Append an act. It stands in the audit exactly if the transaction commits, with all that it changes."""
        entry = chained(_storable(act), audit.last_entry(connection), self._algorithm)
        audit.add_entry(connection, entry)

    def write_alone(self, act: Act) -> None:
        """Append an act that changes nothing else: a refusal, a batch of looks."""
        with self._database.transaction() as connection:
            self.write(connection, act)

    def anchor(self, now_ms: int) -> Head | None:
        """Write the newest row's digest to the file of heads, if it is new. Call it often: it costs one small read."""
        with self._database.reading() as connection:
            last = audit.last_entry(connection)
        if self._anchored is None:
            self._anchored = max((head.number for head in self.heads()), default=0)
        if last is None or self._anchored >= last.number:
            return None
        head = Head(last.number, last.digest, now_ms)
        self._heads.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self._heads, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w") as file:
            file.write(f"{head.number} {head.digest} {head.at_ms}\n")
            file.flush()
            os.fsync(file.fileno())
        self._anchored = head.number
        return head

    def heads(self) -> list[Head]:
        """The heads kept so far, oldest first; a line torn by a power cut is left out."""
        if not self._heads.exists():
            return []
        lines = (line.split() for line in self._heads.read_text("ascii").splitlines())
        return [Head(int(parts[0]), parts[1], int(parts[2])) for parts in lines if len(parts) == 3]

    def verify(self) -> Verdict:
        """Check every row against the one before, and all against the heads."""
        heads = self.heads()  # before the rows: what is written meanwhile is no cut
        with self._database.reading() as connection:
            return verify(audit.entries(connection), heads)

    def export(self) -> Iterator[str]:
        """Every row as a line of JSON, with all that is needed to check the chain elsewhere."""
        with self._database.reading() as connection:
            for entry in audit.entries(connection):
                yield json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True)


def _storable(act: Act) -> Act:
    """An act in letters that every database takes, cut to a length: parts of it come from strangers."""
    detail = json.dumps(act.detail, ensure_ascii=True)
    kept = act.detail if len(detail) <= DETAIL_BYTES else {"cut": detail[:DETAIL_BYTES]}
    return replace(
        act,
        actor=_clean(act.actor, 80),
        action=_clean(act.action, 64),
        subject=_clean(act.subject, SUBJECT_LETTERS),
        address=_clean(act.address, 64),
        detail=json.loads(json.dumps(kept).replace("\\u0000", "\\ufffd")),
    )


def _clean(written: str, letters: int) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in written[:letters])
