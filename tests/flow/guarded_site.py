"""A website that asks who comes: on a real server, with people, walls and machines to send to its doors."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import uvicorn
from argon2 import PasswordHasher
from live_city import BASE
from prerequisites import eventually

from accounts.founding import console
from accounts.office import Office
from accounts.roster import Term
from accounts.tokens import Wanted
from api.bearers import SESSION, TOKEN
from api.entrance import Entrance
from api.site import with_pages
from callbacks.site import attach
from core.accounts import DEVICES, AuditEntry, Department, Person, Post, Reach, Role, Session
from core.clock import real_ms
from core.settings import Settings
from store import audit
from workers import worker


@dataclass
class Guarded:
    """The site under test. Who comes is a mapping of headers: `as_role(...)`, `as_token(...)`, or {} for nobody."""

    address: str
    entrance: Entrance
    callbacks: list[dict[str, Any]]
    asking: requests.Session = field(default_factory=requests.Session)

    @property
    def office(self) -> Office:
        return self.entrance.office

    def ask(self, method: str, path: str, who: dict[str, str], **more: Any) -> requests.Response:
        """One request; from a page of ours, as a browser says it."""
        self.asking.cookies.clear()  # who comes is what the test says, not what an earlier answer set
        headers = {"Origin": self.address.partition(BASE)[0]} | who | more.pop("headers", {})
        url = path if path.startswith("http") else self.address + path
        return self.asking.request(method, url, headers=headers, timeout=8, allow_redirects=False, **more)

    def person(self, role: Role, reach: Reach | None = None) -> Person:
        """Somebody who holds one post of a role."""
        by, now_ms = console(), real_ms()
        login, post = f"{role}-{now_ms}", f"post-{role}-{now_ms}"
        person = self.office.roster.add_person(by, Person(0, login, "王某某"), now_ms)
        self.office.roster.put_department(by, Department("office", "应急办"), now_ms)
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
    config = uvicorn.Config(site.app, port=settings.port, log_config=None, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, 20)
    callbacks = [one for one in pages[0]._callback_list if not one.get("clientside_function")]
    with requests.Session() as asking:
        yield Guarded(f"http://127.0.0.1:{settings.port}{BASE}", site.entrance, callbacks, asking)
    site.close()
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
