"""Thirty recorded days of Beijing over MQTT, through the real workers, against an independent computation."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from beijing import DISTRICT_OF, index_by_hour, recorded
from installation import HOUR_MS, Installation

from core.clock import to_ms
from simulator.replay.disturbance import Disturbance, disturbed
from simulator.replay.player import Pace
from simulator.replay.recordings import timeline

pytestmark = pytest.mark.recorded
START, STOP = "2015-11-25T00:00+08:00", "2015-12-25T00:00+08:00"  # two red alerts, indices from 14 to 500


def pace_of(start: str, stop: str, speed: float = 0.0) -> Pace:
    return Pace(to_ms(datetime.fromisoformat(start)), to_ms(datetime.fromisoformat(stop)), speed)


def differences(installation: Installation, folder: Path, start: str, stop: str) -> tuple[int, list[object]]:
    """How many hours of places the oracle knows, and where we say anything else about any of them or another."""
    expected = index_by_hour(recorded(folder, start, stop))
    pace = pace_of(start, stop)
    said = {
        key: value
        for key, value in installation.told.values("ecology.aqi").items()
        if pace.start_ms < key[1] <= pace.stop_ms
    }
    wrong: list[object] = []
    for key, hour in expected.items():
        value = said.get(key)
        ours = value and (value.value, value.reported, frozenset(filter(None, value.detail.split(","))))
        if ours != tuple(hour):
            wrong.append((key, tuple(hour), ours))
    wrong += [(key, None, value) for key, value in said.items() if key not in expected and value.value is not None]
    return len(expected), wrong


@pytest.mark.claim(
    "PULSE",
    "30 days of six Beijing stations over MQTT, doubled, late and shuffled, give exactly the values of an independent "
    "pandas computation; so do they as recorded, in the long proofs",
)
@pytest.mark.parametrize(
    ("stop", "how"),
    [
        pytest.param(STOP, Disturbance(), id="as recorded", marks=pytest.mark.long),
        pytest.param(
            STOP,
            Disturbance(doubled=0.05, late=0.10, late_by_ms=4 * HOUR_MS, shuffled=True, seed=11),
            id="disturbed",
        ),
    ],
)
def test_days_equal_an_independent_computation(
    installation: Installation, recorded_data: Path, stop: str, how: Disturbance, wait_for, record_property
) -> None:
    folder, pace = recorded_data / "air_beijing", pace_of(START, stop)
    installation.show("110000", pace)
    installation.start("ingest", "engine")
    wait_for(installation.serving, 30)
    told = list(timeline([folder], pace.start_ms, pace.stop_ms))
    sent = list(disturbed(told, how))
    assert installation.play(sent, pace) == len(told)
    installation.decide_all(pace.stop_ms + HOUR_MS)

    known, wrong = differences(installation, folder, START, stop)
    assert not wrong, f"{len(wrong)} of {known} hours differ: {wrong[:5]}"
    assert known > (pace.stop_ms - pace.start_ms) // HOUR_MS * len(DISTRICT_OF)
    readings = installation.told.readings()
    copies = len(readings) - len({reading[:3] for reading in readings})
    # A broker that waited 5 s for an acknowledgement brings its message again, perhaps after its hour was decided.
    assert sum(installation.told.late_and_doubled()) == copies
    assert copies >= len(sent) - len(told)
    record_property("figure", f"{known} of {known} hourly indices equal, {len(sent)} messages")
