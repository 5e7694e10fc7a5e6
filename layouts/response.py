"""One response, or one plan at work on a case: its steps, what can be done, what goes with it, its log. No scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from core.markup import Markup, Part, el
from dispatch.further_calls import addressees
from dispatch.plans import Plan, PlanStep, Progress, StepStanding
from dispatch.response_rows import ResponseTold
from dispatch.responses import Deed, Line, ResponseState, Review
from dispatch.wording import said_of
from layouts.account_frame import Frame
from layouts.plans import hidden, level_tag, levels, review_papers, review_word, since, span, with_it

SHAPES = {
    Progress.WAITING: "○",
    Progress.PENDING: "▷",
    Progress.LATE: "■",
    Progress.DONE: "✓",
    Progress.DONE_LATE: "✓",
    Progress.SKIPPED: "—",
    Progress.LEFT: "—",
}
CHANGES = (Deed.CHANGE, Deed.END)


@dataclass(frozen=True, slots=True)
class Opened:
    """What the page of one response shows.

    review: what its log counts to; exports: its paper may be had; free: as `layouts.plans.OnePlan`.
    """

    told: ResponseTold
    review: Review
    areas: Mapping[str, str]
    deeds: tuple[Deed, ...]
    now_ms: int
    key: str
    exports: bool = False
    free: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def response_page(frame: Frame, opened: Opened) -> str:
    """One response: its steps, what can be done, what goes with it, and its whole log."""
    course = opened.told.course
    heads = ("plan.progress", "plan.step", "plan.owner", "plan.due", "")
    rows = [_step_row(frame, opened, one) for one in course.standings(opened.now_ms)]
    lead = el(
        "section",
        _head(frame, opened),
        frame.table(heads, rows, empty="plan.not_begun"),
        _counted(frame, opened.review) if course.state is ResponseState.ENDED else None,
        el("h2", frame.word("plan.log")),
        frame.table(
            ("notice.at", "plan.who", "plan.deed", "plan.said"),
            [_log_row(frame, course.plan, one) for one in opened.told.log],
        ),
    )
    back = el("p", frame.link("plans", frame.word("account.page-plans")), class_="crumbs")
    beside = with_it(frame, course.plan, opened.free, _messages(frame, opened) if Deed.SEND in opened.deeds else None)
    return frame.page("plans", back, el("div", lead, el("aside", *beside), class_="list"))


def _head(frame: Frame, opened: Opened) -> Markup:
    told, response = opened.told, opened.told.course.response
    about = response.case or frame.listed(opened.areas.get(area, area) for area in response.areas)
    state = frame.word(f"plan.state-{told.course.state}")
    return el(
        "div",
        el("h2", level_tag(frame, response.level, told.course.plan.called(frame.language)), " ", el("span", about)),
        el("p", state, " · ", since(frame, told), " · ", _until(frame, opened)),
        el("p", told.course.reason, class_="note") if told.course.reason else None,
        el("p", el("b", frame.word("plan.drill_note")), class_="note") if response.exercise else None,
        el("div", (_deed_form(frame, opened, deed) for deed in opened.deeds), _papers(frame, opened), class_="deeds"),
        class_="plan-head",
    )


def _until(frame: Frame, opened: Opened) -> list[Part]:
    """When it is looked at again; of one that is over, when it ended."""
    ended_ms = opened.told.course.response.ended_ms
    if ended_ms is None:
        return [frame.word("plan.review"), " ", review_word(frame, opened.told, opened.now_ms)]
    lasted = span(frame, opened.review.lasted_ms // 1000)
    return [frame.word("plan.ended_at", at=frame.moment(ended_ms)[5:], lasted=lasted)]


def _papers(frame: Frame, opened: Opened) -> Part:
    """The after-action review as files, once there is something to look back at."""
    return review_papers(frame, opened.told) if opened.exports else None


def _step_row(frame: Frame, opened: Opened, one: StepStanding) -> Markup:
    word = frame.word(f"plan.progress-{one.progress}")
    late = one.progress in (Progress.LATE, Progress.DONE_LATE)
    is_left = one.progress is Progress.LEFT
    due = frame.moment(one.due_ms)[5:] if one.due_ms else "—" if is_left else _within(frame, one.step)
    told = None
    if one.tick:
        told = el("small", f"{one.tick.by} {frame.moment(one.tick.at_ms)[5:]}", f" {one.tick.skipped}")
    acts = None
    if one.progress in (Progress.PENDING, Progress.LATE) and Deed.TICK in opened.deeds:
        acts = el("div", _tick(frame, opened, one), _skip(frame, opened, one), class_="acts")
    return el(
        "tr",
        el("td", el("b", f"{SHAPES[one.progress]} {word}"), class_="figure late" if late else "figure"),
        el("td", el("b", one.step.name[frame.language]), told),
        el("td", one.step.owner),
        el("td", due, class_="figure"),
        el("td", acts),
        class_="over" if one.tick or is_left else None,
    )


def _tick(frame: Frame, opened: Opened, one: StepStanding) -> Markup:
    return frame.form(
        _where(opened),
        *hidden(_kept(opened, Deed.TICK) | {"step": one.step.id, "key": f"{opened.key}-{one.step.id}"}),
        button="plan.deed-tick",
        class_="inline",
    )


def _skip(frame: Frame, opened: Opened, one: StepStanding) -> Markup:
    form = frame.form(
        _where(opened),
        *hidden(_kept(opened, Deed.SKIP) | {"step": one.step.id, "key": f"{opened.key}-{one.step.id}-no"}),
        el("input", name="reason", required=True, maxlength=200, placeholder=frame.word("plan.reason")),
        button="plan.deed-skip",
        class_="inline",
    )
    return frame.folded(frame.word("plan.deed-skip"), form)


def _deed_form(frame: Frame, opened: Opened, deed: Deed) -> Part:
    """The form of an act about the whole response; steps have their own."""
    where, course = _where(opened), opened.told.course
    fields: list[Part] = [*hidden(_kept(opened, deed) | {"key": f"{opened.key}-{deed}"})]
    if deed in (Deed.TICK, Deed.SKIP, Deed.SEND):
        return None
    if deed is Deed.CHANGE:
        fields.append(levels(frame, where, course.response.level))
    if deed in (*CHANGES, Deed.DECLINE):
        fields.append(frame.field(where, "reason", "plan.reason", required=True, maxlength=200))
    if deed is Deed.NOTE:
        fields.append(frame.field(where, "text", "plan.note", required=True, maxlength=500))
    form = frame.form(where, *fields, button=f"plan.deed-{deed}")
    if deed in (Deed.APPROVE, Deed.REVIEW):
        return form
    return frame.folded(frame.word(f"plan.deed-{deed}"), form)


def _messages(frame: Frame, opened: Opened) -> Markup:
    """Messages of the plan, each ready to be sent, and one of one's own; whom they go to is said before."""
    whom = frame.word("plan.sent_to", whom="、".join(addressees(opened.told.course)))
    written = [one[frame.language] for one in opened.told.course.plan.messages]
    forms = [_message(frame, opened, at, one, one) for at, one in enumerate(written)]
    own = _message(frame, opened, len(written), frame.word("plan.own_message"), "")
    return el(
        "section", el("h2", frame.word("plan.messages")), el("p", whom, class_="note"), *forms, own, class_="sent"
    )


