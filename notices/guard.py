"""Nothing that is not live reaches anybody off the exercise list. Pure.

Asked when a notice is decided and again when it leaves. No setting and no argument opens it.
"""

from __future__ import annotations

from core.messages import text
from core.notices import Recipient
from core.records import Stamp


def refusal(stamp: Stamp, recipient: Recipient) -> str:
    """Why a recipient must not hear of data of this stamp; "" when he may.

    >>> refusal(Stamp.DEMO, Recipient("zhang", "张三")), refusal(Stamp.DRILL, Recipient("drill", "演练", exercise=True))
    ('exercise-only', '')
    """
    return "" if stamp is Stamp.LIVE or recipient.exercise else "exercise-only"


def marked(sentence: str, stamp: Stamp, language: str) -> str:
    """A sentence as it may leave the house: what is not live begins with 【演练】 and names its stamp.

    >>> marked("信宜 雨量 52 mm", Stamp.DRILL, "zh"), marked("信宜 雨量 52 mm", Stamp.LIVE, "zh")
    ('【演练】信宜 雨量 52 mm', '信宜 雨量 52 mm')
    """
    if stamp is Stamp.LIVE:
        return sentence
    named = "" if stamp is Stamp.DRILL else text("notice.of_stamp", language, stamp=text(f"stamp.{stamp}", language))
    return text("notice.exercise", language, sentence=named + sentence)
