"""Labels in a real database: who said what of which warning, and that a correction hides what it corrects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.labels import Label, Verdict
from store.labels import add_label, labels_between, verdict_on
from store.sql import Database

T0_MS, MINUTE_MS = 1_700_000_000_000, 60_000
LI = "person:li"


def incident(place: str, begin_minute: int, end_minute: int) -> Label:
    span = (T0_MS + begin_minute * MINUTE_MS, T0_MS + end_minute * MINUTE_MS)
    return Label("440900", Verdict.INCIDENT, place, *span, LI, T0_MS, kind="内涝", severity="较大", certain=False)


def verdict(warning: str, of: Verdict, said_by: str = LI) -> Label:
    return Label("440900", of, "s1", T0_MS, T0_MS + 1, said_by, T0_MS, "live-1", "water.stage", warning)


@pytest.mark.claim("WARN", "A verdict on a warning can be corrected; both are kept, the last one counts.")
def test_a_correction_hides_what_it_corrects(database: Database) -> None:
    with database.transaction() as connection:
        first = add_label(connection, verdict("w1", Verdict.HANDLED))
        add_label(connection, verdict("w1", Verdict.FALSE_DEVICE, "person:zhao"))
        add_label(connection, verdict("w2", Verdict.FALSE_BOUND))
        add_label(connection, replace(verdict("w1", Verdict.HANDLED), scene="demo-1"))  # the same id in another scene
    with database.reading() as connection:
        standing = verdict_on(connection, "live-1", "w1")
        assert standing is not None
        assert (standing.verdict, standing.said_by, standing.corrects) == (Verdict.FALSE_DEVICE, "person:zhao", first)
        found = labels_between(connection, "440900", "live-1", T0_MS, T0_MS)
        assert [(one.warning, one.verdict) for one in found] == [
            ("w1", Verdict.FALSE_DEVICE),
            ("w2", Verdict.FALSE_BOUND),
        ]
        assert verdict_on(connection, "live-1", "w9") is None


def test_incidents_count_in_every_scene_where_their_span_meets_what_is_asked(database: Database) -> None:
    told = [incident("440981", 0, 60), incident("440982", 90, 120)]
    with database.transaction() as connection:
        for one in told:
            add_label(connection, one)
    with database.reading() as connection:

        def places(after_minute: int, upto_minute: int, scene: str = "live-1", city: str = "440900") -> list[str]:
            span = (T0_MS + after_minute * MINUTE_MS, T0_MS + upto_minute * MINUTE_MS)
            return [one.place for one in labels_between(connection, city, scene, *span)]

        assert places(60, 90) == ["440981", "440982"]
        assert places(61, 89) == []
        assert places(30, 40, "demo-7") == ["440981"]
        assert places(0, 200, city="110000") == []
        assert labels_between(connection, "440900", "", T0_MS, T0_MS)[0] == replace(told[0], id=1)
