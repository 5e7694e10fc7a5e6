"""Departments, people, posts, appointments and seats, read and written. What is allowed is decided in `accounts/`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.accounts import Appointment, Department, Person, Post, Reach, Role, Seat, Sensitivity
from core.errors import Taken, UnknownName
from store.sql import Transaction, put
from store.tables import people as tables


def put_department(connection: Transaction, department: Department) -> None:
    """Write a department, new or known by its id."""
    put(connection, tables.departments, asdict(department))


def departments(connection: Transaction) -> list[Department]:
    """All departments, by id."""
    rows = connection.execute(select(tables.departments).order_by(tables.departments.c.id))
    return [Department(**row) for row in rows.mappings()]


def dissolve_department(connection: Transaction, department: str, successor: str, until_ms: int) -> None:
    """Let a department end; its posts and the departments below it belong to its successor from now on."""
    of_it, below = tables.posts.c.department == department, tables.departments.c.parent == department
    connection.execute(update(tables.posts).where(of_it).values(department=successor))
    connection.execute(update(tables.departments).where(below).values(parent=successor))
    ended = update(tables.departments).where(tables.departments.c.id == department)
    connection.execute(ended.values(until_ms=until_ms, successor=successor))


def add_person(connection: Transaction, login: str, name: str, phone: str = "") -> Person:
    """Write a new person. Raises Taken: the login belongs to somebody."""
    if find_person(connection, login) is not None:
        raise Taken(login)
    row = {"login": login, "name": name, "phone": phone, "disabled": False}
    added = connection.execute(insert(tables.people).values(**row).returning(tables.people.c.id))
    return Person(added.scalar_one(), login, name, phone)


def change_person(connection: Transaction, person: Person) -> None:
    """Write name, phone and whether the account is disabled; the login stays."""
    fields = {"name": person.name, "phone": person.phone, "disabled": person.disabled}
    connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(**fields))


def find_person(connection: Transaction, login: str) -> Person | None:
    """The person who signs in under a login."""
    return _one_person(connection, select(tables.people).where(tables.people.c.login == login))


def called(connection: Transaction, bearer: str) -> str:
    """What people call whoever acts: a person by name; a token or a machine by the name that the audit has."""
    kind, _, login = bearer.partition(":")
    person = find_person(connection, login) if kind == "person" else None
    return person.name if person else bearer


def person_of(connection: Transaction, person: int) -> Person:
    """The person with a number. Raises UnknownName."""
    found = _one_person(connection, select(tables.people).where(tables.people.c.id == person))
    if found is None:
        raise UnknownName(f"no person has the number {person}")
    return found


def people(connection: Transaction) -> list[Person]:
    """Everybody, disabled ones too, by number."""
    rows = connection.execute(select(tables.people).order_by(tables.people.c.id))
    return [Person(**row) for row in rows.mappings()]


def put_post(connection: Transaction, post: Post) -> None:
    """Write a post, new or known by its id."""
    reach = {"areas": list(post.reach.areas), "topics": list(post.reach.topics), "sensitivity": post.reach.sensitivity}
    row = {"id": post.id, "name": post.name, "department": post.department, "role": post.role}
    try:
        put(connection, tables.posts, row | reach)
    except IntegrityError as problem:
        raise UnknownName(f"no department {post.department!r} is known") from problem


def posts(connection: Transaction) -> dict[str, Post]:
    """All posts by id."""
    rows = connection.execute(select(tables.posts).order_by(tables.posts.c.id))
    return {row["id"]: _post(row) for row in rows.mappings()}


def appoint(connection: Transaction, person: int, post: str, from_ms: int, until_ms: int | None, rank: int) -> int:
    """Write an appointment. Returns its number. Raises UnknownName: no such person or post."""
    row = {"person": person, "post": post, "from_ms": from_ms, "until_ms": until_ms, "rank": rank}
    try:
        added = connection.execute(insert(tables.appointments).values(**row).returning(tables.appointments.c.id))
    except IntegrityError as problem:
        raise UnknownName(f"no post {post!r}, or no person {person}") from problem
    return int(added.scalar_one())


def end_appointment(connection: Transaction, appointment: int, until_ms: int, successor: int | None = None) -> None:
    """Let an appointment end, and say who takes over."""
    ending = update(tables.appointments).where(tables.appointments.c.id == appointment)
    connection.execute(ending.values(until_ms=until_ms, successor=successor))


def appointments(connection: Transaction, person: int | None = None) -> list[Appointment]:
    """All appointments ever, or those of one person, by number."""
    asked = select(tables.appointments).order_by(tables.appointments.c.id)
    if person is not None:
        asked = asked.where(tables.appointments.c.person == person)
    return [Appointment(**row) for row in connection.execute(asked).mappings()]


def put_seat(connection: Transaction, seat: Seat) -> None:
    """Write a seat, new or known by its id. Raises UnknownName: no such post."""
    try:
        put(connection, tables.seats, asdict(seat))
    except IntegrityError as problem:
        raise UnknownName(f"no post {seat.post!r} is known") from problem


def seats(connection: Transaction) -> dict[str, Seat]:
    """All seats by id."""
    rows = connection.execute(select(tables.seats).order_by(tables.seats.c.id))
    return {row["id"]: Seat(**row) for row in rows.mappings()}


def _one_person(connection: Transaction, asked: Select[Any]) -> Person | None:
    row = connection.execute(asked).mappings().first()
    return None if row is None else Person(**row)


def _post(row: RowMapping) -> Post:
    reach = Reach(tuple(row["areas"]), tuple(row["topics"]), Sensitivity(row["sensitivity"]))
    return Post(row["id"], row["name"], row["department"], Role(row["role"]), reach)
