"""Plans 预案 and responses in force: what is at work, what is asked for, what each step waits for. No scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from core.markup import Markup, Part, el
from core.wording import span as span_words
from dispatch.plans import Plan, Progress
from dispatch.response_rows import ResponseTold
from dispatch.responses import GRADED, Deed, ResponseState
from layouts.account_frame import Frame

FIGURES = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ", 5: "○"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the list shows. asking: proposals of the picture by key. rights: what whoever looks may do somewhere.

    past: those that are over, the newest first. exports: their reviews may be had.
    triggers: plan → its conditions in words. key: makes the next act of this page one act, however often it is sent.
    """

    responses: Sequence[ResponseTold]
    past: Sequence[ResponseTold]
    asking: Mapping[str, Mapping[str, Any]]
    plans: Sequence[Plan]
    triggers: Mapping[str, Sequence[str]]
    areas: Mapping[str, str]
    rights: frozenset[str]
    now_ms: int
    key: str
    case: str = ""
    exports: bool = False


@dataclass(frozen=True, slots=True)
class OnePlan:
    """What the page of one plan shows.

    trigger: its conditions in words. free: resource → (units that are free, all that can do it).
    worked: responses and exercises under it, the newest first.
    """

    plan: Plan
    trigger: Sequence[str]
    free: Mapping[str, tuple[int, int]]
    worked: Sequence[ResponseTold]
    areas: Mapping[str, str]
    now_ms: int
    exports: bool = False


def plans_page(frame: Frame, shelf: Shelf) -> str:
    """What is at work, what asks for a response, and all plans."""
    heads = ("plan.level", "plan.response", "plan.standing", "plan.steps", "plan.review")
    rows = [_asked_row(frame, shelf, key, one) for key, one in shelf.asking.items() if key.startswith("plan:")]
    rows += [_row(frame, shelf, told) for told in shelf.responses]
    plans = [_plan_row(frame, plan, shelf.triggers[plan.id]) for plan in shelf.plans]
    lead = el(
        "section",
        el("h2", frame.word("plan.responses")),
        frame.table(heads, rows, empty="plan.none"),
        el("h2", frame.word("plan.plans")),
        frame.table(("plan.plan", "plan.owner", "plan.trigger", "plan.steps"), plans),
        _past(frame, shelf),
    )
    beside: list[Part] = []
    if "responses.propose" in shelf.rights:
        beside.append(_proposing(frame, shelf))
    if "cases.dispatch" in shelf.rights:
        beside.append(_applying(frame, shelf))
    return frame.page("plans", el("div", lead, el("aside", *beside), class_="list"))


def plan_page(frame: Frame, one: OnePlan) -> str:
    """One plan as declared: when it is begun, its steps by level, what goes with it, and when it was at work."""
    plan = one.plan
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
    lead = el(
        "section",
        _titled(frame, one),
        frame.table(heads, rows),
        el("ul", hastens, class_="note") if hastens else None,
        el("h2", frame.word("plan.worked")),
        _worked(frame, one),
    )
    return frame.page("plans", back, el("div", lead, el("aside", *with_it(frame, plan, one.free)), class_="list"))


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


def _past(frame: Frame, shelf: Shelf) -> Part:
    """What is over, with its review: it is looked back at when there is time."""
    if not shelf.past:
        return None
    heads = ("plan.level", "plan.response", "plan.standing", "plan.steps", "plan.papers")
    rows = [_past_row(frame, told, shelf.areas, shelf.now_ms, shelf.exports) for told in shelf.past]
    return [el("h2", frame.word("plan.past")), frame.table(heads, rows)]


def _worked(frame: Frame, one: OnePlan) -> Markup:
    heads = ("plan.level", "plan.response", "plan.standing", "plan.steps", "plan.papers")
    rows = [_past_row(frame, told, one.areas, one.now_ms, one.exports) for told in one.worked]
    return frame.table(heads, rows, empty="plan.never_worked")


