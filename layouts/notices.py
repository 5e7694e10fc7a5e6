"""Notices: what was told to whom and what became of it; and who is told of what. HTML from the server."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from accounts.masking import Personal, masked
from core.accounts import EVERYWHERE
from core.markup import Markup, Part, el
from core.notices import PHONES, Channel, Delivery, Notice, Recipient, Route, State
from core.records import Level
from layouts.account_frame import Frame
from layouts.notice_forms import LEVELS, Choices, clock_word, recipient_form, route_form

OURS = frozenset(  # reasons that are codes of this house
    "exercise-only no-right restricted disabled no-address not-set-up budget bad-url unanswered".split()
)
STATES = (State.WAITING, State.SENT, State.DELIVERED, State.ANSWERED, State.FAILED, State.SUPPRESSED)


@dataclass(frozen=True, slots=True)
class Told:
    """The list as it is asked for. named: recipient → name. counted: state → how many. edits: he may act."""

    notices: Sequence[tuple[Notice, Sequence[Delivery]]]
    named: Mapping[str, str]
    counted: Mapping[str, int]
    state: str
    edits: bool
    listed: Sequence[str] = ()  # names on the exercise list


@dataclass(frozen=True, slots=True)
class Wired:
    """Who is told of what. targets: (value, name) that a route may lead to. in_full: addresses may be seen."""

    recipients: Sequence[Recipient]
    routes: Sequence[Route]
    targets: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]]
    areas: Mapping[str, str]
    topics: Mapping[str, str]
    edits: bool
    in_full: bool
    plans: Mapping[str, str] = field(default_factory=dict)
    of_pack: Collection[str] = ()  # routes as the pack says them

    @property
    def choices(self) -> Choices:
        """What a route may name."""
        return Choices(self.targets, self.areas, self.topics, self.plans)


def notices_page(frame: Frame, told: Told) -> str:
    """What was told, newest first, and beside it the test."""
    heads = ("notice.at", "notice.level", "notice.what", "notice.sentence", "notice.to")
    table = frame.table(heads, [_told_row(frame, told, *one) for one in told.notices], empty="notice.none_told")
    lead = el("section", _filter(frame, told), table)
    beside: list[Part] = [_test(frame, told)] if told.edits else []
    beside.append(el("section", frame.link("notices/routes", frame.word("notice.to_routes"), class_="button")))
    return frame.page("notices", el("div", lead, el("aside", *beside), class_="list"))


def routes_page(frame: Frame, wired: Wired) -> str:
    """Routes, recipients, and the forms that make new ones."""
    named = dict(wired.targets)
    routes = frame.table(
        ("notice.route", "notice.of_what", "notice.when", "notice.to", "notice.escalation", ""),
        [_route_row(frame, wired, one, named) for one in wired.routes],
        empty="notice.no_routes",
    )
    recipients = frame.table(
        ("notice.recipient", "notice.addresses", "notice.budget", ""),
        [_recipient_row(frame, wired, one) for one in wired.recipients],
        empty="notice.no_recipients",
    )
    lead = el(
        "section",
        el("h2", frame.word("notice.routes")),
        routes,
        el("h2", frame.word("notice.recipients")),
        recipients,
    )
    beside: list[Part] = []
    if wired.edits:
        beside = [_folded_form(frame, "notice.add_recipient", recipient_form(frame, None, wired.people))]
        beside.append(_folded_form(frame, "notice.add_route", route_form(frame, None, wired.choices)))
    back = el("p", frame.link("notices", frame.word("account.page-notices")), class_="crumbs")
    return frame.page("notices", back, el("div", lead, el("aside", *beside), class_="list"))


def _filter(frame: Frame, told: Told) -> Markup:
    every = frame.link("notices", frame.word("notice.all"), aria_current=None if told.state else "page")
    links = [every]
    for state in STATES:
        count = told.counted.get(state, 0)
        here = "page" if state == told.state else None
        links.append(frame.link(f"notices?state={state}", _state(frame, state), f" {count}", aria_current=here))
    return el("p", *links, class_="notice-states")


def _told_row(frame: Frame, told: Told, notice: Notice, deliveries: Sequence[Delivery]) -> Markup:
    why = el("em", frame.word(f"notice.reason_{notice.suppressed}")) if notice.suppressed else None
    return el(
        "tr",
        el("td", frame.moment(notice.at_ms, seconds=True), class_="figure"),
        el("td", _level(frame, notice.level)),
        el("td", frame.word(f"notice.kind_{notice.kind}"), class_="figure"),
        el("td", notice.sentence),
        el("td", [_delivery(frame, told, one) for one in deliveries] or why),
    )


def _delivery(frame: Frame, told: Told, one: Delivery) -> Markup:
    tried = frame.word("notice.tried", n=one.attempts) if one.attempts > 1 else ""
    beneath = " · ".join(said for said in (_reason(frame, one.reason), tried) if said)
    return el(
        "span",
        el("b", told.named.get(one.recipient, one.recipient)),
        el("small", frame.word(f"notice.channel_{one.channel}")),
        el("i", _state(frame, one.state), class_=f"notice-{one.state}"),
        el("small", beneath, class_="notice-why") if beneath else None,
        class_="notice-delivery",
    )


def _reason(frame: Frame, reason: str) -> str:
    """A reason of ours in words; what the other side answered as it is."""
    return frame.word(f"notice.reason_{reason}") if reason in OURS else reason


def _test(frame: Frame, told: Told) -> Markup:
    listed = frame.listed(told.listed) or frame.word("notice.nobody_listed")
    return el(
        "section",
        el("h2", frame.word("notice.test")),
        el("p", frame.word("notice.test_note"), class_="note"),
        el("p", listed),
        frame.form("notices/test", button="notice.send_test") if told.listed else None,
    )


def _route_row(frame: Frame, wired: Wired, route: Route, named: Mapping[str, str]) -> Markup:
    everywhere = [frame.word("account.everywhere")] if EVERYWHERE in route.areas else []
    areas = everywhere or [wired.areas.get(one, one) for one in route.areas]
    every = [frame.word("account.every-topic")] if EVERYWHERE in route.topics else []
    topics = every or [wired.topics.get(one, one) for one in route.topics]
    to = frame.listed(named.get(one, one) for one in route.to)
    channels = frame.listed(frame.word(f"notice.channel_{one}") for one in route.channels)
    form = route_form(frame, route, wired.choices) if wired.edits else None
    drop = "" if route.id in wired.of_pack else f"notices/routes/{quote(route.id)}/drop"
    marks = [frame.word("notice.switched_off")] if route.disabled else []
    marks += [frame.word("notice.opens")] if route.restricted else []
    marks += [frame.word("notice.of_pack")] if route.id in wired.of_pack else []
    return el(
        "tr",
        el("td", el("b", route.name), [el("small", mark) for mark in marks]),
        el(
            "td",
            _level(frame, route.level),
            frame.word("notice.and_above"),
            el("br"),
            frame.listed([*areas, *topics]),
            _while(frame, wired, route),
        ),
        el("td", f"{clock_word(route.from_min)}—{clock_word(route.until_min)}", class_="figure"),
        el("td", to, el("br"), el("small", channels)),
        el("td", _escalation(frame, route, named)),
        el("td", _change(frame, form, drop) if wired.edits else None),
        class_="over" if route.disabled else None,
    )


def _while(frame: Frame, wired: Wired, route: Route) -> Part:
    """The response without which a route is not there."""
    if not route.response:
        return None
    plan, level = wired.plans.get(route.response, route.response), frame.word(f"plan.level-{route.response_level}")
    return [el("br"), el("small", frame.word("notice.while_response", plan=plan, level=level))]


def _escalation(frame: Frame, route: Route, named: Mapping[str, str]) -> Part:
    """What happens when nobody acknowledges, and when it stands for long."""
    lines = []
    if route.unacknowledged_s:
        lines.append(frame.word("notice.after_unacknowledged", s=route.unacknowledged_s))
    if route.unanswered_s:
        lines.append(frame.word("notice.after_unanswered", s=route.unanswered_s))
    if route.standing_s and route.then:
        lines.append(frame.word("notice.after_standing", minutes=route.standing_s // 60))
    if route.then:
        lines.append(frame.word("notice.then_to", to=frame.listed(named.get(one, one) for one in route.then)))
    return [el("span", line, class_="holder") for line in lines]


def _recipient_row(frame: Frame, wired: Wired, one: Recipient) -> Markup:
    marks = [frame.word("notice.on_list")] if one.exercise else []
    marks += [frame.word("notice.switched_off")] if one.disabled else []
    named = dict(wired.people).get(one.person, one.person)
    addresses = [
        el("span", frame.word(f"notice.channel_{channel}"), " ", el("b", shown(channel, address, wired.in_full)))
        for channel, address in one.addresses.items()
    ]
    by_account = [el("span", frame.word("notice.of_account", person=named))] if one.person else []
    budget = frame.word("notice.budget_n", n=one.budget) if one.budget else frame.word("notice.budget_none")
    form = recipient_form(frame, one, wired.people) if wired.edits else None
    return el(
        "tr",
        el("td", el("b", one.name), [el("small", mark) for mark in marks]),
        el("td", [el("span", each, class_="holder") for each in (*by_account, *addresses)]),
        el("td", budget, class_="figure"),
        el("td", _change(frame, form, f"notices/recipients/{quote(one.id)}/drop") if wired.edits else None),
        class_="over" if one.disabled else None,
    )


def shown(channel: Channel, address: str, in_full: bool) -> str:
    """An address as whoever looks may see it: of a URL its host alone, for the rest may be a key."""
    if channel in PHONES or channel is Channel.MAIL:
        return str(masked({"a": address}, {"a": Personal.PHONE}, in_full)["a"])
    return urlsplit(address).hostname or address


def _change(frame: Frame, form: Part, drop: str) -> Markup:
    sure = frame.form(drop, button="notice.drop_sure", class_="inline") if drop else None
    leave = frame.folded(frame.word("notice.drop"), sure) if sure else None
    return frame.folded(frame.word("notice.change"), form, leave)


def _folded_form(frame: Frame, title: str, form: Markup) -> Markup:
    return el("section", frame.folded(frame.word(title), form))


def _level(frame: Frame, level: Level) -> Markup:
    word = LEVELS[level]
    shape = el("i", class_=f"shape {word}")
    return el("span", shape, el("b", frame.word(f"level.{word}")), class_=f"level level-{word}")


def _state(frame: Frame, state: str) -> str:
    return frame.word(f"notice.state_{state}")
