"""What somebody does about his own account: his password, his second factor, his sessions."""

from __future__ import annotations

from fastapi import FastAPI

from accounts.rights import RIGHTS, may_somewhere
from accounts.sources.contract import Refused
from api.entrance import Entrance
from api.me import Signed
from callbacks import audit, people, posts, rights, tokens
from callbacks.account_desk import AccountDesk, Asked, Done
from core.errors import UnknownName
from layouts.account import Own, account_page
from layouts.account_frame import Frame
from layouts.reading import PictureReader


def register_pages(server: FastAPI, entrance: Entrance, reader: PictureReader) -> None:
    """All pages about accounts."""
    desk = AccountDesk(server, entrance, reader)
    for room in (people, posts, rights, tokens):
        room.register(desk)
    audit.register(desk, server, entrance)
    register(desk)


def register(desk: AccountDesk) -> None:
    """The page `account` and its acts."""
    office = desk.office

    def show(frame: Frame, asked: Asked, otpauth: str = "") -> str:
        one = _signed(asked)
        own = Own(
            person=one.person,
            session=one.session,
            held=office.roster.held_by(one.person, asked.now_ms),
            actions=[action for action in RIGHTS if may_somewhere(asked.by, action).allowed],
            standing=office.standings.own(one.person, asked.now_ms),
            otpauth=otpauth,
        )
        return account_page(frame, own)

    def show_new_factor(frame: Frame, asked: Asked) -> str:
        one = _signed(asked)
        return show(frame, asked, office.credentials.pending_factor(one.person))

    def change_password(asked: Asked) -> Done | Refused:
        one, new = _signed(asked), asked.sent.get("new", [""])[0]
        if asked.sent.get("again", [""])[0] != new:
            return Refused("again-differs")
        old = asked.sent.get("old", [""])[0]
        refused = office.credentials.change_password(one.person, old, new, one.session, asked.now_ms)
        return refused or Done("account", "password")

    def begin_factor(asked: Asked) -> Done:
        one = _signed(asked)
        office.credentials.begin_factor(one.person, one.session, asked.now_ms)
        return Done("account/factor", "factor-begun")

    def confirm_factor(asked: Asked) -> Done | Refused:
        one, code = _signed(asked), asked.word("code")
        return office.credentials.show_code(one.person, one.session, code, asked.now_ms) or Done("account", "factor")

    def drop_factor(asked: Asked) -> Done | Refused:
        one, code = _signed(asked), asked.word("code")
        refused = office.credentials.drop_factor(one.person, one.session, code, asked.now_ms)
        return refused or Done("account", "factor-dropped")

    def end_session(asked: Asked) -> Done:
        wanted = asked.number("session")
        mine = office.standings.own(_signed(asked).person, asked.now_ms).sessions
        session = next((one for one in mine if one.id == wanted), None)
        if session is None:
            raise UnknownName(f"no session {wanted} of his is open")
        office.sessions.sign_out(asked.by, session, asked.now_ms)
        return Done("account", "session-ended")

    desk.page("account", show, own=True)
    desk.page("account/factor", show_new_factor, own=True)
    desk.act("account/password", change_password, show, own=True)
    desk.act("account/factor", begin_factor, show, own=True)
    desk.act("account/factor/confirm", confirm_factor, show_new_factor, own=True)
    desk.act("account/factor/drop", drop_factor, show, own=True)
    desk.act("account/sessions/{session}/end", end_session, show, own=True)


def _signed(asked: Asked) -> Signed:
    assert asked.signed is not None, "the desk lets nobody else come here"
    return asked.signed
