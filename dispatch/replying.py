"""What a citizen could be told once the case that leads his own is done: a draft, which a person confirms. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.masking import mask_text
from core.messages import text
from dispatch.case import Case
from dispatch.log import Entry
from dispatch.states import CaseState
from dispatch.steps import Verb

DONE = frozenset({CaseState.VERIFIED, CaseState.CLOSED, CaseState.EVALUATED})


def draft_reply(lead: Case, log: Sequence[Entry], title: str, language: str) -> str:
    """A reply to what somebody asked for, from the result of the case that leads; "" until somebody verified that.

    title: of the citizen's own case. Nothing is replied and nothing closed by this.
    """
    if lead.state not in DONE:
        return ""
    result = next((str(one.fields["result"]) for one in reversed(log) if one.verb is Verb.FINISH), "")
    return text("incident.reply-draft", language, title=mask_text(title), result=mask_text(result)) if result else ""
