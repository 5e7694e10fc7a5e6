"""A database with warnings, what notifies of them, and a gateway that keeps what it is asked, at a test's own pace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from kept_warning import BEGAN_MS
from prerequisites import REPOSITORY, eventually
from recorded_server import Server, recorded

from accounts.sealing import Seal, seal_of
from catalogue.declared import Declared
from core.accounts import Department, Post, Role
from core.duty import Deed, DutyAct
from core.notices import Channel, Notice, Recipient, Route
from core.records import CityWarning, Level, Scene, Stamp
from core.settings import Settings, load
from notices.channels.choose import carriers_of
from store import notices as kept
from store import people
from store.duty import add_act
from store.migrate import migrate
from store.notice_routes import put_recipient, put_route
from store.sql import Database, open_database
from store.warnings import KeptWarning, Projected, keep_warnings, note_projected
from workers.deciding import Deciding
from workers.delivering import Delivering

LIVE = Scene("live-440900", "440900", Stamp.LIVE, "city")
OTHERS = [replace(LIVE, id=f"{stamp}-440900", stamp=stamp) for stamp in Stamp if stamp is not Stamp.LIVE]


class NoBroker:
    """A broker that takes nothing."""

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> bool:
        return False

    def wait(self, timeout_s: float) -> bool:
        return False


@dataclass
class Room:
    """A database with warnings, what notifies of them, and a gateway that keeps what it is asked."""

    database: Database
    seal: Seal
    settings: Settings
    gateway: Server
    declared: Declared
    scene: Scene = LIVE
    now_ms: int = BEGAN_MS
    entry: int = 0
    deciding: Deciding = field(init=False)
    delivering: Delivering = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self, scene: Scene | None = None) -> None:
        """As after a restart of the worker."""
        self.scene = scene or self.scene
        self.deciding = Deciding(self.database, self.seal, self.scene, self.declared, "zh")
        carriers = carriers_of(self.settings, NoBroker())
        self.delivering = Delivering(self.database, self.seal, self.settings, carriers, self.declared)

    def warn(self, *warnings: CityWarning) -> None:
        """What the projector writes."""
        self.entry += 1
        told = [KeptWarning(one, self.scene.id, "440983", f"{one.id} 水位 62.35 m") for one in warnings]
        with self.database.transaction() as connection:
            keep_warnings(connection, told)
            note_projected(connection, self.scene.id, Projected(f"{self.entry}-0", "a"))

    def act(self, kind: Deed, covers: dict[str, Level], **more: object) -> None:
        """What somebody does at the duty desk."""
        key, subject = f"{kind}{self.now_ms}", next(iter(covers))
        done = DutyAct(key, self.scene.id, kind, subject, covers, "person:li", "李", "", self.now_ms)
        with self.database.transaction() as connection:
            add_act(connection, replace(done, **more))  # type: ignore[arg-type]

    def run(self, seconds: float) -> list[tuple[float, str, str]]:
        """Let so many seconds pass; what reached the gateway: second since the beginning, to whom, what."""
        reached: list[tuple[float, str, str]] = []
        until_ms = self.now_ms + int(seconds * 1000)
        while True:
            before = len(self.gateway.asked)
            self.deciding.turn(self.now_ms, self.now_ms)
            self.delivering.turn(self.now_ms)
            eventually(lambda: all(one.tried.done() for one in self.delivering._under_way))
            self.delivering.turn(self.now_ms)
            for asked in self.gateway.asked[before:]:
                query = parse_qs(urlsplit(asked.path).query)
                to, said = (query["to"][0], query["text"][0]) if query else ("hook", json.loads(asked.body)["sentence"])
                reached.append(((self.now_ms - BEGAN_MS) / 1000, to, said))
            if self.now_ms >= until_ms:
                return reached
            self.now_ms += 1000

    def notices(self) -> list[tuple[Notice, list[str]]]:
        """All that was decided, oldest first, with the states of its deliveries."""
        with self.database.reading() as connection:
            found = kept.find_notices(connection, limit=10_000)
        return [(notice, [one.state for one in deliveries]) for notice, deliveries in reversed(found)]


@contextmanager
def notify_room(folder: Path, declared: Declared) -> Iterator[Room]:
    """A room of its own, with one gateway for messages and calls."""
    with recorded() as gateway:
        url = f"{gateway.url}/send?to={{to}}&text={{text}}"
        given = {"CITYVITALS_SMS_URL": url, "CITYVITALS_VOICE_URL": url, "CITYVITALS_NOTICES_LOCAL": "1"}
        settings = load({"CITYVITALS_VAR": str(folder), "CITYVITALS_PACKS": str(REPOSITORY / "packs")} | given)
        database = open_database("", folder)
        migrate(database)
        made = Room(database, seal_of("", folder), settings, gateway, declared)
        yield made
        made.delivering.close()
        database.close()


def route(room: Room, *recipients: Recipient, **more: object) -> None:
    """One route to all of them, by short message and webhook."""
    to = tuple(f"recipient:{one.id}" for one in recipients)
    wide = Route("all", "全部", to, (Channel.SMS, Channel.WEBHOOK), level=Level.BLUE)
    with room.database.transaction() as connection:
        for one in recipients:
            put_recipient(connection, one, room.seal.close)
        put_route(connection, replace(wide, **more))  # type: ignore[arg-type]


LI = Recipient("li", "李", {Channel.SMS: "138-li"})


def watch(room: Room, *names: str) -> None:
    """A post with its holder and deputies in turn, and a route of red to it."""
    with room.database.transaction() as connection:
        people.put_department(connection, Department("office", "应急办"))
        people.put_post(connection, Post("watch", "值班", "office", Role.DUTY))
        for rank, name in enumerate(names):
            person = people.add_person(connection, name, name, f"138-{name}")
            people.appoint(connection, person.id, "watch", 0, None, rank)
    route(room, to=("post:watch",), channels=(Channel.SMS,))
