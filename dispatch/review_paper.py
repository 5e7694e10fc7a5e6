"""The after-action review 复盘 of a case and of the plans that were applied, as a paper from their logs alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accounts.masking import mask_text
from core.messages import text
from core.records import MINUTE_MS
from core.wording import span
from dispatch.book import Told
from dispatch.clocks import Calendars, Clock, Standing
from dispatch.log import Entry
from dispatch.personal import seen_fields
from dispatch.plans import Progress, ResponseLevel
from dispatch.responses import Deed, Line, Review
from dispatch.states import AssignmentState
from dispatch.steps import Verb
from dispatch.urgent_paper import Names
from dispatch.wording import said_of
from documents.paper import Figure, Heading, Paper, Paragraph, Part, Table

STATES = (
    AssignmentState.NOTIFIED,
    AssignmentState.ACCEPTED,
    AssignmentState.EN_ROUTE,
    AssignmentState.ON_SCENE,
    AssignmentState.LEFT,
    AssignmentState.CLEAR,
)
SAID = ("text", "reason", "result", "lead", "into")  # fields of an entry that are read in its line
FAILURES = {Verb.RETURN, Verb.REDO, Verb.REOPEN, Verb.ESCALATE, Verb.REFUSE, Verb.FAIL}
WITHOUT_YEAR = len("2026-")  # in the narrow columns of units
LATE_STEPS = (Progress.LATE, Progress.DONE_LATE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is written into a review: names of ids and people, units by id, and as of when, ms UTC."""

    names: Names
    person: Callable[[str], str]
    unit: Callable[[str], str]
    calendars: Calendars
    as_of_ms: int


def case_review(told: Told, reviews: Sequence[Review], seen: Seen, city: str, mark: str) -> Paper:
    """The review of a case. reviews: of the plans that were applied to it; mark: of a city that is not the real one."""
    language, case = seen.names.language, told.case
    kind, area = seen.names.kind(str(case.facts["kind"])), seen.names.area(str(case.facts.get("area", "")))
    title = mask_text(str(case.facts["title"]))
    parts: list[Part] = [
        Heading(_word("about", seen)),
        Paragraph(
            text(
                "review.sentence",
                language,
                at=seen.names.at(case.reported_ms),
                area=area,
                kind=kind,
                title=title,
                state=seen.names.state(case.state),
                since=seen.names.at(case.since_ms),
            )
        ),
        *_clocks(case.clocks, seen),
        *_units(told, seen),
        *(part for one in reviews for part in _plan(one, seen)),
        *_findings(told, reviews, seen),
        *_log(told.log, seen),
    ]
    under = (case.id, text("evaluation.as-of", language, at=seen.names.at(seen.as_of_ms)))
    return Paper(text("review.title", language, city=city, title=title), parts, under, mark=mark, language=language)


def response_review(review: Review, log: Sequence[Line], seen: Seen, city: str, mark: str) -> Paper:
    """The review of a response, or of an exercise, from its log. mark: as for a case; of an exercise it says so too."""
    language, plan, response = seen.names.language, review.course.plan, review.course.response
    rows = [
        (seen.names.at(one.at_ms), text(f"plan.deed-{one.deed}", language), one.name, said_of(plan, one, language))
        for one in log
    ]
    parts: list[Part] = [
        Heading(_word("about", seen)),
        *(Paragraph(line) for line in _begun(review, log, seen)),
        *_plan(review, seen),
        *_found(_of_plans([review], seen), seen),
        Heading(_word("log", seen)),
        _table("log", ("time", "step", "by", "said"), rows, seen),
    ]
    under = (response.id, text("evaluation.as-of", language, at=seen.names.at(seen.as_of_ms)))
    title = text(
        "review.title-drill" if response.exercise else "review.title", language, city=city, title=plan.name[language]
    )
    stamps = " · ".join(filter(None, (text("stamp.drill", language) if response.exercise else "", mark)))
    return Paper(title, parts, under, mark=stamps, language=language)


