"""A city's own words for the states of its cases: read, refused with file and line, and said instead of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

import catalogue
from core.errors import IllegalStep
from core.messages import text
from dispatch.states import AssignmentState, CaseState, Hold
from dispatch.wording import CODES, own_words, state_word

PACKS = Path(__file__).parents[3] / "packs"
CITY = """city:
  code: '440900'
  name: {zh: 茂名市, en: Maoming}
state_words:
  dispatched: {zh: 待交办, en: assigned}
  on-scene: {zh: 已抵达, en: there}
"""


def pack(folder: Path, content: str) -> Path:
    (folder / "cities").mkdir()
    (folder / "topics").symlink_to(PACKS / "topics")
    (folder / "cities" / "own.yaml").write_text(content, "utf-8")
    return folder


def test_every_state_has_one_code() -> None:
    states = {*CaseState, *AssignmentState, *Hold} - {Hold.NONE}
    assert set(CODES) == {str(state) for state in states}, "no state of one layer is named as one of another"
    assert all(text(code, language) for code in CODES.values() for language in ("zh", "en"))


@pytest.mark.claim("COMMAND", "A pack renames the states of cases and units; a state that is none is refused by line.")
def test_own_words_are_read_and_others_refused(tmp_path: Path) -> None:
    named = catalogue.load(pack(tmp_path, CITY), "own").state_words
    assert own_words(named, {}, "zh") == {"case.state-dispatched": "待交办", "case.state-on-scene": "已抵达"}
    assert state_word(named, "on-scene", "en") == "there" and state_word(named, "closed", "zh") == "已结案"
    wrong = CITY + "  sent: {zh: 已派单, en: sent}\n  closed: {zh: 结案}\n"
    (tmp_path / "cities" / "own.yaml").write_text(wrong, "utf-8")
    unfit, unknown = sorted(catalogue.check(tmp_path, "own"), key=lambda sentence: "sent" in sentence)
    assert "own.yaml:7: state_words 'sent' is not declared" in unknown
    assert "own.yaml:8: state_words.closed.en is missing" in unfit


def test_a_field_of_its_own_has_a_name(tmp_path: Path) -> None:
    asks = CITY + "case_kinds:\n  water.pipe_burst:\n    needs: {close: [cause, pipe]}\n"
    (problem,) = catalogue.check(pack(tmp_path, asks), "own")
    assert "case_kinds.water.pipe_burst" in problem and "labels do not say what pipe is called" in problem
    named = asks + "    labels: {pipe: {zh: 管材, en: Pipe}}\n"
    (tmp_path / "cities" / "own.yaml").write_text(named, "utf-8")
    own = own_words({}, catalogue.load(tmp_path, "own").case_kinds, "zh")
    assert own == {"dispatch.field_pipe": "管材"}
    refused = IllegalStep("needs", verb="close", needs="cause, pipe")
    assert refused.in_words("zh", own) == "结案还缺：原因、管材" and "Cause, pipe" in refused.in_words("en")


def test_a_refusal_speaks_the_words_of_the_city() -> None:
    refused = IllegalStep("not-now", verb="close", state="dispatched", accepted="take, return")
    assert "“已派遣”的案卷" in refused.in_words("zh")
    assert "“待交办”的案卷" in refused.in_words("zh", {"case.state-dispatched": "待交办"})
