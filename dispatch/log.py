"""The log of a case: what was done, when, by whom, and how we know. A case is nothing but its log, folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dispatch.clocks import Obligation, Terms
from dispatch.steps import Verb


class Origin(StrEnum):
    """What set the time of an entry."""

    PERSON = "person"  # by hand, at a desk or a phone
    RELAYED = "relayed"  # 代录: told by telephone or radio, written down by somebody else
    LINK = "link"  # by a one-time link, without an account
    FENCE = "fence"  # a vehicle's position inside a fence
    MACHINE = "machine"  # another system
    CLOCK = "clock"  # time alone


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; nothing in it is ever changed or removed.

    number: in its case, from 1, without a gap. at_ms: when it happened; entered_ms: when it was written down, never
    earlier; both ms UTC. by: a login, a token or a worker. assignment: which one a unit step concerns, else "".
    terms: what the kind of the case granted, when this was written, to the obligations that this step begins.
    """

    number: int
    case: str
    verb: Verb
    at_ms: int
    entered_ms: int
    by: str
    origin: Origin = Origin.PERSON
    assignment: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[Obligation, Terms] = field(default_factory=dict)
