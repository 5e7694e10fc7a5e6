"""What is on its way to other platforms 平台交换: how each message stands, since when it fails, and why. No scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from core.markup import Markup, Part, el
from dispatch.exchange import STUCK, Deed, Standing, in_words
from layouts.account_frame import Frame
from store.exchange import PeerCount, Waiting

SHAPES = {
    Standing.WAITING: "○",
    Standing.TAKEN: "✓",
    Standing.REFUSED: "✕",
    Standing.GIVEN_UP: "■",
    Standing.DROPPED: "—",
}
FAILING = "▲"  # tried, and tried again


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the page shows. counts: by peer; hosts: where each peer that is set up listens; sends: he may act.

    over: the messages are those that arrived or were dropped. hands: he may hand cases over and give them back; case:
    the number that is filled in already, with its title and the platform to which it may go back, "" for none.
    key: makes the next act of this page one act, however often it is sent.
    """

    messages: Sequence[Waiting]
    counts: Mapping[str, PeerCount]
    hosts: Mapping[str, str]
    sends: bool
    over: bool
    hands: bool = False
    case: str = ""
    title: str = ""
    came_from: str = ""
    key: str = ""


def exchange_page(frame: Frame, traffic: Traffic) -> str:
    """Messages, what is stuck first, and beside them the platforms."""
    heads = ("exchange.standing", "exchange.what", "exchange.since", "exchange.reason", "")
    gravest = sorted(traffic.messages, key=lambda one: (one.standing not in STUCK, one.failed_ms is None))
    rows = [_row(frame, traffic, one) for one in gravest]
    lead = el("section", _filter(frame, traffic), frame.table(heads, rows, empty="exchange.none"))
    acts = _hand(frame, traffic) if traffic.hands and traffic.hosts else []
    return frame.page("exchange", el("div", lead, el("aside", *acts, *_peers(frame, traffic)), class_="list"))


def _filter(frame: Frame, traffic: Traffic) -> Markup:
    here = None if traffic.over else "page"
    open_ = frame.link("exchange", frame.word("exchange.standing-waiting"), aria_current=here)
    here = "page" if traffic.over else None
    over = frame.link("exchange?show=over", frame.word("exchange.standing-taken"), aria_current=here)
    return el("p", open_, over, class_="notice-states")


def _row(frame: Frame, traffic: Traffic, one: Waiting) -> Markup:
    standing = Standing(one.standing)
    is_failing = standing is Standing.WAITING and one.failed_ms is not None
    shape = FAILING if is_failing else SHAPES[standing]
    word = frame.word("exchange.standing-failing" if is_failing else f"exchange.standing-{standing}")
    tried = frame.word("exchange.tried", n=one.tries) if one.tries > 1 or one.failed_ms is not None else ""
    again = frame.word("exchange.next", at=frame.moment(one.next_ms, seconds=True)[11:]) if is_failing else ""
    deed = frame.word(f"exchange.deed-{one.body['deed']}")
    link = frame.link(f"dispatch?case={quote(one.case)}", one.case)
    said = "" if standing is Standing.TAKEN else in_words(one.said, frame.language)
    return el(
        "tr",
        el("td", el("b", f"{shape} {word}"), class_=f"figure {_level(standing, is_failing)}".rstrip()),
        el("td", el("b", f"{deed} → {one.peer}"), el("small", link), class_="figure"),
        el("td", frame.moment(one.failed_ms or one.made_ms)[5:], class_="figure"),
        el("td", said or "—", el("small", " · ".join(filter(None, (tried, again))))),
        el("td", _acts(frame, one) if traffic.sends and (is_failing or standing in STUCK) else None),
        class_="over" if traffic.over else None,
    )


def _level(standing: Standing, is_failing: bool) -> str:
    """The colour of what needs a person, or soon will."""
    return "level-orange" if standing in STUCK else "level-yellow" if is_failing else ""


def _acts(frame: Frame, one: Waiting) -> list[Part]:
    again = frame.form(f"exchange/{one.number}/again", button="exchange.again", class_="inline")
    note = el("p", frame.word("exchange.drop-note"), class_="note")
    sure = frame.form(f"exchange/{one.number}/drop", button="exchange.drop-sure", class_="inline")
    return [again, frame.folded(frame.word("exchange.drop"), note, sure)]


def _hand(frame: Frame, traffic: Traffic) -> list[Part]:
    """Hand a case over to a platform under its number, or give it back to the one that it came from."""
    where = "exchange/hand"

    def form(deed: Deed, *more: Part) -> Part:
        kept = {"deed": str(deed), "key": f"{traffic.key}-{deed}"}
        hidden = [el("input", type="hidden", name=name, value=value) for name, value in kept.items()]
        number = frame.field(where, "case", "exchange.case", traffic.case, required=True, maxlength=40)
        return frame.form(where, *hidden, number, *more, button=f"exchange.deed-{deed}")

    to = frame.choice(where, "peer", "exchange.hand-to", [(name, name) for name in traffic.hosts])
    reason = frame.field(where, "reason", "exchange.why", required=True, maxlength=300)
    on, back = form(Deed.PUSH, to), form(Deed.RETURN, reason)
    title = el("p", el("b", traffic.title), class_="note") if traffic.title else None
    if not traffic.came_from:
        folded = frame.folded(frame.word("exchange.return"), back)
        return [el("section", el("h2", frame.word("exchange.hand")), title, on, folded)]
    came = el("p", frame.word("exchange.return-to", peer=traffic.came_from), class_="note")
    folded = frame.folded(frame.word("exchange.hand-on"), on)
    return [el("section", el("h2", frame.word("exchange.return")), title, came, back, folded)]


def _peers(frame: Frame, traffic: Traffic) -> list[Part]:
    notes = [el("p", frame.word(f"exchange.{code}"), class_="note") for code in ("note", "token-note")]
    if not traffic.hosts:
        return [el("section", el("p", frame.word("exchange.no-peers")), *notes)]
    listed = [_peer(frame, name, host, traffic.counts.get(name)) for name, host in traffic.hosts.items()]
    return [el("section", el("h2", frame.word("exchange.peers")), el("ul", listed, class_="words"), *notes)]


def _peer(frame: Frame, name: str, host: str, count: PeerCount | None) -> Markup:
    ill = bool(count and count.failing)
    said = f"{FAILING} {frame.word('exchange.failing', n=count.failing)}" if count and ill else ""
    waits = f"{frame.word('exchange.standing-waiting')} {count.waiting}" if count and count.waiting else ""
    failing = el("b", said, class_="level-orange") if said else None
    return el("li", el("b", name), " ", el("small", host), " ", failing, " " if said and waits else None, waits)
