"""What of a case is personal: who called, and numbers inside what was written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.masking import Personal, mask_text, masked

CALLER = {"name": Personal.NAME, "phone": Personal.PHONE, "address": Personal.ADDRESS}


def seen_fields(fields: Mapping[str, Any], in_full: bool) -> dict[str, Any]:
    """The facts of a case, or the fields of an entry, as somebody may see them.

    >>> seen_fields({"caller": {"name": "张三丰"}, "text": "13812345678 说有水"}, in_full=False)
    {'caller': {'name': '张**'}, 'text': '138****5678 说有水'}
    """
    if in_full:
        return dict(fields)
    return {name: _seen(name, value) for name, value in fields.items()}


def _seen(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return seen_fields(masked(value, CALLER, in_full=False) if name == "caller" else value, in_full=False)
    return [_seen(name, one) for one in value] if isinstance(value, list) else value
