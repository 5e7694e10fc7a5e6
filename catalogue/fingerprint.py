"""The hash that changes whenever anything that decides a value changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

# Said, never reckoned with.
SAID = frozenset(
    {
        "source",
        "owner",
        "phone",
        "note",
        "relations",
        "cadence",
        "sensitivity",
        "discloses",
        "lifecycle",
        "normal",
        "as_declared",
        "period",
        "snapshots",
    }
)
LANGUAGES = {"zh", "en"}  # a mapping with these keys is a name or a sentence in both languages


def fingerprint(sections: Sequence[Mapping[str, Any]]) -> str:
    """Sixteen hex digits over the records of all sections; words left out, so that a spelling may be mended."""
    plain = [{entry_id: _deciding(entry) for entry_id, entry in section.items()} for section in sections]
    return hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _deciding(entry: Any) -> Any:
    if hasattr(entry, "__dataclass_fields__"):
        entry = asdict(entry)
    if isinstance(entry, Mapping):
        decides = (key for key, value in entry.items() if key not in SAID and not _is_words(value))
        return {str(key): _deciding(entry[key]) for key in decides}
    if isinstance(entry, (list, tuple)):
        return [_deciding(value) for value in entry]
    return entry


def _is_words(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == LANGUAGES
