"""Plans 预案 and responses in force: what is at work, what is asked for, what each step waits for. No scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from core.markup import Markup, Part, el
from dispatch.plans import Plan, Progress
from dispatch.response_rows import ResponseTold
from dispatch.responses import GRADED, Deed, ResponseState
from layouts.account_frame import Frame

FIGURES = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ", 5: "○"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the list shows. asking: proposals of the picture by key. rights: what whoever looks may do somewhere.

    key: makes the next act of this page one act, however often it is sent.
    """

    responses: Sequence[ResponseTold]
    asking: Mapping[str, Mapping[str, Any]]
    plans: Sequence[Plan]
    areas: Mapping[str, str]
    rights: frozenset[str]
    now_ms: int
    key: str
    case: str = ""


def plans_page(frame: Frame, shelf: Shelf) -> str:
    """What is at work, what asks for a response, and all plans."""
    heads = ("plan.level", "plan.response", "plan.standing", "plan.steps", "plan.review")
    rows = [_asked_row(frame, shelf, key, one) for key, one in shelf.asking.items() if key.startswith("plan:")]
    rows += [_row(frame, shelf, told) for told in shelf.responses]
    plans = [_plan_row(frame, plan) for plan in shelf.plans]
    lead = el(
        "section",
        el("h2", frame.word("plan.responses")),
        frame.table(heads, rows, empty="plan.none"),
        el("h2", frame.word("plan.plans")),
        frame.table(("plan.plan", "plan.owner", "plan.trigger", "plan.steps"), plans),
    )
    beside: list[Part] = []
    if "responses.propose" in shelf.rights:
        beside.append(_proposing(frame, shelf))
    if "cases.dispatch" in shelf.rights:
        beside.append(_applying(frame, shelf))
    return frame.page("plans", el("div", lead, el("aside", *beside), class_="list"))


def plan_page(frame: Frame, plan: Plan) -> str:
    """One plan as declared: its steps by level, and what goes with it."""
    heads = ("plan.step", "plan.owner", "plan.within", "plan.after", "plan.levels")
    names = {step.id: step.name[frame.language] for step in plan.steps}
    rows = [
        el(
            "tr",
            el("td", el("b", step.name[frame.language])),
            el("td", step.owner),
            el("td", span(frame, step.within_s) if step.within_s else "—", class_="figure"),
            el("td", frame.listed(names[one] for one in step.after) or "—"),
            el("td", "".join(FIGURES[one] for one in step.levels) or frame.word("plan.every_level"), class_="figure"),
        )
        for step in plan.steps
    ]
    hastens = [
        el("li", frame.word("plan.hastens", level=frame.word(f"plan.level-{level}"), part=f"{factor:.0%}"))
        for level, factor in sorted(plan.hastens.items())
    ]
    back = el("p", frame.link("plans", frame.word("account.page-plans")), class_="crumbs")
    lead = el("section", _titled(frame, plan), frame.table(heads, rows), el("ul", hastens) if hastens else None)
    return frame.page("plans", back, el("div", lead, el("aside", *with_it(frame, plan)), class_="list"))


def level_tag(frame: Frame, level: int, name: str = "") -> Markup:
    """A level by figure and word; colour stands beside them, never alone."""
    word = f"{name}{frame.word(f'plan.level-{level}')}"
    return el("span", el("i", FIGURES[level]), el("b", word), class_=f"response response-{level}")


def _row(frame: Frame, shelf: Shelf, told: ResponseTold) -> Markup:
    course, response = told.course, told.course.response
    found = course.standings(shelf.now_ms)
    late = sum(one.progress is Progress.LATE for one in found)
    done = sum(one.tick is not None for one in found)
    name = course.plan.called(frame.language)
    about = response.case or frame.listed(shelf.areas.get(area, area) for area in response.areas)
    link = frame.link(f"plans/{quote(response.id)}", el("b", name), " ", about)
    drill = el("small", frame.word("stamp.drill"), class_="here") if response.exercise else None
    return el(
        "tr",
        el("td", level_tag(frame, response.level), class_="figure"),
        el("td", link, drill),
        el("td", frame.word(f"plan.state-{course.state}"), el("small", since(frame, told))),
        el("td", f"{done}/{len(found)} ", _late(frame, late), class_="figure"),
        el("td", review_word(frame, told, shelf.now_ms), class_="figure"),
    )


def since(frame: Frame, told: ResponseTold) -> str:
    """Who asked for it or approved it, and when."""
    course = told.course
    if course.state is ResponseState.PROPOSED:
        return frame.word("plan.by_at", name=course.proposed_by, at=frame.moment(course.proposed_ms)[5:])
    return frame.word("plan.by_at", name=course.response.approver, at=frame.moment(course.response.began_ms)[5:])


def _late(frame: Frame, late: int) -> Part:
    return el("em", frame.word("plan.late_n", n=late), class_="late") if late else None


def review_word(frame: Frame, told: ResponseTold, now_ms: int) -> Part:
    """When it is looked at again; overdue, by word and shape."""
    course = told.course
    if course.state is not ResponseState.IN_FORCE:
        return "—"
    at = frame.moment(course.response.review_ms)[5:]
    return el("em", f"■ {frame.word('plan.review_late')} {at}", class_="late") if course.review_late(now_ms) else at


