"""Which seat owns a warning, and who takes it when nobody acknowledges: as a timetable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.accounts import Sensitivity
from core.records import MINUTE_MS, Level
from early_warning.duty_rules import Concerned
from early_warning.seats import SeatReach, ladder, owner

CITY = SeatReach("city", "市值班室", ("*",), ("*",))
WATER = SeatReach("water", "市水务局", ("440900",), ("water",))
COUNTY = SeatReach("county", "高州值班室", ("440981",), ("*",))
COUNTY_WATER = SeatReach("county-water", "高州水务", ("440981",), ("water",))
ELSEWHERE = SeatReach("other", "信宜值班室", ("440983",), ("*",))
SEATS = [CITY, WATER, COUNTY, ELSEWHERE, COUNTY_WATER]
STAGE = Concerned("w1", Level.RED, ("440981-t1", "440981", "440900"), "water")


@pytest.mark.claim("WARN", "Each warning belongs to one seat: that of the narrowest area and topic that hold it.")
def test_the_narrowest_seat_owns_a_warning() -> None:
    assert [seat.id for seat in ladder(SEATS, STAGE)] == ["county-water", "county", "water", "city"]
    air = Concerned("w2", Level.RED, ("440981", "440900"), "air")
    assert [seat.id for seat in ladder(SEATS, air)] == ["county", "city"]
    assert ladder([ELSEWHERE], STAGE) == []
    assert ladder(SEATS, replace(STAGE, grade=Sensitivity.RESTRICTED)) == [], "nobody there may see it"


@pytest.mark.claim("WARN", "What nobody acknowledges goes up seat by seat: red each minute, orange each five.")
@pytest.mark.parametrize(
    ("level", "minutes", "seat"),
    [
        (Level.RED, 0, "county-water"),
        (Level.RED, 1, "county"),
        (Level.RED, 2, "water"),
        (Level.RED, 500, "city"),
        (Level.ORANGE, 4, "county-water"),
        (Level.ORANGE, 5, "county"),
        (Level.BLUE, 59, "county-water"),
    ],
)
def test_a_warning_goes_up_while_it_waits(level: Level, minutes: int, seat: str) -> None:
    found, _ = owner(ladder(SEATS, STAGE), level, minutes * MINUTE_MS)
    assert found is not None and found.id == seat
