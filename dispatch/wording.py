"""What a city calls the states of its cases and units: its own words where its pack has some, else the catalogue's.

Programs meet the state itself; a word of its own is what people read.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.declared import Words
from core.messages import text
from dispatch.states import AssignmentState, CaseState, Hold

CODES = {str(state): f"case.state-{state}" for state in (*CaseState, *AssignmentState)} | {
    str(hold): f"case.hold-{hold}" for hold in Hold if hold is not Hold.NONE
}


def own_words(named: Mapping[str, Words], language: str) -> dict[str, str]:
    """What a city says instead of the catalogue: code of a message → its word, in one language."""
    return {CODES[state]: words[language] for state, words in named.items()}


def state_word(named: Mapping[str, Words], state: str, language: str) -> str:
    """The word for one state of a case or an assignment.

    >>> state_word({"dispatched": Words("待交办", "assigned")}, "dispatched", "zh")
    '待交办'
    >>> state_word({}, "dispatched", "zh")
    '已派遣'
    """
    return named[state][language] if state in named else text(CODES[state], language)
