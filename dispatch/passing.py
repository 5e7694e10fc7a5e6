"""Entries that time wrote: which they are, how far they say a clock has come, and whether it has. Pure."""

from __future__ import annotations

from core.errors import IllegalStep
from dispatch.clocks import Calendars, Clock, Stage
from dispatch.log import Entry, Origin
from dispatch.steps import Verb

STAGES = {Verb.WARN: Stage.WARNED, Verb.BREACH: Stage.BREACHED}


def is_of_time(entry: Entry) -> bool:
    """Whether an entry says that time took a clock further."""
    return entry.verb in STAGES or (entry.verb is Verb.ESCALATE and "obligation" in entry.fields)


def stage_of(entry: Entry) -> int:
    """How far an entry of time took its clock."""
    return STAGES[entry.verb] if entry.verb in STAGES else Stage.BREACHED + int(entry.fields["level"])


def check_passing(clock: Clock | None, entry: Entry, calendars: Calendars) -> None:
    """Whether a clock is where an entry of time says. Raises IllegalStep."""
    stage, refused = stage_of(entry), IllegalStep("clock-not-there", obligation=entry.fields["obligation"])
    if entry.origin is not Origin.CLOCK or clock is None or not clock.runs or clock.stage >= stage:
        raise refused
    left_ms = clock.left_ms(entry.entered_ms, calendars)
    if stage > Stage.WARNED and left_ms >= 0:
        raise refused
    if stage == Stage.WARNED and not left_ms <= clock.terms.warn_ms > 0:
        raise refused
    if stage > Stage.BREACHED and clock.stage != stage - 1:
        raise refused
