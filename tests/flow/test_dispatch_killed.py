"""Steps over HTTP while processes are killed -9: nothing acknowledged is lost or done twice, units hear of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from forked_worker import StartWorker
from hung_picture import HungPicture
from live_city import BASE
from prerequisites import REPOSITORY, eventually, unused_port
from recorded_server import Server, recorded

import catalogue
from accounts.founding import console
from accounts.office import Office, open_office
from accounts.roster import Term
from api.bearers import SESSION
from core.accounts import Department, Person, Post, Role, Session
from core.acts import ActTopic
from core.clock import real_ms
from core.notices import Kind
from core.records import Stamp
from core.settings import load
from store import audit, cases
from store.outbox import told_after
from store.units import put_unit
from stream.acts import ACTS, decode_act
from stream.connect import Client
from stream.embedded.children import Child

FEW, ALL = ("web", "relay"), ("web", "relay", "notify", "clocks")
PUMPS = ("pump-1", "pump-2", "pump-3", "pump-4")


@dataclass
class Desk(threading.Thread):
    """Someone who takes step after step, and takes each again, under its key, until it is acknowledged."""

    site: str
    session: str
    count: int
    acknowledged: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    failed: str = ""

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        for number in range(self.count):
            report = {"kind": "water.road_water", "title": f"积水 {number}", "area": "440902"}
            case = self.done(f"killed-{number}-report", "cases", report)
            for verb, more in (
                ("file", {}),
                ("dispatch", {"fields": {"lead": "市水务局"}}),
                ("notify", {"assignment": "t1", "fields": {"unit": PUMPS[number % len(PUMPS)], "also": True}}),
                ("note", {"fields": {"text": "已通知"}}),
            ):
                self.done(f"killed-{number}-{verb}", f"cases/{case}/steps", {"verb": verb, **more})

    def done(self, key: str, path: str, body: dict[str, Any]) -> str:
        while not self.stop.is_set():
            headers = {"Cookie": f"{SESSION}={self.session}", "Origin": self.site.partition(BASE)[0]}
            try:
                answer = requests.post(self.site + path, json={"key": key} | body, headers=headers, timeout=9)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code == 200:
                self.acknowledged.append(key)
                return str(answer.json()["id"])
            if answer is not None and answer.status_code != 503:  # 503: it stands, and has no picture yet
                self.failed = f"{key}: {answer.status_code} {answer.text[:300]}"
                self.stop.set()
            self.stop.wait(0.05)
        raise SystemExit


@dataclass
class House:
    """An installation whose web process, relay, notifier and clocks can be killed; its Redis stays."""

    folder: Path
    office: Office
    environment: dict[str, str]
    start_worker: StartWorker
    gateway: Server
    running: dict[str, Child] = field(default_factory=dict)

    def start(self, parts: Iterable[str]) -> None:
        for part in parts:
            self.running[part] = self.start_worker(part, self.folder / f"{part}.log", self.environment)

    def kill(self) -> None:
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait()
        with self.office.database.transaction() as connection:  # what was lent to a dead notifier falls due
            connection.exec_driver_sql("UPDATE notice_deliveries SET next_ms = 0 WHERE state = 'waiting'")

    def session(self) -> str:
        """Of a dispatcher."""
        roster, by, now_ms = self.office.roster, console(), real_ms()
        person = roster.add_person(by, Person(0, "desk", "调度员"), now_ms)
        roster.put_department(by, Department("office", "应急办"), now_ms)
        roster.put_post(by, Post("desk", "调度", "office", Role.DISPATCHER), now_ms)
        roster.appoint(by, "desk", "desk", Term(now_ms - 1000), now_ms)
        with self.office.database.transaction() as connection:
            session = Session(0, person.id, "", "oidc", "127.0.0.1", now_ms, 0, 0, strong=True)
            return self.office.sessions.begin(connection, session)[1]

    def calls_of_units(self) -> int:
        """How often a unit was called: sent, and reminded by the clock where all this takes long."""
        with self.office.database.reading() as connection:
            calls = [row.body for row in told_after(connection, 0, 10_000) if row.topic == ActTopic.CALL]
        return sum(any(one.startswith("unit:") for one in call["to"]) for call in calls)

    def messages(self) -> Counter[str]:
        """Key → how often the gateway of short messages was asked."""
        return Counter(parse_qs(urlsplit(one.path).query)["key"][0] for one in list(self.gateway.asked))


@pytest.fixture
def house(
    tmp_path: Path, redis_server: str, redis_client: Client, broker: str, fork_worker: StartWorker
) -> Iterator[House]:
    declared = catalogue.load(REPOSITORY / "packs", "440900")
    with recorded() as gateway:
        given = {"VAR": str(tmp_path), "NOTICES_LOCAL": "1", "PACKS": str(REPOSITORY / "packs"), "SIMULATE": "0"}
        given |= {"ACCOUNTS": "1", "PORT": str(unused_port()), "SMS_URL": f"{gateway.url}/?to={{to}}&key={{key}}"}
        environment = {f"CITYVITALS_{name}": value for name, value in given.items()}
        environment |= {"REDIS_URL": redis_server, "MQTT_URL": broker, "BASE_PATH": BASE}
        office = open_office(load(environment))
        with office.database.transaction() as connection:
            for unit in PUMPS:
                put_unit(connection, replace(declared.units[unit], phone=f"139-{unit}"))
        picture = HungPicture(redis_server, declared, Stamp.LIVE)
        standing = House(tmp_path, office, environment, fork_worker, gateway)
        yield standing
        standing.kill()  # before what they stand on
        picture.close()
        office.database.close()


def check(house: House, client: Client, desk: Desk) -> None:
    """All that was acknowledged stands once: in a log, in the audit, in the stream; each unit was told."""
    keys = set(desk.acknowledged)
    with house.office.database.reading() as connection:
        entries = [cases.entry_with_key(connection, "person:desk", key) for key in keys]
        rows = told_after(connection, 0, 10_000)
        acts = Counter(str(one.act.detail.get("key")) for one in audit.entries(connection) if one.act.outcome == "done")
    assert all(entries)
    assert {key: acts[key] for key in keys} == dict.fromkeys(keys, 1)
    numbers = [row.number for row in rows]
    eventually(lambda: [int(name.split(b"-")[0]) for name, _ in client.xrange(ACTS)] == numbers, 30)
    told = [decode_act(fields) for _, fields in client.xrange(ACTS)]
    assert sum(topic == ActTopic.CASE for topic, _ in told) >= len(keys)
    calls = [body for topic, body in told if topic == ActTopic.CALL]
    assert sum(call["kind"] == Kind.ASSIGNED for call in calls) == sum(key.endswith("notify") for key in keys)


def run_killed(house: House, client: Client, cases_in_all: int, kills: int, parts: Iterable[str]) -> None:
    """A desk takes its steps while everything is killed so many times."""
    desk = Desk(f"http://127.0.0.1:{house.environment['CITYVITALS_PORT']}{BASE}api/v1/", house.session(), cases_in_all)
    house.start(parts)
    desk.start()
    try:
        for kill in range(kills):
            enough = (kill + 1) * 5 * cases_in_all // (kills + 1)
            eventually(lambda enough=enough: desk.failed or len(desk.acknowledged) >= enough, 60)
            house.kill()
            house.start(parts)
        eventually(lambda: desk.failed or not desk.is_alive(), 60)
    finally:
        desk.stop.set()
        desk.join(10)
    assert not desk.failed, desk.failed
    assert len(desk.acknowledged) == len(set(desk.acknowledged)) == 5 * cases_in_all
    check(house, client, desk)


@pytest.mark.claim("COMMAND", "Kill -9 loses no acknowledged step, and none is done twice, though it is sent again.")
def test_web_and_relay_are_killed_once(house: House, redis_client: Client) -> None:
    run_killed(house, redis_client, cases_in_all=4, kills=1, parts=FEW)


@pytest.mark.long
@pytest.mark.claim("COMMAND", "Killed ten times, log, audit and stream are whole, and each unit was told by one key.")
def test_everything_is_killed_again_and_again(house: House, redis_client: Client) -> None:
    count = 200
    run_killed(house, redis_client, cases_in_all=count, kills=10, parts=ALL)
    eventually(lambda: len(house.messages()) >= house.calls_of_units() >= count, 60)
    assert len(house.messages()) == house.calls_of_units(), "what came twice came under its key"
