"""Personal data for those who may not see it in full: enough to recognise, not enough to use.

Which field is personal is said where it is shown; the right to the full text is `personal.see`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

_STAR = "*"
_COMPOUND_SURNAMES = frozenset(
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木 长孙 宇文 轩辕 独孤 南宫 百里 呼延 申屠".split()
)
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}[- ]?)\d{4,5}(\d{3})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{6})(?:\d{11}[0-9Xx]|\d{9})(?![0-9Xx])")
_KEPT_ADDRESS = re.compile(
    r"^(?:.*?(?:省|自治区))?(?:.*?(?:市|州|盟|地区))?(?:.*?(?:区|县|市|旗))?(?:.*?(?:街道|镇|乡))?"
)


class Personal(StrEnum):
    """A kind of personal data."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    ID_NUMBER = "id-number"
    TEXT = "text"  # free text, in which numbers may stand


def mask_name(name: str) -> str:
    """A name with its surname only.

    >>> mask_name("张三丰"), mask_name("欧阳修"), mask_name("Anna Li"), mask_name("张")
    ('张**', '欧阳*', 'A******', '*')
    """
    kept = 2 if name[:2] in _COMPOUND_SURNAMES and len(name) > 2 else min(1, len(name) - 1)
    return name[: max(kept, 0)] + _STAR * (len(name) - max(kept, 0))


def mask_phone(phone: str) -> str:
    """A telephone number with three digits before and four behind; a short one with its last two.

    >>> mask_phone("13812345678"), mask_phone("0668-2881234"), mask_phone("12345")
    ('138****5678', '066*****1234', '***45')
    """
    kept_before, kept_behind = (3, 4) if len(phone) >= 11 else (0, min(2, len(phone) // 2))
    return _middle(phone, kept_before, kept_behind)


def mask_id_number(number: str) -> str:
    """An identity number with its division code only.

    >>> mask_id_number("440902199001011234")
    '440902************'
    """
    return _middle(number, min(6, len(number) // 3), 0)


def mask_address(address: str) -> str:
    """An address down to its township; below that nothing.

    >>> mask_address("广东省茂名市高州市潘州街道桂圆路8号")
    '广东省茂名市高州市潘州街道****'
    """
    match = _KEPT_ADDRESS.match(address)
    kept = match.group() if match else ""
    return kept + _STAR * 4 if len(kept) < len(address) else kept


def mask_text(sentence: str) -> str:
    """A sentence in which telephone and identity numbers are masked; for logs as well.

    >>> mask_text("请联系 138 1234 5678 或 0668-2881234")
    '请联系 138****5678 或 0668-****234'
    """
    sentence = _IDENTITY.sub(lambda found: mask_id_number(found.group()), sentence)
    sentence = _NUMBER.sub(r"\1****\2", sentence)
    return _LANDLINE.sub(r"\1****\2", sentence)


_MASKS: Mapping[Personal, Callable[[str], str]] = {
    Personal.NAME: mask_name,
    Personal.PHONE: mask_phone,
    Personal.ADDRESS: mask_address,
    Personal.ID_NUMBER: mask_id_number,
    Personal.TEXT: mask_text,
}


def masked(record: Mapping[str, Any], personal: Mapping[str, Personal], in_full: bool) -> dict[str, Any]:
    """A record as somebody may see it. personal: which of its fields are of which kind; empty ones stay empty."""
    if in_full:
        return dict(record)
    return {
        name: _MASKS[personal[name]](value) if name in personal and isinstance(value, str) and value else value
        for name, value in record.items()
    }


def _middle(written: str, before: int, behind: int) -> str:
    hidden = len(written) - before - behind
    return written[:before] + _STAR * hidden + written[len(written) - behind :]
