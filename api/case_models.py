"""What the routes of cases take and give. Times are city time, ms UTC."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.book import Told, Wish
from dispatch.case import WAITING, Assignment, Reached
from dispatch.clocks import Calendars, Clock
from dispatch.log import Entry, Origin
from dispatch.narrowing import Narrowing
from dispatch.personal import seen_fields
from dispatch.steps import Verb
from dispatch.urgency import Load, Page
from store.case_queue import Mark
from store.cases import CaseRow

LATEST_MS = 1 << 53
FieldName = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=60)]
Origins = Literal["person", "relayed"]  # what a link, a fence or time did is written down by themselves


class Where(BaseModel):
    """A place, degrees WGS 84, its radius in m and how it is known; said: in the caller's words."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    lon_deg: float = Field(ge=-180, le=180)
    lat_deg: float = Field(ge=-90, le=90)
    accuracy_m: float = Field(50.0, gt=0, le=100_000)
    origin: Literal["gps", "door", "crossing", "road", "community", "said", "device", "map"] = "map"
    said: str = Field("", max_length=200)


class Caller(BaseModel):
    """Who told it; personal data, shown by right."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=60)
    phone: str = Field("", max_length=32)
    address: str = Field("", max_length=200)


class Report(BaseModel):
    """A new case. key: chosen by whoever asks; a repeat with the same key makes no second one.

    correlation: the warning or the event that it comes from. discloses: that a restricted one becomes known by it.
    further: what its kind needs of a report beyond these, by name.
    """

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=80)
    kind: str = Field(min_length=1, max_length=120)
    title: str = Field(min_length=1, max_length=120)
    text: str = Field("", max_length=2000)
    area: str = Field("", max_length=64)
    place: Where | None = None
    caller: Caller | None = None
    correlation: str = Field("", max_length=80)
    discloses: bool = False
    further: dict[FieldName, Annotated[str, Field(max_length=300)]] = Field(default_factory=dict, max_length=20)
    happened_ms: int | None = Field(None, ge=0, le=LATEST_MS)

    def wish(self) -> Wish:
        """What the book is asked for; no further field takes the place of one of ours."""
        untold = {"key", "happened_ms", "further"} | (set() if self.discloses else {"discloses"})
        fields = self.model_dump(exclude=untold, exclude_none=True)
        return Wish(self.key, Verb.REPORT, fields=self.further | fields, happened_ms=self.happened_ms)


class StepWish(BaseModel):
    """A step. revision: the newest entry on his screen; null for what does not depend on it. fields: as it needs."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=80)
    verb: Verb
    revision: int | None = Field(None, ge=1)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=30)
    assignment: str = Field("", max_length=40)
    origin: Origins = "person"
    happened_ms: int | None = Field(None, ge=0, le=LATEST_MS)

    def wish(self, case: str) -> Wish:
        """What the book is asked for."""
        return Wish(
            self.key,
            self.verb,
            case,
            self.fields,
            self.revision,
            self.assignment,
            Origin(self.origin),
            self.happened_ms,
        )


class CaseShort(BaseModel):
    """A case as the queue shows it. escalated: to which level, 0: not at all."""

    id: str
    kind: str
    title: str
    grade: int
    state: str
    hold: str
    area: str
    lead: str
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m: float | None
    reported_ms: int
    since_ms: int
    due_ms: int | None
    due_of: str
    into: str
    revision: int
    escalated: int

    @classmethod
    def of(cls, row: CaseRow) -> CaseShort:
        """From the row of a list."""
        columns = {name: getattr(row, name) for name in cls.model_fields if name != "escalated"}
        return cls(**columns, escalated=int(row.body.get("escalated", 0)))


# A place in the queue as addresses carry it: when it is due ("-": nothing runs), when it was reported, the number.
After = Annotated[str, Field(pattern=r"^$|^(\d{1,15}|-)\.\d{1,15}\.[^.\s]{1,40}$", max_length=80)]