def _message(frame: Frame, opened: Opened, at: int, summary: str, words: str) -> Markup:
    form = frame.form(
        _where(opened),
        *hidden(_kept(opened, Deed.SEND) | {"key": f"{opened.key}-send-{at}"}),
        el(
            "textarea",
            words,
            name="text",
            rows=3,
            maxlength=200,
            required=True,
            aria_label=frame.word("plan.deed-send"),
        ),
        button="plan.deed-send",
    )
    return frame.folded(summary, form)


def _kept(opened: Opened, deed: Deed) -> dict[str, str]:
    return {"deed": str(deed), "revision": str(opened.told.course.revision)}


def _where(opened: Opened) -> str:
    return f"plans/{quote(opened.told.course.response.id)}/acts"


def _counted(frame: Frame, review: Review) -> Markup:
    """The figures of the review, in one line; the document has them all."""
    figures = {"in_time": review.in_time, "late": review.late, "skipped": review.skipped, "open": review.open}
    said = frame.word("plan.counted", lasted=span(frame, review.lasted_ms // 1000), **figures)
    return el("p", said, class_="note")


def _log_row(frame: Frame, plan: Plan, line: Line) -> Markup:
    return el(
        "tr",
        el("td", frame.moment(line.at_ms, seconds=True), class_="figure"),
        el("td", line.name, class_="figure"),
        el("td", frame.word(f"plan.deed-{line.deed}"), class_="figure"),
        el("td", said_of(plan, line, frame.language)),
    )


def _within(frame: Frame, step: PlanStep) -> str:
    """The limit of a step that has not begun."""
    return (
        frame.word("plan.from_begin", span=span(frame, step.within_s)) if step.within_s else frame.word("plan.no_limit")
    )
