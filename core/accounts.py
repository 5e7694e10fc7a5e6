"""People, posts, sessions, tokens and audit entries as they are stored. Rules about them stand in `accounts/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Self

from core.errors import UnknownName

EVERYWHERE = "*"  # as an area or a topic of a post or token: all of them


class Role(StrEnum):
    """What somebody is there for. The rights of each stand in the one table `accounts/rights.py`."""

    DUTY = "duty"
    SHIFT_LEADER = "shift-leader"
    LEADER = "leader"
    DISPATCHER = "dispatcher"
    HOTLINE = "hotline"
    FIELD = "field"
    LIAISON = "liaison"
    SUPERVISOR = "supervisor"
    RULES = "rules"
    REVIEWER = "reviewer"
    OPERATIONS = "operations"
    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"
    FOUNDER = "founder"
    WALL = "wall"
    MACHINE = "machine"


ADMINISTRATORS = frozenset({Role.SYSTEM, Role.SECURITY, Role.AUDIT})  # 三员: one person holds one of them at most
DEVICES = frozenset({Role.WALL, Role.MACHINE})  # roles of tokens; no post has them


class Sensitivity(IntEnum):
    """How far something may be seen: by everybody, the house, named posts only. Each includes the ones before it."""

    PUBLIC = 0
    INTERNAL = 1
    RESTRICTED = 2

    @property
    def word(self) -> str:
        """As packs, pictures and forms write it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Self:
        """The grade that a word means. Raises UnknownName."""
        try:
            return cls[word.upper()]
        except KeyError:
            known = ", ".join(one.word for one in cls)
            raise UnknownName(f"{word!r} is not one of {known}") from None


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a right holds: areas by division code and topics by name, or `*`, and the highest sensitivity."""

    areas: tuple[str, ...] = (EVERYWHERE,)
    topics: tuple[str, ...] = (EVERYWHERE,)
    sensitivity: Sensitivity = Sensitivity.INTERNAL


@dataclass(frozen=True, slots=True)
class Department:
    """A department 部门; `parent` is empty at the top.

    until_ms: when it was dissolved 撤销; None: it stands. successor: who took its work over.
    """

    id: str
    name: str
    parent: str = ""
    until_ms: int | None = None
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A real-name account 实名账号. `login` is what is typed; a disabled account keeps its history."""

    id: int
    login: str
    name: str
    phone: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A post 岗位 of a department. Rights belong to posts; people come and go."""

    id: str
    name: str
    department: str
    role: Role
    reach: Reach = field(default_factory=Reach)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A person at a post from a time to a time, ms UTC. rank 0 holds the post, 1 and above are deputies in turn."""

    id: int
    person: int
    post: str
    from_ms: int
    until_ms: int | None = None  # None: until somebody ends it
    rank: int = 0
    successor: int | None = None  # the person who took over

    def holds_at(self, now_ms: int) -> bool:
        """Whether it is in force."""
        return self.from_ms <= now_ms and (self.until_ms is None or now_ms < self.until_ms)


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat 席位: a desk in the room with its own read-only right. Who sits there is a session, not the seat."""

    id: str
    name: str
    post: str


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. Times are ms UTC; `digest` is that of the secret in the cookie, which is kept nowhere."""

    id: int
    person: int
    digest: str = field(repr=False)
    source: str  # how it was proved: password, ldap, oidc, …
    address: str
    began_ms: int
    seen_ms: int
    expires_ms: int
    strong: bool = False  # a second factor was shown
    seat: str = ""
    ended_ms: int | None = None
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What a wall, a seat or a machine shows instead of a password; the secret is shown once and kept as a digest."""

    id: int
    name: str
    role: Role
    digest: str = field(repr=False)
    reach: Reach
    actions: tuple[str, ...]  # narrows the rights of its role; empty: all of them
    made_ms: int
    expires_ms: int | None
    seat: str = ""
    revoked_ms: int | None = None
    used_ms: int | None = None  # when it was last shown, to some minutes


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done or refused, as it goes into the audit. Never holds a secret.

    actor: `person:zhangsan`, `token:7`, `seat:duty-1`, `system`. outcome: `done` or `refused`.
    """

    actor: str
    action: str
    subject: str
    at_ms: int
    address: str = ""
    outcome: str = "done"
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit. `digest` covers the act, its number and the digest of the row before."""

    number: int
    act: Act
    algorithm: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of the audit at some time, kept outside the database: nothing up to it can vanish unseen."""

    number: int
    digest: str
    at_ms: int
