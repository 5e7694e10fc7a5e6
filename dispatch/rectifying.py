"""What a bad rating 差评 asks for: a case of its own to rectify what was done badly, and to call back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dispatch.case import Case
from dispatch.kinds import CaseKind
from dispatch.log import Entry
from dispatch.steps import Verb

BAD_BELOW = 60  # of 100: 不满意 and 非常不满意
RATINGS = frozenset({Verb.CALL_BACK, Verb.EVALUATE})
KEPT = ("area", "place", "caller", "grade")


def rectified_by(case: Case, entry: Entry, kinds: Mapping[str, CaseKind]) -> dict[str, Any] | None:
    """The report of the case that rectifies another one; None: nothing asks for it.

    entry: just written to `case`. The city declares one kind that `rectifies`; what is done badly there is reopened,
    not rectified again. A case is rectified once, whoever rates it how often.
    """
    kind = next((one for one in kinds.values() if one.rectifies), None)
    rating = entry.fields.get("satisfied")
    if kind is None or entry.verb not in RATINGS or rating is None or float(rating) >= BAD_BELOW:
        return None
    if case.facts.get("rectifies"):
        return None
    facts = {name: case.facts[name] for name in KEPT if case.facts.get(name)}
    lead = str(case.facts.get("lead") or kinds[str(case.facts["kind"])].lead)
    return facts | {"kind": kind.id, "title": case.facts["title"], "lead": lead, "rectifies": case.id}
