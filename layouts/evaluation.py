"""Evaluation 评价: the figures of a month in tables, the cases behind each figure, one case with its appeal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from core.markup import Markup, Part, el
from core.records import MINUTE_MS
from dispatch.evaluation import By, Measure, Outcome, value_of
from dispatch.evaluation_table import COLUMNS, SHARES, SPANS, Evaluation, Row, head, notes
from dispatch.evaluations import Basis
from dispatch.months import Month
from documents.paper import Figure, rests_on, shown
from layouts.account_frame import Frame

FORMATS = ("docx", "pdf", "xlsx")
LISTED = 500  # cases behind one figure
LATE_SHARE = 0.9  # below it a share is marked, with its word beside it


@dataclass(frozen=True, slots=True)
class Shown:
    """One month as somebody sees it. mark: of cases that are not real, else empty. exports: he may take it with him."""

    found: Evaluation
    by: By
    mark: str
    now_ms: int
    exports: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One case behind a figure."""

    id: str
    title: str
    kind: str
    outcome: Outcome
    value: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log as it is read here."""

    at_ms: int
    verb: str
    by: str
    said: str


@dataclass(frozen=True, slots=True)
class OneCase:
    """One case with what it says, and what may be done about it. asks, decides: whether he may."""

    id: str
    title: str
    lines: Sequence[Line]
    outcome: Outcome
    asks: bool
    decides: bool


def evaluation_page(frame: Frame, shown_: Shown) -> str:
    """The month: all cases, then the chosen kind of name, row by row; every figure leads to its cases."""
    found = shown_.found
    rows = found.tables.get(shown_.by, ())
    return frame.page(
        "evaluation",
        _months(frame, shown_),
        el("p", shown_.mark, class_="evaluation-mark") if shown_.mark else None,
        _tabs(frame, shown_),
        _table(frame, found, By.ALL, found.tables[By.ALL]) if shown_.by is By.ALL else None,
        _table(frame, found, shown_.by, (*found.tables[By.ALL], *rows)) if shown_.by is not By.ALL else None,
        el("div", [el("p", line) for line in notes(found, frame.language)], class_="note evaluation-notes"),
    )


def cases_page(
    frame: Frame, title: str, month: tuple[Month, Basis], cases: Sequence[Listed], measure: Measure | None
) -> str:
    """The cases behind one figure."""
    chosen, basis = month
    heads = ("evaluation.case", "evaluation.title", "evaluation.by-kind", "evaluation.value", "evaluation.standing")
    more = el("p", frame.word("evaluation.more", n=len(cases) - LISTED), class_="note") if len(cases) > LISTED else None
    return frame.page(
        "evaluation-cases",
        el(
            "p",
            frame.link(f"evaluation?{urlencode({'month': chosen.name, 'basis': basis})}", _month(frame, chosen)),
            class_="crumbs",
        ),
        el("h2", title, el("small", f" {len(cases)}")),
        frame.table(heads, [_listed(frame, one, measure) for one in cases[:LISTED]], "evaluation.nothing"),
        more,
    )


def case_page(frame: Frame, one: OneCase) -> str:
    """What one case says, its log, and the way to have it left out."""
    measures = [
        el("div", el("dt", head(measure, frame.language)), el("dd", said(frame, measure, value)))
        for measure, value in _values(one.outcome).items()
    ]
    lines = [
        el("tr", (el("td", said_) for said_ in (frame.moment(line.at_ms), line.verb, line.by, line.said)))
        for line in one.lines
    ]
    return frame.page(
        "evaluation-case",
        el("p", frame.link("evaluation", frame.word("account.page-evaluation")), class_="crumbs"),
        el("h2", f"{one.id} {one.title}", el("small", _standing(frame, one.outcome), class_="evaluation-standing")),
        el("dl", measures, class_="evaluation-figures"),
        _appeal(frame, one),
        el("h3", frame.word("evaluation.log")),
        el("div", frame.table(("", "", "", ""), lines), class_="evaluation-log"),
    )


def said(frame: Frame, measure: Measure, value: float | None) -> str:
    """What one case adds to a measure, in words."""
    if value is None:
        return "—"
    if measure in (Measure.REDONE, Measure.REOPENED):
        return frame.word("evaluation.yes" if value else "evaluation.no")
    if measure in SHARES:
        return frame.word("evaluation.in-time" if value else "evaluation.late")
    if measure in SPANS:
        return frame.word("evaluation.minutes", n=f"{value / MINUTE_MS:.1f}")
    return f"{value:.1f}"


def _months(frame: Frame, shown_: Shown) -> Markup:
    found, month = shown_.found, shown_.found.month
    here = [
        _link(frame, found, shown_.by, "‹ ", frame.word("evaluation.earlier"), month=month.before),
        el("b", _month(frame, month)),
    ]
    if month.until_ms <= shown_.now_ms:
        here.append(_link(frame, found, shown_.by, frame.word("evaluation.later"), " ›", month=month.after))
    else:
        here.append(el("span", frame.word("evaluation.running"), class_="note"))
    here.append(el("i"))
    here += [
        _link(frame, found, shown_.by, frame.word(f"evaluation.by-{basis}"), basis=basis, here=basis is found.basis)
        for basis in Basis
    ]
    if shown_.exports:
        asked = {"month": month.name, "basis": str(found.basis)}
        links = [
            frame.link(f"evaluation/report?{urlencode(asked | {'format': one})}", one.upper(), class_="button")
            for one in FORMATS
        ]
        here.append(el("span", frame.word("evaluation.export"), " ", links, class_="evaluation-export"))
    return el("p", here, class_="load-shifts evaluation-months")


def _tabs(frame: Frame, shown_: Shown) -> Markup:
    links = [
        _link(frame, shown_.found, by, frame.word(f"evaluation.by-{by}"), here=by is shown_.by)
        for by in shown_.found.tables
    ]
    hidden = (
        None if By.PERSON in shown_.found.tables else el("span", frame.word("evaluation.persons-hidden"), class_="note")
    )
    return el("p", links, hidden, class_="notice-states")


def _link(frame: Frame, found: Evaluation, by: By, *words: Part, here: bool = False, **other: Month | Basis) -> Markup:
    month, basis = other.get("month", found.month), other.get("basis", found.basis)
    name = month.name if isinstance(month, Month) else ""
    return frame.link(
        f"evaluation?{urlencode({'month': name, 'basis': basis, 'by': by})}",
        *words,
        aria_current="page" if here else None,
    )


def _table(frame: Frame, found: Evaluation, by: By, rows: Sequence[Row]) -> Markup:
    heads = [f"evaluation.by-{by}", *(f"evaluation.column-{column}" for column in COLUMNS)]
    written = [_row(frame, found, by if row.name else By.ALL, row) for row in rows]
    return el("div", frame.table(heads, written, "evaluation.nothing"), class_="evaluation-table")


def _row(frame: Frame, found: Evaluation, by: By, row: Row) -> Markup:
    name = row.name or frame.word("evaluation.by-all")
    cells = [_cell(frame, found, (by, row.id), column, one) for column, one in zip(COLUMNS, row.cells, strict=True)]
    return el("tr", el("th", name, scope="row"), cells, class_="whole" if by is By.ALL else None)


def _cell(frame: Frame, found: Evaluation, of: tuple[By, str], column: str, one: Figure) -> Markup:
    """A figure with what it rests on; a low share is marked by its shape too."""
    words: Part = shown(one)
    owed = column in SHARES and column not in (Measure.REDONE, Measure.REOPENED)
    is_low = owed and one.value is not None and one.value < LATE_SHARE
    if one.value is not None and column not in ("excluded", "score") and one.of != 0:
        asked = {"month": found.month.name, "basis": found.basis, "by": of[0], "of": of[1], "measure": column}
        words = frame.link(f"evaluation/cases?{urlencode(asked)}", words)
    parts = ("▾ " if is_low else None, words, el("small", rests_on(one)))
    label = head(column, frame.language)  # a phone has no room for the heads
    return el("td", *parts, class_="figure low" if is_low else "figure", data_label=label)


def _listed(frame: Frame, one: Listed, measure: Measure | None) -> Markup:
    value = "—" if measure is None else said(frame, measure, one.value)
    return el(
        "tr",
        el("td", frame.link(f"evaluation/cases/{one.id}", one.id)),
        el("td", one.title),
        el("td", one.kind),
        el("td", value),
        el("td", _standing(frame, one.outcome)),
    )


def _standing(frame: Frame, one: Outcome) -> str:
    counted = frame.word("evaluation.excluded-word" if one.excluded else "evaluation.counted")
    return f"{counted} · {frame.word(f'evaluation.appeal-{one.appeal}')}" if one.appeal else counted


def _appeal(frame: Frame, one: OneCase) -> Part:
    form = f"evaluation/cases/{one.id}"
    reason = frame.field(f"{form}/appeal", "reason", "evaluation.appeal-why", required=True, maxlength=300)
    note = el("p", frame.word("evaluation.appeal-note"), class_="note")
    if one.outcome.appeal == "" and one.asks:
        return el(
            "section",
            frame.form(f"{form}/appeal", reason, button="evaluation.appeal"),
            note,
            class_="evaluation-appeal",
        )
    if one.outcome.appeal != "asked" or not one.decides:
        return None
    answers = [
        frame.form(
            f"{form}/decide",
            el("input", type="hidden", name="answer", value=answer),
            frame.field(f"{form}/decide", "reason", "evaluation.appeal-why", required=True, maxlength=300),
            button=f"evaluation.appeal-{answer}",
        )
        for answer in ("grant", "deny")
    ]
    return el("section", answers, note, class_="evaluation-appeal")


def _values(one: Outcome) -> Mapping[Measure, float | None]:
    return {measure: value_of(one, measure) for measure in Measure}


def _month(frame: Frame, month: Month) -> str:
    return frame.word("evaluation.month", year=month.year, month=month.month)
