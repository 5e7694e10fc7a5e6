"""One request of a telephone at the relay: what of it may go on, whose it is, and where an answer may lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from starlette.datastructures import Headers

from border.act import Act, fields_of, key_of
from border.inner import Answer, Asked
from border.vault import Vault
from core.border import ANSWERED, ASKED, COOKIES, Passage, as_header, our_cookies, passage_of

SESSION = "cityvitals_session"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is let through. target: its address with the query, as on the wire; body: the whole."""

    passage: Passage
    target: str
    headers: Headers
    body: bytes
    address: str
    taken_ms: int

    @property
    def reads_pages(self) -> bool:
        """Whether a person looks at the answer."""
        return "text/html" in self.headers.get("accept", "")

    def asked(self) -> Asked:
        """What goes on to the website: the headers of the list, and of cookies ours alone."""
        return Asked(self.passage.method, self.target, self._forwarded(), self.body, self.address, self.taken_ms)

    def _forwarded(self) -> list[tuple[str, str]]:
        cookies = as_header(our_cookies(self.headers.get("cookie", "")))
        kept = [(name, value) for name, value in self.headers.items() if name in ASKED]
        return [*kept, ("cookie", cookies)] if cookies else kept

    def secret(self, fields: Mapping[str, str]) -> str:
        """What shows whose request it is: the session, or the one-time link; "" neither. fields: of its form."""
        if self.passage.door.partition(" ")[2].startswith("/t"):
            link = fields.get("k") or dict(parse_qsl(self.target.partition("?")[2])).get("k", "")
            return f"t {link}" if link else ""
        session = our_cookies(self.headers.get("cookie", "")).get(SESSION, "")
        return f"m {session}" if session else ""

    async def fields(self) -> dict[str, str]:
        """Of its form, without the file."""
        return await fields_of(self.headers.get("content-type", ""), self.body)

    def act(self, sender: str, fields: dict[str, str]) -> Act | None:
        """It as an act that may wait; None: it has no key that makes it one act inside."""
        key, headers = key_of(fields), [(name, value) for name, value in self._forwarded() if name != "accept"]
        if not key:
            return None
        return Act(sender, self.target, tuple(headers), self.body, self.address, self.taken_ms, key)

    def back(self, fields: Mapping[str, str]) -> str:
        """The page of tasks from which it came, below the base path."""
        if link := fields.get("k"):
            return f"t?k={quote(link)}"
        return f"m?unit={quote(unit)}" if (unit := fields.get("unit")) else "m"


def sender_of(vault: Vault, secret: str) -> str:
    """The name under which we know a session or a link; "" for nobody."""
    return vault.digest(secret) if secret else ""


class Onward:
    """Which headers of an answer go back, for telephones that ask under one origin."""

    def __init__(self, origin: str, base_path: str) -> None:
        self._origin, self._base = origin, base_path

    def headers(self, call: Call, answer: Answer) -> list[tuple[bytes, bytes]] | None:
        """Those of the list, our cookies, and the way on; None: it leads to where no telephone may go."""
        kept = [(name, value) for name, value in answer.headers if name in ANSWERED]
        kept += [(name, value) for name, value in answer.headers if name == "set-cookie" and _is_ours(value)]
        if location := answer.header("location"):
            way = self._way(call.passage, location)
            if way is None:
                return None
            kept.append(("location", way))
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept]

    def _way(self, passage: Passage, location: str) -> str | None:
        own = location.removeprefix(self._origin)
        if not own.startswith("/") or own.startswith("//"):
            return location if passage.away and location.startswith(("https://", "http://")) else None
        path = own.partition("#")[0].partition("?")[0]
        if passage_of("GET", path, self._base):
            return own
        has_signed_in = passage.method == "POST" or "/back/" in passage.door
        return f"{self._base}m" if has_signed_in else None  # his desk is inside; here he has his tasks


def _is_ours(cookie: str) -> bool:
    return cookie.partition("=")[0] in COOKIES
