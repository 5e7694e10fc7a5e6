"""One task on the phone: where, what, by when, one large button a step, a photo, a word; plain HTML without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from core.clock import in_china
from core.markup import Markup, Part, el
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
    AssignmentState.ON_SCENE: (Verb.CLEAR, Verb.LEAVE),
    AssignmentState.LEFT: (Verb.CLEAR, Verb.ARRIVE),
}
NO: Mapping[AssignmentState, Verb] = {
    AssignmentState.NOTIFIED: Verb.REFUSE,
    AssignmentState.ACCEPTED: Verb.FAIL,
    AssignmentState.EN_ROUTE: Verb.FAIL,
    AssignmentState.ON_SCENE: Verb.FAIL,
    AssignmentState.LEFT: Verb.FAIL,
}
PICTURES = "image/jpeg,image/png,image/webp"
SAID_SHOWN = 4  # of what was said about a case, the newest


@dataclass(frozen=True, slots=True)
class Said:
    """One note of a case, as whoever asks may see it; ms UTC. assignment: whose it is; "" of the case."""

    at_ms: int
    by: str
    words: str
    assignment: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One assignment as its unit sees it. facts: as whoever asks may see them. due_ms: of what runs out first.

    photos: addresses of the copies that may be shown. said: notes, the oldest first. escalated: to which level.
    """

    case: str
    assignment: str
    state: AssignmentState
    kind: str
    facts: Mapping[str, object]
    due_ms: int | None
    due_of: str
    photos: Sequence[str] = ()
    said: Sequence[Said] = ()
    escalated: int = 0


@dataclass(frozen=True, slots=True)
class Field:
    """What one page shows. key: makes the next act of this page one act, however often it is sent.

    acts: below which address its forms go: `m`, or `t` with the token of a one-time link.
    """

    language: str
    base_path: str
    name: str
    key: str
    now_ms: int
    tasks: Sequence[Task]
    unit: str = ""
    seen: str = ""  # how its tasks stand, as `/m/changes` tells it
    units: Sequence[Unit] = ()
    roster: Sequence[str] = ()  # units that he belongs to
    kinds: Mapping[str, str] = field(default_factory=dict)
    areas: Mapping[str, str] = field(default_factory=dict)
    acts: str = "m"
    token: str = ""
    told: str = ""
    is_refusal: bool = False
    is_expired: bool = False  # he may look on, and acts again once somebody has signed in here
    own_words: Mapping[str, str] = field(default_factory=dict)
    is_over: bool = False  # a link that opens nothing any more

    def word(self, code: str, **places: object) -> str:
        """A message in the language of the installation, or what the city says instead."""
        return self.own_words.get(code) or text(code, self.language, **places)

    def action(self, what: str) -> str:
        """Where a form goes."""
        return f"{self.base_path}{self.acts}/{what}"


def task_article(field: Field, task: Task, at: int) -> Markup:
    """One task; at: its place on the page, which makes the keys of its acts its own."""
    facts, place = task.facts, task.facts.get("place")
    caller = facts.get("caller")
    where = place if isinstance(place, Mapping) else {}
    said = caller if isinstance(caller, Mapping) else {}
    steps = NEXT.get(task.state, ())
    return el(
        "article",
        el("header", el("em", field.word(f"case.state-{task.state}")), el("span", task.kind), _due(field, task)),
        _raised(field, task),
        el("h2", str(facts.get("title", ""))),
        el("small", task.case),
        _place(field, where),
        el("p", str(facts.get("text", ""))) if facts.get("text") else None,
        _caller(str(said.get("name", "")), str(said.get("phone", ""))),
        _navigate(field, where, str(facts.get("title", ""))) if where else None,
        [_step(field, task, verb, at, verb is steps[0]) for verb in steps],
        _photo(field, task, at),
        _word(field, task, at),
        _no(field, task, at),
    )


def _raised(field: Field, task: Task) -> Markup | None:
    if not task.escalated:
        return None
    return el("b", "▲ ", field.word("dispatch.escalated", count=task.escalated), class_="late")


def _caller(name: str, phone: str) -> Markup | None:
    """Whom to ring; a number that is masked rings nobody."""
    if not phone:
        return None
    return el("p", f"{name} {phone}") if "*" in phone else el("a", f"{name} {phone}", href=f"tel:{phone}")