def _begun(review: Review, log: Sequence[Line], seen: Seen) -> list[str]:
    """Who asked for it and why, who approved each level and when, how it ended."""
    language, course, first = seen.names.language, review.course, log[0]
    level = text(f"plan.level-{int(ResponseLevel(first.fields['level']))}", language)
    asked = {
        "at": seen.names.at(course.proposed_ms),
        "by": course.proposed_by,
        "name": course.plan.name[language],
        "level": level,
        "areas": "、".join(seen.names.area(area) for area in course.response.areas) or course.response.case,
        "reason": course.reason or "—",
    }
    said = [text("review.begun", language, **asked)]
    for at_ms, now, by in review.levels:
        name = text(f"plan.level-{int(now)}", language)
        said.append(text("review.approved", language, at=seen.names.at(at_ms), by=by, level=name))
    ended = next((one for one in log if one.deed is Deed.END), None)
    if ended is None:
        return [*said, _word("goes-on", seen)]
    why = str(ended.fields.get("reason", "—"))
    return [*said, text("review.ended", language, at=seen.names.at(ended.at_ms), by=ended.name, reason=why)]


def _clocks(clocks: Sequence[Clock], seen: Seen) -> list[Part]:
    """Each obligation: what was granted, what it took, how it stands."""
    rows = []
    for clock in clocks:
        counted_ms = clock.counted_ms(seen.as_of_ms, seen.calendars)
        standing = clock.standing(seen.as_of_ms, seen.calendars)
        rows.append(
            (
                text(f"case.obligation-{clock.obligation}", seen.names.language),
                seen.names.at(clock.began_ms),
                _minutes(clock.granted_ms),
                _minutes(counted_ms),
                text(f"case.standing-{standing}", seen.names.language),
            )
        )
    if not rows:
        return []
    heads = ("obligation", "began", "granted", "took", "standing")
    return [Heading(_word("clocks", seen)), _table("clocks", heads, rows, seen)]


def _units(told: Told, seen: Seen) -> list[Part]:
    """When each unit reached each state, month to minute; a time that nobody told stays empty."""
    rows = []
    for one in told.case.assignments.values():
        times = (
            seen.names.at(one.reached[state].at_ms)[WITHOUT_YEAR:] if state in one.reached else "—" for state in STATES
        )
        rows.append((seen.unit(one.unit), *times))
    if not rows:
        return [Heading(_word("units", seen)), Paragraph(_word("no-units", seen))]
    heads = [text("review.unit", seen.names.language)]
    heads += [seen.names.state(state) for state in STATES]
    table = Table(_word("units", seen), heads, rows, (1.6, *(1.0 for _ in STATES)))
    return [Heading(_word("units", seen)), table]


def _plan(review: Review, seen: Seen) -> list[Part]:
    """A plan that was applied: its steps, which of them late, and how often its level was looked at again."""
    language, course = seen.names.language, review.course
    rows = []
    for one in review.steps:
        tick = one.standing.tick
        rows.append(
            (
                one.standing.step.name[language],
                one.standing.step.owner,
                "—" if one.standing.due_ms is None else seen.names.at(one.standing.due_ms),
                seen.names.at(tick.at_ms) if tick else "—",
                text(f"plan.progress-{one.standing.progress}", language),
                _minutes(one.late_ms) if one.late_ms else Figure(None, ""),
            )
        )
    levels = "、".join(
        f"{seen.names.at(at_ms)} {text(f'plan.level-{int(level)}', language)}" for at_ms, level, _ in review.levels
    )
    counts = {
        "name": course.plan.name[language],
        "version": course.plan.version,
        "levels": levels or "—",
        "lasted": span(review.lasted_ms, language),
        "in_time": review.in_time,
        "late": review.late,
        "skipped": review.skipped,
        "open": review.open,
        "reviews": review.reviews,
        "reviews_late": review.reviews_late,
    }
    heads = ("step", "owner", "due", "done", "progress", "late-min")
    return [
        Heading(_word("plan", seen)),
        Paragraph(text("review.plan-sentence", language, **counts)),
        _table("plan", heads, rows, seen),
    ]


