"""A paper as a workbook: one sheet a table, numbers as numbers, and what they rest on in a column of its own."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from documents.paper import UNKNOWN, Cell, Figure, Heading, Paper, Paragraph, Table

FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))  # in the name of a sheet, which has 31 letters at most
LINE = Side(style="thin", color="999999")
BORDER = Border(LINE, LINE, LINE, LINE)
WIDE, NARROW = 26, 12  # of a column, in letters


def xlsx(paper: Paper) -> bytes:
    """A workbook: title, lines and table on each sheet; running text below the first table."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in (part for part in paper.parts if isinstance(part, Table)):
        _fill(book.create_sheet(table.name.translate(FORBIDDEN)[:31]), paper, _unfolded(table))
    for text in (part for part in paper.parts if isinstance(part, Heading | Paragraph)):
        _add(book.worksheets[0], [text.text])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _unfolded(table: Table) -> Table:
    """The same with a column beside every one whose figures rest on something."""
    based = {
        at
        for at in range(len(table.heads))
        for row in table.rows
        if isinstance(row[at], Figure) and _of(row[at]) is not None
    }
    heads = [each for at, head in enumerate(table.heads) for each in ((head, table.of) if at in based else (head,))]
    rows = [
        [each for at, cell in enumerate(row) for each in ((cell, _beside(cell)) if at in based else (cell,))]
        for row in table.rows
    ]
    return Table(table.name, heads, rows)


def _beside(cell: Cell) -> Cell:
    of = _of(cell)
    return "" if of is None else Figure(of, str(of), "0")


def _of(cell: Cell) -> int | None:
    return cell.of if isinstance(cell, Figure) else None


def _fill(sheet: Worksheet, paper: Paper, table: Table) -> None:
    for line in (f"{paper.title} · {table.name}", *filter(None, (paper.mark,)), *paper.under):
        _add(sheet, [line])
    sheet["A1"].font = Font(bold=True, size=14)
    _add(sheet, table.heads)
    head_row = sheet.max_row
    for row in table.rows:
        _add(sheet, row)
    for cells in sheet.iter_rows(min_row=head_row, max_col=len(table.heads)):
        for cell in cells:
            cell.border = BORDER
            if cell.row == head_row:
                cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="center")
    for at in range(len(table.heads)):
        sheet.column_dimensions[get_column_letter(at + 1)].width = NARROW if at else WIDE
    sheet.freeze_panes = sheet.cell(head_row + 1, 2)


def _add(sheet: Worksheet, row: Sequence[Cell]) -> None:
    sheet.append([_value(cell) for cell in row])
    for at, cell in enumerate(row):
        written = sheet.cell(sheet.max_row, at + 1)
        if isinstance(cell, Figure):
            written.number_format = cell.form
        elif cell:
            written.data_type = "s"  # words are never a formula


def _value(cell: Cell) -> str | float:
    if isinstance(cell, Figure):
        return UNKNOWN if cell.value is None else cell.value
    return cell
