"""Photos over the website: kept under their hash, marked, seen by right and audited, refused with a sentence."""

from __future__ import annotations

import hashlib
import time
from io import BytesIO
from typing import Any

import pytest
import requests
from guarded_site import Guarded
from PIL import Image

from accounts.looks import ACTION
from core.accounts import Reach, Role

JPEG = "image/jpeg"


def picture(shade: int, exif: Image.Exif | None = None, size: tuple[int, int] = (320, 240)) -> bytes:
    """A photo of one colour: each shade is another file."""
    made = BytesIO()
    Image.new("RGB", size, (shade, 90, 40)).save(made, "JPEG", **({"exif": exif} if exif else {}))
    return made.getvalue()


def reported(house: Guarded, title: str) -> str:
    place = {"lon_deg": 111.35, "lat_deg": 21.45, "accuracy_m": 40, "origin": "gps", "said": "码头"}
    wanted = {"key": f"photo-{time.time_ns()}", "kind": "water.road_water", "title": title, "area": "440904"}
    answer = house.ask("POST", "api/v1/cases", house.colleague(Role.DISPATCHER), json=wanted | {"place": place})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def sent(house: Guarded, case: str, content: bytes, **more: Any) -> requests.Response:
    """A photo from a desk."""
    who = more.pop("who", None) or house.colleague(Role.DISPATCHER)
    fields = {"key": f"photo-{time.time_ns()}", "text": "水到膝盖"} | more
    files = {"photo": ("a.jpg", content, JPEG)}
    return house.ask("POST", f"api/v1/cases/{case}/photos", who, data=fields, files=files)


@pytest.mark.claim(
    "COMMAND", "A photo is kept as it came under its SHA-256, and is a line of the case's log with its facts."
)
def test_a_photo_comes_to_a_case_once(house: Guarded) -> None:
    case, content = reported(house, "码头积水"), picture(10)
    first = sent(house, case, content, key="photo-once-1")
    again = sent(house, case, content, key="photo-once-1")
    assert first.status_code == again.status_code == 200, first.text
    assert first.json() == again.json()
    (photo,) = first.json()["photos"]
    assert photo["sha256"] == hashlib.sha256(content).hexdigest() and photo["is_whole"]
    log = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"]
    assert [(one["verb"], one["fields"].get("text")) for one in log] == [("report", ""), ("note", "水到膝盖")]
    assert log[1]["number"] == photo["entry"] and log[1]["fields"]["photo"]["sha256"] == photo["sha256"]
    assert sent(house, case, content).json()["error"]["code"] == "photo-known"  # the same file once more
    kept = house.entrance.settings.media_folder / "originals" / photo["sha256"][:2] / photo["sha256"]
    assert kept.read_bytes() == content


@pytest.mark.claim(
    "COMMAND", "A photo is served by right only and each look at it is audited; its original never opens as a page."
)
def test_photos_are_seen_by_right(house: Guarded) -> None:
    exif = Image.Exif()
    exif[0x010F] = "ACME-TELEPHONE"
    case, content = reported(house, "码头看照片"), picture(20, exif)
    sha256 = sent(house, case, content).json()["photos"][0]["sha256"]
    path = f"api/v1/cases/{case}/photos/{sha256}"
    shown = house.ask("GET", path, house.colleague(Role.LEADER))
    assert shown.status_code == 200 and shown.headers["content-type"] == JPEG
    assert b"ACME" not in shown.content and shown.headers["content-security-policy"].startswith(
        "default-src 'none'; sandbox"
    )
    original = house.ask("GET", f"{path}/original", house.colleague(Role.DUTY))
    assert original.content == content and original.headers["content-disposition"].startswith("attachment")
    assert house.ask("GET", f"{path}/original", house.colleague(Role.LEADER)).status_code == 403
    elsewhere = house.as_role(Role.DISPATCHER, Reach(areas=("440983",)))
    for stranger, status in ((elsewhere, 404), (house.as_role(Role.MACHINE), 403), ({}, 401)):
        for one in (path, f"{path}/original", f"api/v1/cases/{case}/photos"):
            assert house.ask("GET", one, stranger).status_code in (status, 403), one
    looks = [
        tuple(look[:3]) for entry in house.acts(ACTION) for look in entry.act.detail["looks"] if sha256[:12] in look[2]
    ]
    subject = f"case:{case}/photo:{sha256[:12]}"
    assert looks == [("person:leader-1", "photos.see", subject), ("person:duty-1", "personal.see", subject)]
    assert house.ask("GET", f"api/v1/cases/{case}/photos/{'0' * 64}", house.colleague(Role.DUTY)).status_code == 404