def _asked_row(frame: Frame, shelf: Shelf, key: str, one: Mapping[str, Any]) -> Markup:
    """A plan that nobody asked for yet, and whose trigger fits what stands now."""
    cause = str(one["causes"][0])
    case = cause.removeprefix("case:") if cause.startswith("case:") else ""
    where = f"{case} " if case else ""
    act = _short_form(frame, shelf, one, case) if shelf.rights & {"responses.propose", "cases.dispatch"} else None
    return el(
        "tr",
        el("td", el("b", f"◇ {frame.word('plan.suggested')}"), class_="figure"),
        el("td", el("b", one["name"]), " ", where, frame.listed(one["area_names"])),
        el("td", frame.word("plan.causes", n=len(one["causes"])), el("small", frame.moment(one["since_ms"])[5:])),
        el("td", act, colspan=2),
        id=key.replace(":", "-"),
    )


def _short_form(frame: Frame, shelf: Shelf, one: Mapping[str, Any], case: str) -> Markup:
    deed = Deed.APPLY if case else Deed.PROPOSE
    fields = {
        "deed": str(deed),
        "plan": str(one["plan"]),
        "case": case,
        "areas": ",".join(one["areas"]),
        "cause": str(one["causes"][0]),
        "key": f"{shelf.key}-{one['plan']}",
        "reason": frame.word("plan.by_trigger", name=one["name"]),
    }
    form = frame.form("plans", *hidden(fields), levels(frame, "plans", 4), button=f"plan.deed-{deed}")
    return frame.folded(frame.word(f"plan.deed-{deed}"), form)


def _plan_row(frame: Frame, plan: Plan) -> Markup:
    trigger = plan.trigger
    named = [*trigger.kinds, *trigger.rules]
    return el(
        "tr",
        el(
            "td", frame.link(f"plans/plan/{quote(plan.id)}", plan.name[frame.language]), el("small", f"v{plan.version}")
        ),
        el("td", plan.owner),
        el("td", frame.word("plan.by_hand") if not named else frame.word("plan.trigger_n", n=len(named))),
        el("td", str(len(plan.steps)), class_="figure"),
    )


def _proposing(frame: Frame, shelf: Shelf) -> Markup:
    areas = [
        el("label", el("input", type="checkbox", name="areas", value=code), el("span", name))
        for code, name in shelf.areas.items()
    ]
    exercise = el("label", el("input", type="checkbox", name="exercise", value="1"), " ", frame.word("plan.exercise"))
    form = frame.form(
        "plans",
        *hidden({"deed": str(Deed.PROPOSE), "key": f"{shelf.key}-propose"}),
        frame.choice("plans", "plan", "plan.plan", [(one.id, one.name[frame.language]) for one in shelf.plans]),
        levels(frame, "plans", 4),
        el("fieldset", el("legend", frame.word("plan.areas")), el("div", areas, class_="ticks")),
        frame.field("plans", "reason", "plan.reason", required=True, maxlength=200),
        exercise,
        button="plan.deed-propose",
    )
    return el("section", el("h2", frame.word("plan.propose")), form)


def _applying(frame: Frame, shelf: Shelf) -> Markup:
    exercise = el("label", el("input", type="checkbox", name="exercise", value="1"), " ", frame.word("plan.exercise"))
    form = frame.form(
        "plans",
        *hidden({"deed": str(Deed.APPLY), "key": f"{shelf.key}-apply"}),
        frame.choice("plans", "plan", "plan.plan", [(one.id, one.name[frame.language]) for one in shelf.plans]),
        frame.field("plans", "case", "plan.case", shelf.case, required=True, maxlength=40, pattern="[0-9A-Za-z-]+"),
        levels(frame, "plans", 4),
        exercise,
        button="plan.deed-apply",
    )
    return el("section", frame.folded(frame.word("plan.apply"), form, open_=bool(shelf.case)))


def levels(frame: Frame, form: str, chosen: int) -> Markup:
    """The choice of a level."""
    options = [(str(int(level)), frame.word(f"plan.level-{level}")) for level in sorted(GRADED, reverse=True)]
    return frame.choice(form, "level", "plan.level", options, str(chosen))


def _titled(frame: Frame, plan: Plan) -> Markup:
    objectives = [el("li", one[frame.language]) for one in plan.objectives]
    title = el("h2", plan.name[frame.language], " ", el("small", f"v{plan.version} · {plan.owner}"))
    return el("div", title, el("ul", objectives, class_="note") if objectives else None, class_="plan-head")


def with_it(frame: Frame, plan: Plan) -> list[Part]:
    """Resources, contacts and messages of a plan."""
    groups = (
        ("plan.resources", plan.resources),
        ("plan.contacts", plan.contacts),
        ("plan.messages", [one[frame.language] for one in plan.messages]),
    )
    return [
        el("section", el("h2", frame.word(code)), el("ul", (el("li", one) for one in listed), class_="words"))
        for code, listed in groups
        if listed
    ]


def hidden(values: Mapping[str, str]) -> list[Markup]:
    """Fields of a form that nobody sees."""
    return [el("input", type="hidden", name=name, value=value) for name, value in values.items()]


def span(frame: Frame, seconds: int) -> str:
    """A span in hours and minutes."""
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return frame.word("wall.span_minutes", minutes=minutes)
    return frame.word("wall.span_hours_minutes" if minutes else "wall.span_hours", hours=hours, minutes=minutes)
