"""Packs with mistakes: each is told with file and line, all of them at once, before anything starts.

A broken pack in `tests/frames/packs` marks each wrong line with `# mistake: what the sentence must contain`.
"""

import re
import shutil
from pathlib import Path

import pytest

import catalogue
from core.errors import DeclarationError, UnknownName

REPOSITORY = Path(__file__).parents[3]
FRAMES = REPOSITORY / "tests" / "frames" / "packs"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The shipped topics with no city."""
    shutil.copytree(REPOSITORY / "packs" / "topics", tmp_path / "packs" / "topics")
    (tmp_path / "packs" / "cities").mkdir()
    return tmp_path / "packs"


def refused(packs: Path, name: str) -> list[tuple[int, str]]:
    """(line, sentence) of each problem of a broken pack; all must stand in its file."""
    file = packs / "cities" / f"{name}.yaml"
    shutil.copy(FRAMES / file.name, file)
    with pytest.raises(DeclarationError) as refusal:
        catalogue.load(packs, name)
    found = []
    for problem in refusal.value.problems:
        where, line, sentence = re.fullmatch(r"(.+?):(\d+): (.+)", problem).groups()
        assert where == str(file), problem
        found.append((int(line), sentence))
    return found


@pytest.mark.claim("PULSE", "A pack with mistakes is refused before anything starts, all at once, with file and line")
@pytest.mark.parametrize(
    "name",
    [
        "unknown-names",
        "wrong-shapes",
        "bounds-that-cannot-be",
        "stations-out-of-place",
        "times-that-do-not-fit",
        "outlines-that-cross",
    ],
)
def test_every_marked_mistake_is_told_and_no_other(packs: Path, name: str) -> None:
    lines = (FRAMES / f"{name}.yaml").read_text("utf-8").splitlines()
    marked = {n: line.split("# mistake: ")[1] for n, line in enumerate(lines, 1) if "# mistake: " in line}
    told = refused(packs, name)
    assert [line for line, _ in told] == sorted(marked), told
    for line, sentence in told:
        assert marked[line] in sentence


def test_what_is_not_yaml_is_told_where_it_stops_being_so(packs: Path) -> None:
    ((line, sentence), *_) = [told for told in refused(packs, "not-yaml") if "not YAML" in told[1]]
    assert line in (3, 4)
    assert "',' or '}'" in sentence


def test_aliases_are_refused(packs: Path) -> None:
    assert any("anchors and aliases are not accepted" in sentence for _, sentence in refused(packs, "aliases"))


def test_an_id_in_two_topic_files_is_told_with_both_places(packs: Path) -> None:
    extra = packs / "topics" / "zz.yaml"
    extra.write_text("metrics:\n  stage_m: {name: {zh: 甲, en: A}, unit: mm, low: 0, high: 1}\n", "utf-8")
    (problem,) = catalogue.check(packs, "440900")
    assert problem.startswith(f"{extra}:2: 'stage_m' in metrics is declared twice; first at")
    assert "water.yaml:" in problem


def test_a_feed_that_would_remember_too_many_times_is_refused(packs: Path) -> None:
    city = {"code": "440900", "name": {"zh": "茂名市", "en": "Maoming"}, "topics": ["water"]}
    feed = {"every_s": 1, "late_after_s": 1, "lateness_s": 1_000_000}
    rows = "\n".join(f"  d{n}: {{feed: river, name: {{zh: 站, en: S}}, datum: X}}" for n in range(60))
    text = f"city: {city}\nfeeds:\n  river: {feed}\ndevices:\n{rows}\n"
    (packs / "cities" / "busy.yaml").write_text(text, "utf-8")
    problems = catalogue.check(packs, "busy")
    assert any("busy.yaml:3: feeds.river would keep 60,000,000 event times" in problem for problem in problems)


def test_mistakes_in_another_city_do_not_stop_this_one(packs: Path) -> None:
    shutil.copy(FRAMES / "outlines-that-cross.yaml", packs / "cities")
    assert catalogue.check(packs, "茂名") == []


def test_a_city_that_is_nowhere_is_refused_with_near_ones(packs: Path) -> None:
    with pytest.raises(UnknownName, match="near to it: 茂名市"):
        catalogue.load(packs, "茂明")
