"""Tokens: what walls, seats and machines show instead of a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accounts.bearer import of_token
from accounts.rights import RIGHTS
from core.accounts import DEVICES, Reach, Role, Seat, Token
from core.markup import Markup, Part, el
from layouts.account_frame import Frame
from layouts.posts import Ground, area_field, grade_options, topic_field


def tokens_page(frame: Frame, tokens: Sequence[Token], seats: Mapping[str, Seat], ground: Ground, now_ms: int) -> str:
    """All tokens, those in use first, and a form for one more."""
    in_use = [one for one in tokens if of_token(one, now_ms).grants]
    over = [one for one in tokens if one not in in_use]
    heads = (
        "tokens.number",
        "tokens.name",
        "posts.role",
        "tokens.scope",
        "tokens.made",
        "tokens.expires",
        "tokens.used",
        "",
    )
    rows = [_row(frame, one, ground, now_ms) for one in [*reversed(in_use), *reversed(over)]]
    lead = el("section", frame.table(heads, rows, empty="tokens.none"))
    return frame.page("tokens", el("div", lead, el("aside", _form(frame, seats, ground)), class_="list"))


def _row(frame: Frame, token: Token, ground: Ground, now_ms: int) -> Markup:
    word = frame.word
    is_over = not of_token(token, now_ms).grants
    ending: Part = (
        word("tokens.revoked") if token.revoked_ms is not None else word("tokens.expired") if is_over else None
    )
    if not is_over:
        revoke = frame.form(f"tokens/{token.id}/revoke", button="tokens.revoke")
        ending = frame.folded(word("tokens.revoke-fold"), el("p", word("tokens.revoke-note"), class_="note"), revoke)
    actions = frame.listed(word(f"action.{action}") for action in token.actions)
    scope = f"{ground.areas_of(frame, token.reach)} · {ground.topics_of(frame, token.reach)}"
    return el(
        "tr",
        el("td", token.id, class_="figure"),
        el("td", el("b", token.name), el("small", word("account.seat", seat=token.seat)) if token.seat else None),
        el("td", word(f"role.{token.role}")),
        el("td", scope, el("small", actions or word("tokens.every-action"))),
        el("td", frame.moment(token.made_ms)),
        el("td", frame.moment(token.expires_ms, "account.without-end")),
        el("td", frame.moment(token.used_ms)),
        el("td", ending),
        class_="over" if is_over else None,
    )


def _form(frame: Frame, seats: Mapping[str, Seat], ground: Ground) -> Markup:
    word, path = frame.word, "tokens"
    roles = [(role, word(f"role.{role}")) for role in Role if role in DEVICES]
    desks = [(seat.id, seat.name) for seat in seats.values()]
    actions = [action for action, right in RIGHTS.items() if right.roles & DEVICES]
    ticks = [
        el("label", el("input", type="checkbox", name="actions", value=action), word(f"action.{action}"))
        for action in actions
    ]
    form = frame.form(
        path,
        frame.field(path, "name", "tokens.name", required=True, maxlength=100, placeholder=word("tokens.name-like")),
        frame.choice(path, "role", "posts.role", roles, Role.WALL),
        frame.choice(path, "seat", "posts.seat", [("", word("tokens.no-seat")), *desks]),
        area_field(frame, path, ground, Reach()),
        topic_field(frame, path, ground, Reach()),
        el(
            "fieldset",
            el("legend", word("tokens.actions")),
            frame.folded(word("tokens.every-action"), el("div", ticks, class_="ticks")),
        ),
        frame.choice(path, "grade", "posts.grade", grade_options(frame), "internal"),
        frame.field(path, "until", "tokens.expires", type="date"),
        button="tokens.make",
    )
    return el("section", el("h2", word("tokens.add")), form, el("p", word("tokens.note"), class_="note"))
