"""The page of station references 特征值: workbook out and in, what a sheet changes and would have told, its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.markup import Markup, Part, el
from core.reference_sheets import OPEN, ReferenceSheet, SheetState
from early_warning.reference_table import ALL_YEAR, KINDS, Change
from layouts.account_frame import Frame

PAGE = "rules/references"
SHOWN = 500
DAYS = 30
_KIND_OF = {name: kind for kind, name in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Held:
    """What the page shows: all sheets, newest first; what the open one changes; station → its name; who looks."""

    sheets: Sequence[ReferenceSheet]
    changes: Sequence[Change]
    names: Mapping[str, str]
    rules: Sequence[str]
    may: frozenset[str]
    reader: str


def references_page(frame: Frame, held: Held) -> str:
    """The whole page."""
    sheet = next((one for one in held.sheets if one.state in OPEN), None)
    return frame.page(
        "references",
        el("p", frame.word("references.hint", rules=frame.listed(held.rules)), class_="note"),
        el("p", frame.link(f"{PAGE}.xlsx", frame.word("references.download"))),
        _upload(frame) if "rules.edit" in held.may else None,
        _open(frame, sheet, held) if sheet else None,
        el("h2", frame.word("references.sheets")),
        frame.table(
            _heads("number", "state", "stations", "author", "approver", "effective", "why"),
            [_past(frame, one) for one in held.sheets],
        ),
    )


def _upload(frame: Frame) -> Markup:
    return frame.form(
        f"{PAGE}/upload",
        el("input", type="file", name="table", accept=".xlsx", required=True),
        button="references.upload",
        files=True,
    )


def _open(frame: Frame, sheet: ReferenceSheet, held: Held) -> Markup:
    state = frame.word(f"references.state_{sheet.state}")
    head = frame.word("references.open", number=sheet.number, state=state, author=sheet.author.partition(":")[2])
    rows = [_change(frame, one, held.names) for one in held.changes[:SHOWN]]
    promised = [el("tr", (el("td", cell) for cell in row)) for row in sheet.promised]
    heads = _heads("rule", "reporting", "before", "after", "added", "removed", "met")
    return el(
        "section",
        el("h2", head),
        el("p", sheet.reason, class_="note") if sheet.reason else None,
        el("p", frame.word("references.sent_back", remark=sheet.remark), class_="note") if sheet.remark else None,
        frame.table(
            _heads("station", "kind", "period", "old", "new", "valid", "datum", "source"),
            rows,
            "references.no_change",
        ),
        el("h3", frame.word("references.promised", days=DAYS)),
        frame.table(heads, promised, "references.no_rule"),
        _steps(frame, sheet, held),
    )


def _steps(frame: Frame, sheet: ReferenceSheet, held: Held) -> Part:
    """What whoever looks may do with the open sheet."""
    address = f"{PAGE}/{sheet.number}"
    found: list[Markup] = []
    if sheet.state is SheetState.DRAFT and "rules.edit" in held.may:
        form = f"{address}/submit"
        reason = frame.field(form, "reason", "references.reason", sheet.reason, required=True, maxlength=500)
        found.append(frame.form(form, reason, button="references.submit"))
    if sheet.state is SheetState.REVIEW and "rules.release" in held.may and sheet.author != held.reader:
        form = f"{address}/approve"
        from_day = frame.field(form, "from", "references.from", type="date")
        found.append(frame.form(form, from_day, button="references.approve"))
        back = f"{address}/return"
        remark = frame.field(back, "remark", "references.remark", required=True, maxlength=500)
        found.append(frame.form(back, remark, button="references.return"))
    if "rules.edit" in held.may:
        found.append(frame.form(f"{address}/drop", button="references.drop"))
    return found


def _change(frame: Frame, change: Change, names: Mapping[str, str]) -> Markup:
    """One bound: old, new, from when, in which datum, by what source."""
    one = change.after or change.before or {}
    season = "—".join(one.get("season") or ())
    valid = " — ".join((one.get("valid_from") or "", one.get("valid_to") or "")).strip(" —")
    cells = (
        names.get(change.station, change.station),
        _KIND_OF[one["name"]],
        f"{one.get('period') or ALL_YEAR} {season}".strip(),
        _value(frame, change.before),
        _value(frame, change.after),
        valid,
        one.get("datum", ""),
        one.get("source", ""),
    )
    return el("tr", (el("td", cell) for cell in cells))


def _heads(*names: str) -> list[str]:
    return [f"references.head_{name}" for name in names]


def _value(frame: Frame, entry: Mapping[str, object] | None) -> str:
    return frame.word("references.none") if entry is None else f"{entry['value']:g} {entry.get('unit', '')}"


def _past(frame: Frame, sheet: ReferenceSheet) -> Markup:
    effective = frame.moment(sheet.effective_ms) if sheet.effective_ms else "—"
    people = (sheet.author.partition(":")[2], sheet.approver.partition(":")[2] or "—")
    state = frame.word(f"references.state_{sheet.state}")
    cells = (str(sheet.number), state, str(len(sheet.references)), *people, effective, sheet.reason)
    return el("tr", (el("td", cell) for cell in cells))
