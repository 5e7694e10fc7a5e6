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
    table = Table(desk)
    desk.page("rights", table.show)
    desk.page("rights/who", table.show_who)
    desk.page("rights/of", table.show_of)


class Table:
    """The table of rights, asked from both sides."""

    def __init__(self, desk: AccountDesk) -> None:
        self._desk, self._office = desk, desk.office

    def show(self, frame: Frame, asked: Asked) -> str:
        """The whole table."""
        return matrix_page(frame, self._desk.ground(), _people(self._known(asked), asked))

    def show_who(self, frame: Frame, asked: Asked) -> str:
        """Who may do something, there, about that; people, tokens and seats."""
        known, grade = self._known(asked), grade_of(asked)
        question = Question(asked.word("action"), asked.word("place"), asked.word("topic"), grade.word)
        if question.action not in RIGHTS:
            raise UnknownName(f"no action {question.action!r} is known")
        found = who_may(
            [*self._office.roster.bearers(asked.now_ms), *self._devices(known, asked)],
            question.action,
            area=self._desk.chain(question.area),
            topic=question.topic,
            sensitivity=grade,
        )
        answers = [Answer(*_called(frame, known, bearer), decision) for bearer, decision in found]
        return who_page(frame, self._desk.ground(), _people(known, asked), question, answers)

    def show_of(self, frame: Frame, asked: Asked) -> str:
        """What somebody may do, and what he lacks for the rest."""
        known, login = self._known(asked), asked.word("login")
        person = known.person(login)
        bearers = {one.name: one for one in self._office.roster.bearers(asked.now_ms)}
        if (bearer := bearers.get(f"person:{login}")) is None:
            raise UnknownName(f"{login!r} holds nothing now")
        decisions = [(action, may_somewhere(bearer, action)) for action in RIGHTS]
        return of_page(frame, self._desk.ground(), _people(known, asked), (login, person.name), decisions)

    def _known(self, asked: Asked) -> Register:
        return self._office.roster.register(asked.by, "posts.see")

    def _devices(self, known: Register, asked: Asked) -> list[Bearer]:
        """Tokens as their bearers, and seats, which look on when nobody sits there."""
        tokens = [of_token(one, asked.now_ms) for one in self._office.tokens.all() if not one.seat]
        return tokens + [of_seat(seat, known.posts[seat.post]) for seat in known.seats.values()]


def _people(known: Register, asked: Asked) -> list[tuple[str, str]]:
    return [(one.login, f"{one.name} ({one.login})") for one in known.found("", asked.now_ms)]


def _called(frame: Frame, known: Register, bearer: Bearer) -> tuple[str, str]:
    """What a bearer is called, and what he is."""
    kind, _, name = bearer.name.partition(":")
    if kind == "person":
        return known.person(name).name, f"{frame.word('account.kind-person')} · {name}"
    return bearer.grants[0].post, frame.word(f"account.kind-{kind}")
