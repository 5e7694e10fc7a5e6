"""A template of the office must lie beside the packs before a city starts with it."""

from __future__ import annotations

from pathlib import Path

import catalogue

PACKS = Path(__file__).parents[3] / "packs"
CITY = """
city:
  code: '440900'
  name: {zh: 茂名市, en: Maoming}
urgent_reports:
  default: {template: templates/first.docx}
"""


def test_a_template_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "topics").symlink_to(PACKS / "topics")
    (tmp_path / "cities").mkdir()
    (tmp_path / "cities" / "own.yaml").write_text(CITY, "utf-8")
    (problem,) = catalogue.check(tmp_path, "own")
    assert problem.endswith("urgent_reports.default.template: there is no templates/first.docx beside the packs")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "first.docx").write_bytes(b"PK")
    assert catalogue.check(tmp_path, "own") == []
    (tmp_path / "cities" / "own.yaml").write_text(CITY.replace("templates/first", "../first"), "utf-8")
    assert "urgent_reports.default.template" in catalogue.check(tmp_path, "own")[0]
