"""A paper as PDF, set by Typst, with the letters of the house and no font of the machine."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import typst

from documents.letters import WEIGHTS, Letters
from documents.paper import Cell, Figure, Heading, Paper, Table, letters_of, rests_on, shown

SOURCE = Path(__file__).with_name("paper.typ")


def pdf(paper: Paper, letters: Letters, at_ms: int) -> bytes:
    """The pages of a paper. at_ms: what it says of its own making, ms UTC; the same paper gives the same bytes."""
    needed = letters_of(paper)
    with TemporaryDirectory(prefix="cityvitals-") as folder:
        for style in WEIGHTS:
            (Path(folder) / f"{style}.ttf").write_bytes(letters.font(needed, style))
        made: Any = typst.compile(
            SOURCE,
            font_paths=[Path(folder)],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"paper": orjson.dumps(_plain(paper)).decode()},
            timestamp=at_ms // 1000,
        )
    return bytes(made)


def _plain(paper: Paper) -> dict[str, Any]:
    names = ("title", "under", "signed", "mark", "wide", "language")
    return {name: getattr(paper, name) for name in names} | {"parts": [_part(part) for part in paper.parts]}


def _part(part: Any) -> dict[str, Any]:
    if isinstance(part, Table):
        rows = [[_cell(one) for one in row] for row in part.rows]
        return {"kind": "table", "heads": part.heads, "rows": rows, "widths": part.widths}
    if isinstance(part, Heading):
        return {"kind": "heading", "text": part.text}
    return {"kind": "text", "text": part.text, "note": part.note}


def _cell(cell: Cell) -> str | dict[str, str]:
    return {"text": shown(cell), "of": rests_on(cell)} if isinstance(cell, Figure) else cell
