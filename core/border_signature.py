"""How a border relay signs what it forwards, and how the website inside checks it.

Signed are time, a number used once, method, address, whom the relay had before it, since when it had the request, and
the digest of the body. The key is made inside (`app.py border-key`) and known to nobody but the two.
"""

from __future__ import annotations

import hmac
from dataclasses import astuple, dataclass, fields
from hashlib import sha256
from ipaddress import ip_address

from core.records import DAY_MS, MINUTE_MS
from core.settings import Settings

HEADER = "x-cityvitals-border"  # of a request: what the relay says, signed
REFUSED = "x-cityvitals-border-refused"  # of an answer: why the website believes it not
KEY_FILE = "border.key"
KEY_LETTERS = 32  # the shortest key taken
VALID_MS = 5 * MINUTE_MS
KEPT_MS = 7 * DAY_MS  # as long as an act of a telephone may be late


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a relay says of one request; times are ms UTC of its clock.

    address: of the telephone. origin: under which it asked, `https://m.city.example`. taken_ms: when the relay took
    it in; earlier than at_ms when it waited for the website. digest: SHA-256 of the body, hex.
    """

    at_ms: int
    nonce: str
    address: str
    origin: str
    taken_ms: int
    digest: str


def digest_of(body: bytes) -> str:
    """SHA-256 as hex."""
    return sha256(body).hexdigest()


def signed(key: bytes, told: Vouched, method: str, target: str) -> str:
    """The header that goes with a request. target: its address with the query, as on the wire."""
    words = [str(one) for one in astuple(told)]
    return " ".join([*words, _signature(key, words, method, target)])


def checked(key: bytes, header: str, method: str, target: str, now_ms: int) -> Vouched | str:
    """What a header says; or why it is not believed: `malformed`, `wrong`, `old`."""
    *words, signature = header.split(" ")
    if len(words) != len(fields(Vouched)):
        return "malformed"
    if not hmac.compare_digest(signature.encode(), _signature(key, words, method, target).encode()):
        return "wrong"
    at_ms, nonce, address, origin, taken_ms, digest = words
    try:
        told = Vouched(int(at_ms), nonce, str(ip_address(address)), origin, int(taken_ms), digest)
    except ValueError:
        return "malformed"
    if abs(now_ms - told.at_ms) > VALID_MS or not told.at_ms - KEPT_MS <= told.taken_ms <= told.at_ms:
        return "old"
    return told


def key_of(settings: Settings) -> bytes | None:
    """The key of this machine; None: it has none. It is read anew each time, so that a new one counts at once."""
    given = settings.border_key.encode()
    file = settings.var / KEY_FILE
    if not given:
        try:
            given = file.read_bytes().strip()
        except OSError:
            return None
    return given if len(given) >= KEY_LETTERS else None


def _signature(key: bytes, words: list[str], method: str, target: str) -> str:
    said = "\n".join((method, target, *words))
    return hmac.digest(key, said.encode("latin-1", "replace"), "sha256").hex()
