"""Cases between platforms, and messages that wait to be sent, written and read. What may happen: `dispatch/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import case, exists, func, insert, literal, select, update

from core.errors import UnknownName
from store.cases import next_number
from store.photos import PhotoRow
from store.sql import Transaction, put
from store.tables.cases import cases
from store.tables.exchange import exchange_out, exchanged
from store.tables.photos import photos

NUMBERS = "exchange"  # the row of `case_numbers` that counts messages
WORKED_ON_THERE = ("dispatched", "handling", "feedback", "verified")
BEHIND = ("waiting", "given-up")  # what comes later of the same case waits for these
OPEN = ("waiting", "refused", "given-up")  # not over: under way, or a person must look


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A case that two platforms share. given: `in` when we work on it for them. told: the state told last."""

    case: str
    peer: str
    given: str
    told: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message to a peer and what became of it. number: in the order of their writing, 0 before that.

    next_ms: when it is tried next, real time; None: never. failed_ms: since when it fails.
    """

    key: str
    peer: str
    case: str
    body: Mapping[str, Any]
    made_ms: int
    next_ms: int | None
    standing: str = "waiting"
    tries: int = 0
    failed_ms: int | None = None
    said: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class PeerCount:
    """How messages to one peer stand. waiting: how many; failing: of all how many fail or are stuck, since when."""

    peer: str
    waiting: int
    failing: int
    failed_ms: int | None


def put_exchanged(connection: Transaction, one: Exchanged) -> None:
    """Write how a case is shared."""
    put(connection, exchanged, asdict(one))


def shared_with(connection: Transaction, case: str) -> list[Exchanged]:
    """The platforms that share a case."""
    rows = connection.execute(select(exchanged).where(exchanged.c.case == case).order_by(exchanged.c.peer)).mappings()
    return [Exchanged(**row) for row in rows]


def failing_of(connection: Transaction, case: str) -> dict[str, int]:
    """How many messages about a case fail or are stuck: peer → count."""
    table = exchange_out.c
    asked = select(table.peer, func.count(table.failed_ms)).where(table.case == case, table.standing.in_(OPEN))
    return {peer: count for peer, count in connection.execute(asked.group_by(table.peer)) if count}


def untold(connection: Transaction, limit: int = 200) -> list[tuple[Exchanged, str]]:
    """Cases that we work on for others and whose state they do not know yet, with that state."""
    asked = select(exchanged, cases.c.state).join(cases, cases.c.id == exchanged.c.case)
    asked = asked.where(exchanged.c.given == "in", exchanged.c.told != cases.c.state).limit(limit)
    return [
        (Exchanged(**{name: row[name] for name in Exchanged.__dataclass_fields__}), row["state"])
        for row in connection.execute(asked).mappings()
    ]


def photos_untold(connection: Transaction, peers: Sequence[str], limit: int) -> list[tuple[str, PhotoRow]]:
    """Photos of open shared cases for which no message to that platform was ever written, each with the platform.

    Of a case that we gave away for as long as it is worked on there. What came from a platform is not sent back to it.
    """
    there = (exchanged.c.given == "out") & (cases.c.lead == exchanged.c.peer) & cases.c.state.in_(WORKED_ON_THERE)
    table, file = exchange_out.c, exchange_out.c.body["fields"]["kept"].as_string()
    told = exists().where(table.peer == exchanged.c.peer, table.case == photos.c.case, file == photos.c.kept)
    asked = (
        select(exchanged.c.peer, photos)
        .join(cases, cases.c.id == exchanged.c.case)
        .join(photos, photos.c.case == exchanged.c.case)
        .where(cases.c.is_open, (exchanged.c.given == "in") | there, exchanged.c.peer.in_(list(peers)))
        .where(photos.c.by != literal("platform:") + exchanged.c.peer, ~told)
        .order_by(photos.c.case, photos.c.entry, photos.c.sha256)
    )
    rows = connection.execute(asked.limit(limit)).mappings()
    return [(row["peer"], PhotoRow(**{name: row[name] for name in PhotoRow.__dataclass_fields__})) for row in rows]


def add_waiting(connection: Transaction, one: Waiting) -> None:
    """Write a message; it is sent only if this transaction commits. One that was written under its key stays."""
    if not connection.execute(select(exists().where(exchange_out.c.key == one.key))).scalar():
        number = next_number(connection, NUMBERS)
        connection.execute(insert(exchange_out).values(**asdict(one) | {"number": number}))


def peers_waited_for(connection: Transaction) -> list[str]:
    """The platforms that messages wait to be sent to."""
    asked = select(exchange_out.c.peer).where(exchange_out.c.standing == "waiting").distinct()
    return sorted(connection.execute(asked).scalars())


def next_due(connection: Transaction, peer: str, now_ms: int) -> Waiting | None:
    """The first message to a peer whose time has come; of one case none overtakes another."""
    before = exchange_out.alias()
    behind = exists().where(
        before.c.peer == exchange_out.c.peer,
        before.c.case == exchange_out.c.case,
        before.c.number < exchange_out.c.number,
        before.c.standing.in_(BEHIND),
    )
    asked = select(exchange_out).where(
        exchange_out.c.standing == "waiting", exchange_out.c.peer == peer, exchange_out.c.next_ms <= now_ms, ~behind
    )
    row = connection.execute(asked.order_by(exchange_out.c.number).limit(1)).mappings().first()
    return None if row is None else Waiting(**row)


def note_attempt(connection: Transaction, key: str, outcome: Mapping[str, Any]) -> None:
    """Write what became of an attempt: standing, said, next_ms, failed_ms."""
    changed = update(exchange_out).where(exchange_out.c.key == key)
    connection.execute(changed.values(tries=exchange_out.c.tries + 1, **outcome))


def message_with(connection: Transaction, number: int) -> Waiting:
    """One message by its number. Raises UnknownName."""
    row = connection.execute(select(exchange_out).where(exchange_out.c.number == number)).mappings().first()
    if row is None:
        raise UnknownName(f"no message has the number {number}")
    return Waiting(**row)


def change_message(connection: Transaction, one: Waiting) -> None:
    """Write a message as it stands now."""
    connection.execute(update(exchange_out).where(exchange_out.c.key == one.key).values(**asdict(one)))


def messages(connection: Transaction, standings: Sequence[str], limit: int = 200) -> list[Waiting]:
    """Messages that stand in one of these ways, the newest first."""
    asked = select(exchange_out).where(exchange_out.c.standing.in_(list(standings)))
    return [
        Waiting(**row)
        for row in connection.execute(asked.order_by(exchange_out.c.number.desc()).limit(limit)).mappings()
    ]


def by_peer(connection: Transaction) -> list[PeerCount]:
    """How messages to each peer stand, those that are over left out."""
    table = exchange_out.c
    is_waiting = table.standing == "waiting"
    columns = (
        table.peer,
        func.count(case((is_waiting, 1))).label("waiting"),
        func.count(table.failed_ms).label("failing"),
        func.min(table.failed_ms).label("failed_ms"),
    )
    asked = select(*columns).where(table.standing.in_(OPEN)).group_by(table.peer).order_by(table.peer)
    return [PeerCount(**row) for row in connection.execute(asked).mappings()]
