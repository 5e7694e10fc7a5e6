"""docs/terms.md against the message catalogue: one word for one concept."""

import re
from pathlib import Path

from core.messages import catalogue

PAGE = Path(__file__).parents[2] / "docs/terms.md"


def _rows() -> list[tuple[str, str, list[str]]]:
    rows = []
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 4 and cells[0] not in {"concept", "---"}:
            rows.append((cells[1], cells[2].lower(), [word for word in re.split("、", cells[3]) if word]))
    return rows


def test_the_table_names_every_concept_once() -> None:
    rows = _rows()
    assert len(rows) > 20
    assert len({zh for zh, _, _ in rows}) == len(rows)
    assert len({en for _, en, _ in rows}) == len(rows)


def test_no_message_uses_a_refused_word() -> None:
    for code, message in catalogue().items():
        for zh, en, never in _rows():
            for word in never:
                shown = message["zh"] + " " + message["en"].lower()
                found = re.search(rf"\b{re.escape(word.lower())}\b", shown) if word.isascii() else word in shown
                assert not found, f"{code} says {word}; say {zh} / {en}"


def test_both_languages_of_a_message_use_the_same_term() -> None:
    loose = {"moderate", "serious", "severe", "extreme", "wall", "method", "exercise", "trial"}  # common words too
    for code, message in catalogue().items():
        for zh, en, _ in _rows():
            if en in loose:
                continue
            assert (en in message["en"].lower()) <= (zh in message["zh"]), f"{code}: {en} without {zh}"
