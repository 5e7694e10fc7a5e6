"""The first start: one department, one post, one person, one password that is printed once."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.bearer import Bearer, Grant
from accounts.journal import Journal
from accounts.passwords import Passwords, random_password
from core.accounts import Act, Department, Post, Reach, Role, Sensitivity
from store import people as kept
from store.signing_in import add_password
from store.sql import Database

LOGIN = "admin"
_DEPARTMENT = Department("founding", "系统初始化")
_POST = Post("founder", "初始管理员", _DEPARTMENT.id, Role.FOUNDER)


@dataclass(frozen=True, slots=True)
class Founder:
    """The first administrator, to be told once."""

    login: str
    password: str = field(repr=False)


def found(database: Database, journal: Journal, passwords: Passwords, now_ms: int) -> Founder | None:
    """Make the first administrator of an installation that never had one. None: it had.

    He may look at everything, make accounts and appoint, until each of the three administrators is somebody.
    """
    with database.reading() as connection:
        if _POST.id in kept.posts(connection):
            return None
    password = random_password()
    hashed = passwords.hashed(password)
    with database.transaction() as connection:
        if _POST.id in kept.posts(connection):  # another process was faster
            return None
        login = LOGIN if kept.find_person(connection, LOGIN) is None else f"{LOGIN}-{now_ms}"  # made by hand before
        kept.put_department(connection, _DEPARTMENT)
        kept.put_post(connection, _POST)
        person = kept.add_person(connection, login, _POST.name)
        add_password(connection, person.id, hashed, now_ms, must_change=True)
        kept.appoint(connection, person.id, _POST.id, now_ms, None, 0)
        journal.write(connection, Act("system", "founding", f"person:{login}", now_ms))
    return Founder(login, password)


def console() -> Bearer:
    """Whoever has the command line of this machine. He has the database anyway; what he does here is audited."""
    reach = Reach(sensitivity=Sensitivity.RESTRICTED)
    roles = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
    return Bearer("console", tuple(Grant(role, reach, "console") for role in roles), strong=True)
