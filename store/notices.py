"""Notices in SQL: what was decided, in one transaction with what it was decided from; deliveries, taken one by one.

A delivery that is taken is lent to whoever took it for a while. Should he die, it is due again: told at least once,
and with the same key, by which the other side knows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update

from core.accounts import Sensitivity
from core.notices import Channel, Delivery, Kind, Matter, Notice, Rung, State
from core.records import Level, Stamp
from store.sql import Transaction, among, put, upsert
from store.tables import notices as tables

LENT_MS = 20_000  # longer than any channel may take
REASON_LETTERS = 300
RANK = {State.WAITING: 0, State.SENT: 1, State.DELIVERED: 2, State.FAILED: 3, State.ANSWERED: 4, State.SUPPRESSED: 5}

_NOTICE = [field.name for field in fields(Notice)]
_DELIVERY = [field.name for field in fields(Delivery)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended. again_ms: when the next one is due, None: this was the last; remote: its number there."""

    state: State
    reason: str
    at_ms: int
    took_ms: int
    again_ms: int | None = None
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A delivery that the next in line took, and of which nobody knows more. sent_ms: when, real time."""

    key: str
    channel: Channel
    remote: str
    sent_ms: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it is kept; took_ms None: it never came to an end that we know of."""

    attempt: int
    at_ms: int
    took_ms: int | None
    outcome: str
    reason: str


# what was decided


def keep_told(connection: Transaction, told: Iterable[tuple[Notice, Sequence[Delivery]]]) -> int:
    """Write notices with their deliveries; one whose key is there is left as it is. Returns how many were new."""
    new = 0
    for notice, deliveries in told:
        row = asdict(notice)
        del row["number"]
        found = connection.execute(_once(connection, tables.notices, row).returning(tables.notices.c.number)).scalar()
        if found is None:
            continue
        new += 1
        for one in deliveries:
            own = asdict(one) | {"notice": int(found), "reason": one.reason[:REASON_LETTERS]}
            del own["number"]
            connection.execute(_once(connection, tables.deliveries, own))
    return new


def keep_matters(connection: Transaction, scene: str, matters: Iterable[Matter], over: Iterable[str]) -> None:
    """Write what has been told of warnings; those that are over are forgotten."""
    for one in matters:
        put(connection, tables.matters, {"scene": scene, "warning": one.warning, "matter": msgspec.to_builtins(one)})
    for warning in over:
        own = (tables.matters.c.scene == scene) & (tables.matters.c.warning == warning)
        connection.execute(delete(tables.matters).where(own))


def open_matters(connection: Transaction, scene: str) -> dict[str, Matter]:
    """What has been told of each warning that is not over yet."""
    rows = connection.execute(select(tables.matters.c.matter).where(tables.matters.c.scene == scene)).scalars()
    found = (msgspec.convert(row, Matter) for row in rows)
    return {one.warning: one for one in found}


def spoken_of(connection: Transaction, scene: str, warnings: Iterable[str]) -> set[str]:
    """Those of these warnings of which a notice was decided, told or not."""
    n = tables.notices.c
    asked = select(n.warning).where(n.scene == scene, among(connection, n.warning, warnings)).distinct()
    return set(connection.execute(asked).scalars())


def told_since(connection: Transaction, since_ms: int) -> dict[str, list[int]]:
    """Recipient → real times of the notices that he was told since; one on two channels counts once."""
    d = tables.deliveries.c
    asked = select(d.recipient, d.notice, func.min(func.coalesce(d.done_ms, d.made_ms)).label("at_ms"))
    gone = (d.state != State.SUPPRESSED) & (d.made_ms > since_ms)
    waiting_digest = (d.state == State.WAITING) & (d.next_ms > d.made_ms) & (d.attempts == 0)
    found: dict[str, list[int]] = defaultdict(list)
    for row in connection.execute(asked.where(gone, ~waiting_digest).group_by(d.recipient, d.notice)).mappings():
        found[row["recipient"]].append(row["at_ms"])
    return found


def waiting_digests(connection: Transaction, scene: str) -> dict[str, str]:
    """Recipient → key of his digest that has not been tried yet."""
    n, d = tables.notices.c, tables.deliveries.c
    asked = select(d.recipient, d.key).join(tables.notices, n.number == d.notice)
    waiting = (n.scene == scene) & (n.kind == Kind.DIGEST) & (d.state == State.WAITING) & (d.attempts == 0)
    return {row["recipient"]: row["key"] for row in connection.execute(asked.where(waiting)).mappings()}


# how it is delivered


