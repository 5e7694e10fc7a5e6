"""One act of a telephone as the relay keeps it: who did it, what exactly it sent, and since when we have it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

KEY_LETTERS = (8, 70)  # as the website asks of a key
FIELDS, FIELD_BYTES = 30, 16 * 1024


@dataclass(frozen=True, slots=True)
class Act:
    """A request that changes something. sender: the digest of its session or link; key: makes it one act inside."""

    sender: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    address: str
    taken_ms: int
    key: str

    def as_bytes(self) -> bytes:
        """One line of JSON, then the body as it came."""
        head = asdict(self)
        del head["body"]
        return json.dumps(head, ensure_ascii=True).encode() + b"\n" + self.body

    @classmethod
    def of(cls, written: bytes) -> Act:
        """From what `as_bytes` wrote."""
        head, _, body = written.partition(b"\n")
        told = json.loads(head)
        told["headers"] = tuple((name, value) for name, value in told["headers"])
        return cls(**told, body=body)


class _InMemory(MultiPartParser):
    """Photos of people are laid down nowhere on this machine in the clear."""

    spool_max_size = 1 << 40


async def fields_of(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form without its file; {} when it is none.

    What cannot be read here is not kept: it would be refused inside anyway.
    """
    if not content_type.startswith("multipart/form-data"):
        return dict(parse_qsl(body[: FIELDS * FIELD_BYTES].decode("utf-8", "replace"))[:FIELDS])
    headers = Headers({"content-type": content_type})
    parser = _InMemory(headers, _once(body), max_files=1, max_fields=FIELDS, max_part_size=FIELD_BYTES)
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError, KeyError):
        return {}
    found = {name: value for name, value in form.multi_items() if not isinstance(value, UploadFile)}
    await form.close()
    return found


def key_of(fields: dict[str, str]) -> str:
    """What makes an act one act: its key, and of a photo which part; "" when it has no key that the website takes."""
    key = fields.get("key", "")
    return f"{key} {fields.get('part', '')[:10]}" if KEY_LETTERS[0] <= len(key) <= KEY_LETTERS[1] else ""


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body
