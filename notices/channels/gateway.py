"""Short messages and calls by whatever gateway a city has: an HTTP request out of a template of the settings.

What is filled in is escaped for where it stands: in the URL, in a JSON body, in a form. The URL belongs to whoever runs
the installation, so it may be on this machine. Its keys are never written into a log or a reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from core.notices import State
from notices.outward import Request, Unreachable, ask, handed
from notices.parcel import Handed, Parcel

REMOTE_LETTERS = 120


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway. url, body: templates with {to}, {text}, {key}. header: `Name: value`. taken: words of a good one.

    number: the way to its own number of a message in a JSON answer, `data.id`; "": it gives none.
    """

    url: str = field(repr=False)
    body: str = field(repr=False)
    header: str = field(repr=False)
    taken: str
    number: str = ""

    def carry(self, parcel: Parcel) -> Handed:
        """Ask it once; what it has taken is sent, whether it arrived it tells later, or when asked."""
        url = _filled(self.url, parcel, lambda value: quote(value, safe=""))
        headers = named(self.header)
        body = None
        if self.body:
            is_json = self.body.lstrip().startswith(("{", "["))
            body = _filled(self.body, parcel, _in_json if is_json else lambda value: quote(value, safe="")).encode()
            headers["Content-Type"] = "application/json" if is_json else "application/x-www-form-urlencoded"
        try:
            answer = ask(Request(url, body, headers, local=True))
        except Unreachable as why:
            return Handed(State.FAILED, why.reason, why.final)
        return replace(handed(answer, State.SENT, self.taken), remote=_found(answer.body, self.number))


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Where a gateway is asked what became of what it took. url: a template with {key} or {id}; header as above.

    states: (state, words in an answer that mean it), the first that is found counts.
    """

    url: str = field(repr=False)
    header: str = field(repr=False)
    states: tuple[tuple[str, str], ...]

    def knows(self, remote: str) -> bool:
        """Whether it can be asked about a delivery of which the gateway gave this number, "": none."""
        return bool(remote) or "{id}" not in self.url

    def ask(self, key: str, remote: str) -> str:
        """One of the words of a receipt, "" while it says none. Raises Unreachable, also when the gateway is ill."""
        url = self.url.replace("{key}", quote(key, safe="")).replace("{id}", quote(remote, safe=""))
        answer = ask(Request(url, None, named(self.header), local=True))
        if answer.status in (404, 410):  # of this one it knows nothing, of others it may
            return ""
        if not 200 <= answer.status < 300:
            raise Unreachable(f"HTTP {answer.status}")
        return next((state for state, words in self.states if words in answer.body), "")


def named(header: str) -> dict[str, str]:
    """`Name: value` as a header; "" is none."""
    name, _, value = header.partition(":")
    return {name.strip(): value.strip()} if header else {}


def _found(body: str, way: str) -> str:
    """What stands at the end of a way of names through JSON, as text; "" when nothing does."""
    if not way:
        return ""
    try:
        at = json.loads(body)
        for name in way.split("."):
            at = at[int(name)] if isinstance(at, list) else at[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return str(at)[:REMOTE_LETTERS] if isinstance(at, str | int) else ""


def _filled(template: str, parcel: Parcel, escaped: Callable[[str], str]) -> str:
    """A template with its places filled; braces of JSON stay what they are."""
    places = {"to": parcel.address, "text": parcel.text, "key": parcel.delivery.key}
    for name, value in places.items():
        template = template.replace(f"{{{name}}}", escaped(value))
    return template


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