def test_what_is_no_photo_is_told_why(house: Guarded) -> None:
    case = reported(house, "码头坏照片")
    limit = house.entrance.settings.photo_mb * 1_000_000
    for content, code, words in (
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo-none", "只收 JPEG"),
        (picture(30) + b"<script>1</script>", "photo-two-files", "另一种文件"),
        (b"\xff\xd8" + bytes(limit + 100_000), "photo-large", "超过 15 MB"),
        (b"", "photo-empty", "没有收到照片"),
    ):
        answer = sent(house, case, content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
        assert words in answer.json()["error"]["sentence"]
    bare = house.ask(
        "POST",
        f"api/v1/cases/{case}/photos",
        house.colleague(Role.DISPATCHER),
        data=b"--x",
        headers={"Content-Type": "multipart/form-data"},
    )
    assert bare.status_code == 422
    log = house.ask("GET", f"api/v1/cases/{case}", house.colleague(Role.DISPATCHER)).json()["log"]
    assert [one["verb"] for one in log] == ["report"]


@pytest.mark.claim(
    "COMMAND", "A report brings its photo in one form; of a small copy the original follows, and no other file."
)
def test_a_report_with_a_photo_by_a_form(house: Guarded) -> None:
    field, desk = house.colleague(Role.FIELD), house.colleague(Role.DISPATCHER)
    key, whole, small = f"form-{time.time_ns()}", picture(40, size=(1200, 900)), picture(41)
    fields = {"key": key, "kind": "water.road_water", "title": f"带照片{key}", "area": "440904", "part": "small"}
    fix = {"lon_deg": "111.31", "lat_deg": "21.44", "accuracy_m": "15", "age_ms": "2000"}

    def posted(what: str, content: bytes, **more: str) -> requests.Response:
        return house.ask("POST", f"m/{what}", field, data=more, files={"photo": ("a.jpg", content, JPEG)})

    broken = posted("report", b"GIF89a" + bytes(99), **fields)
    assert broken.status_code == 422 and "只收 JPEG" in broken.text
    announced = {"sha256": hashlib.sha256(whole).hexdigest()}
    for _ in range(2):  # a form that is sent twice
        assert posted("report", small, **fields, **fix, **announced).status_code == 303
    (case,) = [one for one in house.ask("GET", "api/v1/cases", desk).json()["cases"] if one["title"] == fields["title"]]
    told = house.ask("GET", f"api/v1/cases/{case['id']}", desk).json()
    assert [entry["verb"] for entry in told["log"]] == ["report", "note"]
    assert told["facts"]["place"] == {
        "lon_deg": 111.31,
        "lat_deg": 21.44,
        "accuracy_m": 15,
        "origin": "gps",
        "said": "",
    }

    def known() -> dict[str, Any]:
        return house.ask("GET", f"api/v1/cases/{case['id']}/photos", desk).json()["photos"][0]

    assert not known()["is_whole"]
    late = {"key": f"{key}-photo", "part": "whole"}
    assert posted("photo", picture(42), **late).status_code == 422
    assert posted("photo", whole, **late).status_code == posted("photo", whole, **late).status_code == 303
    assert known()["is_whole"] and known()["sha256"] == announced["sha256"]
    assert posted("photo", whole, key="never-came-1", part="whole").status_code == 404
