"""The end of the one sentence: who is on it, or what has to be done next. Pure; `assets/duty_state.js` says the same.

A warning's own sentence tells where, what, value, over what, since when and trend (`early_warning/sentence.py`); with
this it can be pasted into any chat, sent as a message or read aloud.
"""

from __future__ import annotations

from core.messages import text
from core.records import Level
from core.wording import time_seen_from
from early_warning.duty_fold import Standing, shelved_until


def whole(
    sentence: str, standing: Standing, level: Level, now_ms: int, language: str, *, silenced: bool = False
) -> str:
    """A sentence with who is on it, or the next step while nobody is. now_ms: city time."""
    return text(
        "duty.whole", language, sentence=sentence, on=on_it(standing, level, now_ms, language, silenced=silenced)
    )


def on_it(standing: Standing, level: Level, now_ms: int, language: str, *, silenced: bool = False) -> str:
    """Who is on it, or what comes next."""
    shelved_ms = shelved_until(standing, level, now_ms)
    if standing.verdict:
        verdict = text(f"duty.verdict_{standing.verdict.replace('-', '_')}", language)
        return text("duty.on_judged", language, name=standing.verdict_name, verdict=verdict)
    if silenced:
        return text("duty.on_silenced", language)
    if shelved_ms:
        return text("duty.on_shelved", language, time=time_seen_from(shelved_ms, now_ms, language))
    if standing.level < level:
        return text(f"duty.next_{level.name.lower()}", language)
    if standing.holder and standing.holder != standing.by:
        return text("duty.on_held", language, name=standing.holder_name)
    return text("duty.on_acked", language, name=standing.name, time=time_seen_from(standing.at_ms, now_ms, language))
