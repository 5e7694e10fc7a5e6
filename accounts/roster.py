"""People, departments, posts and seats: who is who, who holds what, who comes after. Every change is audited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from accounts.bearer import Bearer, held
from accounts.register import Register
from accounts.rights import refusal
from accounts.warden import Warden
from core.accounts import ADMINISTRATORS, DEVICES, Appointment, Department, Person, Post, Role, Seat
from core.acts import ActTopic
from core.errors import UnknownName
from store import people as kept
from store.outbox import tell
from store.sessions import end_sessions
from store.sql import Transaction

_LOGIN = re.compile(r"[\w.@-]{1,40}")
NAME_LETTERS, PHONE_LETTERS = 60, 32


@dataclass(frozen=True, slots=True)
class Term:
    """A time at a post, ms UTC. rank 0 holds it, 1 and above are deputies in turn."""

    from_ms: int
    until_ms: int | None = None
    rank: int = 0


class Roster:
    """What administrators do about people and posts. Each method asks for a right first; `by` is who does it."""

    def __init__(self, warden: Warden) -> None:
        self._warden = warden

    @contextmanager
    def rehearsing(self) -> Iterator[Roster]:
        """A roster on which everything is done and refused as on this one; afterwards nothing was done."""
        with self._warden.rehearsing() as warden:
            yield Roster(warden)

    def add_person(self, by: Bearer, person: Person, now_ms: int) -> Person:
        """A new account, without any right. Raises NotAllowed, Taken."""
        with self._warden.acting(by, "people.edit", person.login, now_ms) as connection:
            _well_formed(person)
            return kept.add_person(connection, person.login, person.name, person.phone)

    def change_person(self, by: Bearer, person: Person, now_ms: int) -> None:
        """Name, telephone, disabled or not; who is disabled is signed out at once. Raises NotAllowed."""
        with self._warden.acting(by, "people.edit", person.login, now_ms, {"disabled": person.disabled}) as connection:
            _well_formed(person)
            kept.change_person(connection, person)
            if person.disabled:
                end_sessions(connection, by.name, now_ms, person=person.id)

    def disable(self, by: Bearer, login: str, now_ms: int) -> None:
        """Shut an account; its history stays. Raises NotAllowed, UnknownName."""
        self.change_person(by, replace(self.find(login), disabled=True), now_ms)

    def enable(self, by: Bearer, login: str, now_ms: int) -> None:
        """Open an account again. Raises NotAllowed, UnknownName."""
        self.change_person(by, replace(self.find(login), disabled=False), now_ms)

    def put_department(self, by: Bearer, department: Department, now_ms: int) -> None:
        """A department, new or not. Raises NotAllowed; also when it belongs to one that is unknown, or to itself."""
        with self._warden.acting(by, "people.edit", f"department:{department.id}", now_ms) as connection:
            _hangs_together(department, kept.departments(connection))
            kept.put_department(connection, department)

    def dissolve(self, by: Bearer, department: str, successor: str, now_ms: int) -> None:
        """Let a department end 撤销. Its posts, and what hangs below it, pass to its successor: no right changes.

        Raises NotAllowed: also when one of the two has ended, or the successor is itself or below it; UnknownName.
        """
        what = {"successor": successor}
        with self._warden.acting(by, "people.edit", f"department:{department}", now_ms, what) as connection:
            known = {one.id: one for one in kept.departments(connection)}
            if not {department, successor} <= known.keys():
                raise UnknownName(f"no department {department!r}, or no {successor!r}, is known")
            for one in (department, successor):
                _still_stands(known[one])
            if department in _upwards(successor, known):
                raise refusal("department-ring", department=known[department].name)
            kept.dissolve_department(connection, department, successor, now_ms)

    def put_post(self, by: Bearer, post: Post, now_ms: int) -> None:
        """A post with its role and reach, new or changed. Raises NotAllowed, UnknownName."""
        what = {"role": post.role} | asdict(post.reach)
        with self._warden.acting(by, "posts.edit", f"post:{post.id}", now_ms, what) as connection:
            if post.role in DEVICES:
                raise refusal("role-of-tokens", role=post.role)
            for one in kept.departments(connection):
                if one.id == post.department:
                    _still_stands(one)
            kept.put_post(connection, post)
            _tell_seats(connection, now_ms)
            for holder in {one.person for one in kept.appointments(connection) if one.post == post.id}:
                _keep_apart(connection, kept.person_of(connection, holder), now_ms)

    def put_seat(self, by: Bearer, seat: Seat, now_ms: int) -> None:
        """A seat, new or changed. Raises NotAllowed, UnknownName."""
        with self._warden.acting(by, "posts.edit", f"seat:{seat.id}", now_ms, {"post": seat.post}) as connection:
            kept.put_seat(connection, seat)
            _tell_seats(connection, now_ms)

    def appoint(self, by: Bearer, login: str, post: str, term: Term, now_ms: int) -> int:
        """Give a person a post for a time, as its holder or as a deputy. Returns the number of the appointment.

        Raises NotAllowed: nobody appoints himself, nobody is two of the three administrators; UnknownName.
        """
        what = {"post": post} | asdict(term)
        with self._warden.acting(by, "posts.edit", login, now_ms, what) as connection:
            person = _known(connection, login)
            if by.name == f"person:{login}":
                raise refusal("not-oneself")
            if term.until_ms is not None and term.until_ms <= term.from_ms:
                raise refusal("period")
            number = kept.appoint(connection, person.id, post, term.from_ms, term.until_ms, term.rank)
            _keep_apart(connection, person, now_ms)
            _retire_founder(connection, now_ms)
            return number

    def dismiss(self, by: Bearer, appointment: int, until_ms: int, now_ms: int) -> None:
        """Let an appointment end. Raises NotAllowed, UnknownName."""
        with self._warden.acting(
            by, "posts.edit", f"appointment:{appointment}", now_ms, {"until_ms": until_ms}
        ) as found:
            _appointment(found, appointment)
            kept.end_appointment(found, appointment, until_ms)

    def succeed(self, by: Bearer, appointment: int, successor: str, at_ms: int, now_ms: int) -> int:
        """Let an appointment end at a time and another person take over then. Returns the new appointment's number.

        Raises NotAllowed, UnknownName.
        """
        what = {"takes_over": appointment, "at_ms": at_ms}
        with self._warden.acting(by, "posts.edit", successor, now_ms, what) as found:
            former, person = _appointment(found, appointment), _known(found, successor)
            if by.name == f"person:{successor}":
                raise refusal("not-oneself")
            kept.end_appointment(found, appointment, at_ms, person.id)
            number = kept.appoint(found, person.id, former.post, at_ms, former.until_ms, former.rank)
            _keep_apart(found, person, now_ms)
            return number

    def find(self, login: str) -> Person:
        """The person with a login. Raises UnknownName."""
        with self._warden.database.reading() as connection:
            return _known(connection, login)

    def holds(self, login: str, post: str, at_ms: int) -> bool:
        """Whether a person is appointed to a post at a time. Raises UnknownName."""
        with self._warden.database.reading() as connection:
            mine = kept.appointments(connection, _known(connection, login).id)
        return any(one.post == post and one.holds_at(at_ms) for one in mine)

    def people(self) -> list[Person]:
        """Everybody, disabled ones too."""
        with self._warden.database.reading() as connection:
            return kept.people(connection)

    def held_by(self, person: Person, now_ms: int) -> list[tuple[Appointment, Post]]:
        """What a person holds now, as its holder or as a deputy: for his own page."""
        with self._warden.database.reading() as connection:
            posts, mine = kept.posts(connection), kept.appointments(connection, person.id)
        return [(one, posts[one.post]) for one in mine if one.holds_at(now_ms)]

    def names(self, by: Bearer, action: str) -> dict[str, str]:
        """The name of everybody by login. action: the right to look. Raises NotAllowed."""
        self._warden.ask(by, action)
        return {one.login: one.name for one in self.people()}

    def register(self, by: Bearer, action: str) -> Register:
        """Everybody, and who holds what. action: the right to look, `people.see` or `posts.see`. Raises NotAllowed."""
        self._warden.ask(by, action)
        with self._warden.database.reading() as connection:
            return Register(
                people={one.id: one for one in kept.people(connection)},
                departments={one.id: one for one in kept.departments(connection)},
                posts=kept.posts(connection),
                appointments=kept.appointments(connection),
                seats=kept.seats(connection),
            )

    def bearers(self, now_ms: int) -> list[Bearer]:
        """Everybody with what he holds now, as after a full sign-in: for "who can see X, and why"."""
        with self._warden.database.reading() as connection:
            appointments, posts = kept.appointments(connection), kept.posts(connection)
            everybody = kept.people(connection)
        return [Bearer(f"person:{one.login}", held(one, appointments, posts, now_ms), strong=True) for one in everybody]


def _tell_seats(connection: Transaction, now_ms: int) -> None:
    """Tell the city how far each seat reaches: a warning belongs to one of them."""
    posts = kept.posts(connection)
    reaches = [(seat, posts[seat.post].reach) for seat in kept.seats(connection).values()]
    told = [{"id": seat.id, "name": seat.name, "areas": r.areas, "topics": r.topics} for seat, r in reaches]
    if told:
        tell(connection, ActTopic.SEATS, {"seats": told}, now_ms)


def _well_formed(person: Person) -> None:
    if not _LOGIN.fullmatch(person.login):
        raise refusal("login-form", login=person.login)
    if not 0 < len(person.name.strip()) <= NAME_LETTERS or len(person.phone) > PHONE_LETTERS:
        raise refusal("name-form", login=person.login)


def _still_stands(department: Department) -> None:
    if department.until_ms is not None:
        raise refusal("department-over", department=department.name)


def _hangs_together(department: Department, others: Sequence[Department]) -> None:
    """Refuse a department below one that nobody knows or that has ended, or below itself; or one that has ended."""
    for one in others:
        if one.id in (department.id, department.parent):
            _still_stands(one)
    known = {one.id: one for one in others}
    if department.parent and department.parent not in known:
        raise refusal("department-above", department=department.name, above=department.parent)
    if department.id in _upwards(department.parent, known):
        raise refusal("department-ring", department=department.name)


def _upwards(department: str, known: Mapping[str, Department]) -> list[str]:
    """A department and those that it belongs to, as far as they are known."""
    passed: list[str] = []
    while department in known and department not in passed:
        passed.append(department)
        department = known[department].parent
    return passed


def _known(connection: Transaction, login: str) -> Person:
    found = kept.find_person(connection, login)
    if found is None:
        raise UnknownName(f"nobody signs in as {login!r}")
    return found


def _appointment(connection: Transaction, number: int) -> Appointment:
    for one in kept.appointments(connection):
        if one.id == number:
            return one
    raise UnknownName(f"no appointment has the number {number}")


def _keep_apart(connection: Transaction, person: Person, now_ms: int) -> None:
    """Refuse two kinds of administrator, or one and any other trade, in one hand now or at any later time."""
    posts = kept.posts(connection)
    mine = [one for one in kept.appointments(connection, person.id) if one.until_ms is None or one.until_ms > now_ms]
    for one in mine:
        for other in mine:
            roles = (posts[one.post].role, posts[other.post].role)
            if roles[0] in ADMINISTRATORS and roles[1] not in {roles[0], Role.FOUNDER} and _overlap(one, other):
                raise refusal("administrators-apart", name=person.name, held=roles[0], wanted=roles[1])


def _overlap(one: Appointment, other: Appointment) -> bool:
    ends = [a.until_ms if a.until_ms is not None else max(one.from_ms, other.from_ms) + 1 for a in (one, other)]
    return one.from_ms < ends[1] and other.from_ms < ends[0]


def _retire_founder(connection: Transaction, now_ms: int) -> None:
    """Once each of the three administrators is somebody, the first administrator of all has done his work."""
    posts: Mapping[str, Post] = kept.posts(connection)
    in_force = [one for one in kept.appointments(connection) if one.holds_at(now_ms)]
    if {posts[one.post].role for one in in_force} >= ADMINISTRATORS:
        for one in in_force:
            if posts[one.post].role is Role.FOUNDER:
                kept.end_appointment(connection, one.id, now_ms)
