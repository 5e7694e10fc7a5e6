"""Cases of a span of time with their logs, for figures: found by an index of a few verbs, read in small lots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from store.cases import EntryRow
from store.sql import Transaction, among, upsert
from store.tables.cases import COUNTED, case_entries, case_outcomes, cases

HELD = 500  # logs that are in memory at a time


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a case before its log is read: enough to ask for rights and to know it again."""

    id: str
    revision: int
    area: str
    topic: str
    title: str


def stepped_between(connection: Transaction, scene: str, verb: str, span_ms: tuple[int, int]) -> list[Head]:
    """Cases whose log has a step with a time from the first to before the second, by number.

    verb: `file` or `close`; the index holds no other. A time that was corrected into the span counts, one that was
    corrected out of it is still among them: the log says so.
    """
    from_ms, until_ms = span_ms
    within = (COUNTED, _is(verb), case_entries.c.at_ms >= from_ms, case_entries.c.at_ms < until_ms)
    written = connection.execute(select(case_entries.c.case).where(*within)).scalars()
    wanted = among(connection, cases.c.id, {*written, *_corrected_into(connection, span_ms)})
    heads = select(*(cases.c[name] for name in Head.__dataclass_fields__)).where(cases.c.scene == scene, wanted)
    return [Head(*row) for row in connection.execute(heads.order_by(cases.c.id)).all()]


def logs_of(connection: Transaction, wanted: Sequence[str]) -> Iterator[tuple[str, list[EntryRow]]]:
    """Each case with its whole log, by number; only some hundred logs are held at a time."""
    ordered = sorted(wanted)
    for at in range(0, len(ordered), HELD):
        asked = select(case_entries).where(among(connection, case_entries.c.case, ordered[at : at + HELD]))
        rows = connection.execute(asked.order_by(case_entries.c.case, case_entries.c.number)).mappings().all()
        for case, log in groupby((EntryRow(**row) for row in rows), key=lambda row: row.case):
            yield case, list(log)


@dataclass(frozen=True, slots=True)
class Folded:
    """What a case says after so many entries, judged by a ground of that name; told: as whoever folded it wrote it."""

    case: str
    revision: int
    told: Mapping[str, Any]


def folded_of(connection: Transaction, wanted: Iterable[str], ground: str) -> list[Folded]:
    """What was kept of these cases under a ground; the caller compares revisions."""
    asked = select(*(case_outcomes.c[name] for name in Folded.__dataclass_fields__))
    found = asked.where(among(connection, case_outcomes.c.case, wanted), case_outcomes.c.ground == ground)
    return [Folded(*row) for row in connection.execute(found).all()]


def revisions_folded(connection: Transaction, wanted: Iterable[str], ground: str) -> dict[str, int]:
    """Case → after how many entries it was folded last under a ground, of these cases."""
    asked = select(case_outcomes.c.case, case_outcomes.c.revision)
    found = asked.where(among(connection, case_outcomes.c.case, wanted), case_outcomes.c.ground == ground)
    return {row.case: row.revision for row in connection.execute(found)}


def keep_folded(connection: Transaction, ground: str, folded: Sequence[Folded]) -> None:
    """Write what some cases say, in place of what was said before; a repeat changes nothing."""
    found = upsert(connection, case_outcomes)
    changed = {name: found.excluded[name] for name in ("revision", "ground", "told")}
    rows = [{"case": one.case, "revision": one.revision, "ground": ground, "told": one.told} for one in folded]
    if rows:
        connection.execute(found.on_conflict_do_update(index_elements=["case"], set_=changed), rows)


def _corrected_into(connection: Transaction, span_ms: tuple[int, int]) -> list[str]:
    """Cases of which some time was corrected into a span; a correction is never written before what it corrects."""
    asked = select(case_entries.c.case, case_entries.c.fields)
    corrected = asked.where(COUNTED, _is("correct"), case_entries.c.at_ms >= span_ms[0])
    return sorted(
        {case for case, fields in connection.execute(corrected) if span_ms[0] <= fields["at_ms"] < span_ms[1]}
    )


def _is(verb: str) -> ColumnElement[bool]:
    """Written into the statement: of a place to be filled no database knows that the index has it."""
    return case_entries.c.verb == bindparam(None, verb, literal_execute=True)
