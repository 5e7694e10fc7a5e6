"""The intake: warnings and events of the streams become items in SQL, each once, and cases where the pack says so.

Where it stopped stands beside the rows. It runs in the process of the relay, as the projector does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.journal import Journal
from accounts.warden import Warden
from board.belonging import chain_of
from board.names import Names
from board.warnings import said
from catalogue.declared import Declared
from core.accounts import Sensitivity
from core.clock import monotonic_s, real_ms
from core.errors import UnreadableEntry
from core.messages import text
from core.records import CityWarning, Event, Place, WarningPhase
from dispatch.book import CaseBook, Now, Rules
from dispatch.grouping import Grouper
from dispatch.holidays import calendars_at
from dispatch.incidents import Incidents, row_of
from dispatch.intake import Admission, Becomes, Item, Source, admission_of, source_of_feed
from early_warning.signals import KIND as SIGNAL
from store import intake
from store.sql import Database
from stream.codec import decode_panes, decode_warnings
from stream.connect import Client
from stream.entries import START, Entry
from stream.keys import Keys
from stream.tail import Tail
from workers.worker import Running

log = logging.getLogger(__name__)

AT_ONCE = 200  # entries a stream and turn
NOTED_S = 30.0  # how often the position alone is written; what was read twice is written as it was
OF_AN_AREA_M = 10_000.0  # how sure the place is of what is told of an area


@dataclass(frozen=True, slots=True)
class _Told:
    """What a warning and an event have in common. subject: the area or device that it is about."""

    id: str
    source: Source
    name: str
    subject: str
    title: str
    correlation: str
    at_ms: int
    told_ms: int
    withdrawn: bool


class Admitting:
    """What of warnings and events the pack admits, as items."""

    def __init__(self, declared: Declared, language: str) -> None:
        self._declared, self._names = declared, Names(declared, language)

    def warning(self, warning: CityWarning) -> Item | None:
        """An item of a warning; None: record only. One in trial, or told only when it was over, asks nobody.

        One of an indicator that is not public is taken up where it may be seen.
        """
        row = admission_of(self._declared.case_intake.values(), rule=warning.rule)
        indicator = self._declared.indicators.get(warning.indicator)
        hidden = indicator is not None and indicator.sensitivity > Sensitivity.PUBLIC
        if row is None or hidden or warning.facts.get("trial") or warning.late:
            return None
        told = _Told(
            f"warning:{warning.id}",
            Source.WARNING,
            warning.rule,
            warning.subject,
            said(warning, self._declared, self._names),
            warning.id,
            warning.since_ms,
            warning.decided_ms,
            warning.phase is WarningPhase.RETRACTED,
        )
        becomes = row.decide(warning.since_ms, level=warning.peak)
        return self._item(told, row, becomes, self._place(warning.subject))

    def event(self, event: Event) -> Item | None:
        """An item of an event; None: record only. Issued signals have their own place in the header."""
        row = admission_of(self._declared.case_intake.values(), event=event.type)
        if row is None or event.type.startswith(SIGNAL):
            return None
        feed = self._declared.feeds.get(event.feed)
        subject = str(event.attributes.get("area") or event.device)
        told = _Told(
            f"event:{event.id}",
            source_of_feed(feed.kind if feed else ""),
            event.type,
            subject,
            str(event.attributes.get("text") or "") or self._seen(row, subject),
            event.correlation_id or f"event:{event.id}",
            event.began_ms,
            event.told_ms,
            event.false_positive,
        )
        becomes = row.decide(event.began_ms, confidence=event.confidence)
        return self._item(told, row, becomes, event.place or self._place(subject))

    def _item(self, told: _Told, row: Admission, becomes: Becomes, place: Place | None) -> Item | None:
        if becomes is Becomes.RECORD:
            return None
        return Item(
            id=told.id[:160],
            source=told.source,
            name=told.name,
            kind=row.kind,
            becomes=becomes,
            area=self._names.county_of(told.subject),
            topic=self._declared.case_kinds[row.kind].domain,
            lon_deg=place.lon_deg if place else None,
            lat_deg=place.lat_deg if place else None,
            accuracy_m=place.accuracy_m if place else 0.0,
            at_ms=told.at_ms,
            told_ms=told.told_ms,
            title=told.title,
            correlation=told.correlation[:80],
            withdrawn=told.withdrawn,
        )

    def _seen(self, row: Admission, subject: str) -> str:
        """What an event without words is called: the kind of case that it looks like, and where it was seen."""
        kind = self._declared.case_kinds[row.kind].name[self._names.language]
        return text("dispatch.seen_at", self._names.language, kind=kind, place=self._names.subject(subject))

    def _place(self, subject: str) -> Place | None:
        """Where a station stands, else the middle of an area, as vague as areas are."""
        device = self._declared.devices.get(subject)
        if device and device.place:
            return device.place
        area = device.area if device else subject
        if area not in self._declared.areas:
            return None
        lon_deg, lat_deg = self._declared.areas[area].centre_deg
        return Place(lon_deg, lat_deg, OF_AN_AREA_M, "area")


class TakingIn:
    """Follows the warnings and events of one scene."""

    def __init__(self, running: Running, database: Database, incidents: Incidents) -> None:
        keys = running.keys
        self._running, self._database, self._incidents = running, database, incidents
        self._keys: Keys = keys
        self._noted_s = float("-inf")
        self._admitting = Admitting(running.declared, running.settings.language)
        with database.reading() as connection:
            read = intake.read_up_to(connection, running.scene.id)
        streams = (keys.warnings, *(keys.panes(slot) for slot in keys.slots))
        client: Client = running.client
        self._tail = Tail(client, {stream: read.get(stream, START) for stream in streams})

    def turn(self, city_now_ms: int) -> int:
        """Write what came and open what opens by itself; how many items changed. Raises NeighbourDown."""
        before = dict(self._tail.positions)
        found = self._tail.read(AT_ONCE, 0)
        if not found:
            return 0
        try:
            items = [item for stream, entry in found for item in self._admitted(stream, entry)]
            if items or monotonic_s() - self._noted_s >= NOTED_S:
                self._write(items, city_now_ms)
        except BaseException:  # they are read again
            self._tail.positions = before
            raise
        scene = self._running.scene
        now = Now(scene.id, str(scene.stamp), scene.city, city_now_ms, real_ms())
        self._incidents.open_at_once([one for one in items if not one.withdrawn], now)
        return len(items)

    def _admitted(self, stream: str, entry: Entry) -> Sequence[Item]:
        """The items of one entry; one that cannot be read is left out, as everywhere."""
        entry_id, fields = entry
        try:
            if stream == self._keys.warnings:
                told: Iterable[Item | None] = map(self._admitting.warning, decode_warnings(fields))
            else:
                told = map(self._admitting.event, decode_panes(fields).events)
            return [one for one in told if one is not None]
        except UnreadableEntry as why:
            log.error("%s of %s is left out of the intake: %s", entry_id, stream, why)
            return []

    def _write(self, items: Sequence[Item], city_now_ms: int) -> None:
        scene = self._running.scene.id
        standing = [row_of(one, scene) for one in items if not one.withdrawn]
        with self._database.transaction() as connection:
            intake.take_in(connection, standing)
            intake.withdraw(connection, scene, [one.id for one in items if one.withdrawn], city_now_ms)
            intake.note_read(connection, scene, self._tail.positions)
        self._noted_s = monotonic_s()


def taking_in(running: Running, database: Database, journal: Journal) -> TakingIn:
    """The intake of the scene that is shown."""
    declared, warden = running.declared, Warden(database, journal)

    def rules() -> Rules:
        calendars = calendars_at(declared.city.work_hours, real_ms())
        return Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))

    def grouper() -> Grouper:
        return Grouper(declared.case_kinds, declared.case_causes.values())

    return TakingIn(running, database, Incidents(warden, CaseBook(warden, rules), rules, grouper))
