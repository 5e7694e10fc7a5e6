"""One incident out of what came in and what was reported: joined in one act, taken apart in one, dismissed in one.

Nothing is joined by itself. Only what the pack declares opens a case at once, and not where one is open that is likely
the same: then it waits for a person with all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from accounts.bearer import Bearer, Grant
from accounts.rights import may
from accounts.warden import Warden
from core.accounts import Reach, Role
from core.errors import IllegalStep, UnknownName
from core.records import MINUTE_MS
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.clocks import Obligation
from dispatch.grouping import Grouper, Proposal, Sighting
from dispatch.intake import OPEN_FOR_MS, Becomes, Item, ItemState, Source
from dispatch.log import Origin
from dispatch.steps import Verb
from dispatch.urgency import Sees
from store import cases as kept
from store import intake
from store.sql import Transaction
from store.units import keep_apart, kept_apart

AT_MOST = 2000  # open cases that are held against each other, the newest; older ones are found beside a case
FRESH_MS = 10 * MINUTE_MS  # what is told later than this opens nothing by itself: who reads old streams floods no desk
MACHINE = Bearer("worker:intake", (Grant(Role.MACHINE, Reach(), "intake"),))


@dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody takes for one incident. members: items and cases by id. title: of the case if it is a new one."""

    key: str
    members: tuple[str, ...]
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What is open: items, cases, and what is likely one incident."""

    items: Mapping[str, Item]
    cases: Mapping[str, kept.CaseRow]
    proposals: Sequence[Proposal]


@dataclass(frozen=True, slots=True)
class Members:
    """What a case consists of: items that joined it, cases that were merged into it."""

    items: Sequence[Item]
    cases: Sequence[kept.CaseRow]


class Incidents:
    """Items and cases of one installation, together."""

    def __init__(
        self, warden: Warden, book: CaseBook, rules: Callable[[], Rules], grouper: Callable[[], Grouper]
    ) -> None:
        self._warden, self._book, self._rules, self._grouper = warden, book, rules, grouper

    def look(self, scene: str, now_ms: int, sees: Sees) -> Look:
        """What is open and likely one, of what somebody may see. now_ms: city time."""
        since_ms = now_ms - OPEN_FOR_MS
        with self._warden.database.reading() as connection:
            items = [item_of(row) for row in intake.open_items(connection, scene, since_ms)]
            rows = kept.open_since(connection, scene, since_ms, AT_MOST)
            apart = kept_apart(connection, [*(one.id for one in items), *(row.id for row in rows)])
        items = [one for one in items if sees(one.area, one.topic)]
        rows = [row for row in rows if sees(row.area, row.topic)]
        told = [sighting for one in items if (sighting := one.sighting())]
        told += [sighting for row in rows if (sighting := sighting_of(row))]
        found = self._grouper().propose(told, apart)
        return Look({one.id: one for one in items}, {row.id: row for row in rows}, found)

    def members(self, case: str) -> Members:
        """What a case consists of."""
        with self._warden.database.reading() as connection:
            items = [item_of(row) for row in intake.items_of(connection, case)]
            return Members(items, kept.merged_into(connection, case))

    def accept(self, by: Bearer, wish: Accepted, now: Now) -> Told:
        """One case with all members, new unless one of them is of this kind already; all of it or nothing.

        A case that is merged keeps its own citizen, reply, call-back and clock. A repeat under the same key changes
        nothing.

        Raises:
            NotAllowed: His posts do not reach so far.
            IllegalStep: A member belongs to another case, or cannot be merged now.
            UnknownName: A member does not exist.
        """
        detail = {"key": wish.key, "members": list(wish.members)}
        with self._warden.acting(by, "cases.dispatch", "incident", now.real_ms, detail) as connection:
            done = kept.entry_with_key(connection, by.name, wish.key)
            lead = done.case if done else self._joined(connection, by, wish, now)
        return self._book.read(lead)

    def split(self, by: Bearer, case: str, members: Sequence[str], why: tuple[str, str], now: Now) -> Told:
        """Take members out of a case, and never propose them for it again. why: a key, and the reason.

        Raises as `accept` does.
        """
        key, reason = why
        detail = {"key": key, "members": list(members), "reason": reason}
        with self._warden.acting(by, "cases.dispatch", f"case:{case}", now.real_ms, detail) as connection:
            if kept.entry_with_key(connection, by.name, key) is None:
                self._parted(connection, by, (case, members), (key, reason), now)
        return self._book.read(case)

    def set_apart(self, by: Bearer, members: Sequence[str], now: Now) -> None:
        """Say that these are not one incident; they are not proposed together again. Raises NotAllowed."""
        detail = {"apart": list(members)}
        with self._warden.acting(by, "cases.dispatch", "incident", now.real_ms, detail) as connection:
            keep_apart(connection, combinations(sorted(set(members)), 2), by.name, now.real_ms)

    def dismiss(self, by: Bearer, item: str, reason: str, now: Now) -> None:
        """Say that an item is nothing. Raises NotAllowed, UnknownName."""
        detail = {"reason": reason}
        with self._warden.acting(by, "cases.dispatch", item, now.real_ms, detail) as connection:
            self._named(connection, by, [item], now)
            said = intake.Decision(ItemState.DISMISSED, "", by.name, now.city_ms, reason)
            intake.decide(connection, now.scene, [item], said)

    def open_at_once(self, items: Iterable[Item], now: Now) -> list[Told]:
        """Open a case for each item that the pack lets open one, but not a second one for what is likely open already.

        A kind that owes a citizen a reply is opened for each of them: he keeps it when the cases become one.
        """
        due = [one for one in items if one.becomes is Becomes.CASE and one.told_ms >= now.city_ms - FRESH_MS]
        if not due:
            return []
        found = self.look(now.scene, now.city_ms, lambda area, topic: True)
        alike = {member.id for one in found.proposals for member in one.members}
        kinds = self._rules().kinds
        opening = [one for one in due if one.id not in alike or Obligation.REPLY in kinds[one.kind].limits]
        return [self._opened(one, now) for one in opening if one.id in found.items]

    def _opened(self, item: Item, now: Now) -> Told:
        wish = Wish(f"intake/{item.id}"[:80], Verb.REPORT, fields=_report(item, [item.id]), origin=Origin.MACHINE)
        detail = {"verb": wish.verb, "origin": wish.origin}
        with self._warden.recording(MACHINE, "cases.tell", item.id, now.real_ms, detail) as connection:
            told = self._book.act_within(connection, MACHINE, wish, now)
            joined = intake.Decision(ItemState.JOINED, told.case.id, MACHINE.name, now.city_ms)
            intake.decide(connection, now.scene, [item.id], joined)
        return told

    def _joined(self, connection: Transaction, by: Bearer, wish: Accepted, now: Now) -> str:
        items = self._named(connection, by, wish.members, now)
        rows = [kept.case_of(connection, one) for one in wish.members if one not in items]
        leading = [row for row in rows if row.kind == wish.kind]
        lead = min(leading, key=lambda row: (row.reported_ms, row.id)).id if leading else ""
        followers = [row.id for row in rows if row.id != lead]
        keys = _keys(wish.key)
        if not lead:
            fields = _report(_sharpest(items.values(), rows), sorted(items))
            fields |= {"kind": wish.kind, "correlation": _oldest_correlation(items.values(), rows)}
            fields |= {"title": wish.title} if wish.title else {}
            lead = self._book.act_within(connection, by, Wish(next(keys), Verb.REPORT, fields=fields), now).case.id
        elif items:
            joins = Wish(next(keys), Verb.JOIN, lead, {"items": sorted(items)})
            self._book.act_within(connection, by, joins, now)
        for follower in followers:
            self._book.act_within(connection, by, Wish(next(keys), Verb.MERGE, follower, {"into": lead}), now)
        said = intake.Decision(ItemState.JOINED, lead, by.name, now.city_ms)
        intake.decide(connection, now.scene, items, said)
        return lead

    def _parted(
        self, connection: Transaction, by: Bearer, asked: tuple[str, Sequence[str]], why: tuple[str, str], now: Now
    ) -> None:
        (case, members), (key, reason) = asked, why
        own = {row.id for row in intake.items_of(connection, case)}
        merged = {row.id for row in kept.merged_into(connection, case)}
        if strangers := [one for one in members if one not in own | merged]:
            raise IllegalStep("not-a-member", member=strangers[0], case=case)
        keys, items = _keys(key), [one for one in members if one in own]
        if items:
            parts = Wish(next(keys), Verb.PART, case, {"items": items, "reason": reason})
            self._book.act_within(connection, by, parts, now)
            said = intake.Decision(ItemState.OPEN, "", by.name, now.city_ms, reason)
            intake.decide(connection, now.scene, items, said)
        for one in members:
            if one in merged:
                self._book.act_within(connection, by, Wish(next(keys), Verb.UNMERGE, one), now)
        staying = {case, *own, *merged} - set(members)
        keep_apart(connection, [(one, other) for one in members for other in staying], by.name, now.real_ms)

    def _named(self, connection: Transaction, by: Bearer, members: Iterable[str], now: Now) -> dict[str, Item]:
        """The items among members, which he may see and no case has. Raises IllegalStep, UnknownName."""
        rows, above = intake.items_named(connection, now.scene, members), self._rules().above
        for row in rows.values():
            if not may(by, "cases.see", area=above(row.area) if row.area else (), topic=row.topic).allowed:
                raise UnknownName(f"no item has the id {row.id!r}")
            if row.case:
                raise IllegalStep("has-a-case", member=row.title, case=row.case)
        return {name: item_of(row) for name, row in rows.items()}


def item_of(row: intake.ItemRow) -> Item:
    """An item as it was stored."""
    told = {name: getattr(row, name) for name in Item.__dataclass_fields__ if name != "withdrawn"}
    told |= {"source": Source(row.source), "becomes": Becomes(row.becomes)}
    return Item(**told, withdrawn=row.state == ItemState.WITHDRAWN)


def row_of(item: Item, scene: str) -> intake.ItemRow:
    """An item as it is stored."""
    told = {name: getattr(item, name) for name in Item.__dataclass_fields__ if name != "withdrawn"}
    return intake.ItemRow(scene=scene, **(told | {"source": str(item.source), "becomes": str(item.becomes)}))


def sighting_of(row: kept.CaseRow | kept.Near) -> Sighting | None:
    """What the grouper sees of a case; None: it has no place."""
    if row.lon_deg is None or row.lat_deg is None:
        return None
    place = (row.lon_deg, row.lat_deg, row.accuracy_m or 0.0)
    return Sighting(row.id, *place, row.reported_ms, kind=row.kind, text=row.title, case=row.id)


def _report(told: Item | kept.CaseRow, items: Sequence[str]) -> dict[str, Any]:
    """The fields of a new case after one thing that was told of it."""
    fields: dict[str, Any] = {"kind": told.kind, "title": told.title[:120], "area": told.area, "items": list(items)}
    fields["correlation"] = told.correlation
    if told.lon_deg is not None and told.lat_deg is not None:
        place = {"lon_deg": told.lon_deg, "lat_deg": told.lat_deg, "accuracy_m": told.accuracy_m or 50.0}
        fields["place"] = place | {"origin": "device"}
    return fields


def _sharpest(items: Iterable[Item], rows: Iterable[kept.CaseRow]) -> Item | kept.CaseRow:
    """Of all that was told the one whose place is known best."""

    def doubt(one: Item | kept.CaseRow) -> tuple[bool, float, str]:
        return one.lon_deg is None, one.accuracy_m or 0.0, one.id

    told: list[Item | kept.CaseRow] = [*items, *rows]
    return min(told, key=doubt)


def _oldest_correlation(items: Iterable[Item], rows: Iterable[kept.CaseRow]) -> str:
    """The correlation of what was told first."""
    told = [(one.at_ms, one.id, one.correlation) for one in items]
    told += [(row.reported_ms, row.id, row.correlation) for row in rows]
    return min((one for one in told if one[2]), default=(0, "", ""))[2]


def _keys(key: str) -> Iterator[str]:
    """Keys of the entries of one act: the first is its own, so that a repeat of the act is known by it."""
    yield key
    number = 1
    while True:
        yield f"{key}/{number}"
        number += 1
