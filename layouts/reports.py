"""Urgent reports 特别事项呈报 on one case: what comes next and by when, the draft, every version as it was issued."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from core.markup import Markup, Part, el
from core.records import MINUTE_MS
from dispatch.urgent import to_sign, waits_for
from dispatch.urgent_office import Report, Reports
from dispatch.urgent_paper import SECTIONS, Names, in_words
from documents.paper import Heading, Paper, Table
from layouts.account_frame import Frame

FORMATS = ("docx", "pdf")


@dataclass(frozen=True, slots=True)
class Shown:
    """The reports on a case as somebody sees them. drafts, exports: what he may do; signs: versions that wait for him.

    people: names by id; papers: what each version says, by number.
    """

    reports: Reports
    names: Names
    people: Callable[[str], str]
    now_ms: int
    drafts: bool
    signs: Container[int]
    exports: bool
    papers: Mapping[int, Paper]


def reports_page(frame: Frame, shown: Shown) -> str:
    """The page `reports/<case>`."""
    found = shown.reports
    case = found.told.case
    versions = [_version(frame, shown, one) for one in reversed(found.reports)]
    return frame.page(
        "reports",
        el("p", frame.link("dispatch", frame.word("reports.to-desk")), class_="crumbs"),
        el("h2", f"{case.id} {shown.reports.told.case.facts['title']}"),
        _coming(frame, shown),
        _review(frame, case.id) if shown.exports else None,
        el("div", el("div", _draft(frame, shown)), el("div", versions or _none(frame)), class_="report-columns"),
    )


def _coming(frame: Frame, shown: Shown) -> Markup:
    """The next report and its countdown; what is late is said in words and with a shape."""
    coming, rule = shown.reports.coming, shown.reports.rule
    if coming is None:
        return el("p", frame.word("reports.over"), class_="report-due")
    stage = frame.word(f"reports.stage-{coming.stage}")
    if coming.due_ms is None or rule is None:
        said = f"{frame.word('reports.next', stage=stage)} · {frame.word('reports.not-demanded')}"
        return el("p", said, class_="report-due")
    left_ms = coming.due_ms - shown.now_ms
    span = _span(frame, abs(left_ms))
    code = "late" if left_ms < 0 else "due"
    words = frame.word(f"reports.{code}", stage=stage, at=frame.moment(coming.due_ms), span=span)
    to = el("small", frame.word("reports.to", to=frame.listed(rule.to)))
    return el("p", el("b", "▲ " if left_ms < 0 else None, words), to, class_=f"report-due {code}")


def _review(frame: Frame, case: str) -> Markup:
    """The after-action review, made from the logs of now."""
    links = [frame.link(f"reports/{case}/review?format={one}", one.upper(), class_="button") for one in FORMATS]
    return el("p", frame.word("reports.review"), links, class_="report-files")


def _draft(frame: Frame, shown: Shown) -> Part:
    """The form of the author: what he writes; the figures come by themselves."""
    found, at_work = shown.reports, shown.reports.at_work
    waits = at_work is not None and at_work.state != "draft"
    if not shown.drafts or waits or (found.coming is None and at_work is None):
        return None
    path = f"reports/{found.told.case.id}/draft"
    said: Mapping[str, str] = at_work.said if at_work else {}
    typed = frame.told.typed if frame.told.form == path else said
    fields = [
        el("label", el("span", frame.word(f"reports.{name}")), el("textarea", typed.get(name, ""), name=name, rows=6))
        for name in SECTIONS
    ]
    stage = frame.word(f"reports.stage-{at_work.stage if at_work else found.coming.stage if found.coming else ''}")
    head = frame.word("reports.redraft") if at_work else frame.word("reports.draft", stage=stage)
    return frame.form(path, el("h3", head), fields, button="reports.submit", class_="report-draft")


def _version(frame: Frame, shown: Shown, one: Report) -> Markup:
    row = one.row
    number = frame.word("reports.number", case=row.case, number=row.number)
    drafted = frame.word(
        "reports.drafted",
        name=shown.people(row.drafted_by),
        at=frame.moment(row.drafted_ms),
        as_of=frame.moment(row.as_of_ms),
    )
    return el(
        "section",
        el("h3", frame.word(f"reports.stage-{row.stage}"), " · ", number),
        el("p", drafted, class_="note"),
        el("p", _standing(frame, shown, one), class_="report-state"),
        _chain(frame, shown, one),
        _text(shown.papers[row.number]),
        el("p", [_file(frame, row.case, row.number, form) for form in FORMATS], class_="report-files"),
        _late(frame, shown, one),
        _acts(frame, shown, one),
        class_="report",
    )


def _chain(frame: Frame, shown: Shown, one: Report) -> Markup:
    """Through whose hands it went, and whose are next: who, when, and why it came back."""
    row = one.row
    went = [_hand(frame, shown, step) for step in row.trail]
    to_come = to_sign(row.chain, row.trail) if row.state == "draft" else ()
    later = [
        el(
            "li",
            el("b", frame.word(f"reports.{'issue' if at == len(to_come) - 1 else 'check'}")),
            el("span", frame.word(f"role.{role}")),
            el("em", frame.word("reports.next-hand")) if at == 0 else None,
            class_="next" if at == 0 else "later",
        )
        for at, role in enumerate(to_come)
    ]
    return el("ol", went, later, class_="report-chain")


def _hand(frame: Frame, shown: Shown, step: Mapping[str, Any]) -> Markup:
    said = el("span", frame.word("reports.given-back", reason=step["said"]), class_="report-back")
    return el(
        "li",
        el("b", frame.word(f"reports.hand-{step['hand']}")),
        el("span", shown.people(step["by"])),
        el("time", frame.moment(step["at_ms"])),
        said if step["said"] else None,
        class_=str(step["hand"]),
    )


def _text(paper: Paper) -> Markup:
    """What is approved is read here; the table of figures is in the files."""
    parts = (part for part in paper.parts if not isinstance(part, Table))
    return el("blockquote", [el("b" if isinstance(one, Heading) else "p", one.text) for one in parts])


def _standing(frame: Frame, shown: Shown, one: Report) -> str:
    row = one.row
    if row.state == "sent":
        at = frame.moment(row.sent_ms)
        return frame.word("reports.state-sent", at=at, receiver=row.receiver, receipt=row.receipt or "—")
    if row.state == "approved":
        name = shown.people(row.approved_by)
        return frame.word("reports.state-approved", name=name, at=frame.moment(row.approved_ms))
    role = waits_for(row.chain, row.trail)
    if not role:
        return frame.word("reports.state-back")
    return frame.word("reports.state-draft", role=frame.word(f"role.{role}"))


def _file(frame: Frame, case: str, number: int, form: str) -> Markup:
    return frame.link(f"reports/{case}/{number}/file?format={form}", form.upper(), class_="button")


def _late(frame: Frame, shown: Shown, one: Report) -> Part:
    """数值已变: what later records say otherwise. The issued paper stays as it is."""
    if not one.late:
        return None
    names = shown.names
    lines = [
        frame.word(
            "reports.changed-line",
            name=frame.word(f"reports.fact-{each.name}"),
            then=in_words(each.name, each.then, names),
            now=in_words(each.name, each.now, names),
        )
        for each in one.late
    ]
    note = el("p", frame.word("reports.changed-note"), class_="note")
    title = el("b", "▲ ", frame.word("reports.changed"))
    return el("div", title, el("ul", (el("li", line) for line in lines)), note, class_="report-changed")


def _acts(frame: Frame, shown: Shown, one: Report) -> Part:
    row = one.row
    here = f"reports/{row.case}/{row.number}"
    if row.number in shown.signs:
        reason = frame.field(f"{here}/return", "reason", "reports.reason", required=True, maxlength=500)
        seen = el("input", type="hidden", name="drafted", value=str(row.drafted_ms))
        last = waits_for(row.chain, row.trail) == row.chain[-1]
        deed = "approve" if last else "pass"
        on = frame.form(f"{here}/{deed}", seen, button=f"reports.{deed}", class_="report-approve")
        back = frame.form(f"{here}/return", seen, reason, button="reports.give-back")
        return el("div", on, back, class_="report-acts")
    if row.state == "approved" and shown.drafts:
        receiver = frame.field(f"{here}/sent", "receiver", "reports.receiver", required=True, maxlength=120)
        receipt = frame.field(f"{here}/sent", "receipt", "reports.receipt", maxlength=500)
        return el("div", frame.form(f"{here}/sent", receiver, receipt, button="reports.send"), class_="report-acts")
    return None


def _none(frame: Frame) -> Markup:
    return el("p", frame.word("reports.none-yet"), class_="note")


def _span(frame: Frame, span_ms: int) -> str:
    hours, minutes = divmod(span_ms // MINUTE_MS, 60)
    return frame.word("reports.span", hours=hours, minutes=minutes)
