"""The rows of a workbook that somebody filled in: its first sheet, whose first row names the columns in any order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from core.errors import DeclarationError
from core.messages import listed, text

MOST = 20_000  # rows: of a province every gauge, or the incidents of ten years


def rows_of(
    content: bytes, columns: Sequence[str], needed: Sequence[str], language: str
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(row number, cells by column), empty cells and empty rows left out. columns: all that are known.

    Raises:
        DeclarationError: It is no workbook, a column that is needed is not there, or it has more than `MOST` rows.
    """
    try:
        sheet = load_workbook(BytesIO(content), read_only=True, data_only=True).worksheets[0]
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError, IndexError) as problem:
        raise DeclarationError([text("rules.no_workbook", language)]) from problem
    lines = sheet.iter_rows(max_row=2 * MOST, values_only=True)  # a small file may claim a million empty rows
    heads = [str(cell).strip() if cell else "" for cell in next(lines, ())]
    missing = [column for column in needed if column not in heads]
    if missing:
        said = {"missing": listed(missing, language), "columns": listed(columns, language)}
        raise DeclarationError([text("rules.no_columns", language, **said)])
    for number, line in enumerate(lines, start=2):
        cells = {head: cell for head, cell in zip(heads, line, strict=False) if head and cell not in (None, "")}
        if cells and number > MOST + 1:
            raise DeclarationError([text("rules.too_many_rows", language, most=MOST)])
        if cells:
            yield number, cells
