"""What a card says: the gravest of what it gathers, so that nobody has to open it to know what is the matter."""

from __future__ import annotations

import pytest
from kept_warning import warning

from board.canvas import Canvas
from board.cards import CardBook
from board.names import Names
from catalogue.declared import Declared
from core.records import CityWarning, Level, Stamp

SINCE_MS = 1_795_300_000_000


def stage(subject: str, level: Level, value: float, since_ms: int) -> CityWarning:
    told = {"rule": "stage", "indicator": "river.stage", "subject": subject, "value": value, "bound": 70.4}
    return warning(f"w-{subject}", level, since_ms, stamp=Stamp.TEST, **told)


@pytest.mark.claim("WARN", "A card of one suspected cause tells the gravest of its warnings, and how many there are.")
def test_a_card_leads_with_its_gravest(declared: Declared) -> None:
    book, canvas = CardBook(declared, Names(declared, "zh")), Canvas()
    mild, grave = (
        stage("river-1", Level.YELLOW, 70.5, SINCE_MS),
        stage("river-2", Level.ORANGE, 71.9, SINCE_MS + 60_000),
    )
    book.fold([mild])
    book.paint(canvas, SINCE_MS + 60_000)
    (alone,) = canvas.sections["cards"].values()
    assert alone["sentence"].startswith("信宜站") and "疑似同因" not in alone["sentence"]
    book.fold([grave])
    book.paint(canvas, SINCE_MS + 60_000)
    (card,) = canvas.sections["cards"].values()
    assert set(card["warnings"]) == {mild.id, grave.id}
    assert card["sentence"].startswith("高州站") and "71.9" in card["sentence"]
    assert card["sentence"].endswith("；疑似同因：高州市 2 处")