class Wanted(BaseModel):
    """Which open cases are asked for; what is left out means any.

    area: with all that lies in it. hold: `held` are 挂账 and 缓办. source: something from there belongs to it, or who
    reported it. late: a clock of it has ended. mine: who asks wrote in its log, or his department leads. text: in its
    title or number. after: `next` of the page before.
    """

    model_config = ConfigDict(extra="forbid")

    state: str = Field("", max_length=16)
    lead: str = Field("", max_length=120)
    area: str = Field("", max_length=64)
    kind: str = Field("", max_length=120)
    source: Literal["", "warning", "video", "hotline", "field", "person", "token", "platform"] = ""
    grade: int = Field(0, ge=0, le=4)
    hold: Literal["", "held", "shelved", "extended", "postponed"] = ""
    late: bool = False
    mine: bool = False
    text: str = Field("", max_length=60)
    after: After = ""

    def narrowing(self) -> Narrowing:
        """All but state, department and page."""
        same = ("area", "kind", "source", "grade", "hold", "late")
        return Narrowing(own=self.mine, words=self.text, **{name: getattr(self, name) for name in same})


class QueueLoad(BaseModel):
    """How many cases stand in each state, in all, late and on hold."""

    open: int
    late: int
    held: int
    states: dict[str, int]


class Queue(BaseModel):
    """Open cases, what is due first first. now_ms: city time of this answer. next: names the next page; "": none.

    load: of all that it is narrowed to, whatever the state; null where nothing is, and on further pages.
    """

    now_ms: int
    cases: list[CaseShort]
    next: str = ""
    load: QueueLoad | None = None

    @classmethod
    def of(cls, page: Page, load: Load | None, now_ms: int) -> Queue:
        """From a page of the queue."""
        after = page.after
        named = "" if after is None else f"{_or_dash(after.due_ms)}.{after.reported_ms}.{after.id}"
        counted = QueueLoad(open=load.open, late=load.late, held=load.held, states=dict(load.states)) if load else None
        return cls(now_ms=now_ms, cases=[CaseShort.of(row) for row in page.cases], next=named, load=counted)


def mark_of(after: After) -> Mark | None:
    """The place in the queue that an address names."""
    if not after:
        return None
    due_ms, reported_ms, case = after.split(".")
    return Mark(None if due_ms == "-" else int(due_ms), int(reported_ms), case)


def _or_dash(at_ms: int | None) -> str:
    return "-" if at_ms is None else str(at_ms)


class ClockTold(BaseModel):
    """An obligation: how it stands, when it is due (null: it rests or is over), how much is left, ms."""

    obligation: str
    standing: str
    due_ms: int | None
    warns_ms: int | None
    left_ms: int
    granted_ms: int
    counting: str
    rests_for: str
    provisional: bool

    @classmethod
    def of(cls, clock: Clock, at_ms: int, calendars: Calendars) -> ClockTold:
        """How a clock stands at a time."""
        return cls(
            obligation=clock.obligation,
            standing=clock.standing(at_ms, calendars),
            due_ms=clock.due_ms(calendars),
            warns_ms=clock.warns_ms(calendars),
            left_ms=clock.left_ms(at_ms, calendars),
            granted_ms=clock.granted_ms,
            counting=clock.terms.counting,
            rests_for=clock.rests_for,
            provisional=clock.is_provisional(calendars),
        )


class EntryTold(BaseModel):
    """One line of the log. name: of who acted; struck: by which entry; corrected_ms: the time that counts instead."""

    number: int
    verb: str
    at_ms: int
    entered_ms: int
    by: str
    name: str
    origin: str
    assignment: str
    fields: dict[str, Any]
    struck: int | None = None
    corrected_ms: int | None = None


class TimeTold(BaseModel):
    """When a unit reached something, and who or what set that time. entry: the line of the log that says so."""

    at_ms: int
    name: str
    origin: str
    entry: int
    is_corrected: bool

    @classmethod
    def of(cls, reached: Reached, names: Mapping[str, str], corrected: Container[int]) -> TimeTold:
        """From what an assignment reached. corrected: numbers of entries whose time was corrected since."""
        return cls(
            at_ms=reached.at_ms,
            name=names.get(reached.by, reached.by),
            origin=reached.origin,
            entry=reached.entry,
            is_corrected=reached.entry in corrected,
        )


