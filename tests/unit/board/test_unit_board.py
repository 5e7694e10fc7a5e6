"""Units on the map: the newest of telephone and vehicle, home only for who has a task, gone when nobody saw it."""

from __future__ import annotations

import pytest
from prerequisites import REPOSITORY

from board.canvas import Canvas
from board.units import SHOWN_FOR_MS, Task, UnitBoard
from catalogue.load import load
from core.acts import ActTopic
from core.records import MINUTE_MS

NOW_MS = 1_795_300_000_000


def test_where_units_are_drawn() -> None:
    declared = load(REPOSITORY / "packs", "maoming")
    board, canvas = UnitBoard(declared, "zh"), Canvas({})
    home = declared.units["pump-1"]
    task = Task("C-1", "en-route", (110.9, 21.7))
    board.paint(canvas, {"pump-1": task}, NOW_MS)
    assert set(canvas.sections["units"]) == {"pump-1"}, "who waits at home is not drawn"
    drawn = canvas.sections["units"]["pump-1"]
    assert (drawn["lon"], drawn["ms"], drawn["state"], drawn["to"]) == (home.lon_deg, 0, "en-route", [110.9, 21.7])
    seen = {"id": "pump-1", "lon_deg": 110.8, "lat_deg": 21.8, "at_ms": NOW_MS}
    board.fold(ActTopic.UNIT, seen)
    board.fold(ActTopic.UNIT, {"id": "pump-2"})
    board.fold(ActTopic.CASE, {"id": "pump-3", "lon_deg": 1.0})
    board.paint(canvas, {}, NOW_MS + MINUTE_MS)
    assert canvas.sections["units"]["pump-1"] | {"name": ""} == {
        "name": "",
        "area": home.area,
        "ms": NOW_MS,
        "lon": 110.8,
        "lat": 21.8,
        "state": "free",
        "case": "",
        "to": None,
    }
    again = UnitBoard(declared, "zh")
    again.restore(board.snapshot())
    again.paint(canvas, {}, NOW_MS + SHOWN_FOR_MS + 1)
    assert canvas.sections["units"] == {}


@pytest.mark.claim("COMMAND", "A unit that a city adds to its register stands on the wall like those of its pack.")
def test_a_unit_of_the_register_is_drawn_as_it_was_written_last() -> None:
    declared = load(REPOSITORY / "packs", "maoming")
    board, canvas = UnitBoard(declared, "zh"), Canvas({})
    wanted = {"name": "应急车7", "area": "440983", "device": "gps-7", "lon_deg": 110.95, "lat_deg": 22.35}
    board.fold(ActTopic.UNIT, {"id": "register-7", "unit": wanted | {"name": "旧名"}})
    board.fold(ActTopic.UNIT, {"id": "register-7", "unit": wanted})
    board.paint(canvas, {"register-7": Task("c1", "en-route", (110.9, 22.3))}, NOW_MS)
    shown = canvas.sections["units"]["register-7"]
    assert (shown["name"], shown["area"], shown["lon"], shown["ms"]) == ("应急车7", "440983", 110.95, 0)
    canvas.put("vehicles", "gps-7", {"lon": 110.97, "lat": 22.31, "ms": NOW_MS, "speed_kmh": 30, "name": ""})
    again = UnitBoard(declared, "zh")
    again.restore(board.snapshot())
    again.paint(canvas, {}, NOW_MS + 5000)
    assert canvas.sections["units"]["register-7"]["lon"] == 110.97
