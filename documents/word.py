"""A paper as DOCX in the look of an office: page of GB/T 9704, 小标宋 title, 仿宋 text, page numbers below.

The fonts are named, not carried: every office has them, and where one is missing the word processor takes the other
name that stands beside it in the font table. A city may lay its own template under it (`filled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.text.paragraph import Paragraph as DocxParagraph

from documents.paper import Cell, Heading, Paper, Paragraph, Table, rests_on, shown

TITLE, BODY, HEAD, FIGURES = "方正小标宋简体", "仿宋_GB2312", "黑体", "Times New Roman"
ELSE = {TITLE: "宋体", BODY: "仿宋", HEAD: "SimHei"}  # where a machine lacks the first
TEXT_PT, TABLE_PT, BASIS_PT, NOTE_PT = 16, 10.5, 8, 12
GAP_PT = 6  # below a table
UNDER_PT = 2  # below a line under the title, or of a signature


def docx(paper: Paper) -> bytes:
    """The whole paper."""
    document = Document()
    _name_fonts(document)
    _speak(document)
    _page(document, paper)
    _line(document, paper.title, TITLE, 22, WD_ALIGN_PARAGRAPH.CENTER)
    for line in paper.under:
        _line(document, line, BODY, NOTE_PT, WD_ALIGN_PARAGRAPH.CENTER)
    for part in paper.parts:
        if isinstance(part, Table):
            _table(document, part)
        elif isinstance(part, Heading):
            _heading(document, part.text, TEXT_PT if not paper.wide else 14)
        else:
            _text(document, part)
    if paper.signed:
        _sign(document, paper.signed)
    return _bytes(document)


def filled(template: bytes, facts: Mapping[str, str]) -> bytes:
    """A city's own template with every `{{place}}` filled in; a place that nobody knows stays as it is.

    A word processor cuts running text as it likes, so a place may lie across several runs: the first takes the words.

    Raises:
        ValueError: The template is no DOCX.
    """
    try:
        document = Document(BytesIO(template))
    except Exception as problem:  # whatever a broken archive gives: a key, a zip, an XML fault
        raise ValueError(f"the template is no DOCX: {type(problem).__name__}") from problem
    for paragraph in _paragraphs(document):
        for place, words in facts.items():
            _fill(paragraph, "{{" + place + "}}", words)
    return _bytes(document)


def _paragraphs(document: Any) -> Iterable[DocxParagraph]:
    """Of the text, its tables, and of head and foot of every section."""
    for part in (document, *(half for one in document.sections for half in (one.header, one.footer))):
        yield from part.paragraphs
        for table in part.tables:
            for cell in (cell for row in table.rows for cell in row.cells):
                yield from cell.paragraphs


def _fill(paragraph: DocxParagraph, place: str, words: str) -> None:
    while place in (whole := "".join(run.text for run in paragraph.runs)):
        begin, left = whole.index(place), len(place)
        end = begin + left
        at = 0
        for run in paragraph.runs:
            first, last = max(begin - at, 0), min(end - at, len(run.text))
            at += len(run.text)
            if first >= last:
                continue
            run.text = run.text[:first] + (words if left == len(place) else "") + run.text[last:]
            left -= last - first
        if place in words:
            return


def _page(document: Any, paper: Paper) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    margins = (37, 35, 28, 26)
    if paper.wide:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        margins = (20, 18, 15, 15)
    sides = ("top_margin", "bottom_margin", "left_margin", "right_margin")
    for side, wide in zip(sides, margins, strict=True):
        setattr(section, side, Mm(wide))
    if paper.mark:
        _run(section.header.paragraphs[0], paper.mark, HEAD, NOTE_PT)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(foot, "— ", FIGURES, 14)
    _field(foot, "PAGE")
    _run(foot, " —", FIGURES, 14)


def _line(document: Any, words: str, face: str, size_pt: float, to: WD_ALIGN_PARAGRAPH) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = to
    paragraph.paragraph_format.keep_with_next = face != BODY
    paragraph.paragraph_format.space_after = Pt(UNDER_PT if face == BODY else 10)
    _run(paragraph, words, face, size_pt)


def _sign(document: Any, lines: Sequence[str]) -> None:
    """Name and date below one another, never on a page without the end of the text (GB/T 9704)."""
    if document.paragraphs:
        document.paragraphs[-1].paragraph_format.keep_with_next = True
    _gap(document, TEXT_PT)
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    for line in lines:
        _line(document, line, BODY, TEXT_PT, WD_ALIGN_PARAGRAPH.RIGHT)
    for paragraph in document.paragraphs[-len(lines) : -1]:
        paragraph.paragraph_format.keep_with_next = True


def _heading(document: Any, words: str, size_pt: float) -> None:
    """Black letters of the text's height, never alone at the foot of a page, apart from a table above and below."""
    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.keep_with_next, form.space_before, form.space_after = True, Pt(10), Pt(4)
    _run(paragraph, words, HEAD, size_pt)


