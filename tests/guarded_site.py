"""A website that asks who comes: on a real server, with people, walls and machines to send to its doors.

Nobody types a password: sessions are begun in the database, and what a browser would send is handed over as a header.
The fixture `house` (tests/conftest.py) is such a site over a made-up picture; `signed_in` (tests/browser/visits.py)
opens its pages.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
import uvicorn
from argon2 import PasswordHasher
from hung_picture import HungPicture
from live_city import BASE, settings_of
from prerequisites import ANSWER_S, eventually, unused_port

from accounts.founding import console
from accounts.office import Office
from accounts.roster import Term
from accounts.tokens import Wanted
from api.bearers import SESSION, TOKEN
from api.entrance import Entrance
from api.site import with_pages
from callbacks.site import attach
from catalogue.load import load
from core.accounts import DEVICES, AuditEntry, Department, Person, Post, Reach, Role, Session
from core.clock import real_ms
from core.messages import text
from core.settings import Settings
from store import audit
from store.units import put_unit
from stream.embedded.redis_server import start_redis
from workers import worker

BELOW_THE_OFFICE = ("市水务局", "市城市管理和综合执法局", "市公路事务中心", "县水务局")  # its liaisons answer for these


@dataclass
class Guarded:
    """The site under test. Who comes is a mapping of headers: `as_role(…)`, `colleague(…)`, or {} for nobody."""

    address: str
    entrance: Entrance
    callbacks: list[dict[str, Any]]
    asking: requests.Session = field(default_factory=requests.Session)
    hung: HungPicture | None = None  # in a house
    _colleagues: dict[tuple[Role, int], dict[str, str]] = field(default_factory=dict)

    @property
    def office(self) -> Office:
        return self.entrance.office

    @property
    def picture(self) -> HungPicture:
        """The picture that this site shows; turned by `show` and `change`."""
        assert self.hung is not None
        return self.hung

    def ask(self, method: str, path: str, who: dict[str, str], **more: Any) -> requests.Response:
        """One request; from a page of ours, as a browser says it."""
        self.asking.cookies.clear()  # who comes is what the test says, not what an earlier answer set
        headers = {"Origin": self.address.partition(BASE)[0]} | who | more.pop("headers", {})
        url = path if path.startswith("http") else self.address + path
        return self.asking.request(method, url, headers=headers, timeout=ANSWER_S, allow_redirects=False, **more)

    def colleague(self, role: Role, number: int = 1) -> dict[str, str]:
        """The first, second, … person of a role, everywhere the same one: login `duty-1`, name 值班员一."""
        if (role, number) not in self._colleagues:
            name = f"{text(f'role.{role}', 'zh')}{'一二三四五六七八九'[number - 1]}"
            self._colleagues[role, number] = self.as_person(self.person(role, login=f"{role}-{number}", name=name))
        return self._colleagues[role, number]

    def person(self, role: Role, reach: Reach | None = None, login: str = "", name: str = "王某某") -> Person:
        """Somebody who holds one post of a role."""
        by, now_ms = console(), real_ms()
        login, post = login or f"{role}-{now_ms}", f"post-{role}-{login or now_ms}"
        person = self.office.roster.add_person(by, Person(0, login, name), now_ms)
        self.office.roster.put_department(by, Department("office", "应急办"), now_ms)
        if role is Role.LIAISON:
            for number, below in enumerate(BELOW_THE_OFFICE):
                self.office.roster.put_department(by, Department(f"below-{number}", below, parent="office"), now_ms)
        self.office.roster.put_post(by, Post(post, f"{role} 岗", "office", role, reach or Reach()), now_ms)
        self.office.roster.appoint(by, login, post, Term(now_ms - 1000), now_ms)
        return person

    def as_person(self, person: Person, began_ms: int | None = None) -> dict[str, str]:
        """A session of a person, with a second factor shown."""
        began = Session(0, person.id, "", "oidc", "10.0.0.7", began_ms or real_ms(), 0, 0, strong=True)
        with self.office.database.transaction() as connection:
            _, secret = self.office.sessions.begin(connection, began)
        return {"Cookie": f"{SESSION}={secret}"}

    def token(self, role: Role, reach: Reach | None = None, actions: tuple[str, ...] = ()) -> str:
        """The secret of a new token."""
        wanted = Wanted(f"{role} {real_ms()}", role, reach or Reach(), actions)
        return self.office.tokens.make(console(), wanted, real_ms())

    def as_role(self, role: Role, reach: Reach | None = None) -> dict[str, str]:
        """Somebody, or some device, of a role."""
        if role is Role.WALL:
            return {"Cookie": f"{TOKEN}={self.token(role, reach)}"}
        if role in DEVICES:
            return {"Authorization": f"Bearer {self.token(role, reach)}"}
        return self.as_person(self.person(role, reach))

    def crew(self, unit: str, name: str, lat_deg: float) -> None:
        """A pump crew of a proof's own, at another latitude: those of the city may be out for another proof."""
        made = replace(self.picture.declared.units["pump-1"], id=unit, name=name, lat_deg=lat_deg)
        with self.office.database.transaction() as connection:
            put_unit(connection, made)

    def shown_revision(self) -> int:
        """The revision of the picture that it shows; 0 before the first one, when it has only beats to tell."""
        return int(self.ask("GET", "live/poll", self.colleague(Role.DUTY)).json()[0]["rev"])

    def await_picture(self) -> None:
        """Wait until it shows the picture that hangs now: what was changed reaches it through a stream."""
        wanted = self.picture.revision
        eventually(lambda: self.shown_revision() >= wanted, 20)

    def acts(self, action: str = "door") -> list[AuditEntry]:
        """What the audit has of one action, after all that waits was written."""
        self.entrance.write()
        with self.office.database.reading() as connection:
            return [entry for entry in audit.entries(connection) if entry.act.action == action]


@contextlib.contextmanager
def guarded(settings: Settings) -> Iterator[Guarded]:
    """The site with its pages on a real server."""
    pages: list[Any] = []
    build = with_pages(lambda *parts: pages.append(attach(*parts)))
    site = build(settings, worker.redis_url(settings), lambda: 0.002)
    assert site.entrance is not None
    site.entrance.office.passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    idle_s = 3600  # or it hangs up just when a slow test asks again
    config = uvicorn.Config(
        site.app, port=settings.port, log_config=None, proxy_headers=False, timeout_keep_alive=idle_s
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, 20)
    callbacks = [one for one in pages[0]._callback_list if not one.get("clientside_function")]
    with requests.Session() as asking:
        yield Guarded(f"http://127.0.0.1:{settings.port}{BASE}", site.entrance, callbacks, asking)
    site.close()
    server.should_exit = True
    thread.join(ANSWER_S)
    assert not thread.is_alive()


@contextlib.contextmanager
def standing_house(folder: Path, city: str = "440900", **more: str) -> Iterator[Guarded]:
    """A guarded site over a made-up picture, with a Redis and a database of its own in a folder. more: variables."""
    redis = start_redis(folder / "redis", unused_port(), folder / "redis.log")
    settings = settings_of(
        redis.url, unused_port(), CITYVITALS_ACCOUNTS="1", CITYVITALS_VAR=str(folder / "var"), **more
    )
    hung = HungPicture(redis.url, load(settings.packs, city))
    try:
        with guarded(settings) as site:
            site.hung = hung
            site.await_picture()
            yield site
    finally:
        hung.close()
        redis.stop()
