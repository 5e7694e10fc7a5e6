"""Short messages and calls by whatever gateway a city has: an HTTP request out of a template of the settings.

What is filled in is escaped for where it stands: in the URL, in a JSON body, in a form. The URL belongs to whoever runs
the installation, so it may be on this machine. Its keys are never written into a log or a reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from core.notices import State
from notices.outward import Request, Unreachable, ask, handed
from notices.parcel import Handed, Parcel


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway. url, body: templates with {to}, {text}, {key}. header: `Name: value`. taken: words of a good one."""

    url: str = field(repr=False)
    body: str = field(repr=False)
    header: str = field(repr=False)
    taken: str

    def carry(self, parcel: Parcel) -> Handed:
        """Ask it once; what it has taken is sent, whether it arrived nobody tells."""
        url = _filled(self.url, parcel, lambda value: quote(value, safe=""))
        headers: dict[str, str] = {}
        body = None
        if self.body:
            is_json = self.body.lstrip().startswith(("{", "["))
            body = _filled(self.body, parcel, _in_json if is_json else lambda value: quote(value, safe="")).encode()
            headers["Content-Type"] = "application/json" if is_json else "application/x-www-form-urlencoded"
        if self.header:
            name, _, value = self.header.partition(":")
            headers[name.strip()] = value.strip()
        try:
            answer = ask(Request(url, body, headers, local=True))
        except Unreachable as why:
            return Handed(State.FAILED, why.reason, why.final)
        return handed(answer, State.SENT, self.taken)


def _filled(template: str, parcel: Parcel, escaped: Callable[[str], str]) -> str:
    """A template with its places filled; braces of JSON stay what they are."""
    places = {"to": parcel.address, "text": parcel.text, "key": parcel.delivery.key}
    for name, value in places.items():
        template = template.replace(f"{{{name}}}", escaped(value))
    return template


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