def _place(field: Field, where: Mapping[str, object]) -> Part:
    """What was said of the place and how sure it is; scripts draw the circle, and where the telephone is."""
    if not where:
        return el("p", field.word("dispatch.nowhere"))
    sure = field.word("field.unsure", m=round(float(str(where["accuracy_m"]))))
    drawn = el(
        "div",
        class_="place",
        hidden=True,
        data_lon=str(where["lon_deg"]),
        data_lat=str(where["lat_deg"]),
        data_accuracy=str(where["accuracy_m"]),
        data_word=field.word("field.away"),
    )
    return [el("p", str(where.get("said", "")), " ", sure), drawn]


def _due(field: Field, task: Task) -> Markup | None:
    if task.due_ms is None:
        return None
    late = task.due_ms < field.now_ms
    what = field.word(f"case.obligation-{task.due_of}")
    return el(
        "b",
        "■ " if late else "",
        what,
        " ",
        field.word("field.late" if late else "field.by", time=_moment(task.due_ms, field.now_ms)),
        class_="late" if late else None,
    )


def _step(field: Field, task: Task, verb: Verb, at: int, is_first: bool) -> Markup:
    return el(
        "form",
        *_hidden(field, task, verb, at),
        el("button", field.word(f"case.verb-{verb}"), class_="large" if is_first else None),
        method="post",
        action=field.action("step"),
        data_queue=True,
        data_fix=verb is Verb.ARRIVE,
    )


def _photo(field: Field, task: Task, at: int) -> Markup:
    """Photos that came, and the form for the next one."""
    shown = [el("a", el("img", src=one, alt="", loading="lazy"), href=one) for one in task.photos]
    return el(
        "form",
        el("div", shown, class_="photos") if shown else None,
        *_hidden(field, task, "photo", at),
        file_field(field, required=True),
        el("input", name="text", maxlength=500, placeholder=field.word("field.photo_word")),
        el("button", field.word("field.photo_send")),
        class_="photo",
        method="post",
        action=field.action("photo"),
        enctype="multipart/form-data",
        data_queue=True,
    )


def file_field(field: Field, required: bool = False) -> Markup:
    """Where a photo is taken or chosen."""
    return el(
        "label",
        el("span", field.word("field.photo")),
        el("input", type="file", name="photo", accept=PICTURES, required=required),
        class_="file",
    )


def _word(field: Field, task: Task, at: int) -> Markup:
    """What was said about the case, and a word to those at the desk."""
    newest = task.said[-SAID_SHOWN:]
    lines = [el("li", el("small", f"{_moment(one.at_ms, field.now_ms)} {one.by}"), " ", one.words) for one in newest]
    return el(
        "form",
        el("ol", lines) if lines else None,
        *_hidden(field, task, Verb.NOTE, at),
        el("input", name="text", required=True, maxlength=500, placeholder=field.word("field.word")),
        el("button", field.word("field.word_send")),
        class_="word",
        method="post",
        action=field.action("step"),
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
        action=field.action("step"),
        data_queue=True,
    )
    return el("details", el("summary", field.word(f"case.verb-{verb}")), form)


def _hidden(field: Field, task: Task, what: str, at: int) -> list[Markup]:
    values = {"key": f"{field.key}-{at}-{what}", "verb": what}
    if field.token:
        values["k"] = field.token
    else:
        values |= {"case": task.case, "assignment": task.assignment, "unit": field.unit}
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


def _moment(at_ms: int, now_ms: int) -> str:
    """07:35 today, else with its date: what is due in a week must not read as due this morning."""
    at, now = (in_china(ms) for ms in (at_ms, now_ms))
    return at.strftime("%H:%M" if at.date() == now.date() else "%m-%d %H:%M")


def first_due(clocks: Sequence[Clock], calendars: Calendars) -> tuple[int | None, str]:
    """When the first of some clocks runs out, ms UTC, and what it is for; (None, "") when none runs."""
    due = [(due_ms, str(clock.obligation)) for clock in clocks if (due_ms := clock.due_ms(calendars)) is not None]
    return min(due, default=(None, ""))
