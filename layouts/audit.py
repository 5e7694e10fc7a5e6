"""The audit as auditors read it: searched, a page at a time, its chain checked, exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from accounts.chain import Verdict
from accounts.rights import RIGHTS
from core.accounts import AuditEntry, Head
from core.markup import Markup, Part, el
from core.messages import catalogue
from layouts.account_frame import Frame

DETAIL_LETTERS = 160  # of a row; the whole stands behind it
HEADS = ("number", "time", "actor", "act", "subject", "outcome", "address", "detail")
PEOPLE = "people"  # what the field of the actor offers
FIELDS = ("actor", "action", "subject", "outcome", "from", "until")


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows. asked: the fields of the search as they were typed; names: of people by login.

    more: the number below which the next page begins, None on the last. head: the newest row kept aside.
    """

    rows: Sequence[AuditEntry]
    asked: Mapping[str, str]
    names: Mapping[str, str]
    more: int | None
    head: Head | None
    may_export: bool
    verdict: Verdict | None = None


def audit_page(frame: Frame, found: Found) -> str:
    """The search, the state of the chain, and the rows."""
    heads = [f"audit.{head}" for head in HEADS]
    rows = [_row(frame, entry, found.names) for entry in found.rows]
    top = el("div", _search(frame, found), _chain(frame, found), class_="top")
    return frame.page("audit", top, el("section", frame.table(heads, rows, empty="audit.none")), _pages(frame, found))


def action_words(action: str, language: str) -> str:
    """What an act is called: by the table of rights, else by its own word, else as it is written.

    >>> action_words("tokens.make", "en"), action_words("sign-in", "en"), action_words("rules.x", "en")
    ('make and revoke tokens', 'sign-in', 'rules.x')
    """
    if action in RIGHTS:
        return catalogue()[f"action.{action}"][language]
    known = catalogue().get(f"audit.act-{action}")
    return known[language] if known else action


def _row(frame: Frame, entry: AuditEntry, names: Mapping[str, str]) -> Markup:
    act = entry.act
    detail = " · ".join(_said(frame, act.detail))
    shown: Part = detail
    if len(detail) > DETAIL_LETTERS:
        shown = frame.folded(detail[:DETAIL_LETTERS] + "…", detail)
    return el(
        "tr",
        el("td", entry.number, class_="figure", title=f"{entry.algorithm} {entry.digest}"),
        el("td", frame.moment(act.at_ms, seconds=True)),
        el("td", _who(frame, act.actor, names)),
        el("td", action_words(act.action, frame.language), el("small", act.action)),
        el("td", act.subject),
        el("td", frame.word(f"audit.{act.outcome}")),
        el("td", act.address),
        el("td", shown, class_="detail"),
        class_="refused" if act.outcome == "refused" else None,
    )


def _said(frame: Frame, detail: Mapping[str, object], before: str = "") -> Iterator[str]:
    """What an act says of itself: in words where there are any, times as times; what is empty is not said."""
    for name, value in detail.items():
        called = before + _known(frame, "key", name.removesuffix("_ms"))
        if isinstance(value, Mapping):
            yield from _said(frame, value, f"{called}.")
        elif name.endswith("_ms") and isinstance(value, int):
            yield f"{called} {frame.moment(value)}"
        elif value not in (None, "", [], (), False):
            yield f"{called} {_known(frame, 'why', _listed(value)) if name == 'reason' else _listed(value)}"


def _known(frame: Frame, kind: str, name: str) -> str:
    """The word for a field or a reason of an act, else as it is written."""
    code = f"audit.{kind}-{name}"
    return frame.word(code) if code in catalogue() else name


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _who(frame: Frame, actor: str, names: Mapping[str, str]) -> Part:
    kind, _, name = actor.partition(":")
    if kind == "person":
        return names.get(name, name), el("small", name)
    known = f"audit.actor-{kind}"
    return (frame.word(known) if known in catalogue() else actor), el("small", name) if name else None


def _search(frame: Frame, found: Found) -> Markup:
    word, asked = frame.word, found.asked
    actions = [("", word("audit.any"))] + [
        (action, action_words(action, frame.language))
        for action in (*RIGHTS, *(code[10:] for code in catalogue() if code.startswith("audit.act-")))
    ]
    people = [el("option", name, value=login) for login, name in found.names.items()]
    outcomes = [("", word("audit.any")), ("done", word("audit.done")), ("refused", word("audit.refused"))]
    return el(
        "form",
        frame.field("", "actor", "audit.actor", asked["actor"], list=PEOPLE, autocomplete="off"),
        el("datalist", people, id=PEOPLE),
        frame.choice("", "action", "audit.act", actions, asked["action"]),
        frame.field("", "subject", "audit.subject", asked["subject"], autocomplete="off"),
        frame.choice("", "outcome", "audit.outcome", outcomes, asked["outcome"]),
        frame.field("", "from", "posts.from", asked["from"], type="date"),
        frame.field("", "until", "posts.until", asked["until"], type="date"),
        el("button", word("people.find")),
        action=f"{frame.base_path}audit",
        class_="search",
    )


def _chain(frame: Frame, found: Found) -> Markup:
    word, verdict, head = frame.word, found.verdict, found.head
    state: list[Part] = []
    if head is not None:
        state.append(el("p", word("audit.head", number=head.number, when=frame.moment(head.at_ms)), class_="note"))
    if verdict is not None and not verdict.faults:
        state.append(el("p", el("b", word("accounts.audit-whole", rows=verdict.rows)), role="status"))
    if verdict is not None and verdict.faults:
        faults = [el("li", word(f"accounts.audit-{one.code}", number=one.number)) for one in verdict.faults[:20]]
        broken = el("b", word("audit.broken", count=len(verdict.faults)), class_="level-red")
        state.append(el("div", broken, el("ul", faults), role="alert"))
    if found.may_export:
        state.append(
            el(
                "div",
                frame.form("audit/verify", button="audit.verify", class_="inline"),
                frame.link("audit/export", word("audit.export"), class_="button", download=True),
                class_="bar",
            )
        )
    return el("div", *state, class_="chain")


def _pages(frame: Frame, found: Found) -> Part:
    asked = {name: value for name, value in found.asked.items() if value}
    newest = frame.link(f"audit?{urlencode(asked)}", frame.word("audit.newest"))
    if found.more is None:
        return el("p", newest, class_="pages")
    older = frame.link(f"audit?{urlencode(asked | {'before': str(found.more)})}", frame.word("account.older"))
    return el("p", newest, older, class_="pages")
