"""Notices, who receives them, how far each delivery is: as they are stored. Rules about them stand in `notices/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.accounts import EVERYWHERE, Sensitivity
from core.records import Level, Stamp

MINUTES_A_DAY = 24 * 60
BUDGET = 6  # notices in ten minutes to one person, beyond which they are put together


class Channel(StrEnum):
    """How a notice leaves the house."""

    SMS = "sms"
    VOICE = "voice"
    MAIL = "mail"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WEBHOOK = "webhook"
    CAP = "cap"
    MQTT = "mqtt"


PHONES = (Channel.SMS, Channel.VOICE)  # what wakes somebody


class Kind(StrEnum):
    """What a notice tells of a warning, and from ASSIGNED on of a case or of units."""

    OPENED = "opened"
    RISEN = "risen"
    CLEARED = "cleared"
    RETRACTED = "retracted"
    ESCALATED = "escalated"  # nobody acknowledged: the next in turn is told
    STANDING = "standing"  # it stands for long
    BRIEFED = "briefed"  # it stood already when a response began, and is told to who is part of that
    LOST = "lost"  # its data fell silent: it can no longer be judged
    RETURNED = "returned"  # and are back
    DIGEST = "digest"  # what was beyond the budget, put together
    TRIAL_RUN = "test"  # a person pressed the button
    ASSIGNED = "assigned"  # a unit was sent
    DUE_SOON = "due-soon"  # a clock comes near its end
    OVERDUE = "overdue"
    RAISED = "raised"  # a case was escalated
    VOID = "void"  # an area has no free unit left that can do something
    RESPONSE = "response"  # a response began or has another level
    RESPONSE_OVER = "response-over"
    REVIEW = "review"  # a response should have been looked at again
    MESSAGE = "message"  # what somebody sends to those of a plan
    ORDER = "order"  # of supervision, issued or reminded of
    ORDER_LATE = "order-late"


class State(StrEnum):
    """Of a delivery. SENT: the next one in line has taken it; DELIVERED: its recipient has it; ANSWERED: he took it."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    ANSWERED = "answered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


