"""Faults come at their declared rates, and only those that were declared."""

from collections import Counter
from dataclasses import replace

import orjson
import pytest

from core.records import HOUR_MS, MINUTE_MS
from simulator.city import Course, city_of
from simulator.faults import AGAIN_MS, SLOT_MS, UNKNOWN_DEVICE, UNKNOWN_METRIC, Fault, Faults
from simulator.weather import Scenario

BEGAN_MS = 1_772_319_600_000 + 1_234_567
SCALE = 20.0  # twentyfold, so that one hour shows every fault


@pytest.fixture(scope="module")
def hours(maoming):
    """(messages of one hour of all stations without faults, the same hour with many)."""
    span = (BEGAN_MS + MINUTE_MS, BEGAN_MS + MINUTE_MS + HOUR_MS)

    stations = {d.id: d for d in maoming.devices.values() if maoming.feeds[d.feed].kind == "station"}
    only_stations = replace(maoming, devices=stations)

    def told(faults):
        city = city_of(Course(7, Scenario.CALM, BEGAN_MS, faults=faults), only_stations)
        return city.told(*span)

    return told(0.0), told(SCALE)


def is_json(message):
    try:
        return bool(orjson.loads(message.payload))
    except ValueError:
        return False


def test_without_faults_every_message_is_whole_and_on_time(hours):
    clean, _ = hours
    assert all(is_json(m) and m.send_ms == m.event_ms for m in clean)
    assert len({(m.device, m.event_ms) for m in clean}) == len(clean)


def test_every_fault_of_the_table_occurs(hours):
    clean, faulty = hours
    told = Counter((m.device, m.event_ms) for m in faulty)
    doubled = [m for m in faulty if m.send_ms == m.event_ms + AGAIN_MS and told[(m.device, m.event_ms)] == 2]
    late = [m for m in faulty if m.send_ms == m.event_ms - m.event_ms % SLOT_MS + SLOT_MS]
    broken = [m for m in faulty if not is_json(m)]
    bodies = [orjson.loads(m.payload) for m in faulty if is_json(m)]
    assert 0.5 * 0.005 * SCALE < len(doubled) / len(clean) < 1.5 * 0.005 * SCALE
    assert late
    assert 0.5 * 0.0005 * SCALE < len(broken) / len(clean) < 2 * 0.0005 * SCALE
    assert any(UNKNOWN_METRIC in body["values"] for body in bodies)
    assert any(m.device == UNKNOWN_DEVICE for m in faulty)
    assert any(value > 5000 for body in bodies for value in body["values"].values())
    assert {(m.device, m.event_ms) for m in clean} - set(told), "some device was silent for ten minutes"


def test_a_stuck_device_repeats_the_first_value_of_its_ten_minutes(hours):
    clean, faulty = hours
    faults = Faults(7, SCALE)
    was = {(m.device, m.event_ms): m.payload for m in clean}
    stuck = [
        m
        for m in faulty
        if m.device != UNKNOWN_DEVICE and faults.at(m.device, m.event_ms, measuring=True) is Fault.STUCK
    ]
    assert len(stuck) > 10
    values = {}
    for message in stuck:
        slot = (message.device, message.event_ms // SLOT_MS)
        values.setdefault(slot, set()).add(str(orjson.loads(message.payload)["values"]))
    assert all(len(told) == 1 for told in values.values())
    assert any(m.payload != was[(m.device, m.event_ms)] for m in stuck)


def test_the_scale_turns_faults_down():
    def hit(scale):
        faults = Faults(7, scale)
        return sum(faults.at("d", at_ms, measuring=True) is not None for at_ms in range(0, 10_000_000, 1000))

    assert hit(0.0) == 0
    assert 0 < hit(0.2) < hit(1.0)


def test_cameras_are_never_silenced():
    faults = Faults(7, 1.0)
    found = {faults.at("camera", at_ms, measuring=False) for at_ms in range(0, 20_000_000, 1000)}
    assert found == {None, Fault.DOUBLED, Fault.BROKEN}
