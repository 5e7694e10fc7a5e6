"""Secrets of ours: sealed ones that we must read again, and opaque ones of which a digest is enough."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from core.errors import StartError

KEY_FILE = "accounts.key"
OPAQUE_BYTES = 32
PREFIX = "cityvitals_"  # of tokens, so that a scanner of leaked secrets knows ours


class Seal:
    """Encrypts what the database must hold but a copy of the database must not tell."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        try:
            self._fernet = Fernet(key)
        except ValueError:
            raise StartError("key-wrong") from None

    def close(self, secret: str) -> str:
        """The secret, sealed."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """The secret again. Raises StartError: it was sealed under another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise StartError("key-other") from None

    def derived(self, purpose: str) -> str:
        """A secret that every process with the same key arrives at, and that tells nothing of the key."""
        return hmac.digest(self._key, purpose.encode(), "sha256").hex()


def seal_of(key: str, folder: Path) -> Seal:
    """The seal of this installation: with the key that was given, else with one made once and kept in `folder`."""
    if key:
        return Seal(key.encode())
    file = folder / KEY_FILE
    if not file.exists():
        _make_key(file)
    return Seal(file.read_bytes())


def _make_key(file: Path) -> None:
    """Write a new key, whole before anybody sees it: several processes start at once, and the first one's counts."""
    file.parent.mkdir(parents=True, exist_ok=True)
    making = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as made:
        made.write(Fernet.generate_key())
    with suppress(FileExistsError):
        os.link(making, file)
    making.unlink()


def new_opaque() -> str:
    """A secret for a cookie or a token: 256 random bits."""
    return secrets.token_urlsafe(OPAQUE_BYTES)


def digest_of(opaque: str) -> str:
    """What is kept of such a secret. A plain digest is enough: nobody can try 2^256 of them."""
    return hashlib.sha256(opaque.encode()).hexdigest()