def take_due(connection: Transaction, now_ms: int, limit: int) -> list[tuple[Notice, Delivery]]:
    """Deliveries that are due, the gravest and oldest first, each lent for a while; the attempt is noted as begun."""
    d, n = tables.deliveries.c, tables.notices.c
    due = (d.state == State.WAITING) & (d.next_ms <= now_ms)
    taken = _pairs(connection, due, (n.level.desc(), d.next_ms, d.number), limit)
    for _, one in taken:
        lent = update(tables.deliveries).where(d.number == one.number)
        connection.execute(lent.values(next_ms=now_ms + LENT_MS, attempts=one.attempts + 1))
        begun = {"delivery": one.number, "attempt": one.attempts + 1, "at_ms": now_ms}
        connection.execute(insert(tables.attempts).values(**begun, outcome=State.WAITING, reason=""))
    return taken


def keep_outcome(connection: Transaction, delivery: Delivery, outcome: Outcome) -> None:
    """Write how the attempt that `take_due` began has ended. delivery: as it was given there."""
    reason = outcome.reason[:REASON_LETTERS]
    state = State.WAITING if outcome.again_ms is not None else outcome.state
    done_ms = None if state is State.WAITING else outcome.at_ms
    row = {"state": state, "reason": reason, "done_ms": done_ms, "remote": outcome.remote}
    if outcome.again_ms is not None:
        row["next_ms"] = outcome.again_ms
    d, a = tables.deliveries.c, tables.attempts.c
    # A receipt may have come before: it knows more.
    open_ = (d.number == delivery.number) & (d.state == State.WAITING)
    connection.execute(update(tables.deliveries).where(open_).values(**row))
    begun = (a.delivery == delivery.number) & (a.attempt == delivery.attempts + 1)
    ended = {"took_ms": outcome.took_ms, "outcome": outcome.state, "reason": reason}
    connection.execute(update(tables.attempts).where(begun).values(**ended))


def keep_receipt(connection: Transaction, key: str, state: State, reason: str, at_ms: int) -> State | None:
    """Write what a gateway says became of a delivery. Returns how it stands; None: no such delivery left the house.

    A receipt never takes back: delivered is not sent any more, and who answered has heard it. at_ms: real time.
    """
    d = tables.deliveries.c
    found = connection.execute(select(d.state, d.attempts).where(d.key == key)).first()
    if found is None or not found.attempts or found.state == State.SUPPRESSED:
        return None
    before = State(found.state)
    if RANK[state] <= RANK[before]:
        return before
    row = {"state": state, "reason": reason[:REASON_LETTERS], "done_ms": at_ms}
    connection.execute(update(tables.deliveries).where(d.key == key).values(**row))
    return state


def unsettled(connection: Transaction, channels: Iterable[Channel], since_ms: int, limit: int) -> list[Unsettled]:
    """Deliveries on these channels that were sent since, and of which no receipt came: the newest first."""
    d = tables.deliveries.c
    asked = select(d.key, d.channel, d.remote, d.done_ms.label("sent_ms"))
    sent = (d.state == State.SENT) & d.channel.in_(list(channels)) & (d.done_ms > since_ms)
    rows = connection.execute(asked.where(sent).order_by(d.number.desc()).limit(limit)).mappings()
    return [Unsettled(row["key"], Channel(row["channel"]), row["remote"], row["sent_ms"]) for row in rows]


def rung_of(connection: Transaction, scene: str, warnings: Iterable[str]) -> dict[str, list[Rung]]:
    """Of each warning what became of the calls that were made last about it."""
    n, d = tables.notices.c, tables.deliveries.c
    newest, found = dict[str, int](), defaultdict[str, list[Rung]](list)
    asked = select(n.warning, d.notice, d.state, func.coalesce(d.done_ms, d.made_ms).label("since_ms")).join(
        tables.notices, n.number == d.notice
    )
    called = (d.channel == Channel.VOICE) & (d.state != State.SUPPRESSED) & (n.scene == scene)
    about_them = asked.where(called, among(connection, n.warning, warnings)).order_by(d.notice)
    for row in connection.execute(about_them).mappings():
        if newest.get(row["warning"]) != row["notice"]:
            newest[row["warning"]], found[row["warning"]] = row["notice"], []
        found[row["warning"]].append(Rung(State(row["state"]), row["since_ms"]))
    return found


def keep_sentence(connection: Transaction, notice: int, sentence: str, grade: Sensitivity) -> None:
    """Write what a digest says, when it goes, and how far that may be seen."""
    said = update(tables.notices).where(tables.notices.c.number == notice)
    connection.execute(said.values(sentence=sentence, grade=grade))