class UnitTold(BaseModel):
    """A unit of the case and when it reached what; times: by state, with who set each."""

    assignment: str
    unit: str
    state: str
    reached: dict[str, int]
    times: dict[str, TimeTold]

    @classmethod
    def of(cls, one: Assignment, names: Mapping[str, str], corrected: Container[int]) -> UnitTold:
        """From an assignment; as `TimeTold.of`."""
        return cls(
            assignment=one.id,
            unit=one.unit,
            state=one.state,
            reached={str(state): reached.at_ms for state, reached in one.reached.items()},
            times={str(state): TimeTold.of(reached, names, corrected) for state, reached in one.reached.items()},
        )


class AskedTold(BaseModel):
    """An extension that waits for an answer: who asks for how much more counted time, ms, and why."""

    obligation: str
    by_ms: int
    name: str
    reason: str


class HeldTold(BaseModel):
    """Since when 挂账 or 缓办 holds a case, who had that done, who approved it, and why. until_ms: null without end."""

    at_ms: int
    until_ms: int | None
    name: str
    approver: str
    reason: str


class CaseTold(BaseModel):
    """A case with its log, its clocks and what can be done to it now. in_full: personal data are not masked."""

    id: str
    state: str
    hold: str
    since_ms: int
    reported_ms: int
    revision: int
    now_ms: int
    facts: dict[str, Any]
    into: str
    redone: int
    returned: int
    escalated: int
    possible: list[str]
    clocks: list[ClockTold]
    units: list[UnitTold]
    log: list[EntryTold]
    asked: AskedTold | None
    held: HeldTold | None
    in_full: bool

    @classmethod
    def of(cls, told: Told, at: tuple[int, Calendars], names: Mapping[str, str], in_full: bool) -> CaseTold:
        """A case at a time, ms UTC. names: of who acted; in_full: whether whoever asks may see personal data."""
        case, (now_ms, calendars) = told.case, at
        corrected = {int(entry.fields["entry"]) for entry in told.log if entry.verb is Verb.CORRECT}
        return cls(
            **{name: getattr(case, name) for name in _PLAIN},
            now_ms=now_ms,
            facts=seen_fields(case.facts, in_full),
            possible=[str(verb) for verb in case.possible],
            clocks=[ClockTold.of(clock, now_ms, calendars) for clock in case.clocks],
            units=[UnitTold.of(one, names, corrected) for one in case.assignments.values()],
            log=list(_log(told.log, names, in_full)),
            asked=_asked(told, names, in_full),
            held=_held(told, names, in_full),
            in_full=in_full,
        )


_PLAIN = ("id", "state", "hold", "since_ms", "reported_ms", "revision", "into", "redone", "returned", "escalated")


def _asked(told: Told, names: Mapping[str, str], in_full: bool) -> AskedTold | None:
    if (asked := told.case.asked) is None:
        return None
    entry = told.log[asked.entry - 1]
    reason = str(seen_fields(entry.fields, in_full)["reason"])
    return AskedTold(obligation=asked.obligation, by_ms=asked.by_ms, name=names.get(entry.by, entry.by), reason=reason)


def _held(told: Told, names: Mapping[str, str], in_full: bool) -> HeldTold | None:
    """From the line of the log that began it; None: nothing holds the case."""
    if told.case.hold not in WAITING:
        return None
    entry = next(one for one in reversed(told.log) if one.verb in (Verb.SHELVE, Verb.POSTPONE))
    fields = seen_fields(entry.fields, in_full)
    return HeldTold(
        at_ms=entry.at_ms,
        until_ms=told.case.until_ms,
        name=names.get(entry.by, entry.by),
        approver=str(fields.get("approver", "")),
        reason=str(fields["reason"]),
    )


def _log(entries: Sequence[Entry], names: Mapping[str, str], in_full: bool) -> Iterable[EntryTold]:
    struck = {entry.fields["entry"]: entry.number for entry in entries if entry.verb is Verb.STRIKE}
    corrected = {entry.fields["entry"]: entry.fields["at_ms"] for entry in entries if entry.verb is Verb.CORRECT}
    for entry in entries:
        yield EntryTold(
            number=entry.number,
            verb=entry.verb,
            at_ms=entry.at_ms,
            entered_ms=entry.entered_ms,
            by=entry.by,
            name=names.get(entry.by, entry.by),
            origin=entry.origin,
            assignment=entry.assignment,
            fields=seen_fields(entry.fields, in_full),
            struck=struck.get(entry.number),
            corrected_ms=corrected.get(entry.number),
        )
