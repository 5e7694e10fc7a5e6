"""What the relay keeps on its disk is encrypted with a key of its own: it holds cookies, links and photos of people."""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FILE = "border-queue.key"
KEY_BYTES, NONCE_BYTES = 32, 12
DIGEST_LETTERS = 32


class Unreadable(ValueError):
    """It was written with another key, or is damaged."""


class Vault:
    """Seals bytes under a name, and tells secrets apart without keeping them."""

    def __init__(self, key: bytes) -> None:
        self._key, self._cipher = key, AESGCM(key)

    def close(self, content: bytes, name: str) -> bytes:
        """The content, sealed; it opens under this name alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """The content again. Raises Unreadable."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError):
            raise Unreadable(name) from None

    def digest(self, secret: str) -> str:
        """A name for a secret that tells nothing of it to whoever has not the key; hex."""
        return hmac.digest(self._key, secret.encode("utf-8", "replace"), "sha256").hex()[:DIGEST_LETTERS]


def vault_of(folder: Path) -> Vault:
    """The vault of this machine, with a key that is made once."""
    file = folder / KEY_FILE
    if not file.exists():
        write_key(file, secrets.token_bytes(KEY_BYTES))
    return Vault(file.read_bytes())


def write_key(file: Path, key: bytes) -> None:
    """Write a key for us alone, whole before anybody sees it; one that is there already stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as made:
        made.write(key)
        made.flush()
        os.fsync(made.fileno())
    with suppress(FileExistsError):
        os.link(making, file)
    making.unlink()
