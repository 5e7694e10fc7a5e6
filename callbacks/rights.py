"""The table of rights, and its two questions: who may, and what may he."""

from __future__ import annotations

from accounts.bearer import Bearer, of_seat, of_token
from accounts.register import Register
from accounts.rights import RIGHTS, may_somewhere, who_may
from callbacks.account_desk import AccountDesk, Asked, grade_of
from core.errors import UnknownName
from layouts.account_frame import Frame
from layouts.rights import Answer, Question, matrix_page, of_page, who_page


def register(desk: AccountDesk) -> None:
    """The pages `rights`, `rights/who`, `rights/of`."""
    office = desk.office

    def people(known: Register, asked: Asked) -> list[tuple[str, str]]:
        return [(one.login, f"{one.name} ({one.login})") for one in known.found("", asked.now_ms)]

    def show(frame: Frame, asked: Asked) -> str:
        return matrix_page(frame, desk.ground(), people(office.roster.register(asked.by, "posts.see"), asked))

    def show_who(frame: Frame, asked: Asked) -> str:
        known = office.roster.register(asked.by, "posts.see")
        question = Question(
            asked.word("action"), asked.word("place"), asked.word("topic"), grade_of(asked).name.lower()
        )
        if question.action not in RIGHTS:
            raise UnknownName(f"no action {question.action!r} is known")
        bearers = [*office.roster.bearers(asked.now_ms), *_devices(known, asked)]
        found = who_may(
            bearers,
            question.action,
            area=desk.chain(question.area),
            topic=question.topic,
            sensitivity=grade_of(asked),
        )
        answers = [Answer(*_called(frame, known, bearer), decision) for bearer, decision in found]
        return who_page(frame, desk.ground(), people(known, asked), question, answers)

    def show_of(frame: Frame, asked: Asked) -> str:
        known, login = office.roster.register(asked.by, "posts.see"), asked.word("login")
        person = known.person(login)
        [bearer] = [one for one in office.roster.bearers(asked.now_ms) if one.name == f"person:{login}"]
        decisions = [(action, may_somewhere(bearer, action)) for action in RIGHTS]
        return of_page(frame, desk.ground(), people(known, asked), login, person.name, decisions)

    def _devices(known: Register, asked: Asked) -> list[Bearer]:
        """Tokens as their bearers, and seats, which look on when nobody sits there."""
        tokens = [of_token(one, asked.now_ms) for one in office.tokens.all() if not one.seat]
        return tokens + [of_seat(seat, known.posts[seat.post]) for seat in known.seats.values()]

    def _called(frame: Frame, known: Register, bearer: Bearer) -> tuple[str, str]:
        kind, _, name = bearer.name.partition(":")
        if kind == "person":
            return known.person(name).name, f"{frame.word('account.kind-person')} · {name}"
        return bearer.grants[0].post, frame.word(f"account.kind-{kind}")

    desk.page("rights", show)
    desk.page("rights/who", show_who)
    desk.page("rights/of", show_of)
