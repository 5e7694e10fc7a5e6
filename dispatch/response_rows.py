"""Responses as they are stored, and back; what of them other books ask for inside their own transactions."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from dispatch.plans import Plan, Response
from dispatch.responses import Course, Deed, Line, ResponseState, fold
from store import responses as kept
from store.sql import Transaction


@dataclass(frozen=True, slots=True)
class ResponseTold:
    """A response with the log that makes it, and where it belongs. topic: the domain where rights to it hold."""

    course: Course
    log: tuple[Line, ...]
    scene: str
    topic: str
    areas: tuple[str, ...]


def told_of(connection: Transaction, response: str) -> ResponseTold:
    """A response with its whole log, under the plan that it was begun with. Raises UnknownName."""
    row = kept.response_of(connection, response)
    plan = msgspec.convert(row.body["plan"], Plan, strict=False)
    log = tuple(_line(one) for one in kept.lines_of(connection, response))
    course = fold(plan, log)
    return ResponseTold(course, log, row.scene, str(row.body["topic"]), course.response.areas)


def in_force(connection: Transaction, scene: str) -> list[tuple[Plan, Response]]:
    """The responses that the city is under now, each with its plan."""
    rows = kept.responses_in(connection, scene, [ResponseState.IN_FORCE])
    found = (told_of(connection, row.id).course for row in rows if not row.case and not row.exercise)
    return [(course.plan, course.response) for course in found]


def _line(row: kept.LineRow) -> Line:
    return Line(row.number, row.response, Deed(row.deed), row.at_ms, row.by, row.name, row.fields)
