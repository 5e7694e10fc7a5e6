"""What a border relay 边界中继 lets through: what a telephone of a team needs, and nothing else of the system.

The relay asks this list before it asks the website inside, and the website asks it again of whatever came by a relay.
Addresses are compared as they stood on the wire: what is not written exactly like this is no address of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.markup import STYLES

SCRIPTS = ("field_photo.js", "field_place.js", "field_live.js", "field.js")
COOKIES = frozenset({"cityvitals_session", "cityvitals_journey"})  # of people; tokens of walls and machines stay inside
ASKED = frozenset(  # headers of a telephone that go on; neither a name that a proxy gives nor a token is among them
    "accept accept-encoding accept-language content-type if-modified-since if-none-match origin sec-fetch-site"
    " user-agent".split()
)
ANSWERED = frozenset(  # headers of the website that go back; addresses and cookies are looked at one by one
    "cache-control content-disposition content-encoding content-language content-length content-security-policy"
    " content-type cross-origin-opener-policy etag last-modified permissions-policy referrer-policy retry-after"
    " strict-transport-security vary x-content-type-options x-frame-options".split()
)
QUERY_BYTES = 2048
FORM_BYTES = 64 * 1024  # of a body beside its photo; as api/uploads.py counts
LINES = {  # the parts of an address that are not fixed
    "case": r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}",
    "sha256": r"[0-9a-f]{64}",
    "source": r"[a-z0-9]{1,20}",
}
FILES = "|".join((*map(re.escape, (*STYLES, *SCRIPTS, "favicon.svg")), r"fonts/noto-sans-sc/[a-z0-9-]{1,60}\.woff2"))


@dataclass(frozen=True, slots=True)
class Passage:
    """One line of the list. door: as in accounts/doors.py; pattern: of the address below the base path.

    waits: an act that is kept on the border while the website inside is away. away: it may lead to another system.
    """

    door: str
    pattern: re.Pattern[str]
    waits: bool = False
    with_photo: bool = False
    away: bool = False

    @property
    def method(self) -> str:
        """GET or POST."""
        return self.door.partition(" ")[0] if not self.door.startswith("FILES ") else "GET"


def _pattern(place: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", place.removeprefix("/"))
    return re.compile("".join(LINES[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def _lines(doors: Iterable[str], **more: bool) -> tuple[Passage, ...]:
    return tuple(Passage(door, _pattern(door.partition(" ")[2]), **more) for door in doors)


PASSAGES: tuple[Passage, ...] = (
    # the tasks of a unit, and the one task of a one-time link
    *_lines(("GET /m", "GET /m/changes", "GET /t")),
    *_lines(("POST /m/step", "POST /t/step"), waits=True),
    *_lines(("POST /m/report", "POST /m/photo", "POST /t/photo"), waits=True, with_photo=True),
    *_lines(("GET /api/v1/cases/{case}/photos/{sha256}",)),
    # signing in
    *_lines(("GET /sign-in", "POST /sign-in", "GET /sign-in/code", "POST /sign-in/code")),
    *_lines(("GET /new-password", "POST /new-password", "GET /sign-in/back/{source}")),
    *_lines(("GET /sign-in/with/{source}",), away=True),
    # what these pages name
    Passage("FILES /assets", re.compile(f"assets/(?:{FILES})")),
)


def passage_of(method: str, path: str, base_path: str) -> Passage | None:
    """The line of the list that a request fits; None: it is let through nowhere. path: as on the wire, no query.

    >>> passage_of("GET", "/cityvitals/m", "/cityvitals/").door
    'GET /m'
    >>> passage_of("GET", "/cityvitals/%6d", "/cityvitals/"), passage_of("GET", "//m", "/")
    (None, None)
    """
    if not path.startswith(base_path):
        return None
    below = path.removeprefix(base_path)
    return next((one for one in PASSAGES if one.method == method and one.pattern.fullmatch(below)), None)


def our_cookies(written: str) -> dict[str, str]:
    """Of a `Cookie` header those that are ours; of two with one name the first, as browsers send the nearer one.

    >>> our_cookies('a=1; cityvitals_session=s3; cityvitals_token="t"')
    {'cityvitals_session': 's3'}
    """
    found: dict[str, str] = {}
    for one in written.split(";"):
        name, _, value = one.strip().partition("=")
        if name in COOKIES and re.fullmatch(r"[A-Za-z0-9._=-]{1,4000}", value):
            found.setdefault(name, value)
    return found


def as_header(cookies: Mapping[str, str]) -> str:
    """Cookies as a browser writes them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
