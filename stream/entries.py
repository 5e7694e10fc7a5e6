"""Entries of streams as Redis answers them, and the order of their ids."""

from __future__ import annotations

from typing import Any

Entry = tuple[str, dict[bytes, bytes]]  # (id, fields)
START = "0-0"


def entries(answer: Any) -> list[Entry]:
    """The entries of one XRANGE, or of one stream of an XREAD."""
    return [(entry_id.decode(), fields) for entry_id, fields in answer]


def order(entry_id: str) -> tuple[int, int]:
    """What to sort ids by: as text, `9-1` would come after `10-1`.

    >>> order("9-1") < order("10-1") < order("10-2")
    True
    """
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)
