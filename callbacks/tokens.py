"""Tokens of walls, seats and machines: made, shown once, revoked."""

from __future__ import annotations

from accounts.tokens import Wanted
from callbacks.account_desk import AccountDesk, Asked, Done, reach_of
from core.accounts import Role
from layouts.account_frame import Frame, end_of
from layouts.tokens import tokens_page


def register(desk: AccountDesk) -> None:
    """The page `tokens` and its acts."""
    office = desk.office

    def show(frame: Frame, asked: Asked) -> str:
        seats = office.roster.register(asked.by, "posts.see").seats
        return tokens_page(frame, office.tokens.listed(asked.by), seats, desk.ground(), asked.now_ms)

    def make(asked: Asked) -> Done:
        until = asked.word("until")
        wanted = Wanted(
            name=asked.word("name"),
            role=Role(asked.word("role")),
            reach=reach_of(asked),
            actions=asked.words("actions"),
            expires_ms=end_of(until) if until else None,
            seat=asked.word("seat"),
        )
        if not wanted.name:
            raise ValueError("a token has a name")
        return Done("tokens", "token-made", office.tokens.make(asked.by, wanted, asked.now_ms))

    def revoke(asked: Asked) -> Done:
        office.tokens.revoke(asked.by, asked.number("token"), asked.now_ms)
        return Done("tokens", "token-revoked")

    desk.page("tokens", show)
    desk.act("tokens", make, show)
    desk.act("tokens/{token}/revoke", revoke, show)
