"""Open311 and the public status page: off until asked for; read by everybody, reported with a token, no names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from guarded_site import Guarded, standing_house

from core.accounts import Role

CALLER = {"first_name": "三丰", "last_name": "张", "phone": "13812345678"}


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A house that opened both to the public."""
    folder = tmp_path_factory.mktemp("open")
    with standing_house(folder, CITYVITALS_OPEN311="1", CITYVITALS_PUBLIC_STATUS="1") as site:
        yield site


def test_off_until_asked_for(house: Guarded) -> None:
    answer = house.ask("GET", "open311/v2/services.json", {})
    assert answer.status_code == 404 and answer.json()[0]["code"] == 404
    assert house.ask("GET", "public/status", {}).status_code == 404


@pytest.mark.claim(
    "COMMAND", "Open311 GeoReport v2 as JSON and XML: services, a report with a token, its status and expected time."
)
def test_a_report_and_its_status(open_house: Guarded) -> None:
    listed = open_house.ask("GET", "open311/v2/services.json", {}).json()
    assert {"service_code", "service_name", "metadata", "type"} <= set(listed[0])
    assert "water.road_water" in {one["service_code"] for one in listed}
    assert "government_services.complaint" not in {one["service_code"] for one in listed}, "not public"
    form = {
        "service_code": "water.road_water",
        "lat": "21.66",
        "long": "110.92",
        "description": "光华路积水，张三丰家门口",
    }
    refused = open_house.ask("POST", "open311/v2/requests.json", {}, data=form | {"api_key": "wrong"})
    assert (refused.status_code, refused.json()[0]["code"]) == (403, 403)
    key = {"api_key": open_house.token(Role.MACHINE)}
    told = [open_house.ask("POST", "open311/v2/requests.json", {}, data=form | CALLER | key) for _ in range(2)]
    assert [one.status_code for one in told] == [201, 201], told[0].text
    assert told[0].json() == told[1].json(), "a repeat is the same request"
    number = told[0].json()[0]["service_request_id"]
    nowhere = open_house.ask("POST", "open311/v2/requests.xml", {}, data={"service_code": "water.road_water"} | key)
    assert nowhere.status_code == 400
    assert ElementTree.fromstring(nowhere.content).findtext("error/description") == "请给出经纬度或地址"
    (one,) = open_house.ask("GET", f"open311/v2/requests/{number}.json", {}).json()
    assert (one["status"], one["lat"], one["long"]) == ("open", 21.66, 110.92)
    assert one["address"] == "茂南区", "the county whose polygon holds the place"
    times = [datetime.fromisoformat(one[name]) for name in ("requested_datetime", "expected_datetime")]
    granted = timedelta(minutes=30 + 60, hours=4)  # to file it, to send somebody, to handle it
    assert abs(times[1] - times[0] - granted) < timedelta(seconds=2) and one["expected_datetime"].endswith("+08:00")
    assert _promised_s(open_house, number) == pytest.approx(14_400, abs=60), "not when it should be accepted"
    found = open_house.ask("GET", "open311/v2/requests.xml?status=open", {})
    listed_ids = [each.text for each in ElementTree.fromstring(found.content).iter("service_request_id")]
    assert number in listed_ids and "张三丰" not in found.text and "138" not in one["description"]
    paired = open_house.ask("GET", f"open311/v2/tokens/{number}.json", {}).json()
    assert paired == [{"service_request_id": number, "token": number}]
    assert open_house.ask("GET", "open311/v2/requests/none.json", {}).status_code == 404
    assert open_house.ask("GET", "open311/v2/requests.json?start_date=yesterday", {}).status_code == 400


def _promised_s(site: Guarded, number: str) -> float:
    """How long after its dispatch a request is promised to be done; its kind grants four hours to handle it."""
    desk, sent = site.colleague(Role.DISPATCHER), {}
    for verb, fields in (("file", {}), ("dispatch", {"lead": "市水务局"})):
        step = {"key": f"open311-{verb}-{number}", "verb": verb, "fields": fields}
        sent = site.ask("POST", f"api/v1/cases/{number}/steps", desk, json=step).json()
    (one,) = site.ask("GET", f"open311/v2/requests/{number}.json", {}).json()
    return datetime.fromisoformat(one["expected_datetime"]).timestamp() - sent["since_ms"] / 1000


@pytest.mark.claim("COMMAND", "The public status page tells no name and, without a review number, shows no map (G78).")
def test_the_public_status_page(open_house: Guarded) -> None:
    key = {"api_key": open_house.token(Role.MACHINE)}
    form = {"service_code": "water.no_supply", "address_string": "光华路", "description": "张三丰家停水"}
    assert open_house.ask("POST", "open311/v2/requests.json", {}, data=form | CALLER | key).status_code == 201
    page = open_house.ask("GET", "public/status", {})
    assert page.status_code == 200 and "停水" in page.text and "已上报" in page.text
    assert "演示数据" in page.text and "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert "张三丰" not in page.text and "光华路" not in page.text and "13812345678" not in page.text
    assert "底图没有审图号，按规定不予公开" in page.text and "<svg" not in page.text
