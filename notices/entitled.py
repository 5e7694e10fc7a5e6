"""Who may hear of a warning: a person by his own right, what is no person of ours by a route that says so. Pure.

Asked when a notice is decided and again when it leaves. An issued signal is there for everybody, and of cases only
those are called whom the case concerns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.rights import may
from core.accounts import Sensitivity
from core.notices import PHONES, Channel, Notice, Recipient, Route
from notices.roster import Roster
from notices.routes import covers, leads_to

SEE = "warnings.see"
OWN = frozenset({*PHONES, Channel.MAIL})  # who reads at any other address of a person, nobody can say
HIDDEN = Sensitivity.RESTRICTED


@dataclass(frozen=True, slots=True)
class Ways:
    """By which a notice goes: the routes, and who is who."""

    routes: Sequence[Route]
    roster: Roster

    def refused(self, notice: Notice, recipient: Recipient, channel: Channel, now_ms: int) -> str:
        """Why a recipient must not hear of a warning now: `no-right` or `restricted`; "" when he may."""
        if not notice.warning or notice.issued:
            return ""
        grade = HIDDEN if notice.grade is None else notice.grade
        if recipient.person:
            by = self.roster.bearer(recipient.person, now_ms)
            if not may(by, SEE, area=notice.areas, topic=notice.topic, sensitivity=grade).allowed:
                return "no-right"
        if grade < HIDDEN or (recipient.person and channel in OWN):
            return ""
        opened = (one for one in self.routes if one.restricted and not one.disabled and covers(one, notice))
        return "" if any(leads_to(route, recipient.id) for route in opened) else "restricted"
