"""The phone of a team in the field: its tasks with one large button a step, a report; plain HTML that needs no script.

With scripts, what was sent without a network waits and goes in order, once (`assets/field.js`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from core.clock import CHINA, from_ms
from core.markup import Markup, Part, document, el
from core.messages import text
from dispatch.clocks import Calendars, Clock
from dispatch.states import AssignmentState
from dispatch.steps import Verb
from dispatch.units import Unit
from geo.frames import bd09_of, gcj02_of

# What a thumb does next; what needs a reason lies behind a fold.
NEXT: Mapping[AssignmentState, tuple[Verb, ...]] = {
    AssignmentState.NOTIFIED: (Verb.ACCEPT,),
    AssignmentState.ACCEPTED: (Verb.DEPART, Verb.ARRIVE),
    AssignmentState.EN_ROUTE: (Verb.ARRIVE,),
    AssignmentState.ON_SCENE: (Verb.CLEAR,),
}
NO: Mapping[AssignmentState, Verb] = {
    AssignmentState.NOTIFIED: Verb.REFUSE,
    AssignmentState.ACCEPTED: Verb.FAIL,
    AssignmentState.EN_ROUTE: Verb.FAIL,
    AssignmentState.ON_SCENE: Verb.FAIL,
}
SCRIPTS = ("field.js",)


@dataclass(frozen=True, slots=True)
class Task:
    """One assignment as its unit sees it. facts: as whoever asks may see them. due_ms: of what runs out first."""

    case: str
    assignment: str
    state: AssignmentState
    kind: str
    facts: Mapping[str, object]
    due_ms: int | None
    due_of: str


@dataclass(frozen=True, slots=True)
class Field:
    """What one page shows. key: makes the next act of this page one act, however often it is sent."""

    language: str
    base_path: str
    name: str
    unit: str
    units: Sequence[Unit]
    tasks: Sequence[Task]
    kinds: Mapping[str, str]
    areas: Mapping[str, str]
    key: str
    now_ms: int
    told: str = ""
    is_refusal: bool = False

    def word(self, code: str, **places: object) -> str:
        """A message in the language of the installation."""
        return text(code, self.language, **places)


def field_page(field: Field) -> str:
    """The whole page."""
    own = next((unit.name for unit in field.units if unit.id == field.unit), "")
    body = el(
        "main",
        el("header", el("b", own or field.word("field.title")), el("span", field.name)),
        el("p", field.told, class_="told refusal" if field.is_refusal else "told", role="status")
        if field.told
        else None,
        el("p", class_="waits", role="status", hidden=True, data_word=field.word("field.waits")),
        _choice(field) if not own else _tasks(field),
        _report(field),
        el("p", field.word("field.plain"), class_="can", data_word=field.word("field.can")),
        class_="field",
        data_base=field.base_path,
    )
    return document(field.language, field.word("field.title"), field.base_path, body, scripts=SCRIPTS)


def _choice(field: Field) -> Markup:
    options = [el("option", unit.name, value=unit.id) for unit in sorted(field.units, key=lambda unit: unit.name)]
    return el(
        "form",
        el("label", el("span", field.word("field.which")), el("select", options, name="unit")),
        el("button", field.word("field.choose"), class_="large"),
        method="get",
        action=f"{field.base_path}m",
    )


def _tasks(field: Field) -> Part:
    if not field.tasks:
        return el("p", field.word("field.none"), class_="none")
    return [_task(field, task, at) for at, task in enumerate(field.tasks)]


def _task(field: Field, task: Task, at: int) -> Markup:
    facts, place = task.facts, task.facts.get("place")
    caller = facts.get("caller")
    where = place if isinstance(place, Mapping) else {}
    said = caller if isinstance(caller, Mapping) else {}
    sure = field.word("field.unsure", m=round(float(where["accuracy_m"]))) if where else field.word("dispatch.nowhere")
    return el(
        "article",
        el("header", el("em", field.word(f"case.state-{task.state}")), el("span", task.kind), _due(field, task)),
        el("h2", str(facts.get("title", ""))),
        el("p", str(where.get("said", "")), " ", sure),
        el("p", str(facts.get("text", ""))) if facts.get("text") else None,
        el("a", f"{said.get('name', '')} {said['phone']}", href=f"tel:{said['phone']}") if said.get("phone") else None,
        _navigate(field, where, str(facts.get("title", ""))) if where else None,
        [_step(field, task, verb, at) for verb in NEXT.get(task.state, ())],
        _no(field, task, at),
    )


def _due(field: Field, task: Task) -> Markup | None:
    if task.due_ms is None:
        return None
    at = from_ms(task.due_ms).astimezone(CHINA).strftime("%H:%M")
    late = task.due_ms < field.now_ms
    what = field.word(f"case.obligation-{task.due_of}")
    return el(
        "b",
        "■ " if late else "",
        what,
        " ",
        field.word("field.late" if late else "field.by", time=at),
        class_="late" if late else None,
    )


def _step(field: Field, task: Task, verb: Verb, at: int) -> Markup:
    return el(
        "form",
        *_hidden(field, task, verb, at),
        el("button", field.word(f"case.verb-{verb}"), class_="large"),
        method="post",
        action=f"{field.base_path}m/step",
        data_queue=True,
    )


def _no(field: Field, task: Task, at: int) -> Markup | None:
    verb = NO.get(task.state)
    if verb is None:
        return None
    form = el(
        "form",
        *_hidden(field, task, verb, at),
        el("label", el("span", field.word("dispatch.field_reason")), el("input", name="reason", required=True)),
        el("button", field.word(f"case.verb-{verb}")),
        method="post",
        action=f"{field.base_path}m/step",
        data_queue=True,
    )
    return el("details", el("summary", field.word(f"case.verb-{verb}")), form)


def _hidden(field: Field, task: Task, verb: Verb, at: int) -> list[Markup]:
    values = {
        "key": f"{field.key}-{at}-{verb}",
        "case": task.case,
        "assignment": task.assignment,
        "verb": str(verb),
        "unit": field.unit,
    }
    return [el("input", type="hidden", name=name, value=value) for name, value in values.items()]


def _navigate(field: Field, where: Mapping[str, object], title: str) -> Markup:
    """Links to the maps of the phone, each with the point in its own datum."""
    place = float(str(where["lon_deg"])), float(str(where["lat_deg"]))
    (gcj_lon, gcj_lat), (bd_lon, bd_lat) = gcj02_of(place), bd09_of(place)
    name = quote(title)
    links = {
        "amap": f"https://uri.amap.com/marker?position={gcj_lon:.6f},{gcj_lat:.6f}&name={name}",
        "tencent": f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{gcj_lat:.6f},{gcj_lon:.6f};title:{name}",
        "baidu": f"https://api.map.baidu.com/marker?location={bd_lat:.6f},{bd_lon:.6f}&title={name}&output=html&coord_type=bd09ll",
    }
    shown = [el("a", field.word(f"field.{name}"), href=link, rel="noreferrer") for name, link in links.items()]
    return el("nav", el("span", field.word("field.navigate")), shown)


def _report(field: Field) -> Markup:
    kinds = [el("option", name, value=kind) for kind, name in field.kinds.items()]
    areas = [el("option", name, value=area) for area, name in field.areas.items()]
    form = el(
        "form",
        el("input", type="hidden", name="key", value=f"{field.key}-report"),
        el("input", type="hidden", name="unit", value=field.unit),
        el("label", el("span", field.word("dispatch.field_kind")), el("select", kinds, name="kind")),
        el(
            "label",
            el("span", field.word("dispatch.field_title")),
            el("input", name="title", required=True, maxlength=120),
        ),
        el("label", el("span", field.word("dispatch.field_area")), el("select", areas, name="area")),
        el(
            "label",
            el("span", field.word("dispatch.field_text")),
            el("textarea", "", name="text", rows=3, maxlength=2000),
        ),
        el("button", field.word("field.report"), class_="large"),
        method="post",
        action=f"{field.base_path}m/report",
        data_queue=True,
    )
    return el("details", el("summary", field.word("field.report")), form, class_="report")


def first_due(clocks: Sequence[Clock], calendars: Calendars) -> tuple[int | None, str]:
    """When the first of some clocks runs out, ms UTC, and what it is for; (None, "") when none runs."""
    due = [(due_ms, str(clock.obligation)) for clock in clocks if (due_ms := clock.due_ms(calendars)) is not None]
    return min(due, default=(None, ""))
