"""What somebody does about his own account: his password, his second factor, his sessions. And all account pages."""

from __future__ import annotations

from fastapi import FastAPI

from accounts.office import Office
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
    mine = MyAccount(desk.office)
    desk.page("account", mine.show, own=True)
    desk.page("account/factor", mine.show_new_factor, own=True)
    desk.act("account/password", mine.change_password, mine.show, own=True)
    desk.act("account/factor", mine.begin_factor, mine.show, own=True)
    desk.act("account/factor/confirm", mine.confirm_factor, mine.show_new_factor, own=True)
    desk.act("account/factor/drop", mine.drop_factor, mine.show, own=True)
    desk.act("account/sessions/{session}/end", mine.end_session, mine.show, own=True)


class MyAccount:
    """The account of whoever asks."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self, frame: Frame, asked: Asked, otpauth: str = "") -> str:
        """The page. otpauth: of a second factor that waits for its first code."""
        one = _signed(asked)
        own = Own(
            person=one.person,
            session=one.session,
            held=self._office.roster.held_by(one.person, asked.now_ms),
            actions=[action for action in RIGHTS if may_somewhere(asked.by, action).allowed],
            standing=self._office.standings.own(one.person, asked.now_ms),
            otpauth=otpauth,
        )
        return account_page(frame, own)

    def show_new_factor(self, frame: Frame, asked: Asked) -> str:
        """The page with what the authenticator must be told."""
        return self.show(frame, asked, self._office.credentials.pending_factor(_signed(asked).person))

    def change_password(self, asked: Asked) -> Done | Refused:
        """His own, typed twice; it may begin or end with a space."""
        one = _signed(asked)
        old, new, again = (asked.sent.get(name, [""])[0] for name in ("old", "new", "again"))
        if again != new:
            return Refused("again-differs")
        refused = self._office.credentials.change_password(one.person, old, new, one.session, asked.now_ms)
        return refused or Done("account", "password")

    def begin_factor(self, asked: Asked) -> Done:
        """A second factor, which holds after its first code."""
        one = _signed(asked)
        self._office.credentials.begin_factor(one.person, one.session, asked.now_ms)
        return Done("account/factor", "factor-begun")

    def confirm_factor(self, asked: Asked) -> Done | Refused:
        """The first code of a new second factor, or the code that makes this session strong."""
        one, code = _signed(asked), asked.word("code")
        refused = self._office.credentials.show_code(one.person, one.session, code, asked.now_ms)
        return refused or Done("account", "factor")

    def drop_factor(self, asked: Asked) -> Done | Refused:
        """Give it up, showing it once more."""
        one, code = _signed(asked), asked.word("code")
        refused = self._office.credentials.drop_factor(one.person, one.session, code, asked.now_ms)
        return refused or Done("account", "factor-dropped")

    def end_session(self, asked: Asked) -> Done:
        """One of his own, elsewhere."""
        wanted = asked.number("session")
        mine = self._office.standings.own(_signed(asked).person, asked.now_ms).sessions
        session = next((one for one in mine if one.id == wanted), None)
        if session is None:
            raise UnknownName(f"no session {wanted} of his is open")
        self._office.sessions.sign_out(asked.by, session, asked.now_ms)
        return Done("account", "session-ended")


def _signed(asked: Asked) -> Signed:
    assert asked.signed is not None, "the desk lets nobody else come here"
    return asked.signed
