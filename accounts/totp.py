"""Time-based one-time passwords 动态口令, RFC 6238 with SHA-1, six digits and 30 s, as every authenticator has them.

Twenty lines over `hmac` instead of a package: the standard is fixed, its own test vectors prove it, and what matters
(a code counts once, a window of one step) a package would leave to us anyway.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote

STEP_MS = 30_000
DIGITS = 6
SECRET_BYTES = 20  # as long as SHA-1, RFC 4226 section 4
DRIFT_STEPS = 1  # a telephone may be half a minute off


def new_secret() -> str:
    """A secret as authenticators read it: base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of one step of time.

    >>> code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59 // 30, digits=8)  # RFC 6238, appendix B
    '94287082'
    """
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 10**digits:0{digits}}"


def matching_step(secret: str, code: str, now_ms: int, last_step: int) -> int | None:
    """The step of time that a code belongs to; None when it is wrong, too old, or was used before."""
    now_step = now_ms // STEP_MS
    for step in range(now_step - DRIFT_STEPS, now_step + DRIFT_STEPS + 1):
        if step > last_step and hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def address_of(secret: str, login: str, issuer: str) -> str:
    """The `otpauth:` address that an authenticator reads from a picture."""
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?secret={secret}&issuer={quote(issuer)}"
