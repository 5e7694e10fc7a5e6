"""A city and a county exchange a case: one number, photos, given back with a reason, told when done, or stuck."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import orjson
import pytest
from guarded_site import Guarded, standing_house
from PIL import Image
from prerequisites import eventually, unused_port

from accounts.founding import console
from accounts.tokens import Wanted
from accounts.warden import Warden
from api.exchange_health import exchange_part
from board.belonging import chain_of
from core.accounts import Reach, Role
from core.clock import real_ms
from core.records import DAY_MS, HOUR_MS
from dispatch.book import CaseBook, Now, Rules, Wish
from dispatch.exchange import FRESH_MS, PHOTO_TYPE, Peer
from dispatch.exchange_book import ExchangeBook
from dispatch.holidays import calendars_at
from dispatch.steps import Verb
from notices.channels.webhook import signature
from store import exchange
from store.photos import MediaFolder
from workers.doctor_database import exchange as diagnosed
from workers.exchange import Exchanging, Ways

SECRET = "known-to-both"
ELSEWHERE = Reach(("440983",))
NOWHERE = "http://127.0.0.1:9/"


@dataclass
class Platform:
    """One of two houses, its name, and the other one."""

    name: str
    house: Guarded
    other: Peer
    token: str = field(repr=False)  # of the other platform, made here

    def turn(self, later_ms: int = 0, url: str = "") -> int:
        """What its worker does at one time, perhaps with the other away."""
        peers = {self.other.name: replace(self.other, url=url or self.other.url)}
        book = ExchangeBook(self.warden, self.book(), self.name, peers)
        ways = Ways(peers, MediaFolder(self.house.entrance.settings.media_folder), local=True)
        return Exchanging(self.house.office.database, book, ways).turn(now(later_ms))

    @property
    def warden(self) -> Warden:
        return Warden(self.house.office.database, self.house.office.journal)

    def book(self) -> CaseBook:
        declared = self.house.picture.declared
        calendars = calendars_at(declared.city.work_hours, real_ms())
        rules = Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))
        return CaseBook(self.warden, lambda: rules)

    def has_of_its_own(self, number: str) -> str:
        """A case that the other platform never had. Returns its number."""
        fields = {"kind": "water.road_water", "title": "自己的积水", "area": "440902"}
        return (
            self.book().happen("test", Wish(f"own-{number}", Verb.REPORT, fields=fields, number=number), now()).case.id
        )

    def send(self) -> None:
        """Send until nothing waits; what a busy neighbour did not answer is tried again an hour later."""
        hours = itertools.count()

        def all_taken() -> bool:
            self.turn(next(hours) * HOUR_MS)
            return not self.waiting()

        eventually(all_taken, 20)

    def waiting(self) -> list[exchange.Waiting]:
        with self.house.office.database.reading() as connection:
            return exchange.messages(connection, ["waiting"])

    def filed(self, title: str, **more: Any) -> str:
        """The number of a new case, filed."""
        report = {"key": f"{title}-report", "kind": "water.road_water", "title": title, "area": "440902"}
        case = str(self.post("cases", Role.DISPATCHER, **report | more)["id"])
        self.step(case, Role.DISPATCHER, "file")
        return case

    def push(self, case: str, key: str = "push") -> dict[str, Any]:
        """Hand it over to the other platform; what is sent leaves with `send`."""
        push = {"key": f"{case}-{key}", "deed": "push", "peer": self.other.name}
        return self.post(f"cases/{case}/exchange", Role.DISPATCHER, **push)

    def give_back(self, case: str) -> None:
        back = {"key": f"{case}-return", "deed": "return", "reason": "非本辖区"}
        self.post(f"cases/{case}/exchange", Role.DISPATCHER, **back)

    def bring(self, case: str, picture: bytes) -> str:
        """A photo from the desk; its hash."""
        files = {"photo": ("现场.png", picture, "image/png")}
        fields = {"key": f"{self.name}-photo-{real_ms()}"}
        who = self.house.colleague(Role.DISPATCHER)
        answer = self.house.ask("POST", f"api/v1/cases/{case}/photos", who, data=fields, files=files)
        assert answer.status_code == 200, answer.text
        return hashlib.sha256(picture).hexdigest()

    def photos(self, case: str) -> list[dict[str, Any]]:
        who = self.house.colleague(Role.DISPATCHER)
        return list(self.house.ask("GET", f"api/v1/cases/{case}/photos", who).json()["photos"])

    def shared(self, case: str) -> list[tuple[str, str, str, int]]:
        """What the desk reads above a case: platform, direction, how it stands there, messages that do not arrive."""
        answer = self.house.ask("GET", f"api/v1/cases/{case}/exchange", self.house.colleague(Role.DISPATCHER))
        assert answer.status_code == 200, answer.text
        return [(one["peer"], one["given"], one["state"], one["failing"]) for one in answer.json()]

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

    def told(self, body: bytes, sent_ms: int, *, secret: str = SECRET, token: str = "", kind: str = "") -> int:
        """The status of the answer to a message as another platform sends it."""
        sent_s = str(sent_ms // 1000)
        signed = f"sha256={signature(secret, sent_s, body)}"
        headers = {
            "Authorization": f"Bearer {token or self.token}",
            "X-CityVitals-Timestamp": sent_s,
            "X-CityVitals-Signature": signed,
            "Content-Type": kind or "application/json",
        }
        return self.house.ask("POST", "api/v1/exchange", {}, data=body, headers=headers).status_code


def now(later_ms: int = 0) -> Now:
    return Now("demo-440900", "demo", "440900", real_ms(), real_ms() + later_ms)


def token_of(house: Guarded, name: str, reach: Reach | None = None) -> str:
    """The secret of a machine token that is good for exchange alone."""
    wanted = Wanted(name, Role.MACHINE, reach or Reach(), ("exchange.tell",))
    return house.office.tokens.make(console(), wanted, real_ms())


def picture(colour: str) -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (64, 48), colour).save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Platform]]:
    city_port, county_port = unused_port(), unused_port()

    def variables(own: str, other: str, ports: tuple[int, int]) -> dict[str, str]:
        port, there = ports
        return {
            "CITYVITALS_PORT": str(port),
            "CITYVITALS_EXCHANGE_NAME": own,
            "CITYVITALS_EXCHANGE_PEERS": f"{other} http://127.0.0.1:{there}/cityvitals/ {SECRET} not-shown",
        }

    folder = tmp_path_factory.mktemp
    with (
        standing_house(folder("city"), **variables("city", "county", (city_port, county_port))) as above,
        standing_house(folder("county"), **variables("county", "city", (county_port, city_port))) as below,
    ):
        of_county, of_city = token_of(above, "county"), token_of(below, "city")
        at_county = Peer("county", f"http://127.0.0.1:{county_port}/cityvitals/", SECRET, of_city)
        at_city = Peer("city", f"http://127.0.0.1:{city_port}/cityvitals/", SECRET, of_county)
        yield Platform("city", above, at_county, of_county), Platform("county", below, at_city, of_city)


@pytest.mark.claim(
    "COMMAND",
    "A city and a county exchange a case under one number, its photos with their hashes, later ones on their own.",
)
def test_one_case_two_platforms(platforms: tuple[Platform, Platform]) -> None:
    city, county = platforms
    place = {"lon_deg": 110.92, "lat_deg": 21.66, "accuracy_m": 50, "origin": "gps"}
    case = city.filed("光华路积水", place=place, caller={"name": "张三丰", "phone": "13812345678"})
    seen = city.bring(case, picture("navy"))
    assert city.push(case)["facts"]["lead"] == "county"
    assert city.turn(url=NOWHERE) == 0, "the county does not answer"
    assert city.turn() == 0, "it is tried again only later"
    city.send()
    there = county.case(case)
    assert (there["id"], there["state"], there["facts"]["title"]) == (case, "reported", "光华路积水")
    assert "caller" not in there["facts"], "who called stays where he called"
    assert [(one["sha256"], one["is_whole"]) for one in county.photos(case)] == [(seen, True)]

    county.give_back(case)
    county.send()
    here = city.case(case)
    assert (here["state"], here["log"][-1]["fields"]["reason"]) == ("returned", "非本辖区")
    assert here["log"][-1]["by"] == "platform:county"

    city.push(case, "again")
    city.send()
    assert county.case(case)["state"] == "filed"
    county.step(case, Role.DISPATCHER, "dispatch", lead="县水务局")
    county.step(case, Role.LIAISON, "take")
    county.send()
    assert city.case(case)["state"] == "handling"
    assert city.shared(case) + county.shared(case) == [("county", "out", "handling", 0), ("city", "in", "handling", 0)]
    proof = county.bring(case, picture("white"))
    county.step(case, Role.LIAISON, "finish", result="已排水")
    county.send()
    here = city.case(case)
    assert here["state"] == "feedback"
    assert next(one["fields"]["result"] for one in here["log"] if one["verb"] == "finish") == "已排水"
    assert [one["sha256"] for one in city.photos(case)] == [seen, proof]
    with county.house.office.database.reading() as connection:
        told = [one.body for one in exchange.messages(connection, ["taken"]) if one.case == case]
    kept = [body["fields"]["kept"] for body in told if body["deed"] == "photo"]
    assert kept == [proof], "what the city has already is not sent back"
    assert city.photos(case)[-1]["name"].endswith("county")


@pytest.mark.claim("COMMAND", "A person hands a case over on a page and gives one back there, with a reason.")
def test_a_person_hands_over_on_a_page(platforms: tuple[Platform, Platform]) -> None:
    city, county = platforms
    report = {"kind": "water.road_water", "title": "站前路积水", "area": "440902"}
    case = city.post("cases", Role.DISPATCHER, key="exchange-by-page", **report)["id"]
    city.step(case, Role.DISPATCHER, "file")

    def pressed(at: Platform, role: Role, **form: str) -> tuple[int, str]:
        sent = {"key": f"exchange-page-{real_ms()}", "case": case} | form
        answer = at.house.ask("POST", "exchange/hand", at.house.colleague(role), data=sent)
        return answer.status_code, answer.text

    assert case in city.house.ask("GET", f"exchange?case={case}", city.house.colleague(Role.DISPATCHER)).text
    assert pressed(city, Role.LEADER, deed="push", peer="county")[0] == 403
    assert pressed(city, Role.DISPATCHER, deed="push", peer="nobody")[0] == 404
    assert pressed(city, Role.DISPATCHER, deed="push", peer="county", case="none")[0] == 404
    assert pressed(city, Role.DISPATCHER, deed="push", peer="county")[0] == 303
    city.send()
    assert county.case(case)["state"] == "reported"
    assert city.shared(case) + county.shared(case) == [("county", "out", "", 0), ("city", "in", "", 0)]
    page = county.house.ask("GET", f"exchange?case={case}", county.house.colleague(Role.DISPATCHER)).text
    assert "本案来自“city”" in page and "站前路积水" in page, "what came is given back, as a rule"
    stranger = county.house.ask("GET", f"exchange?case={case}", county.house.as_role(Role.DISPATCHER, ELSEWHERE)).text
    assert "站前路积水" not in stranger, "of what he may not see he reads nothing"
    assert pressed(county, Role.DISPATCHER, deed="return", reason="非本辖区")[0] == 303
    county.send()
    assert city.shared(case) == [("county", "out", "returned", 0)]
    assert city.case(case)["log"][-1]["fields"]["reason"] == "非本辖区"


@pytest.mark.claim(
    "COMMAND", "A photo that is brought after a hand-over goes on by itself, once, while it is worked on."
)
def test_a_photo_goes_on_by_itself(platforms: tuple[Platform, Platform]) -> None:
    city, county = platforms
    case = city.filed("文明路积水")
    city.push(case)
    city.send()
    brought = city.bring(case, picture("silver"))
    city.send()
    assert [one["sha256"] for one in county.photos(case)] == [brought], "there is nothing else to tell"
    county.send()  # that it was reported there
    assert city.turn(DAY_MS) == 0 == county.turn(DAY_MS), "neither sends it again"
    county.give_back(case)
    county.send()
    city.bring(case, picture("gold"))
    assert city.turn(DAY_MS) == 0, "nobody works on it there"


@pytest.mark.claim(
    "COMMAND", "What another platform sends needs its own token, within its reach, and a fresh signature."
)
def test_a_message_is_known_by_its_token_and_its_signature(platforms: tuple[Platform, Platform]) -> None:
    _, county = platforms
    case, facts = "440900-20260101-0001", {"kind": "water.road_water", "title": "光华路积水", "area": "440902"}
    told = {"key": "exchange-signed", "sender": "city", "deed": "push", "case": case, "at_ms": 1, "fields": facts}
    body = orjson.dumps(told)
    assert county.told(body, real_ms(), secret="guessed") == 401
    assert county.told(body, real_ms() - 2 * FRESH_MS) == 401, "overheard and sent again later"
    assert county.told(orjson.dumps(told | {"sender": "none"}), real_ms()) == 401
    assert county.told(body, real_ms(), token="cv_none") in {401, 403}, "signed, and no token of ours"
    assert county.told(body, real_ms(), token=token_of(county.house, "village")) == 403, "the token of another one"
    narrow = token_of(county.house, "city", Reach(("440981",)))
    assert county.told(body, real_ms(), token=narrow) == 403, "a case beyond the reach of its token"
    assert county.told(body, real_ms()) == 200
    before = county.case(case)["revision"]
    assert county.told(body, real_ms()) == 200 and county.case(case)["revision"] == before, "a repeat changes nothing"
    stranger = orjson.dumps(told | {"key": "exchange-stranger", "deed": "status", "case": "440900-20260101-0002"})
    assert county.told(stranger, real_ms()) in {404, 422}
    own = county.has_of_its_own("440981-20260101-0001")
    for deed, fields in (("status", {"state": "handling"}), ("return", {"reason": "不是我们的"}), ("push", facts)):
        claimed = orjson.dumps(told | {"key": f"exchange-{deed}-own", "deed": deed, "case": own, "fields": fields})
        assert county.told(claimed, real_ms()) == 422, "the city has never had this case"
    assert [one["verb"] for one in county.case(own)["log"]] == ["report"]
    shown = {"sha256": "0" * 64, "kept": "0" * 64}
    photo = orjson.dumps(told | {"key": "exchange-other", "deed": "photo", "fields": shown})
    assert county.told(photo, real_ms()) == 422, "no file behind it"
    assert county.told(photo + b"\n" + picture("red"), real_ms(), kind=PHOTO_TYPE) == 422, "not the file of that hash"
    assert county.photos(case) == []


@pytest.mark.claim(
    "COMMAND", "What cannot be sent is tried for a day, stands on a page with its reason, and is sent again from there."
)
def test_what_is_stuck_stands_on_a_page(platforms: tuple[Platform, Platform]) -> None:
    city, county = platforms
    case = city.filed("人民路积水")
    city.push(case)
    city.turn(url=NOWHERE)
    (one,) = city.waiting()
    assert city.shared(case) == [("county", "out", "", 1)]
    assert one.failed_ms is not None and one.next_ms is not None and one.said.startswith("127.0.0.1")
    settings, database = city.house.entrance.settings, city.house.office.database
    assert exchange_part(database, settings)["exchange"].state == "stuck"
    assert [told.code for told in diagnosed(database, settings)] == ["exchange-stuck"]
    with database.transaction() as connection:
        exchange.change_message(connection, replace(one, failed_ms=one.failed_ms - 25 * HOUR_MS))
    city.turn(HOUR_MS, url=NOWHERE)
    assert city.waiting() == [], "after a day nobody tries it any more"
    log = city.case(case)["log"]
    assert "county" in log[-1]["fields"]["text"] and log[-1]["by"] == "worker:exchange"
    operator = city.house.colleague(Role.OPERATIONS)
    page = city.house.ask("GET", "exchange", operator)
    assert page.status_code == 200
    for words in ("已停发", case, "county", "交办", "重发"):
        assert words in page.text
    asked = city.house.ask("POST", f"exchange/{one.number}/again", operator)
    assert asked.status_code == 303, asked.text
    city.send()
    assert county.case(case)["state"] == "reported"
    assert exchange_part(database, settings)["exchange"].state == "ok"
    refused = city.house.ask("POST", f"exchange/{one.number}/again", operator)
    assert refused.status_code == 422 and "没有受阻" in refused.text
    assert city.house.ask("GET", "exchange", city.house.colleague(Role.FIELD)).status_code == 403
