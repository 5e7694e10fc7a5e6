"""Pages of notices: what was told, the test, and who is told of what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from accounts.sealing import seal_of
from accounts.warden import Warden
from board.notices import sees
from callbacks.account_desk import AccountDesk, Asked, Done, Show
from callbacks.people import sees_personal
from catalogue.declared import Declared
from core.accounts import EVERYWHERE
from core.messages import text
from core.notices import BUDGET, Channel, Recipient, Route
from core.records import Level
from core.settings import Settings
from layouts.account_frame import Frame
from layouts.notice_forms import minute_of
from layouts.notices import STATES, Told, Wired, notices_page, routes_page
from notices.switchboard import EDIT, Known, Switchboard, changed

SEE = "notices.see"


def switchboard_of(desk: AccountDesk, settings: Settings) -> Switchboard:
    """The services of notices beside those of accounts."""
    office = desk.office
    return Switchboard(Warden(office.database, office.journal), seal_of(settings.key, settings.var))


def register(desk: AccountDesk, settings: Settings) -> None:
    """The pages `notices` and `notices/routes`, and their acts."""
    board = switchboard_of(desk, settings)
    _list(desk, board)
    _wiring(desk, board)


def _list(desk: AccountDesk, board: Switchboard) -> None:
    def show(frame: Frame, asked: Asked) -> str:
        state = asked.word("state")
        counted: Counter[str] = Counter()
        for (_, each), number in board.counts().items():
            counted[each] += number
        recipients = board.wiring().recipients
        told = Told(
            notices=[
                (one, deliveries)
                for one, deliveries in board.told(state if state in STATES else "")
                if sees(asked.by, SEE, one, desk.declared())
            ],
            named=_names(desk, asked, recipients.values()),
            counted=counted,
            state=state,
            edits=EDIT in asked.rights(),
            listed=[one.name for one in recipients.values() if one.exercise and not one.disabled],
        )
        return notices_page(frame, told)

    def test(asked: Asked) -> Done:
        board.try_out(asked.by, "test", desk.language, asked.now_ms)
        return Done("notices", "notice-test")

    desk.page("notices", show)
    desk.act("notices/test", test, show)


def _wiring(desk: AccountDesk, board: Switchboard) -> None:
    def show(frame: Frame, asked: Asked) -> str:
        wiring, ground, declared = board.wiring(), desk.ground(), desk.declared()
        of_pack = dict(declared.routes) if declared else {}
        register = desk.office.roster.register(asked.by, SEE)
        wired = Wired(
            recipients=list(wiring.recipients.values()),
            routes=list({**of_pack, **wiring.routes}.values()),
            targets=_targets(desk, asked, wiring.recipients.values()),
            people=[(one.login, one.name) for one in register.people.values() if not one.disabled],
            areas=ground.areas,
            topics=ground.topics,
            edits=EDIT in asked.rights(),
            in_full=sees_personal(desk.office, asked, "notices"),
            plans={name: plan.called(desk.language) for name, plan in declared.plans.items()} if declared else {},
            of_pack=of_pack.keys() - wiring.routes.keys(),
        )
        return routes_page(frame, wired)

    def put(asked: Asked) -> Done:
        board.put_route(asked.by, _route(asked), asked.now_ms, _known(desk.declared()))
        return Done("notices/routes", "saved")

    def drop(asked: Asked) -> Done:
        board.drop_route(asked.by, asked.place["route"], asked.now_ms)
        return Done("notices/routes", "saved")

    desk.page("notices/routes", show)
    desk.act("notices/routes", put, show)
    desk.act("notices/routes/{route}/drop", drop, show)
    _recipients(desk, board, show)


def _recipients(desk: AccountDesk, board: Switchboard, show: Show) -> None:
    def put(asked: Asked) -> Done:
        new = _recipient(asked)
        known = board.wiring().recipients.get(new.id)
        declared = desk.declared()
        of_pack = tuple(declared.routes.values()) if declared else ()
        board.put_recipient(asked.by, changed(known, new), asked.now_ms, of_pack)
        return Done("notices/routes", "saved")

    def drop(asked: Asked) -> Done:
        board.drop_recipient(asked.by, asked.place["recipient"], asked.now_ms)
        return Done("notices/routes", "saved")

    desk.act("notices/recipients", put, show)
    desk.act("notices/recipients/{recipient}/drop", drop, show)


def _recipient(asked: Asked) -> Recipient:
    """A recipient out of a form; addresses that are left empty are none. Raises ValueError."""
    return Recipient(
        id=asked.word("id"),
        name=asked.word("name"),
        addresses={channel: asked.word(f"to_{channel}") for channel in Channel},
        secret=asked.word("secret"),
        person=asked.word("person"),
        exercise=bool(asked.word("exercise")),
        budget=int(asked.word("budget") or BUDGET),
        disabled=bool(asked.word("disabled")),
    )


def _route(asked: Asked) -> Route:
    """A route out of a form. Raises ValueError."""
    word = asked.word("level").upper()
    if word not in Level.__members__:
        raise ValueError(f"no level {word!r} is known")
    return Route(
        id=asked.word("id"),
        name=asked.word("name"),
        to=asked.words("to"),
        channels=tuple(Channel(one) for one in asked.words("channels")),
        topics=(*asked.words("topics"), *asked.word("narrow").split()) or (EVERYWHERE,),
        areas=asked.words("areas") or (EVERYWHERE,),
        level=Level[word],
        from_min=minute_of(asked.word("from") or "00:00"),
        until_min=minute_of(asked.word("until") or "24:00"),
        unacknowledged_s=int(asked.word("unacknowledged") or 0),
        standing_s=60 * int(asked.word("standing") or 0),
        then=asked.words("then"),
        disabled=bool(asked.word("disabled")),
        response=asked.word("response"),
        response_level=int(asked.word("response_level") or 4),
        unanswered_s=int(asked.word("unanswered") or 0),
        restricted=bool(asked.word("restricted")),
    )


def _known(declared: Declared | None) -> Known | None:
    """What a route may name; None: no city is on show."""
    if declared is None:
        return None
    return Known(
        frozenset(one.id for one in declared.domains), frozenset(declared.catalogue), frozenset(declared.plans)
    )


def _targets(desk: AccountDesk, asked: Asked, recipients: Iterable[Recipient]) -> list[tuple[str, str]]:
    """Everything that a route may lead to, named."""
    register = desk.office.roster.register(asked.by, SEE)
    post, seat = (text(f"notice.target_{kind}", desk.language) for kind in ("post", "seat"))
    found = [(f"seat:{one.id}", f"{seat} {one.name}") for one in register.seats.values()]
    found += [(f"post:{one.id}", f"{post} {one.name}") for one in register.posts.values()]
    return found + [(f"recipient:{one.id}", one.name) for one in recipients]


def _names(desk: AccountDesk, asked: Asked, recipients: Iterable[Recipient]) -> dict[str, str]:
    """Recipient → name, also of those who are only people with a telephone."""
    people = desk.office.roster.register(asked.by, SEE).people.values()
    return {f"person:{one.login}": one.name for one in people} | {one.id: one.name for one in recipients}
