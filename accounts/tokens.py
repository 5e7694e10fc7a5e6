"""Tokens of walls, seats and machines: named, scoped, revocable, shown once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from accounts.bearer import Bearer
from accounts.rights import refusal, roles_of
from accounts.sealing import PREFIX, digest_of, new_opaque
from accounts.warden import Warden
from core.accounts import DEVICES, Reach, Role, Token
from core.errors import UnknownName
from store import people as kept
from store import sessions as store


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token is to be. actions: narrows the rights of its role; seat: it shows what the seat's post may see."""

    name: str
    role: Role
    reach: Reach = field(default_factory=Reach)
    actions: tuple[str, ...] = ()
    expires_ms: int | None = None
    seat: str = ""


class Tokens:
    """Makes and revokes tokens."""

    def __init__(self, warden: Warden) -> None:
        self._warden = warden

    def make(self, by: Bearer, wanted: Wanted, now_ms: int) -> str:
        """A new token. Returns its secret: this once, then nobody knows it. Raises NotAllowed, UnknownName."""
        secret = PREFIX + new_opaque()
        with self._warden.acting(by, "tokens.make", f"token:{wanted.name}", now_ms, asdict(wanted)) as connection:
            if wanted.role not in DEVICES:
                raise refusal("role-of-posts", role=wanted.role)
            unknown = [action for action in wanted.actions if wanted.role not in roles_of(action)]
            if unknown:
                raise refusal("unknown-action", action=unknown[0])
            if wanted.seat and wanted.seat not in kept.seats(connection):
                raise UnknownName(f"no seat {wanted.seat!r} is known")
            store.add_token(connection, Token(id=0, digest=digest_of(secret), made_ms=now_ms, **_fields(wanted)))
        return secret

    def revoke(self, by: Bearer, token: int, now_ms: int) -> None:
        """From now on it opens nothing. Raises NotAllowed, UnknownName."""
        with self._warden.acting(by, "tokens.make", f"token:{token}", now_ms, {"revoked": True}) as connection:
            store.revoke_token(connection, token, now_ms)

    def listed(self, by: Bearer) -> list[Token]:
        """Every token ever made, for those who make them. Raises NotAllowed."""
        self._warden.ask(by, "tokens.make")
        return self.all()

    def all(self) -> list[Token]:
        """Every token ever made, by number; no secrets."""
        with self._warden.database.reading() as connection:
            return store.tokens(connection)


def _fields(wanted: Wanted) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in ("name", "role", "reach", "actions", "expires_ms", "seat")}
