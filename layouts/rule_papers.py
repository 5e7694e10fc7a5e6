"""Pages about rules that need no scripts: labels from a table, a complaint, the sheet of before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.labels import Label
from core.markup import Markup, el
from core.rule_versions import Complaint
from early_warning.incident_table import COLUMNS
from layouts.account_frame import Frame

SHOWN = 200
WIDE, HIGH = 900, 260  # of the chart on the sheet


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: rule and place, what was said, both versions in words, and what each would have told.

    bounds: rows (level, before, after). counts: rows (level, before, after, added, removed). line: (time, low, high)
    of the place, None where nothing is known; edges: (bound, is it the new one).
    """

    rule: str
    place: str
    span: str
    reporting: str
    source: str
    changes: Sequence[str]
    counts: Sequence[tuple[str, str, str, str, str]]
    score: Sequence[tuple[str, str, str]]
    line: Sequence[tuple[int, float | None, float | None]]
    edges: Sequence[tuple[float, bool]]
    complaint: Complaint | None
    left_out: str


def labels_page(
    frame: Frame, labels: Sequence[Label], places: Mapping[str, str], edits: bool, drawn: Markup | None = None
) -> str:
    """All labels, the newest first, on a map beside, and the table that brings more."""
    rows = [_label(frame, one, places) for one in sorted(labels, key=lambda one: -one.began_ms)[:SHOWN]]
    heads = [f"rules.label_{name}" for name in ("when", "place", "says", "severity", "certain", "by")]
    upload = frame.form(
        "labels/import",
        el("p", frame.word("rules.labels_hint", columns=frame.listed(COLUMNS)), class_="note"),
        el("input", type="file", name="table", accept=".xlsx", required=True),
        button="rules.labels_import",
        files=True,
    )
    count = el("p", frame.word("rules.labels_count", count=len(labels)))
    listed = el("div", frame.table(heads, rows), drawn, class_="labels-body")
    return frame.page("labels", upload if edits else None, count, listed)


def _label(frame: Frame, label: Label, places: Mapping[str, str]) -> Markup:
    said = " ".join(filter(None, (frame.word(f"rules.verdict_{label.verdict}"), label.kind, label.note)))
    cells = (
        f"{frame.moment(label.began_ms)} — {frame.moment(label.ended_ms)}",
        places.get(label.place, label.place),
        said,
        label.severity,
        frame.word("rules.certain" if label.certain else "rules.rough"),
        label.said_by.partition(":")[2],
    )
    return el("tr", (el("td", cell) for cell in cells))


def complaint_page(frame: Frame, rule: str, name: str, filled: Mapping[str, str]) -> str:
    """What somebody has against a rule, with rule, place and period filled in."""
    form = f"rules/{rule}/complain"
    hidden = [el("input", type="hidden", name=key, value=filled.get(key, "")) for key in ("warning", "from", "to")]
    return frame.page(
        "complaint",
        el("h2", name),
        frame.form(
            form,
            hidden,
            frame.field(form, "place", "rules.place_of_complaint", filled.get("place", "")),
            frame.field(form, "said", "rules.complaint_says", required=True, maxlength=500),
            button="rules.complain",
        ),
        el("p", frame.link(f"rules/{rule}?place={filled.get('place', '')}", frame.word("rules.to_desk"))),
    )


def sheet_page(frame: Frame, sheet: Sheet) -> str:
    """One page to print and send."""
    counted = frame.table(
        [f"rules.{name}" for name in ("level", "active", "draft", "added", "removed")],
        [el("tr", (el("td", cell) for cell in row)) for row in sheet.counts],
    )
    scored = frame.table(
        ["rules.against_labels", "rules.active", "rules.draft"],
        [el("tr", (el("td", cell) for cell in row)) for row in sheet.score],
    )
    return frame.page(
        "sheet",
        el("h2", sheet.rule, " · ", sheet.place),
        el("p", sheet.source, class_="note"),
        _complaint(frame, sheet.complaint),
        el("h3", frame.word("rules.changes")),
        el("ul", (el("li", one) for one in sheet.changes)),
        el("h3", frame.word("rules.sheet_past", span=sheet.span, reporting=sheet.reporting)),
        _chart(frame, sheet),
        el("div", counted, scored, class_="sheet-tables"),
        el("p", frame.word("rules.not_simulated"), "：", sheet.left_out, class_="note"),
    )


def _complaint(frame: Frame, complaint: Complaint | None) -> Markup | None:
    if complaint is None:
        return None
    asked = el(
        "p", el("b", frame.word("rules.complaint")), "：", complaint.said, " — ", complaint.said_by.partition(":")[2]
    )
    if complaint.answer:
        return el("div", asked, el("p", el("b", frame.word("rules.answer")), "：", complaint.answer))
    form = f"rules/{complaint.rule}/sheet?complaint={complaint.number}"
    hidden = el("input", type="hidden", name="complaint", value=str(complaint.number))
    field = frame.field(form, "answer", "rules.answer", required=True, maxlength=500)
    return el("div", asked, frame.form(form, hidden, field, button="rules.send_answer", class_="no-print"))


def _chart(frame: Frame, sheet: Sheet) -> Markup:
    """The line of the place; the old bounds dashed, the new ones drawn."""
    known = [value for _, low, high in sheet.line for value in (low, high) if value is not None]
    if not known:
        return el("p", frame.word("rules.no_values"))
    values = [*known, *(bound for bound, _ in sheet.edges)]
    low, high = min(values), max(values)
    first, last = sheet.line[0][0], sheet.line[-1][0]

    def y(value: float) -> float:
        return 8 + (HIGH - 16) * (high - value) / ((high - low) or 1)

    steps, pen = [], "M"
    for at_ms, lowest, highest in sheet.line:
        if lowest is None or highest is None:
            pen = "M"
            continue
        x = WIDE * (at_ms - first) / ((last - first) or 1)
        steps.append(f"{pen}{x:.1f} {y(lowest):.1f}L{x:.1f} {y(highest):.1f}")
        pen = "L"
    # each path in a group of its own, which closes it: inside of an image nothing else does
    edges = [
        el("g", el("path", d=f"M0 {y(bound):.1f}H{WIDE}", class_="new" if is_new else "old"))
        for bound, is_new in sheet.edges
    ]
    line = el("g", el("path", d="".join(steps), class_="line"))
    return el("svg", edges, line, viewBox=f"0 0 {WIDE} {HIGH}", class_="sheet-chart", role="img")
