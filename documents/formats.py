"""A paper in the format that somebody asks for."""

from __future__ import annotations

from enum import StrEnum

from documents.letters import Letters
from documents.paper import Paper
from documents.portable import pdf
from documents.sheet import xlsx
from documents.word import docx


class Format(StrEnum):
    """How a paper is taken along; the ending of its file."""

    DOCX = "docx"
    PDF = "pdf"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """What a browser is told that it is."""
        office = "application/vnd.openxmlformats-officedocument"
        return {
            Format.DOCX: f"{office}.wordprocessingml.document",
            Format.PDF: "application/pdf",
            Format.XLSX: f"{office}.spreadsheetml.sheet",
        }[self]


def written(paper: Paper, form: Format, letters: Letters, at_ms: int) -> bytes:
    """The file. at_ms: what it says of its own making, ms UTC."""
    if form is Format.DOCX:
        return docx(paper)
    return pdf(paper, letters, at_ms) if form is Format.PDF else xlsx(paper)
