"""Enough to recognise somebody, not enough to reach him."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from accounts.masking import Personal, mask_address, mask_name, mask_text, masked

KINDS = {
    "name": Personal.NAME,
    "phone": Personal.PHONE,
    "address": Personal.ADDRESS,
    "number": Personal.ID_NUMBER,
    "note": Personal.TEXT,
}
CALLER = {
    "name": "司马相如",
    "phone": "13812345678",
    "address": "广东省茂名市高州市潘州街道桂圆路8号",
    "number": "440902199001011234",
    "note": "来电 0668-2881234,身份证 440902199001011234,水位 71.62 m",
    "level": 3,
    "team": None,
}


@pytest.mark.claim(
    "ACCOUNTS", "Names, telephones, addresses and identity numbers are masked for those without the right."
)
def test_a_record_as_two_people_see_it() -> None:
    assert masked(CALLER, KINDS, in_full=True) == CALLER
    assert masked(CALLER, KINDS, in_full=False) == {
        "name": "司马**",
        "phone": "138****5678",
        "address": "广东省茂名市高州市潘州街道****",
        "number": "440902************",
        "note": "来电 0668-****234,身份证 440902************,水位 71.62 m",
        "level": 3,
        "team": None,
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "雨量 120.5 mm,2026-11-22 07:35,站点 440900-air-01",
        "读数 1234567890 次",
        "坐标 110.925, 21.663",
        "预案 20261122001 号",
    ],
)
def test_numbers_that_are_nobodys_stay(sentence: str) -> None:
    assert mask_text(sentence) == sentence


@pytest.mark.parametrize("written", ["13812345678", "+86 138 1234 5678", "138-1234-5678", "8613812345678"])
def test_telephones_are_found_however_written(written: str) -> None:
    assert "1234" not in mask_text(f"请联系{written}速办")


@given(some.text(min_size=1, max_size=12))
def test_a_masked_name_never_holds_the_whole_one(name: str) -> None:
    hidden = mask_name(name)
    assert len(hidden) == len(name) and hidden.endswith("*")
    assert hidden != name or set(name[1:] or name) == {"*"}


@given(some.dictionaries(some.sampled_from(sorted(KINDS)), some.text(max_size=40)))
def test_masking_never_fails_and_leaves_empty_fields_empty(record: dict[str, str]) -> None:
    hidden = masked(record, KINDS, in_full=False)
    assert {name for name, value in hidden.items() if not value} == {
        name for name, value in record.items() if not value
    }


def test_an_address_of_a_county_says_no_more_than_it_did() -> None:
    assert mask_address("茂名市电白区") == "茂名市电白区"
    assert mask_address("桂圆路8号3栋") == "****"