def bring_forward(connection: Transaction, by_ms: int) -> None:
    """Let whatever waits be due so much sooner: the clock that it waits by was set back."""
    d = tables.deliveries
    connection.execute(update(d).where(d.c.state == State.WAITING).values(next_ms=d.c.next_ms - by_ms))


def next_due_ms(connection: Transaction) -> int | None:
    """When the next delivery is due; None: nothing waits."""
    d = tables.deliveries.c
    found: int | None = connection.execute(select(func.min(d.next_ms)).where(d.state == State.WAITING)).scalar()
    return found


# what is shown


def digested(connection: Transaction, digest: str) -> list[Notice]:
    """What a digest tells of, the gravest first."""
    n, d = tables.notices.c, tables.deliveries.c
    return [pair[0] for pair in _pairs(connection, d.digest == digest, (n.level.desc(), n.number), 1000)]


def find_notices(
    connection: Transaction, *, warning: str = "", from_ms: int = 0, state: str = "", limit: int = 200
) -> list[tuple[Notice, list[Delivery]]]:
    """The newest notices with their deliveries, newest first. state: only with such a delivery, or `suppressed`."""
    n, d = tables.notices.c, tables.deliveries.c
    asked = select(tables.notices).where(n.at_ms >= from_ms)
    if warning:
        asked = asked.where(n.warning == warning)
    if state:
        having = select(d.notice).where(d.state == state)
        itself = (n.suppressed != "") if state == State.SUPPRESSED else (n.number < 0)
        asked = asked.where(n.number.in_(having) | itself)
    found = [_notice(row) for row in connection.execute(asked.order_by(n.number.desc()).limit(limit)).mappings()]
    of: dict[int, list[Delivery]] = defaultdict(list)
    numbers = [one.number for one in found]
    theirs = select(tables.deliveries).where(among(connection, d.notice, numbers)).order_by(d.number)
    for row in connection.execute(theirs).mappings():
        of[row["notice"]].append(_delivery(row))
    return [(one, of[one.number]) for one in found]


def published(connection: Transaction, channel: Channel, recipient: str, limit: int = 200) -> list[Notice]:
    """What reached a recipient on a channel, newest first: what a feed lists."""
    n, d = tables.notices.c, tables.deliveries.c
    there = (d.channel == channel) & (d.recipient == recipient) & (d.state == State.DELIVERED)
    return [pair[0] for pair in _pairs(connection, there, (n.number.desc(),), limit)]


def attempts_of(connection: Transaction, delivery: int) -> list[Attempt]:
    """Every attempt of a delivery, in their order."""
    a = tables.attempts.c
    asked = select(a.attempt, a.at_ms, a.took_ms, a.outcome, a.reason).where(a.delivery == delivery).order_by(a.attempt)
    return [Attempt(**row) for row in connection.execute(asked).mappings()]


def counts(connection: Transaction) -> dict[tuple[str, str], int]:
    """(channel, state) → how many deliveries."""
    d = tables.deliveries.c
    rows = connection.execute(select(d.channel, d.state, func.count()).group_by(d.channel, d.state))
    return {(channel, state): number for channel, state, number in rows}


def _pairs(
    connection: Transaction, where: ColumnElement[bool], order: Sequence[Any], limit: int
) -> list[tuple[Notice, Delivery]]:
    n, d = tables.notices.c, tables.deliveries.c
    columns = [c.label(f"n_{c.name}") for c in n] + [c.label(f"d_{c.name}") for c in d]
    asked = select(*columns).select_from(tables.deliveries.join(tables.notices, n.number == d.notice))
    rows = connection.execute(asked.where(where).order_by(*order).limit(limit)).mappings().all()
    return [(_notice(_part(row, "n_")), _delivery(_part(row, "d_"))) for row in rows]


def _part(row: RowMapping, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}


def _notice(row: RowMapping | dict[str, Any]) -> Notice:
    told = {name: row[name] for name in _NOTICE}
    told |= {"stamp": Stamp(row["stamp"]), "kind": Kind(row["kind"]), "level": Level(row["level"])}
    grade = None if row["grade"] is None else Sensitivity(row["grade"])
    return Notice(**told | {"areas": tuple(row["areas"]), "grade": grade})


def _delivery(row: RowMapping | dict[str, Any]) -> Delivery:
    told = {name: row[name] for name in _DELIVERY}
    return Delivery(**told | {"channel": Channel(row["channel"]), "state": State(row["state"])})


def _once(connection: Transaction, table: Any, row: dict[str, Any]) -> Any:
    """Insert a row unless one with its key is there."""
    return upsert(connection, table).values(**row).on_conflict_do_nothing(index_elements=["key"])
