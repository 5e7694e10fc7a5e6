"""What a city calls the states of its cases and units, and fields of its own: its own words, else the catalogue's.

Programs meet the state itself; a word of its own is what people read.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.declared import Words
from core.messages import text
from dispatch.kinds import CaseKind
from dispatch.plans import Plan, ResponseLevel
from dispatch.responses import Line
from dispatch.states import AssignmentState, CaseState, Hold

CODES = {str(state): f"case.state-{state}" for state in (*CaseState, *AssignmentState)} | {
    str(hold): f"case.hold-{hold}" for hold in Hold if hold is not Hold.NONE
}


FIELD = "dispatch.field_"  # before the name of a field, in the code of its word


def own_words(named: Mapping[str, Words], kinds: Mapping[str, CaseKind], language: str) -> dict[str, str]:
    """What a city says instead of the catalogue, or beside it: code of a message → its word, in one language.

    named: state → its word. kinds: of cases, with what the fields are called that they need.
    """
    labels = {f"{FIELD}{name}": words[language] for kind in kinds.values() for name, words in kind.labels.items()}
    return labels | {CODES[state]: words[language] for state, words in named.items()}


def state_word(named: Mapping[str, Words], state: str, language: str) -> str:
    """The word for one state of a case or an assignment.

    >>> state_word({"dispatched": Words("待交办", "assigned")}, "dispatched", "zh")
    '待交办'
    >>> state_word({}, "dispatched", "zh")
    '已派遣'
    """
    return named[state][language] if state in named else text(CODES[state], language)


def said_of(plan: Plan, line: Line, language: str) -> str:
    """What one line of the log of a response says beside its deed: level, the step by its name, reason, words."""
    fields, names = line.fields, {step.id: step.name[language] for step in plan.steps}
    level = [text(f"plan.level-{int(ResponseLevel(fields['level']))}", language)] if "level" in fields else []
    step = [names.get(str(fields["step"]), str(fields["step"]))] if fields.get("step") else []
    return " · ".join([*level, *step, *(str(fields[name]) for name in ("reason", "text") if fields.get(name))])
