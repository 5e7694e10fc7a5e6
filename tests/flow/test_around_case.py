"""What stands beside a case: the nearest cameras and what they saw, help within a circle, who else has it open."""

from __future__ import annotations

import time
from io import BytesIO
from typing import Any

import pytest
from guarded_site import Guarded
from PIL import Image

from core.accounts import Role
from core.clock import real_ms
from geo.distance import great_circle_m
from ingest.intake import Intake
from ingest.known import Known
from stream.appender import Appender, dead_letters
from stream.presence import GONE_MS, heard

PLACE = {"lon_deg": 110.926, "lat_deg": 21.671}


def reported(house: Guarded, title: str, **place: Any) -> str:
    where = PLACE | {"accuracy_m": 100, "origin": "map"} | place
    wanted = {"key": f"around-{time.time_ns()}", "kind": "water.road_water", "title": title, "area": "440902"}
    answer = house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted | {"place": where})
    return str(answer.json()["id"])


def around(house: Guarded, case: str, within_m: int = 3000) -> dict[str, Any]:
    answer = house.ask("GET", f"api/v1/cases/{case}/around?within_m={within_m}", house.colleague(Role.DISPATCHER))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.claim(
    "COMMAND", "The four nearest cameras stand on a case by themselves, with the newest picture or why there is none."
)
def test_the_nearest_cameras_show_what_they_saw(house: Guarded) -> None:
    case = reported(house, "看四周")
    declared = house.picture.declared
    cameras = {
        one.id: one for one in declared.devices.values() if declared.feeds[one.feed].kind == "camera" and one.place
    }
    far_m = {
        name: float(great_circle_m(tuple(PLACE.values()), (one.place.lon_deg, one.place.lat_deg))[0])
        for name, one in cameras.items()
    }
    found = around(house, case)["cameras"]
    assert [one["id"] for one in found] == sorted(far_m, key=far_m.__getitem__)[:4]
    assert {one["why"] for one in found if one["snapshot_ms"] is None} <= {"模拟，没有画面"}
    made = BytesIO()
    Image.new("RGB", (320, 240), (9, 9, 99)).save(made, "PNG")
    machine, path = house.as_role(Role.MACHINE), f"api/v1/cameras/{found[0]['id']}/snapshot"
    assert house.ask("POST", path, machine, data=b"no picture").status_code == 422
    assert house.ask("POST", path, machine, data=made.getvalue()).status_code == 204
    assert house.ask("POST", path, house.colleague(Role.DISPATCHER), data=made.getvalue()).status_code == 403
    assert around(house, case)["cameras"][0]["snapshot_ms"] > real_ms() - 600_000
    shown = house.ask("GET", path, house.colleague(Role.DUTY))
    assert shown.headers["content-type"] == "image/jpeg" and Image.open(BytesIO(shown.content)).size == (320, 240)
    assert house.ask("GET", path, house.as_role(Role.WALL)).status_code == 403
    assert house.ask("GET", "api/v1/cameras/nobody/snapshot", house.colleague(Role.DUTY)).status_code == 404


def sent(house: Guarded, camera: str, content: bytes, at_ms: int) -> None:
    """A picture of a camera as the ingest worker takes it from the broker."""
    declared, keys = house.picture.declared, house.picture.keys
    known = Known(house.picture._scene, declared.feeds, declared.devices, declared.metrics, 1_000_000)
    intake = Intake(known)
    intake.take(f"frigate/{camera}/car/snapshot", content, at_ms, at_ms)
    Appender(house.picture._client, keys, 1000).append(intake.batcher.flush(at_ms))


@pytest.mark.claim(
    "COMMAND", "The nearest cameras show what Frigate sends over MQTT, with its age, drawn anew; what is old says so."
)
def test_pictures_that_cameras_send(house: Guarded) -> None:
    case, made = reported(house, "看摄像机", lon_deg=110.64, lat_deg=21.661), BytesIO()
    Image.new("RGB", (320, 180), (90, 99, 9)).save(made, "JPEG", comment=b"who was there")
    first, second = [one["id"] for one in around(house, case)["cameras"]][:2]
    sent(house, first, made.getvalue(), real_ms())
    sent(house, second, made.getvalue(), real_ms() - 720_000)
    new, old = around(house, case)["cameras"][:2]
    assert 0 <= new["snapshot_age_ms"] < 120_000 and new["why"] == "模拟画面"
    assert 720_000 <= old["snapshot_age_ms"] < 840_000
    shown = house.ask("GET", f"api/v1/cameras/{first}/snapshot", house.colleague(Role.DUTY))
    assert shown.headers["content-type"] == "image/jpeg" and b"who was there" not in shown.content
    drawn = Image.open(BytesIO(shown.content)).convert("L")
    assert drawn.size == (320, 180) and drawn.crop((0, 150, 320, 180)).getextrema()[1] > 200, (
        "time and 模拟 are burnt in"
    )
    frame, scan = b"\xff\xc0\x00\x0b\x08\x00\x40\x00\x40\x01\x01\x11\x00", b"\xff\xda\x00\x02"
    sent(house, second, b"\xff\xd8" + frame + scan + b"\xff\xd9", real_ms())  # whole, and nothing in it
    answer = house.ask("GET", f"api/v1/cameras/{second}/snapshot", house.colleague(Role.DUTY))
    assert answer.status_code == 422 and "照片" in answer.text
    sent(house, second, made.getvalue(), real_ms() + 1)  # other proofs open the desk beside this camera
    sent(house, first, b"GIF89a", real_ms())
    (letter,) = dead_letters(house.picture._client, house.picture.keys, 1)
    assert (letter.reason, letter.payload) == ("no-picture", b"GIF89a")
    assert around(house, case)["cameras"][0]["snapshot_ms"] == new["snapshot_ms"], "what is refused changes nothing"


def test_help_lies_within_the_circle(house: Guarded) -> None:
    case = reported(house, "看资源")
    near, wide = around(house, case, 1000)["help"], around(house, case, 5000)["help"]
    assert {one["id"] for one in near} < {one["id"] for one in wide}
    assert all(one["distance_m"] <= 1000 for one in near)
    assert [one["distance_m"] for one in wide] == sorted(one["distance_m"] for one in wide)
    assert {one["group"] for one in wide} == {"unit", "shelter", "material"}


@pytest.mark.claim("COMMAND", "Who else has a case open is told by heartbeats, and gone 15 s after the last one.")
def test_who_else_has_it_open(house: Guarded) -> None:
    case = reported(house, "谁在看")
    one, other = house.colleague(Role.DISPATCHER, 1), house.colleague(Role.DISPATCHER, 2)

    def beat(who: dict[str, str]) -> list[str]:
        return list(house.ask("POST", f"api/v1/cases/{case}/presence", who).json()["others"])

    assert beat(one) == []
    assert beat(other) == ["调度员一(dispatcher-1)"]
    assert beat(one) == ["调度员二(dispatcher-2)"]
    assert house.ask("DELETE", f"api/v1/cases/{case}/presence", other).status_code == 204
    assert beat(one) == []
    assert house.ask("POST", "api/v1/cases/440900-none/presence", one).status_code == 404


def test_a_heartbeat_lasts_fifteen_seconds(house: Guarded) -> None:
    client, now_ms = house.picture._client, real_ms()
    assert [(told.who, told.at_ms) for told in heard(client, "gone", "甲", now_ms)] == [("甲", now_ms)]
    assert {told.who for told in heard(client, "gone", "乙", now_ms + GONE_MS - 1)} == {"甲", "乙"}
    assert {told.who for told in heard(client, "gone", "乙", now_ms + GONE_MS)} == {"乙"}