# What a gateway says became of a delivery → how it stands then.
RECEIPTS: Mapping[str, State] = {
    "delivered": State.DELIVERED,
    "answered": State.ANSWERED,
    "failed": State.FAILED,
    "unanswered": State.FAILED,
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody, or another system, that can be told.

    addresses: by channel a phone number, a mail address, a URL, a topic; what each holds may be personal or secret.
    person: the login of an account, so that posts and seats lead here. exercise: on the exercise list 演练名单, the
    only ones who ever hear of what is not live. budget: notices in ten minutes, 0 for machines, which get each one.
    """

    id: str
    name: str
    addresses: Mapping[Channel, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)
    person: str = ""
    exercise: bool = False
    budget: int = BUDGET
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told of what, when.

    to: `recipient:<id>`, `post:<id>` or `seat:<id>`; a post and a seat lead to whoever holds it, deputies in turn.
    from_min, until_min: of the day in China, the end not included; a route over midnight has the later one first.
    unacknowledged_s: after so long without an acknowledgement the next in turn is told of a red level, 0: never.
    standing_s: after so long a warning that still stands is told to `then`, 0: never.
    unanswered_s: a call of which no receipt says after so long that it was answered goes to the next in turn, at any
    level, as one that failed does at once; 0: the gateway gives no receipts.
    topics: domains, topics of packs (`water`), indicators (`water.river_stage`), or how these begin (`water.river`).
    response, response_level: only while a response 应急响应 of this plan is in force there, at that level or graver
    (1 to 4, 1 the gravest); "": always.
    then: who is told once there is no next in turn.
    restricted: what only few may see goes by it to other systems and robots as well; people need their own right.
    """

    id: str
    name: str
    to: tuple[str, ...]
    channels: tuple[Channel, ...]
    topics: tuple[str, ...] = (EVERYWHERE,)
    areas: tuple[str, ...] = (EVERYWHERE,)
    level: Level = Level.ORANGE  # the lowest
    from_min: int = 0
    until_min: int = MINUTES_A_DAY
    unacknowledged_s: int = 45
    standing_s: int = 0
    then: tuple[str, ...] = ()
    disabled: bool = False
    response: str = ""
    response_level: int = 4
    unanswered_s: int = 0
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Rung:
    """A telephone that was called: what became of it, and since when, real time."""

    state: State
    since_ms: int


@dataclass(frozen=True, slots=True)
class InForce:
    """A response that is in force: of which plan, at which level (1 the gravest), over which areas; id: its own."""

    plan: str
    level: int
    areas: tuple[str, ...]
    id: str = ""

    @property
    def mark(self) -> str:
        """What a matter is briefed for once: another response, or another level of this one, is another mark."""
        return f"{self.id}|{self.level}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One decision to tell something, or not to: `suppressed` then says why. `key` is never decided twice.

    warning: the one that is told of; card: what it is told together with, the same from first to last.
    sentence: finished, in the city's language.
    areas: where it is, the smallest first. issued: an authority's signal, not a level of ours.
    topic: the domain; about: the indicator, "" for what is about none.
    grade: how far it may be seen; None: decided before that was kept.
    """

    key: str
    scene: str
    stamp: Stamp
    kind: Kind
    level: Level
    warning: str
    card: str
    topic: str
    areas: tuple[str, ...]
    sentence: str
    at_ms: int
    issued: bool = False
    suppressed: str = ""
    number: int = 0
    about: str = ""
    grade: Sensitivity | None = Sensitivity.PUBLIC


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice to one recipient on one channel. Times are real ms UTC.

    key: handed to the other side as well, so that what comes twice counts once. next_ms: when it is tried next.
    digest: the delivery that tells of this one, when it was beyond the budget.
    """

    key: str
    recipient: str
    channel: Channel
    made_ms: int
    next_ms: int
    state: State = State.WAITING
    reason: str = ""
    attempts: int = 0
    done_ms: int | None = None
    digest: str = ""
    notice: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """What a case, or the want of units, asks somebody to take notice of; told through the outbox.

    key: never told twice. to: `unit:<id>`, `department:<name>` or `role:<role>`. area, topic: where it is and what of;
    of roles only those reach it. grade: of the case, 0: none. about: what its sentence says, by place.
    """

    key: str
    kind: Kind
    scene: str
    stamp: Stamp
    to: tuple[str, ...]
    area: str
    topic: str
    grade: int = 0
    about: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matter:
    """What has been told of one warning, and to whom: what decides whether there is news.

    seen_ms: real time at which its present news was first seen. told, acknowledged: the highest such level.
    silent: why it never rings: `trial`, `late` (a late report) or `flapping`.
    thread: what it is told together with, once it was seen; a card may get another id.
    told_to: (recipient, channel). held: why the last news was not told. step: how far it went up the chain of deputies.
    lost_ms: since when its data are lost, city time, 0: they are not. lost_to: who was told that; losses: how often.
    briefed: the responses in force whose routes have been looked at for it, by their marks.
    """

    warning: str
    card: str
    topic: str
    areas: tuple[str, ...]
    sentence: str
    level: Level
    phase: str
    seen_ms: int
    since_ms: int
    issued: bool = False
    silent: str = ""
    told: Level = Level.NORMAL
    acknowledged: Level = Level.NORMAL
    told_to: tuple[tuple[str, Channel], ...] = ()
    thread: str = ""
    held: str = ""
    step: int = 0
    escalate_ms: int | None = None
    standing_ms: int | None = None
    lost_ms: int = 0
    lost_to: tuple[tuple[str, Channel], ...] = ()
    losses: int = 0
    about: str = ""
    briefed: tuple[str, ...] = ()
    grade: Sensitivity = Sensitivity.PUBLIC
