"""A definition changed under a running city: each window keeps the one of its time, also when late data correct it."""

from dataclasses import replace

import numpy as np
import pytest
from pane_maker import Reading, batch_of, panes_of
from small_city import AREAS, DEVICES, FEEDS, MINUTE_MS, T0_MS, indicator

from core.errors import DeclarationError
from core.records import ValueBatch
from indicators.city import CityFold
from indicators.definition import Aggregate, Indicator, Input, Lifecycle, RollUp
from indicators.versions import Superseded, versions

MOST = indicator("rain", ("rain",), 300, Aggregate.MAX, RollUp.MAX, version="1")
LEAST = indicator("rain", ("rain",), 300, Aggregate.MIN, RollUp.MIN, version="2", levels=("county", "city"))
TWICE = indicator(
    "twice", (), 300, Aggregate.LAST, RollUp.MEAN, formula="2 * r", inputs=(Input("r", "rain"),), levels=("city",)
)
CHANGE_MS = T0_MS + 30 * MINUTE_MS
CITY = AREAS.city.id


def city(*now: Indicator, before: tuple[Superseded, ...] = ()) -> CityFold:
    return CityFold({one.id: one for one in now}, DEVICES, AREAS, FEEDS, {}, before)


def fold(to: CityFold, *readings: tuple[str, float, float]) -> None:
    told = [Reading(device, T0_MS + int(minute * MINUTE_MS), value) for device, minute, value in readings]
    to.fold(batch_of(panes_of(told, MINUTE_MS), "rain", (), 0))


def of_city(values: list[ValueBatch], name: str = "rain") -> dict[int, tuple[str, float]]:
    """Minute → version and value."""
    found = [one for one in values if one.indicator == name and CITY in one.areas]
    return {
        (one.window_end_ms - T0_MS) // MINUTE_MS: (one.version, float(one.value[one.areas.index(CITY)]))
        for one in found
    }


@pytest.mark.claim(
    "ENGINE", "A changed definition holds from its effective time; windows before keep theirs, also late"
)
def test_each_window_keeps_the_definition_of_its_time() -> None:
    running = city(LEAST, TWICE, before=(Superseded(MOST, CHANGE_MS),))
    running.tick(T0_MS)
    fold(running, *((device, minute, minute + 0.5) for device in ("g1", "g2") for minute in range(1, 45)))
    values = running.tick(T0_MS + 45 * MINUTE_MS)
    assert of_city(values)[25] == ("1", 25.5)
    assert of_city(values)[30] == ("2", 26.5)  # the first window that ends when the change takes effect
    assert of_city(values, "twice")[25] == ("1", 51.0) and of_city(values, "twice")[30] == ("1", 53.0)
    assert {area for one in values if one.window_end_ms < CHANGE_MS for area in one.areas} >= {"g1", "440902"}
    assert all("g1" not in one.areas for one in values if one.window_end_ms >= CHANGE_MS)
    fold(running, ("g1", 24.5, 99.0), ("g1", 34.5, 0.5))
    corrected = running.tick(T0_MS + 46 * MINUTE_MS)
    assert of_city(corrected)[25] == ("1", 99.0) and of_city(corrected)[35] == ("2", 0.5)
    assert of_city(corrected, "twice")[25] == ("1", 198.0) and of_city(corrected, "twice")[35] == ("1", 1.0)


def test_a_running_city_goes_on_with_a_new_definition() -> None:
    """Here the new one needs no column of the panes that the old one did without."""
    before, newer = city(MOST, TWICE), replace(LEAST, aggregate=Aggregate.MAX)
    before.tick(T0_MS)
    fold(before, *(("g1", minute, float(minute)) for minute in range(1, 30)))
    before.tick(T0_MS + 29 * MINUTE_MS)
    chunks = {key: chunk for key, chunk in before.dirty().items() if chunk is not None}
    after = city(newer, TWICE, before=(Superseded(MOST, CHANGE_MS),))
    after.restore(chunks)
    fold(after, *(("g1", minute, float(minute)) for minute in range(30, 40)))
    values = after.tick(T0_MS + 40 * MINUTE_MS)
    assert sorted(of_city(values)) == [30, 35]  # nothing that was decided is decided again
    assert of_city(values) == {30: ("2", 30.0), 35: ("2", 35.0)}
    assert of_city(values, "twice") == {30: ("1", 60.0), 35: ("1", 70.0)}


@pytest.mark.claim("ENGINE", "Drafts and retired indicators are not computed")
def test_drafts_and_retired_ones_are_not_computed() -> None:
    for lifecycle in (Lifecycle.DRAFT, Lifecycle.RETIRED):
        off = indicator("rain", ("rain",), 300, Aggregate.MAX, RollUp.MAX, lifecycle=lifecycle)
        running = city(
            off, indicator("twice", (), 300, Aggregate.LAST, RollUp.MEAN, inputs=TWICE.inputs, formula="2 * r")
        )
        fold(running, ("g1", 1, 5.0))
        values = running.tick(T0_MS + 10 * MINUTE_MS)
        assert {one.indicator for one in values} <= {"twice"}
        assert all(np.isnan(one.value).all() for one in values)


def test_circles_and_versions_of_one_number_are_refused() -> None:
    one, other = (
        indicator(a, (), 300, Aggregate.LAST, RollUp.MEAN, inputs=(Input("x", b),), formula="x")
        for a, b in (("a", "b"), ("b", "a"))
    )
    with pytest.raises(DeclarationError, match=r"computed from each other in a circle: . → . → .$"):
        city(one, other)
    with pytest.raises(DeclarationError, match="'rain' has two versions of one number"):
        city(MOST, before=(Superseded(MOST, CHANGE_MS),))


def test_versions_follow_each_other_without_a_gap() -> None:
    older = indicator("rain", ("rain",), 300, Aggregate.SUM, RollUp.SUM, version="0")
    found = versions({"rain": LEAST, "twice": TWICE}, [Superseded(MOST, CHANGE_MS), Superseded(older, T0_MS)])
    assert list(found) == ["rain", "twice"]  # first what others read
    spans = [(one.indicator.version, one.from_ms, one.until_ms) for one in found["rain"]]
    assert spans == [("0", 0, T0_MS), ("1", T0_MS, CHANGE_MS), ("2", CHANGE_MS, 1 << 62)]