def _past_row(frame: Frame, told: ResponseTold, areas: Mapping[str, str], now_ms: int, exports: bool) -> Markup:
    course, response = told.course, told.course.response
    about = response.case or "、".join(areas.get(area, area) for area in response.areas)
    found = course.standings(now_ms)
    drill = el("small", frame.word("stamp.drill"), class_="here") if response.exercise else None
    name = el("b", course.plan.called(frame.language))
    return el(
        "tr",
        el("td", level_tag(frame, response.level), class_="figure"),
        el(
            "td",
            frame.link(f"plans/{quote(response.id)}", name, " ", about),
            el("small", f"v{course.plan.version}"),
            drill,
        ),
        el("td", frame.word(f"plan.state-{course.state}"), el("small", since(frame, told))),
        el("td", f"{sum(one.tick is not None for one in found)}/{len(found)}" if found else "—", class_="figure"),
        el("td", review_papers(frame, told) if exports else None, class_="figure papers"),
    )


def review_papers(frame: Frame, told: ResponseTold) -> Part:
    """The after-action review as files; none of what was never begun."""
    if told.course.state in (ResponseState.PROPOSED, ResponseState.DECLINED):
        return None
    where = f"plans/{quote(told.course.response.id)}/review?format="
    return [
        frame.link(f"{where}{form}", frame.word("plan.file", form=form.upper()), class_="paper")
        for form in ("docx", "pdf")
    ]


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


def _plan_row(frame: Frame, plan: Plan, trigger: Sequence[str]) -> Markup:
    link = frame.link(f"plans/plan/{quote(plan.id)}", plan.name[frame.language])
    return el(
        "tr",
        el("td", link, el("small", f"v{plan.version}")),
        el("td", plan.owner),
        el("td", "；".join(trigger) or frame.word("plan.trigger_none")),
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


def _titled(frame: Frame, one: OnePlan) -> Markup:
    plan = one.plan
    objectives = [el("li", each[frame.language]) for each in plan.objectives]
    title = el("h2", plan.name[frame.language], " ", el("small", f"v{plan.version} · {plan.owner}"))
    conditions = "；".join(one.trigger) or frame.word("plan.trigger_none")
    again = frame.word("plan.review_every", span=span(frame, plan.review_s))
    return el(
        "div",
        title,
        el("ul", objectives) if objectives else None,
        el("p", frame.word("plan.trigger"), " ", el("b", conditions), class_="note"),
        el("p", again, class_="note"),
        class_="plan-head",
    )


def with_it(frame: Frame, plan: Plan, free: Mapping[str, tuple[int, int]], messages: Part = None) -> list[Part]:
    """Resources with how many are free, contacts with their numbers, and messages of a plan, or how they are sent."""
    groups = (
        ("plan.resources", [_resource(frame, one, free.get(one)) for one in plan.resources]),
        ("plan.contacts", [_contact(one, plan.telephones.get(one, "")) for one in plan.contacts]),
        ("plan.messages", [] if messages else [el("li", one[frame.language]) for one in plan.messages]),
    )
    shown = [
        el("section", el("h2", frame.word(code)), el("ul", listed, class_="words")) for code, listed in groups if listed
    ]
    return [*shown, messages]


def _resource(frame: Frame, name: str, free: tuple[int, int] | None) -> Markup:
    counted = el("small", frame.word("plan.available", free=free[0], all=free[1])) if free else None
    return el("li", name, " ", counted)


def _contact(name: str, telephone: str) -> Markup:
    return el("li", name, " ", el("a", telephone, href=f"tel:{telephone}") if telephone else None)


def hidden(values: Mapping[str, str]) -> list[Markup]:
    """Fields of a form that nobody sees."""
    return [el("input", type="hidden", name=name, value=value) for name, value in values.items()]


def span(frame: Frame, seconds: int) -> str:
    """A span in hours and minutes."""
    return span_words(seconds * 1000, frame.language)
