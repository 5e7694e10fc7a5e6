"""A demonstration begins with a day behind it: the city decides nothing before every partition has read that day."""

from __future__ import annotations

from collections import Counter

import pytest
from installation import HOUR_MS, MINUTE_MS, Installation

import catalogue
from core.records import DAY_MS, Phase, Stamp
from simulator.city import City, Course, Declarations, city_of
from simulator.past import past_24h
from simulator.replay.player import Pace
from simulator.weather import Scenario
from stream.appender import Appender, Flush

NOW_MS = 1_795_305_600_000  # 2026-11-22 08:00 in China


def simulated_city(installation: Installation) -> City:
    declared = catalogue.load(installation.settings.packs, "440900")
    centres = {area.id: area.centre_deg for area in declared.areas.counties}
    declarations = Declarations(declared.metrics, declared.feeds, declared.devices, centres)
    return city_of(Course(7, Scenario.CALM, began_ms=NOW_MS), declarations)


@pytest.mark.claim("PULSE", "the day before the start is counted whole: calls and video events of all 24 hours")
def test_every_hour_of_the_past_is_counted(installation: Installation, record_property) -> None:
    keys = installation.show("440900", Pace(NOW_MS, NOW_MS, speed=0.0), Stamp.DEMO)
    appender = Appender(installation.redis, keys, installation.settings.stream_limit)
    began_ms: dict[str, int] = {}
    taken_back = set()
    for piece in past_24h(simulated_city(installation), from_ms=NOW_MS - DAY_MS, to_ms=NOW_MS):
        appender.append(Flush(readings=piece.batches, events=piece.events))
        for event in piece.events:
            began_ms[event.id] = min(event.began_ms, began_ms.get(event.id, event.began_ms))
            if event.false_positive and event.phase is not Phase.NEW:
                taken_back.add(event.id)
    installation.start("engine")
    installation.decide_all(NOW_MS + 2 * MINUTE_MS, within_s=90)

    for indicator, feed in (
        ("security.video_events_1h", "frigate"),
        ("government_services.hotline_calls_1h", "hotline"),
    ):
        counted = Counter(
            -(-at_ms // HOUR_MS) * HOUR_MS
            for event_id, at_ms in began_ms.items()
            if event_id.startswith(f"{feed}:") and event_id not in taken_back
        )
        values = installation.told.values(indicator)
        hours = range(NOW_MS - DAY_MS + HOUR_MS, NOW_MS + 1, HOUR_MS)
        assert [values["440900", end_ms].value for end_ms in hours] == [counted[end_ms] for end_ms in hours]
        assert min(counted[end_ms] for end_ms in hours) > 0
    assert installation.told.late_and_doubled()[0] == 0
    record_property("figure", f"{len(began_ms)} events in 24 of 24 hours")
