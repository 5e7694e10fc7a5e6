"""docs/packs.md names every key of a pack, in its section, and no other."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import catalogue
from catalogue.published import SECTIONS
from catalogue.schema import CityEntry
from indicators.faults import DAY_S, MOST_SLIDES, RETENTION_S
from indicators.formula import DEEPEST, LONGEST

PAGE = (Path(__file__).parents[2] / "docs/packs.md").read_text("utf-8")
PACKS = Path(__file__).parents[2] / "packs"


def section(name: str) -> str:
    found = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"docs/packs.md has no section {name}"
    return found[1]


@pytest.mark.parametrize(("name", "model"), [("city", CityEntry), *SECTIONS.items()])
def test_every_key_stands_in_its_section(name: str, model: type[BaseModel]) -> None:
    first_cells = re.findall(r"^\| (`[^|]*) \|", section(name), re.M)
    named = {key for cell in first_cells for key in re.findall(r"`(\w+)`", cell)}
    assert named == {field.alias or key for key, field in model.model_fields.items()}


def test_limits_are_those_of_the_checks() -> None:
    assert f"further back than {RETENTION_S // DAY_S} days" in PAGE
    assert f"at most {MOST_SLIDES:,} steps" in PAGE
    assert f"At most {LONGEST:,} letters and {DEEPEST} brackets" in PAGE


def test_the_example_can_be_declared(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(indicators:.*?)```", PAGE, re.S)
    (tmp_path / "topics").symlink_to(PACKS / "topics")
    (tmp_path / "cities").mkdir()
    city = "city:\n  code: '440900'\n  name: {zh: 茂名市, en: Maoming}\n"
    (tmp_path / "cities" / "own.yaml").write_text(city + example, "utf-8")
    assert catalogue.check(tmp_path, "own") == []
