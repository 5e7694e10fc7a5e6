"""What a paper says, before any format: title, lines, headings, paragraphs, tables of words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

UNKNOWN = "—"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is shown, and as a table calculates with it.

    value None: unknown, shown as "—", never as 0. form: of the cell in a workbook, as spreadsheets write it. of: on how
    many things it rests, None where that says nothing.
    """

    value: float | None
    text: str
    form: str = "General"
    of: int | None = None


Cell = str | Figure


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a paper."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. note: beside the matter, written smaller."""

    text: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads, all of the same length.

    name: of its sheet in a workbook. widths: shares of the page, () equal.

    of: the head of what figures rest on, which a workbook writes in a column of its own and a page below the figure.
    """

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[float] = ()
    of: str = ""


Part = Heading | Paragraph | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. under: lines below the title (number, period, 截至). signed: lines at the end, to the right.

    mark: what stands on every page, such as 演示数据; empty for a paper about the real city. wide: lying pages.
    """

    title: str
    parts: Sequence[Part]
    under: Sequence[str] = ()
    signed: Sequence[str] = ()
    mark: str = ""
    wide: bool = False
    language: str = "zh"
    facts: dict[str, str] = field(default_factory=dict)  # place → words, for a template of the office


def shown(cell: Cell) -> str:
    """A cell as it is read.

    >>> shown(Figure(None, "")), shown(Figure(0.5, "50.0%", of=8)), shown("市水务局")
    ('—', '50.0%', '市水务局')
    """
    if isinstance(cell, str):
        return cell
    return UNKNOWN if cell.value is None else cell.text


def rests_on(cell: Cell) -> str:
    """On how many things a figure rests, in brackets; empty for words and for what is unknown."""
    return f"({cell.of})" if isinstance(cell, Figure) and cell.of is not None and cell.value is not None else ""


def letters_of(paper: Paper) -> str:
    """Every letter that a paper needs, sorted, each once."""
    words = [paper.title, *paper.under, *paper.signed, paper.mark, "0123456789()— "]
    for part in paper.parts:
        if isinstance(part, Table):
            words += [*part.heads, *(shown(cell) for row in part.rows for cell in row)]
        else:
            words.append(part.text)
    return "".join(sorted(set("".join(words)) - set("\n\r\t")))
