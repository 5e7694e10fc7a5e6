"""From what cases call to notices that are decided, in one transaction with how far the outbox was followed.

A process that dies between two turns leaves nothing out; what it decides again has the same key and counts once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from accounts.sealing import Seal
from board.belonging import chain_of
from catalogue.declared import Declared
from core.acts import ActTopic
from core.messages import text
from core.notices import Call
from core.records import HOUR_MS
from core.wording import capability
from notices.addressing import Policy, Told, addressed
from notices.budget import WINDOW_MS, Ledger
from notices.callees import Callees, called
from store import notices as kept
from store import people
from store.outbox import Told as Row
from store.outbox import followed_to, note_followed, told_after
from store.sql import Database, Transaction
from store.units import all_units
from workers.deciding import roster_of

log = logging.getLogger(__name__)

FOLLOWER = "calls"
AT_ONCE = 500
BACK_MS = HOUR_MS  # a new installation tells nobody of what is older


class Calling:
    """The calls of all scenes; each is told with its own stamp, so that what is not live reaches nobody outside."""

    def __init__(self, database: Database, seal: Seal, declared: Declared, language: str) -> None:
        self._database, self._seal, self._declared, self._language = database, seal, declared, language

    def turn(self, now_ms: int) -> int:
        """Follow the outbox. Returns how many notices are new. now_ms: real time. Raises NeighbourDown."""
        with self._database.reading() as connection:
            after = followed_to(connection, FOLLOWER)
            rows = told_after(connection, after, AT_ONCE)
            told = self._told(connection, _calls(rows, now_ms if after == 0 else None), now_ms)
        if not rows:
            return 0
        with self._database.transaction() as connection:
            new = kept.keep_told(connection, told)
            note_followed(connection, FOLLOWER, rows[-1].number)
        return new

    def _told(self, connection: Transaction, calls: Sequence[Call], now_ms: int) -> list[Told]:
        if not calls:
            return []
        roster = roster_of(connection, self._seal, self._declared)
        units = {**self._declared.units, **{one.id: one for one in all_units(connection)}}
        members = {name: unit.members for name, unit in units.items()}
        callees = Callees(roster, people.posts(connection), people.departments(connection), members)
        told_ms = kept.told_since(connection, now_ms - WINDOW_MS)
        ledgers = {call.scene: Ledger(told_ms, kept.waiting_digests(connection, call.scene)) for call in calls}
        found: list[Told] = []
        for call in calls:
            areas = chain_of(self._declared, call.area)
            notice = called(call, areas, self._said(call), now_ms, self._language)
            policy = Policy(call.scene, call.stamp, roster=roster, language=self._language)
            found += addressed(notice, callees.aims(call, areas, now_ms), policy, ledgers[call.scene])
        return found

    def _said(self, call: Call) -> dict[str, str]:
        """The names of what a call is about."""
        declared, language = self._declared, self._language
        kind_id = str(call.about.get("kind", ""))
        kind, areas = declared.case_kinds.get(kind_id), declared.areas
        plan_id = str(call.about.get("plan", ""))
        plan = declared.plans.get(plan_id)
        return {
            "kind": kind.name[language] if kind else kind_id,
            "area": (areas[call.area] if call.area in areas else areas.city).name[language],
            "capability": capability(str(call.about.get("capability", "")), language),
            "plan": plan.called(language) if plan else plan_id,
            "response_level": text(f"plan.level-{call.about.get('response_level', 5)}", language),
        }


def _calls(rows: Sequence[Row], first_ms: int | None) -> list[Call]:
    """The calls among rows. first_ms: now, at the first turn of an installation."""
    found = []
    for row in rows:
        if row.topic == ActTopic.CALL and (first_ms is None or row.at_ms >= first_ms - BACK_MS):
            try:
                found.append(msgspec.convert(row.body, Call))
            except msgspec.ValidationError as why:  # of another version of this program
                log.error("row %d of the outbox is no call: %s", row.number, why)
    return found
