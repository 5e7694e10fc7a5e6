"""What a form of the field brings: when it happened, where, under which key."""

from __future__ import annotations

import pytest

from callbacks.field_tasks import FIX_AT_MOST_MS, LATE_AT_MOST_MS, report_of, wish_of
from core.errors import IllegalStep
from dispatch.book import Now
from dispatch.steps import Verb

NOW = Now("live-440900", "live", "440900", 10**12, 10**12)
FIX = {"lon_deg": "110.92", "lat_deg": "21.66", "accuracy_m": "20", "age_ms": "900"}
REPORT = {"key": "phone-key-1", "kind": "water.road_water", "title": "积水", "area": "440902"}


@pytest.mark.parametrize(
    ("waited", "happened_ms"),
    [
        ("", None),
        ("0", NOW.city_ms),
        ("3600000", NOW.city_ms - 3_600_000),
        (str(LATE_AT_MOST_MS + 1), None),
        ("-5", None),
        ("1e3", None),
    ],
)
def test_what_waited_counts_from_when_it_was_tapped(waited: str, happened_ms: int | None) -> None:
    told = {"key": "phone-key-1", "case": "A", "assignment": "t1", "verb": "accept", "waited_ms": waited}
    wish = wish_of(told, NOW)
    assert (wish.verb, wish.key, wish.happened_ms) == (Verb.ACCEPT, "phone-key-1", happened_ms)
    assert report_of(REPORT | {"waited_ms": waited}, NOW).happened_ms == happened_ms


def test_an_old_fix_says_nothing_about_where_a_report_was_made() -> None:
    place = report_of(REPORT | FIX, NOW).fields["place"]
    assert (place["lon_deg"], place["accuracy_m"], place["origin"]) == (110.92, 20.0, "gps")
    assert "place" in report_of(REPORT | FIX | {"age_ms": str(FIX_AT_MOST_MS)}, NOW).fields
    assert "place" not in report_of(REPORT | FIX | {"age_ms": str(FIX_AT_MOST_MS + 1)}, NOW).fields
    assert "place" not in report_of(REPORT | FIX | {"lat_deg": "91"}, NOW).fields


@pytest.mark.parametrize("key", ["", "short", "k" * 71])
def test_without_a_key_nothing_is_done(key: str) -> None:
    with pytest.raises(IllegalStep):
        wish_of({"key": key, "case": "A", "verb": "accept"}, NOW)
    with pytest.raises(IllegalStep):
        report_of(REPORT | {"key": key}, NOW)
