"""The page of the alarm load."""

from __future__ import annotations

from accounts.rights import may_somewhere
from api.sight import sees_all
from board.names import Names
from board.positions import load_ground
from callbacks.account_desk import AccountDesk, Asked
from core.errors import UnknownName
from early_warning.alarm_shifts import loads, seats_of, shift_at, shift_named
from layouts.account_frame import Frame
from layouts.alarm_load import Shown, alarm_load_page
from layouts.reading import PictureReader

SEE = "alarm-load.see"


def register(desk: AccountDesk, reader: PictureReader) -> None:
    """The page `alarm-load`, of the shift in its query or the present one."""

    def show(frame: Frame, asked: Asked) -> str:
        declared, now_ms = reader.declared(), reader.city_now_ms()
        if declared is None:
            raise UnknownName("no city is on show yet")
        names, register = Names(declared, frame.language), desk.office.roster.register(asked.by, SEE)
        shift = shift_named(asked.word("shift")) if asked.word("shift") else shift_at(now_ms)
        seats = seats_of(register.seats, register.posts)
        with desk.office.database.reading() as connection:
            found = loads(connection, reader.scene_id(), shift, now_ms, seats, load_ground(declared, asked.by))
        shown = Shown(
            shift=shift,
            now_ms=now_ms,
            loads=found,
            seats={seat.id: seat.name for seat in seats},
            rule=names.rule,
            subject=names.subject,
            desk=may_somewhere(asked.by, "rules.see").allowed,
            partial=not sees_all(asked.by, declared),
        )
        return alarm_load_page(frame, shown)

    desk.page("alarm-load", show)