def _text(document: Any, part: Paragraph) -> None:
    paragraph = document.add_paragraph()
    size_pt = NOTE_PT if part.note else TEXT_PT
    paragraph.paragraph_format.first_line_indent = Pt(0 if part.note else 2 * size_pt)
    paragraph.paragraph_format.line_spacing = Pt(28 if not part.note else 18)
    paragraph.paragraph_format.space_after = Pt(0)
    _run(paragraph, part.text, BODY, size_pt)


def _table(document: Any, part: Table) -> None:
    if document.paragraphs and document.paragraphs[-1].paragraph_format.space_after == Pt(0):
        document.paragraphs[-1].paragraph_format.space_after = Pt(6)  # text does not stand on the table's edge
    table = document.add_table(rows=0, cols=len(part.heads), style="Table Grid")
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER  # or word processors choose widths of their own
    whole = document.sections[0].page_width - document.sections[0].left_margin - document.sections[0].right_margin
    shares = part.widths or [1.0] * len(part.heads)
    widths = [Length(int(whole * share / sum(shares))) for share in shares]
    for column, wide in zip(table.columns, widths, strict=True):
        column.width = wide
    for number, row in enumerate([part.heads, *part.rows]):
        added = table.add_row()
        for cell, said, wide in zip(added.cells, row, widths, strict=True):
            cell.width, cell.vertical_alignment = wide, WD_CELL_VERTICAL_ALIGNMENT.CENTER
            _cell(cell.paragraphs[0], said, is_head=number == 0)
        form = added._tr.get_or_add_trPr()
        form.append(OxmlElement("w:cantSplit"))  # a row stays on its page
        if number == 0:
            form.append(OxmlElement("w:tblHeader"))  # again on every page
    _gap(document, GAP_PT)


def _gap(document: Any, size_pt: float) -> None:
    form = document.add_paragraph().paragraph_format
    form.line_spacing, form.space_after = Pt(size_pt), Pt(0)


def _cell(paragraph: DocxParagraph, said: Cell, *, is_head: bool) -> None:
    """Heads stand in the middle, figures on the right with the cases that they rest on."""
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(2)
    if is_head:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif not isinstance(said, str):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _run(paragraph, shown(said), HEAD if is_head else BODY, TABLE_PT)
    if of := rests_on(said):
        _run(paragraph, f"\n{of}", BODY, BASIS_PT)


def _run(paragraph: DocxParagraph, words: str, face: str, size_pt: float) -> None:
    run = paragraph.add_run(words)
    run.font.name, run.font.size = FIGURES, Pt(size_pt)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _field(paragraph: DocxParagraph, code: str) -> None:
    """A field that the word processor reckons, such as the number of the page."""
    run = paragraph.add_run()
    run.font.name, run.font.size = FIGURES, Pt(14)
    for kind in ("begin", "", "end"):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = code
        run._element.append(element)


def _name_fonts(document: Any) -> None:
    """Beside each font of offices the one that every machine has."""
    table = next(one.target_part for one in document.part.rels.values() if one.reltype.endswith("/fontTable"))
    faces = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in ELSE.items()
    )
    table._blob = table.blob.replace(b"</w:fonts>", faces.encode() + b"</w:fonts>")


def _speak(document: Any) -> None:
    """Chinese of the mainland: without it a machine sets commas as in Hong Kong, in the middle of their square."""
    spoken = document.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    spoken.set(qn("w:eastAsia"), "zh-CN")


def _bytes(document: Any) -> bytes:
    written = BytesIO()
    document.save(written)
    return written.getvalue()
