"""Supervision 督办: orders with their lights, one order whole, what leaders wrote on one thing. No scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from core.markup import Markup, Part, el
from dispatch.clocks import Calendars
from dispatch.supervision import Light, OrderDeed, OrderKind, OrderLine
from dispatch.supervision_book import About, OrderTold
from layouts.account_frame import Frame
from store.supervision import ReadMark

SHAPES = {
    Light.IN_TIME: "○",
    Light.SOON: "▲",
    Light.LATE: "■",
    Light.ANSWERED: "◇",
    Light.DONE: "✓",
    Light.DONE_LATE: "✓",
    Light.DROPPED: "—",
}
FILTERS = (Light.LATE, Light.SOON, Light.IN_TIME, Light.ANSWERED)
DAYS = {OrderKind.INSTRUCT: 3, OrderKind.SUPERVISE: 5}  # what a form offers
REASONED = (OrderDeed.REFUSE, OrderDeed.REDO, OrderDeed.EXTEND, OrderDeed.WITHDRAW, OrderDeed.ARBITRATE)
AT_ONCE = (OrderDeed.VERIFY, OrderDeed.REMIND)  # one button, no words needed


@dataclass(frozen=True, slots=True)
class When:
    """How lights are judged: now, city time in ms UTC, and the calendars of the city."""

    now_ms: int
    calendars: Calendars


@dataclass(frozen=True, slots=True)
class Desk:
    """What the list shows. light: only these, "" all open ones, `over`: those that are over. areas, owners: choices."""

    orders: Sequence[OrderTold]
    counts: Mapping[str, int]
    light: str
    areas: Mapping[str, str]
    owners: Sequence[str]
    issues: bool
    when: When
    key: str


@dataclass(frozen=True, slots=True)
class OneOrder:
    """What the page of one order shows."""

    told: OrderTold
    deeds: tuple[OrderDeed, ...]
    owners: Sequence[str]
    when: When
    key: str


@dataclass(frozen=True, slots=True)
class Remarks:
    """What leaders did about one thing. link: its own page; instructs: whether whoever looks may write there."""

    about: About
    link: str
    where: str
    orders: Sequence[OrderTold]
    reads: Sequence[ReadMark]
    owners: Sequence[str]
    instructs: bool
    when: When
    key: str


def supervision_page(frame: Frame, desk: Desk) -> str:
    """All orders, what is late first, and the form of a new one."""
    heads = ("order.light", "order.what", "order.about", "order.owner", "order.due")
    rows = [_row(frame, one, desk.when) for one in desk.orders]
    lead = el("section", _filters(frame, desk), frame.table(heads, rows, empty="order.none"))
    beside: list[Part] = [_issuing(frame, desk)] if desk.issues else []
    return frame.page("supervision", el("div", lead, el("aside", *beside), class_="list"))


def order_page(frame: Frame, one: OneOrder) -> str:
    """One order: what is asked, how it stands, what can be done, and its whole log."""
    order = one.told.order
    back = el("p", frame.link("supervision", frame.word("account.page-supervision")), class_="crumbs")
    head = el(
        "div",
        el("h2", light_tag(frame, order.light(one.when.now_ms, one.when.calendars)), " ", el("span", order.text)),
        el(
            "p",
            f"{order.id} · {frame.word(f'order.kind-{order.kind}')} · {frame.word(f'order.state-{order.state}')} · ",
            el("b", order.owner),
            f" · {_due_word(frame, one.told)} {_due(frame, one.told, one.when)}",
        ),
        el("p", _about_link(frame, one.told)),
        el("div", (_deed_form(frame, one, deed) for deed in one.deeds), class_="deeds"),
        class_="order-head",
    )
    log = frame.table(
        ("notice.at", "plan.who", "plan.deed", "plan.said"), [_log_row(frame, line) for line in one.told.log]
    )
    return frame.page("supervision", back, head, el("h2", frame.word("order.log")), log)


def remarks_page(frame: Frame, remarks: Remarks) -> str:
    """One warning, case or indicator as a leader sees it on a phone: read it, write on it, see what became of it."""
    names = frame.listed(f"{one.name} {frame.moment(one.at_ms)[5:]}" for one in remarks.reads)
    reads = frame.word("order.read_by", names=names) if names else frame.word("order.nobody_read")
    head = el(
        "div",
        el("h2", frame.link(remarks.link, remarks.about.title) if remarks.link else remarks.about.title),
        el("p", remarks.where, class_="note"),
        el("p", reads),
        class_="order-head",
    )
    orders = [_remark(frame, one, remarks.when) for one in remarks.orders]
    written = el("section", orders or el("p", frame.word("order.nothing_written"), class_="note"))
    beside = _writing(frame, remarks) if remarks.instructs else []
    return frame.page("supervision", head, el("div", written, el("aside", *beside), class_="list remarks"))


def light_tag(frame: Frame, light: Light) -> Markup:
    """A light by shape and word."""
    return el("b", f"{SHAPES[light]} {frame.word(f'order.light-{light}')}", class_=f"light light-{light}")


def _filters(frame: Frame, desk: Desk) -> Markup:
    here = "page" if not desk.light else None
    links = [frame.link("supervision", frame.word("order.all"), f" {sum(desk.counts.values())}", aria_current=here)]
    for light in FILTERS:
        here = "page" if desk.light == light else None
        words = (f"{SHAPES[light]} ", frame.word(f"order.light-{light}"), f" {desk.counts.get(light, 0)}")
        links.append(frame.link(f"supervision?light={light}", *words, aria_current=here))
    here = "page" if desk.light == "over" else None
    links.append(frame.link("supervision?light=over", frame.word("order.over"), aria_current=here))
    return el("p", *links, class_="notice-states")


def _row(frame: Frame, one: OrderTold, when: When) -> Markup:
    order = one.order
    light = order.light(when.now_ms, when.calendars)
    reminded = el("small", frame.word("order.reminded_n", n=order.reminded), class_="whole") if order.reminded else None
    kind = frame.word(f"order.kind-{order.kind}")
    return el(
        "tr",
        el("td", light_tag(frame, light), class_="figure"),
        el("td", frame.link(f"supervision/{quote(order.id)}", order.text), el("small", f"{kind} {order.issued_by}")),
        el("td", _about_link(frame, one)),
        el("td", order.owner, reminded),
        el("td", _due(frame, one, when), class_="figure"),
        class_="over" if light in (Light.DONE, Light.DONE_LATE, Light.DROPPED) else None,
    )


def _due(frame: Frame, one: OrderTold, when: When) -> str:
    """The last working day that is granted; of one that is over, when it was answered."""
    clock = one.order.clock
    due_ms = clock.due_ms(when.calendars)
    if due_ms is not None:
        return frame.moment(due_ms - 1)[5:10]
    return frame.word("order.rests") if clock.ended_ms is None else frame.moment(clock.ended_ms)[5:]


def _due_word(frame: Frame, one: OrderTold) -> str:
    return frame.word("order.ended" if one.order.clock.is_over else "order.due")


def _about_link(frame: Frame, one: OrderTold) -> Part:
    if not one.row.about:
        return frame.word("order.of_itself")
    return frame.link(f"supervision/about?key={quote_plus(one.row.about)}", one.row.title)


def _issuing(frame: Frame, desk: Desk) -> Markup:
    form = frame.form(
        "supervision",
        *_hidden({"key": f"{desk.key}-issue"}),
        _text(frame, "order.text"),
        _owners(frame, "supervision", desk.owners),
        frame.choice("supervision", "area", "order.area", list(desk.areas.items())),
        _days(frame, "supervision", "order.days", DAYS[OrderKind.SUPERVISE]),
        button="order.deed-issue",
    )
    return el("section", el("h2", frame.word("order.issue")), form)


def _writing(frame: Frame, remarks: Remarks) -> list[Markup]:
    """已阅 with one tap, 批示 with words, whose it is and by when."""
    where = "supervision/about"
    about = {"about": remarks.about.key}
    read = el("section", frame.form(f"{where}/read", *_hidden(about), button="order.read", class_="inline"))
    form = frame.form(
        where,
        *_hidden(about | {"key": f"{remarks.key}-instruct"}),
        _text(frame, "order.text"),
        _owners(frame, where, remarks.owners),
        _days(frame, where, "order.days", DAYS[OrderKind.INSTRUCT]),
        button="order.kind-instruct",
    )
    return [read, el("section", el("h2", frame.word("order.instruct")), form)]


def _remark(frame: Frame, one: OrderTold, when: When) -> Markup:
    """An instruction with everything that was answered to it."""
    order = one.order
    said = [line for line in one.log[1:] if line.deed is not OrderDeed.NOTE]
    return el(
        "article",
        el("p", light_tag(frame, order.light(when.now_ms, when.calendars)), " ", _byline(frame, one.log[0])),
        el("h3", frame.link(f"supervision/{quote(order.id)}", order.text)),
        el("p", f"{order.owner} · {_due_word(frame, one)} {_due(frame, one, when)}", class_="note"),
        (el("p", _byline(frame, line), " ", el("b", _said(line)), class_="answer") for line in said),
        class_="remark",
    )


def _byline(frame: Frame, line: OrderLine) -> str:
    return f"{line.name} {frame.moment(line.at_ms)[5:]} {frame.word(f'order.deed-{line.deed}')}"


def _said(line: OrderLine) -> str:
    return " · ".join(str(line.fields[name]) for name in ("owner", "text", "reason") if line.fields.get(name))


def _deed_form(frame: Frame, one: OneOrder, deed: OrderDeed) -> Markup:
    order = one.told.order
    where = f"supervision/{quote(order.id)}/acts"
    fields: list[Part] = [
        *_hidden({"deed": str(deed), "revision": str(order.revision), "key": f"{one.key}-{deed}"}),
    ]
    if deed is OrderDeed.ARBITRATE:
        fields.append(_owners(frame, where, one.owners, order.owner))
    if deed is OrderDeed.EXTEND:
        fields.append(_days(frame, where, "order.days_more", 1))
    if deed is OrderDeed.REPLY:
        fields.append(_text(frame, "order.reply"))
    if deed in REASONED:
        fields.append(frame.field(where, "reason", "order.reason", required=True, maxlength=300))
    if deed is OrderDeed.NOTE:
        fields.append(frame.field(where, "text", "order.note", required=True, maxlength=500))
    form = frame.form(where, *fields, button=f"order.deed-{deed}")
    return (
        form if deed in AT_ONCE else frame.folded(frame.word(f"order.deed-{deed}"), form, open_=deed is OrderDeed.REPLY)
    )


def _log_row(frame: Frame, line: OrderLine) -> Markup:
    return el(
        "tr",
        el("td", frame.moment(line.at_ms, seconds=True), class_="figure"),
        el("td", line.name, class_="figure"),
        el("td", frame.word(f"order.deed-{line.deed}"), class_="figure"),
        el("td", _said(line)),
    )


def _text(frame: Frame, label: str) -> Markup:
    area = el("textarea", "", name="text", rows=3, maxlength=500, required=True)
    return el("label", el("span", frame.word(label)), area)


def _owners(frame: Frame, form: str, owners: Sequence[str], chosen: str = "") -> Markup:
    return frame.choice(form, "owner", "order.owner", [(one, one) for one in owners], chosen)


def _days(frame: Frame, form: str, label: str, days: int) -> Markup:
    return frame.field(form, "working_days", label, str(days), type="number", min=1, max=60, required=True)


def _hidden(values: Mapping[str, str]) -> list[Markup]:
    return [el("input", type="hidden", name=name, value=value) for name, value in values.items()]
