"""From warnings as they stand in the database to notices that are decided, in one transaction with what was told.

Nothing is remembered that the database does not hold: what is told of a warning is the difference between how it stands
and what has been told of it. A process that dies between two turns leaves nothing out and tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from accounts.sealing import Seal
from board.positions import kept_concerned
from catalogue.declared import Declared
from core.notices import Channel, InForce, Matter, Route
from core.records import HOUR_MS, CityWarning, Issuer, Scene, WarningPhase
from dispatch.response_rows import in_force
from dispatch.responses import ResponseState
from early_warning.belongings import Belongings
from early_warning.cards import REMEMBERED_MS, grouped
from early_warning.duty import standings
from early_warning.duty_fold import Standing, shelved_until
from early_warning.duty_rules import is_hidden
from early_warning.duty_sentence import whole
from early_warning.signals import item_of
from notices.addressing import Policy
from notices.budget import WINDOW_MS, Ledger
from notices.decide import Decision, decide, followed
from notices.roster import Roster, of_unit
from store import notices as kept
from store import people
from store.duty import silences_since
from store.notice_routes import recipients, routes
from store.responses import responses_in
from store.sql import Database, Transaction
from store.units import all_units
from store.warnings import (
    KeptWarning,
    Projected,
    decided_since,
    projected,
    projected_all,
    standing_warnings,
    warnings_of,
)

BACK_MS = HOUR_MS  # at its start it looks so far back for what ended meanwhile, city time
LISTEN_MS = 1000  # receipts of calls, and responses, come by themselves
WHOLE_LOOK_MS = 60_000  # it looks at all that stands at least so often


class Deciding:
    """The notices of one scene. `turn` costs one small query while nothing happens."""

    def __init__(self, database: Database, seal: Seal, scene: Scene, declared: Declared, language: str) -> None:
        self._database, self._seal = database, seal
        self._scene, self._declared, self._language = scene, declared, language
        self._known: dict[str, KeptWarning] = {}  # what stands, and what ended but is not dealt with
        self._open: dict[str, Matter] = {}  # what has been told of it
        self._position: Projected | None = None
        self._upto: dict[str, str] = {}
        self._decided_ms = 0
        self._looked_ms: int | None = None
        self._listened_ms = 0
        self._responses: frozenset[tuple[str, int]] = frozenset()
        self._ended: dict[str, CityWarning] = {}  # lately: what is over keeps a card together for a while
        self._belongings = Belongings(declared.devices, declared.areas, declared.indicators, declared.rules)

    def turn(self, now_ms: int, city_ms: int) -> int:
        """Look, decide, write. Returns how many notices are new. now_ms: real time. Raises NeighbourDown."""
        with self._database.reading() as connection:
            changed = self._look(connection, now_ms, city_ms)
            changed |= self._listen(connection, now_ms)
            if not changed and not any(_waits(matter, now_ms) for matter in self._open.values()):
                return 0
            standing = self._standing(connection)
            matters = self._matters(standing, now_ms, city_ms)
            policy = self._policy(connection, self._quiet(connection, standing, city_ms))
            told_ms = kept.told_since(connection, now_ms - WINDOW_MS)
            ledger = Ledger(told_ms, kept.waiting_digests(connection, self._scene.id))
        return self._write(matters, decide(matters.values(), policy, ledger, now_ms))

    def set_back(self, by_ms: int) -> None:
        """The clock was set back: what is due by it stays due as soon as before. Raises NeighbourDown."""
        with self._database.transaction() as connection:
            self._open = {name: _sooner(one, by_ms) for name, one in self._open.items()}
            kept.keep_matters(connection, self._scene.id, self._open.values(), ())
            kept.bring_forward(connection, by_ms)

    def _listen(self, connection: Transaction, now_ms: int) -> bool:
        """Whether responses changed, or it is time to see what became of calls that nobody has acknowledged."""
        if not self._open or 0 <= now_ms - self._listened_ms < LISTEN_MS:
            return False
        self._listened_ms = now_ms
        before = self._responses
        rows = responses_in(connection, self._scene.id, [ResponseState.IN_FORCE])
        self._responses = frozenset((row.id, row.revision) for row in rows)
        return self._responses != before or any(_is_called(one) for one in self._open.values())

    def _look(self, connection: Transaction, now_ms: int, city_ms: int) -> bool:
        """Take on what changed; at the start, and now and then, all that stands. Whether anything did."""
        scene, position = self._scene.id, projected(connection, self._scene.id)
        upto = projected_all(connection, scene)
        if self._looked_ms is None:
            self._decided_ms, self._open = city_ms - BACK_MS, kept.open_matters(connection, scene)
        before, self._position = self._position, position
        anew = before is not None and position is not None and before.lineage != position.lineage
        whole = anew or self._looked_ms is None or not 0 <= now_ms - self._looked_ms < WHOLE_LOOK_MS
        if not whole and upto == self._upto:
            return False
        self._upto = upto
        changed = decided_since(connection, scene, self._decided_ms)
        if whole:
            changed += [*standing_warnings(connection, scene), *warnings_of(connection, scene, list(self._open))]
            self._looked_ms = now_ms
        found = {one.warning.id: one for one in changed}
        self._ended |= {name: one.warning for name, one in found.items() if not _stands(one) and not one.trial}
        ended = {name for name, one in found.items() if not _stands(one) and name not in self._open}
        for name in kept.spoken_of(connection, scene, ended):  # it was over, and that was dealt with
            del found[name]
        self._known |= found
        decided_ms = max((one.warning.decided_ms for one in changed), default=self._decided_ms)
        self._decided_ms = min(decided_ms, city_ms)  # after a clock was set back, what comes next was decided before
        return bool(found)

    def _standing(self, connection: Transaction) -> dict[str, Standing]:
        """How each of them stands with people, by its id."""
        items = {name: item_of(one.warning) for name, one in self._known.items()}
        found = standings(connection, self._scene.id, list(items.values()))
        return {name: found[item] for name, item in items.items()}

    def _matters(self, standing: Mapping[str, Standing], now_ms: int, city_ms: int) -> dict[str, Matter]:
        """Each warning as it stands now, with what has been told of it."""
        cards = self._cards(standing, city_ms)
        found = {}
        for name, one in self._known.items():
            before = self._open.get(name)
            card = cards.get(name) or (before.card if before else name)
            fresh = self._matter(one, card, standing[name], now_ms)
            said = whole(one.sentence, standing[name], fresh.level, city_ms, self._language)
            found[name] = followed(replace(fresh, sentence=said) if _stands(one) else fresh, before)
        return found

    def _matter(self, one: KeptWarning, card: str, standing: Standing, now_ms: int) -> Matter:
        warning, place = one.warning, kept_concerned(self._declared, one)
        return Matter(
            warning=warning.id,
            card=card,
            topic=place.topic,
            areas=place.area,
            sentence=one.sentence,
            level=warning.level if _stands(one) else warning.peak,
            phase=warning.phase,
            seen_ms=now_ms,
            since_ms=warning.since_ms,
            issued=warning.issuer is Issuer.ISSUED,
            silent=_silent(one),
            acknowledged=standing.level,
            lost_ms=warning.facts.get("lost_ms", 0),
            about=warning.indicator,
            grade=place.grade,
        )

    def _cards(self, standing: Mapping[str, Standing], city_ms: int) -> dict[str, str]:
        """Warning → the card that it is under: what people merged, else what has one cause. A signal is its own."""
        self._ended = {name: one for name, one in self._ended.items() if (one.ended_ms or 0) > city_ms - REMEMBERED_MS}
        known = self._ended | {name: one.warning for name, one in self._known.items() if _stands(one)}
        known = {name: one for name, one in known.items() if one.issuer is Issuer.COMPUTED}
        found = {member: card.id for card in grouped(known.values(), self._belongings) for member in card.warnings}
        return found | {name: into for name, one in standing.items() if (into := one.into)}

    def _quiet(self, connection: Transaction, standing: Mapping[str, Standing], city_ms: int) -> dict[str, str]:
        """What people keep quiet now: warning → shelved or silenced."""
        scopes = [one.scope for one in silences_since(connection, self._scene.id, city_ms) if one.holds_at(city_ms)]
        found = {}
        for name, one in self._known.items():
            if shelved_until(standing[name], one.warning.level, city_ms):
                found[name] = "shelved"
            elif any(is_hidden(scope, kept_concerned(self._declared, one)) for scope in scopes):
                found[name] = "silenced"
        return found

    def _policy(self, connection: Transaction, quiet: Mapping[str, str]) -> Policy:
        scene = self._scene
        wired = routes_of(connection, self._declared)
        roster = roster_of(connection, self._seal, self._declared)
        responses = tuple(
            InForce(plan.id, one.level, one.areas, one.id) for plan, one in in_force(connection, scene.id) if one.counts
        )
        rung = kept.rung_of(connection, scene.id, [name for name, one in self._open.items() if _is_called(one)])
        return Policy(scene.id, scene.stamp, wired, roster, quiet, self._language, responses, rung)

    def _write(self, matters: Mapping[str, Matter], decision: Decision) -> int:
        """Write what was decided. What dies before the commit is decided again, with the same keys."""
        latest = {name: one for name, one in (dict(matters) | decision.matters).items() if name not in decision.over}
        changed = [one for name, one in latest.items() if one != self._open.get(name)]
        new = 0
        if changed or decision.over or decision.told:
            with self._database.transaction() as connection:
                new = kept.keep_told(connection, decision.told)
                kept.keep_matters(connection, self._scene.id, changed, decision.over)
        self._open = latest
        self._known = {name: one for name, one in self._known.items() if name not in decision.over}
        return new


def routes_of(connection: Transaction, declared: Declared) -> tuple[Route, ...]:
    """All routes; who changes one of the pack has it himself from then on."""
    return tuple((dict(declared.routes) | routes(connection)).values())


def roster_of(connection: Transaction, seal: Seal, declared: Declared) -> Roster:
    """Recipients, people, posts and units as they are now. declared: the pack's units, over which SQL goes."""
    units = {**declared.units, **{one.id: one for one in all_units(connection)}}
    return Roster(
        units={name: of_unit(one) for name, one in units.items()},
        recipients=recipients(connection, seal.open),
        people={one.id: one for one in people.people(connection)},
        appointments=people.appointments(connection),
        seats=people.seats(connection),
        posts=people.posts(connection),
    )