def _findings(told: Told, reviews: Sequence[Review], seen: Seen) -> list[Part]:
    """What went wrong by the log: late clocks, returns, rework, refusals, late steps. People write why."""
    language, found = seen.names.language, []
    for clock in told.case.clocks:
        if clock.standing(seen.as_of_ms, seen.calendars) in (Standing.BREACHED, Standing.MET_LATE):
            over_ms = clock.counted_ms(seen.as_of_ms, seen.calendars) - clock.granted_ms
            what = text(f"case.obligation-{clock.obligation}", language)
            found.append(text("review.late-clock", language, what=what, minutes=_minutes(over_ms).text))
    for entry in told.log:
        if entry.verb in FAILURES:
            what, why = text(f"case.verb-{entry.verb}", language), mask_text(str(entry.fields.get("reason", "—")))
            found.append(text("review.went-back", language, at=seen.names.at(entry.at_ms), what=what, why=why))
    return _found([*found, *_of_plans(reviews, seen)], seen)


def _of_plans(reviews: Sequence[Review], seen: Seen) -> list[str]:
    """What went wrong by the logs of plans: steps that came late or never, reviews that came late."""
    language, found = seen.names.language, []
    for review in reviews:
        for one in review.steps:
            name, progress = one.standing.step.name[language], one.standing.progress
            if progress in LATE_STEPS:
                found.append(text("review.late-step", language, what=name, minutes=_minutes(one.late_ms).text))
            elif progress is Progress.LEFT:
                found.append(text("review.left-step", language, what=name))
        if review.reviews_late:
            found.append(text("review.late-reviews", language, count=review.reviews_late))
    return found


def _found(lines: Sequence[str], seen: Seen) -> list[Part]:
    """What the logs show. People write why."""
    return [
        Heading(_word("findings", seen)),
        *(Paragraph(line) for line in lines or [_word("no-findings", seen)]),
        Paragraph(_word("why", seen), note=True),
    ]


def _log(log: Sequence[Entry], seen: Seen) -> list[Part]:
    corrected = {one.fields["entry"]: int(one.fields["at_ms"]) for one in log if one.verb is Verb.CORRECT}
    struck = {one.fields["entry"] for one in log if one.verb is Verb.STRIKE}
    rows = [_line(one, corrected.get(one.number, one.at_ms), seen) for one in log if one.number not in struck]
    rows.sort(key=lambda row: row[0])
    return [Heading(_word("log", seen)), _table("log", ("time", "step", "by", "said"), rows, seen)]


def _line(one: Entry, at_ms: int, seen: Seen) -> tuple[str, str, str, str]:
    fields: Mapping[str, object] = seen_fields(one.fields, in_full=False)
    said = "；".join(str(fields[name]) for name in SAID if fields.get(name))
    return seen.names.at(at_ms), text(f"case.verb-{one.verb}", seen.names.language), seen.person(one.by), said


def _table(name: str, heads: Sequence[str], rows: Sequence[Sequence[str | Figure]], seen: Seen) -> Table:
    widths = {"log": (1.5, 1.0, 1.1, 3.0), "plan": (2.2, 1.6, 1.3, 1.3, 1.2, 0.9), "clocks": (1.0, 1.5, 1.0, 1.0, 1.0)}
    words = [text(f"review.{one}", seen.names.language) for one in heads]
    return Table(_word(name, seen), words, rows, widths.get(name, ()))


def _minutes(span_ms: int) -> Figure:
    return Figure(span_ms / MINUTE_MS, f"{span_ms / MINUTE_MS:.0f}", "0")


def _word(code: str, seen: Seen) -> str:
    return text(f"review.{code}", seen.names.language)
