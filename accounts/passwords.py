"""Passwords: Argon2, and what a new one must be."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.settings import Settings

LONGEST = 128  # beyond it only our memory is tested
KINDS = 3  # of small letters, capitals, digits and others
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like something else


@dataclass(frozen=True, slots=True)
class Policy:
    """What a password must be, how long it serves, and when wrong ones lock. Times in ms."""

    shortest: int
    lasts_ms: int
    history: int
    lock_after: int
    lock_ms: int


def policy_of(settings: Settings) -> Policy:
    """The policy of this installation."""
    return Policy(
        shortest=settings.password_length,
        lasts_ms=settings.password_days * 86_400_000,
        history=settings.password_history,
        lock_after=settings.lock_after,
        lock_ms=settings.lock_min * 60_000,
    )


class Passwords:
    """Hashes and checks. About 50 ms and 64 MiB each (RFC 9106, second choice): never inside a transaction."""

    def __init__(self, policy: Policy, hasher: PasswordHasher | None = None) -> None:
        self.policy = policy
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex())

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        return self._hasher.hash(password)

    def fits(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password; without a hash it takes as long to say no, so that logins cannot be found out."""
        try:
            right = self._hasher.verify(hashed or self._nobody, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        return right and hashed is not None

    def fault(self, password: str, login: str, before: Sequence[str] = ()) -> str | None:
        """Why a new password is not taken: a code in `core/messages/sign-in.yaml`; None when it is good.

        before: hashes of the present and earlier passwords, the newest first.
        """
        kinds = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())
        if not self.policy.shortest <= len(password) <= LONGEST:
            return "password-length"
        if sum(any(kind(letter) for letter in password) for kind in kinds) < KINDS:
            return "password-kinds"
        if login.lower() in password.lower():
            return "password-login"
        if any(self.fits(hashed, password) for hashed in before[: self.policy.history]):
            return "password-again"
        return None


def random_password() -> str:
    """A password to be printed once and changed at the first sign-in: 14 letters in groups, 80 bits."""
    while True:
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(14))
        if any(map(str.isdigit, letters)) and any(map(str.islower, letters)) and any(map(str.isupper, letters)):
            return f"{letters[:5]}-{letters[5:10]}-{letters[10:]}"