def _silent(one: KeptWarning) -> str:
    """Why a warning never rings, "" when it does (`early_warning.cards.rings`)."""
    flaps = one.warning.facts.get("flapping", 0) > 1
    return "trial" if one.trial else "late" if one.warning.late else "flapping" if flaps else ""


def _stands(one: KeptWarning) -> bool:
    return one.warning.phase is WarningPhase.ACTIVE


def _sooner(matter: Matter, by_ms: int) -> Matter:
    """A matter whose times of this server lie as much earlier."""
    due_ms = (None if at_ms is None else at_ms - by_ms for at_ms in (matter.escalate_ms, matter.standing_ms))
    escalate_ms, standing_ms = due_ms
    return replace(matter, seen_ms=matter.seen_ms - by_ms, escalate_ms=escalate_ms, standing_ms=standing_ms)


def _is_called(matter: Matter) -> bool:
    """Whether somebody was called about it, and nobody has acknowledged."""
    return matter.acknowledged < matter.told and any(channel is Channel.VOICE for _, channel in matter.told_to)


def _waits(matter: Matter, now_ms: int) -> bool:
    """Whether a matter may have to be told although its warning did not change."""
    waits_ms = [matter.standing_ms]
    if matter.acknowledged < matter.told:  # who takes that back is seen with the next whole look
        waits_ms.append(matter.escalate_ms)
    due = any(at_ms is not None and at_ms <= now_ms for at_ms in waits_ms)
    return due or (matter.level > matter.told and not matter.silent)
