"""The phone of a team in the field, and the page of a one-time link; plain HTML that needs no script.

With scripts, what was sent without a network waits and goes in order, once (`assets/field.js`).
"""

from __future__ import annotations

from urllib.parse import quote

from core.markup import Markup, Part, document, el
from layouts.field_task import Field, file_field, task_article

SCRIPTS = ("field_photo.js", "field_place.js", "field_live.js", "field.js")
CAN = ("queue", "camera", "position")  # scripts say whether this phone, at this address, can
CANNOT = ("voice", "notices")


def field_page(field: Field) -> str:
    """The whole page of somebody who is signed in."""
    own = next((unit.name for unit in field.units if unit.id == field.unit), "")
    return _document(
        field,
        el(
            "header",
            el("b", own or field.word("field.title")),
            el("span", field.name),
            _another(field) if own else None,
        ),
        _sign_in(field) if field.is_expired else None,
        _told(field),
        _choice(field) if not own else _tasks(field),
        _report(field),
        _can(field),
    )


def link_page(field: Field) -> str:
    """The page of a one-time link: one task with its steps, without an account."""
    return _document(
        field,
        el("header", el("b", field.name), el("span", field.word("field.link"))),
        _told(field),
        el("p", field.word("field.link_note"), class_="note") if not field.is_over else None,
        [task_article(field, task, at) for at, task in enumerate(field.tasks)],
        _can(field) if not field.is_over else None,
    )


def _document(field: Field, *parts: Part) -> str:
    told = {"data_base": field.base_path, "data_unit": field.unit, "data_seen": field.seen}
    body = el("main", *parts, class_="field", **told)
    return document(field.language, field.word("field.title"), field.base_path, body, scripts=SCRIPTS)


def _told(field: Field) -> Part:
    """What became of the last act, and what scripts have to say."""
    kind = "told refusal" if field.is_refusal else "told"
    return [
        el("p", field.told, class_=kind, role="status") if field.told else None,
        el("p", class_="told refusal refused", role="alert", hidden=True),
        el("p", class_="told at-border", role="status", hidden=True),
        el(
            "p",
            class_="waits",
            role="status",
            hidden=True,
            data_word=field.word("field.waits"),
            data_whole=field.word("field.waits_whole"),
        ),
        el("button", field.word("field.send_whole"), class_="send-whole", hidden=True, type="button"),
        el("button", field.word("field.changed"), class_="changed", hidden=True, type="button"),
    ]


def _sign_in(field: Field) -> Markup:
    """The next person, or the same one again, signs in above the tasks and is back here."""
    word, onward = field.word, f"m?unit={quote(field.unit)}" if field.unit else "m"
    login = el("input", name="login", required=True, maxlength=200, autocomplete="username")
    secret = el("input", name="password", type="password", required=True, autocomplete="current-password")
    return el(
        "form",
        el("b", word("desk.account_expired")),
        el("label", el("span", word("desk.account_login")), login),
        el("label", el("span", word("desk.account_password")), secret),
        el("input", type="hidden", name="next", value=onward),
        el("button", word("desk.account_enter"), class_="large"),
        class_="expired",
        method="post",
        action=f"{field.base_path}sign-in",
    )


def _another(field: Field) -> Markup:
    """The way back to the choice, also for who is on one roster only."""
    return el("a", field.word("field.another"), href=f"{field.base_path}m?unit=-")


def _choice(field: Field) -> Markup:
    """His own units first, then all others: who helps out today works with them."""
    ordered = sorted(field.units, key=lambda unit: (unit.id not in field.roster, unit.name))
    options = [el("option", unit.name, value=unit.id) for unit in ordered]
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
    return [task_article(field, task, at) for at, task in enumerate(field.tasks)]


def _report(field: Field) -> Markup:
    kinds = [el("option", field.word("field.report_kind"), value="")]
    kinds += [el("option", name, value=kind) for kind, name in field.kinds.items()]
    areas = [el("option", name, value=area) for area, name in field.areas.items()]
    words = el("textarea", "", name="text", rows=3, maxlength=2000)
    form = el(
        "form",
        el("input", type="hidden", name="key", value=f"{field.key}-report"),
        el("input", type="hidden", name="unit", value=field.unit),
        el("label", el("span", field.word("dispatch.field_kind")), el("select", kinds, name="kind", required=True)),
        el(
            "label",
            el("span", field.word("dispatch.field_title")),
            el("input", name="title", required=True, maxlength=120),
        ),
        el("label", el("span", field.word("dispatch.field_area")), el("select", areas, name="area")),
        el(
            "label",
            el("span", field.word("field.report_where")),
            el("input", name="said", maxlength=200, placeholder=field.word("field.report_where_like")),
        ),
        el("label", el("span", field.word("dispatch.field_text")), words),
        file_field(field),
        el("button", field.word("field.report"), class_="large"),
        method="post",
        action=field.action("report"),
        enctype="multipart/form-data",
        data_queue=True,
        data_fix=True,
        data_photo_key="-photo",
    )
    return el("details", el("summary", field.word("field.report")), form, class_="report")


def _can(field: Field) -> Markup:
    """Which features this phone and address allow, and why not; scripts say more than is known without them."""
    lines = [
        el(
            "li",
            field.word(f"field.can_{name}_plain"),
            data_can=name,
            data_yes=field.word(f"field.can_{name}_yes"),
            data_no=field.word(f"field.can_{name}_no"),
            data_insecure=field.word(f"field.can_{name}_insecure"),
            data_unknown=field.word("field.can_position_unknown") if name == "position" else None,
        )
        for name in CAN
    ]
    never = [el("li", field.word(f"field.can_{name}")) for name in CANNOT]
    return el("section", el("h3", field.word("field.can")), el("ul", lines, never), class_="can")
