"""A folder of packs is checked whole: every city, every topic, and what nothing in it uses."""

import shutil
from pathlib import Path

import pytest

from catalogue import examine_folder

PACKS = Path(__file__).parents[3] / "packs"
METRIC = "  {}: {{name: {{zh: 甲, en: A}}, unit: mm, low: 0, high: 1}}\n"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    shutil.copytree(PACKS, tmp_path / "packs")
    return tmp_path / "packs"


def test_what_is_shipped_has_no_problem_and_no_doubt() -> None:
    found = examine_folder(PACKS)
    assert (found.problems, found.doubts) == ([], [])


@pytest.mark.claim("ENGINE", "pack check DIR tells the mistakes of all cities and topics at once, with file and line")
def test_mistakes_of_two_cities_and_a_topic_are_told_together_and_once(packs: Path) -> None:
    for name in ("beijing", "calder"):
        file = packs / "cities" / f"{name}.yaml"
        file.write_text(file.read_text("utf-8").replace("\ncity:\n", "\ncity:\n  colour: red\n", 1), "utf-8")
    (packs / "topics" / "zz.yaml").write_text("metrics:\n" + METRIC.format("late").replace("low: 0", "low: 2"), "utf-8")
    problems = examine_folder(packs).problems
    assert [problem.rpartition("/")[2].partition(":")[0] for problem in problems] == [
        "beijing.yaml",
        "calder.yaml",
        "zz.yaml",
    ]
    assert "low 2 must be below high 1" in problems[2]


def test_an_entry_that_no_city_uses_is_doubted(packs: Path) -> None:
    (packs / "topics" / "zz.yaml").write_text("metrics:\n" + METRIC.format("idle"), "utf-8")
    found = examine_folder(packs)
    assert found.problems == []
    assert [doubt.partition("zz.yaml:")[2] for doubt in found.doubts] == [
        "2: metrics.idle is not used: no feed carries it and no indicator counts it"
    ]


def test_what_one_city_uses_is_used(packs: Path) -> None:
    shutil.rmtree(packs / "cities")
    (packs / "cities").mkdir()
    shutil.copy(PACKS / "cities" / "beijing.yaml", packs / "cities")
    assert not any("pm25" in doubt for doubt in examine_folder(packs).doubts)


def test_topics_alone_are_checked_with_an_invented_city(packs: Path) -> None:
    shutil.rmtree(packs / "cities")
    assert examine_folder(packs).problems == []
    topic = packs / "topics" / "water.yaml"
    topic.write_text(topic.read_text("utf-8").replace("aggregate: last", "aggregate: newest"), "utf-8")
    (problem,) = examine_folder(packs).problems
    assert "water.yaml" in problem


def test_an_empty_folder_is_no_pack(tmp_path: Path) -> None:
    assert examine_folder(tmp_path).problems == [
        f"{tmp_path}:1: no packs; a folder of packs holds topics/*.yaml and cities/*.yaml"
    ]
