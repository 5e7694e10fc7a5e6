"""The one table of rights as a matrix; who may do something, and why; what somebody may do, and why not the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.rights import RIGHTS, Decision, Right
from core.accounts import Role
from core.markup import Markup, el
from layouts.account_frame import Frame
from layouts.posts import Ground, grade_options


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: who may do this, there, about that."""

    action: str = ""
    area: str = ""
    topic: str = ""
    grade: str = "public"


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody, or some token or seat, and what the table says of him."""

    name: str
    what: str
    decision: Decision


def matrix_page(frame: Frame, ground: Ground, people: Sequence[tuple[str, str]]) -> str:
    """Actions down, roles across."""
    return frame.page("rights", _questions(frame, ground, Question(), people, ""), _matrix(frame))


def who_page(
    frame: Frame, ground: Ground, people: Sequence[tuple[str, str]], question: Question, answers: Sequence[Answer]
) -> str:
    """Everybody who may, with the reason."""
    place = ground.areas.get(question.area, question.area) or frame.word("account.no-place")
    topic = ground.topics.get(question.topic, question.topic) or frame.word("account.no-topic")
    title = frame.word(
        "account.who-may",
        action=frame.word(f"action.{question.action}"),
        place=place,
        topic=topic,
        grade=frame.word(f"posts.grade-{question.grade}"),
        count=len(answers),
    )
    rows = [
        el("tr", el("td", el("b", one.name)), el("td", one.what), el("td", one.decision.in_words(frame.language)))
        for one in answers
    ]
    table = frame.table(("account.name", "account.kind", "account.why"), rows, empty="account.nobody-may")
    return frame.page("rights", _questions(frame, ground, question, people, ""), el("h2", title), el("section", table))


def of_page(
    frame: Frame,
    ground: Ground,
    people: Sequence[tuple[str, str]],
    whom: tuple[str, str],
    decisions: Sequence[tuple[str, Decision]],
) -> str:
    """Every action of the table: whether he may, by which post and where, or what he lacks. whom: login and name."""
    login, name = whom
    rows = [
        el(
            "tr",
            el("td", frame.word("account.may") if decision.allowed else frame.word("account.may-not"), class_="yes"),
            el("td", frame.word(f"action.{action}")),
            el("td", decision.in_words(frame.language)),
            el("td", _reach(frame, ground, decision)),
            class_=None if decision.allowed else "over",
        )
        for action, decision in decisions
    ]
    count = sum(decision.allowed for _, decision in decisions)
    title = frame.word("account.what-may", name=name, count=count)
    table = frame.table(("", "account.action", "account.why", "account.reach"), rows)
    return frame.page(
        "rights", _questions(frame, ground, Question(), people, login), el("h2", title), el("section", table)
    )


def _reach(frame: Frame, ground: Ground, decision: Decision) -> str:
    """Where a right holds; of those that concern no place, nothing."""
    if not decision.allowed or decision.grant is None or not RIGHTS[decision.action].placed:
        return ""
    reach = decision.grant.reach
    return f"{ground.areas_of(frame, reach)} · {ground.topics_of(frame, reach)}"


def _questions(frame: Frame, ground: Ground, asked: Question, people: Sequence[tuple[str, str]], login: str) -> Markup:
    """Both questions, in one line."""
    word = frame.word
    actions = [(action, word(f"action.{action}")) for action in RIGHTS]
    who = el(
        "form",
        el("b", word("account.ask-who")),
        frame.choice("", "action", "account.action", actions, asked.action),
        frame.choice("", "place", "posts.areas", [("", word("account.no-place")), *ground.areas.items()], asked.area),
        frame.choice(
            "", "topic", "posts.topics", [("", word("account.no-topic")), *ground.topics.items()], asked.topic
        ),
        frame.choice("", "grade", "posts.grade", grade_options(frame), asked.grade),
        el("button", word("account.ask")),
        action=f"{frame.base_path}rights/who",
    )
    of = el(
        "form",
        el("b", word("account.ask-of")),
        frame.choice("", "login", "account.name", people, login),
        el("button", word("account.ask")),
        action=f"{frame.base_path}rights/of",
    )
    back = frame.link("rights", word("account.matrix"))
    return el("div", who, of, back, class_="questions")


def _matrix(frame: Frame) -> Markup:
    word = frame.word
    heads = [el("th", el("span", word(f"role.{role}")), scope="col") for role in Role]
    rows = [_action(frame, action, right) for action, right in RIGHTS.items()]
    table = el(
        "table",
        el("thead", el("tr", el("th", word("account.action"), scope="col"), heads, el("th", word("account.limits")))),
        el("tbody", rows),
        class_="matrix",
    )
    legend = el("p", word("account.matrix-note"), class_="note")
    return el("section", el("div", table, class_="sheet", tabindex=0), legend)


def _action(frame: Frame, action: str, right: Right) -> Markup:
    limits = [("placed", right.placed), ("lasts", right.lasts), ("strong", right.strong)]
    cells = (el("td", "●" if role in right.roles else None) for role in Role)
    name = el("th", frame.word(f"action.{action}"), scope="row", title=action)
    return el("tr", name, cells, el("td", " ".join(_limit_words(frame, limits)), class_="limits"))


def _limit_words(frame: Frame, limits: Iterable[tuple[str, bool]]) -> list[str]:
    return [frame.word(f"account.limit-{name}") for name, holds in limits if holds]
