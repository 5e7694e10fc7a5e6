"""A city and a county exchange one case: one number, given back with a reason, handed over again, told when done."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
from guarded_site import Guarded, standing_house
from prerequisites import eventually, unused_port

from accounts.warden import Warden
from board.belonging import chain_of
from core.accounts import Role
from core.clock import real_ms
from core.records import HOUR_MS
from dispatch.book import CaseBook, Now, Rules
from dispatch.exchange import FRESH_MS, Peer
from dispatch.exchange_book import ExchangeBook
from dispatch.holidays import calendars_at
from notices.channels.webhook import signature
from store import exchange
from workers.exchange import Exchanging

SECRET = "known-to-both"


@dataclass
class Platform:
    """One of two houses, its name, and the other one."""

    name: str
    house: Guarded
    other: Peer

    def turn(self, later_ms: int = 0, url: str = "") -> int:
        """What its worker does at one time, perhaps with the other away."""
        database, declared = self.house.office.database, self.house.picture.declared
        warden = Warden(database, self.house.office.journal)
        rules = Rules(
            declared.case_kinds, calendars_at(declared.city.work_hours, real_ms()), lambda a: chain_of(declared, a)
        )
        peers = {self.other.name: replace(self.other, url=url or self.other.url)}
        book = ExchangeBook(warden, CaseBook(warden, lambda: rules), self.name, peers)
        now = Now("demo-440900", "demo", "440900", real_ms(), real_ms() + later_ms)
        return Exchanging(database, book, peers, local=True).turn(now)

    def send(self) -> None:
        """Send until nothing waits; what a busy neighbour did not answer is tried again an hour later."""
        hours = itertools.count()

        def all_taken() -> bool:
            self.turn(next(hours) * HOUR_MS)
            with self.house.office.database.reading() as connection:
                return not exchange.due(connection, real_ms() + 10_000 * HOUR_MS)

        eventually(all_taken, 20)

    def step(self, case: str, role: Role, verb: str, **fields: Any) -> dict[str, Any]:
        return self.post(f"cases/{case}/steps", role, verb=verb, fields=fields, key=f"{self.name}-{verb}-{real_ms()}")

    def post(self, path: str, role: Role, **wanted: Any) -> dict[str, Any]:
        answer = self.house.ask("POST", f"api/v1/{path}", self.house.colleague(role), json=wanted)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def case(self, case: str) -> dict[str, Any]:
        answer = self.house.ask("GET", f"api/v1/cases/{case}", self.house.colleague(Role.DISPATCHER))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def told(self, body: bytes, sent_ms: int, secret: str = SECRET) -> int:
        """The status of the answer to a message as another platform sends it."""
        sent_s = str(sent_ms // 1000)
        signed = f"sha256={signature(secret, sent_s, body)}"
        headers = {"X-CityVitals-Timestamp": sent_s, "X-CityVitals-Signature": signed}
        return self.house.ask("POST", "api/v1/exchange", {}, data=body, headers=headers).status_code


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Platform]]:
    city_port, county_port = unused_port(), unused_port()
    peers = {
        "city": Peer("city", f"http://127.0.0.1:{city_port}/cityvitals/", SECRET),
        "county": Peer("county", f"http://127.0.0.1:{county_port}/cityvitals/", SECRET),
    }

    def variables(own: str, other: str, port: int) -> dict[str, str]:
        to = peers[other]
        return {
            "CITYVITALS_PORT": str(port),
            "CITYVITALS_EXCHANGE_NAME": own,
            "CITYVITALS_EXCHANGE_PEERS": f"{to.name} {to.url} {to.secret}",
        }

    folder = tmp_path_factory.mktemp
    with (
        standing_house(folder("city"), **variables("city", "county", city_port)) as above,
        standing_house(folder("county"), **variables("county", "city", county_port)) as below,
    ):
        yield Platform("city", above, peers["county"]), Platform("county", below, peers["city"])


@pytest.mark.claim(
    "COMMAND", "A city and a county exchange a case under one number, with return and reason, signed, and each once."
)
def test_one_case_two_platforms(platforms: tuple[Platform, Platform]) -> None:
    city, county = platforms
    place = {"lon_deg": 110.92, "lat_deg": 21.66, "accuracy_m": 50, "origin": "gps"}
    report = {"kind": "water.road_water", "title": "光华路积水", "area": "440902", "place": place}
    caller = {"name": "张三丰", "phone": "13812345678"}
    case = city.post("cases", Role.DISPATCHER, key="exchange-report", caller=caller, **report)["id"]
    city.step(case, Role.DISPATCHER, "file")
    push = {"key": "exchange-push", "deed": "push", "peer": "county"}
    assert city.post(f"cases/{case}/exchange", Role.DISPATCHER, **push)["facts"]["lead"] == "county"
    assert city.turn(url="http://127.0.0.1:9/") == 0, "the county does not answer"
    assert city.turn() == 0, "it is tried again only later"
    city.send()
    there = county.case(case)
    assert (there["id"], there["state"], there["facts"]["title"]) == (case, "reported", "光华路积水")
    assert "caller" not in there["facts"], "who called stays where he called"

    back = {"key": "exchange-return", "deed": "return", "reason": "非本辖区"}
    county.post(f"cases/{case}/exchange", Role.DISPATCHER, **back)
    county.send()
    here = city.case(case)
    assert (here["state"], here["log"][-1]["fields"]["reason"]) == ("returned", "非本辖区")
    assert here["log"][-1]["by"] == "platform:county"

    city.post(f"cases/{case}/exchange", Role.DISPATCHER, **push | {"key": "exchange-again"})
    city.send()
    assert county.case(case)["state"] == "filed"
    county.step(case, Role.DISPATCHER, "dispatch", lead="县水务局")
    county.step(case, Role.LIAISON, "take")
    county.send()
    assert city.case(case)["state"] == "handling"
    county.step(case, Role.LIAISON, "finish", result="已排水")
    county.send()
    here = city.case(case)
    assert (here["state"], here["log"][-1]["fields"]["result"]) == ("feedback", "已排水")


def test_a_message_is_known_by_its_signature(platforms: tuple[Platform, Platform]) -> None:
    _, county = platforms
    case, facts = "440900-20260101-0001", {"kind": "water.road_water", "title": "光华路积水", "area": "440902"}
    told = {"key": "exchange-signed", "sender": "city", "deed": "push", "case": case, "at_ms": 1, "fields": facts}
    body = orjson.dumps(told)
    assert county.told(body, real_ms(), "guessed") == 401
    assert county.told(body, real_ms() - 2 * FRESH_MS) == 401, "overheard and sent again later"
    assert county.told(orjson.dumps(told | {"sender": "none"}), real_ms()) == 401
    assert county.told(body, real_ms()) == 200
    before = county.case(case)["revision"]
    assert county.told(body, real_ms()) == 200 and county.case(case)["revision"] == before, "a repeat changes nothing"
    stranger = orjson.dumps(told | {"key": "exchange-stranger", "deed": "status", "case": "440900-20260101-0002"})
    assert county.told(stranger, real_ms()) in {404, 422}
