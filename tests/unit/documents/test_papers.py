"""Papers read back: words are words, figures are figures, letters are there, and a template takes its places."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from fontTools.ttLib import TTFont
from openpyxl import load_workbook
from pypdf import PdfReader

from documents.letters import Letters
from documents.paper import Figure, Heading, Paper, Paragraph, Table
from documents.portable import pdf
from documents.sheet import xlsx
from documents.word import BODY, ELSE, TITLE, docx, filled

ASSETS = Path(__file__).parents[3] / "assets"
LETTERS = Letters(ASSETS)
ROWS = (("市水务局", Figure(0.5, "50.0%", "0.0%", of=8)), ("=1+1", Figure(None, "", "0.0%", of=0)))
PAPER = Paper(
    "茂名市月报",
    (Heading("一、总体"), Paragraph("共 8 件，#set *不是* 标记。"), Table("部门", ("部门", "按时"), ROWS, of="件数")),
    under=("截至 2026-11-22",),
    signed=("应急办",),
    mark="演示数据",
)


def test_a_workbook_calculates() -> None:
    sheet = load_workbook(BytesIO(xlsx(PAPER)))["部门"]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[1] is not None]
    assert rows == [("部门", "按时", "件数"), ("市水务局", 0.5, 8), ("=1+1", "—", 0)]
    words = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1")
    assert words.data_type == "s", "words are never a formula"


def test_no_words_of_a_workbook_are_a_formula() -> None:
    paper = Paper("=1", (Table("部门", ("=2",), (("=3",),)), Paragraph("=4")), under=("=5",))
    written = [cell for row in load_workbook(BytesIO(xlsx(paper)))["部门"].iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in written} == {"s"} and len(written) == 5


def test_a_text_names_the_fonts_of_an_office() -> None:
    made = docx(PAPER)
    document = Document(BytesIO(made))
    assert [one.text for one in document.paragraphs if one.text][:2] == ["茂名市月报", "截至 2026-11-22"]
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [
        ["部门", "按时"],
        ["市水务局", "50.0%\n(8)"],
        ["=1+1", "—"],
    ]
    with zipfile.ZipFile(BytesIO(made)) as archive:
        fonts = archive.read("word/fontTable.xml").decode()
        text = archive.read("word/document.xml").decode()
        foot = "".join(archive.read(name).decode() for name in archive.namelist() if "footer" in name)
    assert all(f'w:name="{name}"><w:altName w:val="{other}"' in fonts for name, other in ELSE.items())
    assert f'w:eastAsia="{TITLE}"' in text and f'w:eastAsia="{BODY}"' in text and "PAGE" in foot


def test_a_pdf_carries_its_letters_and_is_the_same_again() -> None:
    made = pdf(PAPER, LETTERS, 1_795_300_000_000)
    (page,) = PdfReader(BytesIO(made)).pages
    said = "".join(page.extract_text().split())
    assert (
        said == "演示数据茂名市月报截至2026-11-22一、总体共8件，#set*不是*标记。部门按时市水务局50.0%(8)=1+1—应急办—1—"
    )
    assert pdf(PAPER, LETTERS, 1_795_300_000_000) == made


def test_every_letter_of_a_paper_is_drawn() -> None:
    rare = "㐀埗A9—①·Ⅳ"  # of a slice for rare letters too; the last one is spelled
    font = TTFont(BytesIO(LETTERS.font(rare, "Bold")))
    assert set(font.getBestCmap()) == {ord(one) for one in rare}
    assert all(font["glyf"][name].numberOfContours > 0 for name in font.getBestCmap().values())
    assert set(TTFont(BytesIO(LETTERS.font("A\U0010fffd", "Regular"))).getBestCmap()) == {ord("A")}


def test_a_template_takes_its_places_across_runs() -> None:
    own = Document()
    paragraph = own.add_paragraph()
    for run in ("关于{{ti", "tle", "}}的报告{{title}}"):
        paragraph.add_run(run).bold = run == "tle"
    own.add_table(1, 1).rows[0].cells[0].text = "截至{{as_of}} {{nobody}}"
    own.sections[0].footer.paragraphs[0].text = "{{title}}"
    written = BytesIO()
    own.save(written)
    made = Document(BytesIO(filled(written.getvalue(), {"title": "积水{{title}}", "as_of": "10:00"})))
    assert made.paragraphs[0].text == "关于积水{{title}}的报告{{title}}"
    assert made.tables[0].rows[0].cells[0].text == "截至10:00 {{nobody}}"
    plain = Document(BytesIO(filled(written.getvalue(), {"title": "积水"})))
    assert plain.paragraphs[0].text == "关于积水的报告积水" and plain.sections[0].footer.paragraphs[0].text == "积水"
    with pytest.raises(ValueError, match="no DOCX"):
        filled(b"nonsense", {})


def test_a_signature_stays_with_the_end_of_the_text() -> None:
    signed = Paper("呈报", (Heading("一"), Paragraph("完。")), signed=("值班室", "2026-11-22 10:00"))
    *_, end, gap, name, date = Document(BytesIO(docx(signed))).paragraphs
    assert [end.text, gap.text, name.text, date.text] == ["完。", "", "值班室", "2026-11-22 10:00"]
    assert all(one.paragraph_format.keep_with_next for one in (end, gap, name)), "name and date fill no page alone"
    assert not date.paragraph_format.keep_with_next
