"""How kinds of case and their causes are written in a pack."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.accounts import Role
from core.declared import Words
from core.messages import catalogue
from core.records import Level
from core.schema import Entry, Name
from core.units import UnitKind, UnitRow
from dispatch.calendars import Counting
from dispatch.clocks import Obligation, Terms
from dispatch.intake import Admission, Becomes
from dispatch.kinds import LADDER, CaseKind, Cause, Grade, KindClass, Rung, Symptom
from dispatch.plans import Plan, PlanStep, ResponseLevel, Trigger
from dispatch.shifts import SHIFT
from dispatch.steps import STEPS, UNIT_STEPS, Verb
from dispatch.wording import FIELD
from geo.schema import Lat, Lon
from indicators.schema import TimeOfDay

YEAR_S = 366 * 86_400
OF_A_DAY_S = 86_400


class LimitEntry(Entry):
    """What is granted: seconds, work hours as seconds, or whole working days."""

    within_s: Annotated[int, Field(gt=0, le=YEAR_S)] | None = None
    working_days: Annotated[int, Field(gt=0, le=366)] | None = None
    counting: Counting = Counting.ALWAYS
    warn_s: Annotated[int, Field(ge=0, le=YEAR_S)] = 0

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.within_s is None) == (self.working_days is None):
            raise ValueError("a limit has either within_s or working_days")
        if self.working_days is not None and self.counting is not Counting.ALWAYS:
            raise ValueError("working_days count working days; counting belongs to within_s")
        if self.counting is Counting.WORKING_DAYS:
            raise ValueError("a limit in working days is written as working_days")
        if self.warn_s >= self._limit_s:
            raise ValueError(f"warn_s {self.warn_s} would warn from the beginning; the limit is {self._limit_s} s")
        return self

    @property
    def _limit_s(self) -> int:
        return self.within_s or (self.working_days or 0) * OF_A_DAY_S

    def record(self) -> Terms:
        """The limit as clocks know it."""
        counting = Counting.WORKING_DAYS if self.working_days else self.counting
        return Terms(self._limit_s * 1000, counting, self.warn_s * 1000)


class RungEntry(Entry):
    """One level of an escalation: who takes notice, so long after a clock has ended."""

    to: Literal[Role.LIAISON, Role.DISPATCHER, Role.SHIFT_LEADER, Role.SUPERVISOR, Role.LEADER]
    after_s: Annotated[int, Field(gt=0, le=YEAR_S)]

    def record(self) -> Rung:
        """The level as the rooms know it."""
        return Rung(self.to, self.after_s * 1000)


class CaseKindEntry(Entry):
    """A kind of case: who leads, what is granted, what each step must carry."""

    name: Words
    kind_class: KindClass
    domain: str
    lead: Annotated[str, Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)] = "1"
    grade: Grade = Grade.NONE
    limits: dict[Obligation, LimitEntry] = Field({})
    needs: dict[Verb, tuple[Name, ...]] = Field({})
    capabilities: tuple[Name, ...] = ()
    near_m: Annotated[float, Field(gt=0, le=20_000)] = 250.0
    within_s: Annotated[int, Field(gt=0, le=YEAR_S)] = 7200
    redone: Annotated[int, Field(gt=0)] = 3
    returned: Annotated[int, Field(gt=0)] = 3
    words: tuple[str, ...] = ()
    public: bool = False
    escalation: tuple[RungEntry, ...] | None = None
    rectifies: bool = False
    labels: dict[Name, Words] = Field({})
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]*$", max_length=32)] = ""

    @model_validator(mode="after")
    def _later_and_later(self) -> Self:
        times_s = [rung.after_s for rung in self.escalation or ()]
        if sorted(set(times_s)) != times_s:
            raise ValueError("each level of an escalation comes later than the one before")
        return self

    @model_validator(mode="after")
    def _begun_somewhere(self) -> Self:
        begun = {obligation for step in STEPS.values() for obligation in step.begins}
        for obligation in self.limits:
            if obligation not in begun:
                raise ValueError(f"no step begins the clock of {obligation}")
        for verb in self.needs:
            if verb in UNIT_STEPS:
                raise ValueError(f"{verb} is a step of a unit, not of a case")
        return self

    @model_validator(mode="after")
    def _fields_are_called_something(self) -> Self:
        unknown = {name for names in self.needs.values() for name in names if name not in self.labels}
        if nameless := sorted(name for name in unknown if f"{FIELD}{name}" not in catalogue()):
            raise ValueError(f"labels do not say what {', '.join(nameless)} is called")
        return self

    def record(self, kind_id: str) -> CaseKind:
        """The kind as the rooms know it."""
        limits = {obligation: limit.record() for obligation, limit in self.limits.items()}
        ladder = LADDER if self.escalation is None else tuple(rung.record() for rung in self.escalation)
        return CaseKind(kind_id, **(self.fields() | {"limits": limits, "escalation": ladder}))


class StateWordEntry(Entry):
    """What this city calls one state of cases or assignments; programs meet the state itself."""

    zh: Annotated[str, Field(min_length=1, max_length=12)]
    en: Annotated[str, Field(min_length=1, max_length=24)]

    def record(self) -> Words:
        """The word as the rooms know it."""
        return Words(self.zh, self.en)


class SymptomEntry(Entry):
    """How an incident shows: exactly one of kind, rule and event."""

    kind: str = ""
    rule: str = ""
    event: str = ""
    reach_m: Annotated[float, Field(gt=0, le=50_000)] = 1000.0
    earliest_s: Annotated[int, Field(ge=-86_400, le=0)] = -1800
    latest_s: Annotated[int, Field(gt=0, le=7 * 86_400)] = 7200

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(map(bool, (self.kind, self.rule, self.event))) != 1:
            raise ValueError("a symptom is either a kind, a rule or an event")
        return self


class AdmissionEntry(Entry):
    """What becomes of a warning or an event that came in: exactly one of rule and event."""

    becomes: Becomes
    kind: str
    rule: str = ""
    event: Annotated[str, Field(pattern=r"^[a-z0-9_.*-]*$")] = ""
    level: Annotated[int, Field(ge=0, le=4)] = 0
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    quiet: tuple[TimeOfDay, TimeOfDay] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.rule) == bool(self.event):
            raise ValueError("what comes in is either a rule or an event")
        if (self.level and self.event) or (self.confidence and self.rule):
            raise ValueError("warnings have a level, events a confidence")
        return self

    def record(self, row_id: str) -> Admission:
        """The row as the rooms know it."""
        told = (self.becomes, self.kind, self.rule, self.event)
        return Admission(row_id, *told, Level(self.level), self.confidence, self.quiet)


class UnitEntry(Entry):
    """A unit 力量 as the pack ships it; what the city changes of it later goes before this."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    department: Annotated[str, Field(min_length=1, max_length=120)]
    capabilities: Annotated[tuple[Name, ...], Field(min_length=1)]
    area: str
    lon_deg: Lon | None = None
    lat_deg: Lat | None = None
    phone: Annotated[str, Field(max_length=32)] = ""
    device: str = ""
    speed_kmh: Annotated[float, Field(gt=0, le=200)] = 40.0
    crew: Annotated[int, Field(ge=1)] = 1
    crew_needed: Annotated[int, Field(ge=1)] = 1
    kind: UnitKind = UnitKind.TEAM
    shifts: Annotated[tuple[Annotated[str, Field(pattern=SHIFT)], ...], Field(max_length=6)] = ()

    @model_validator(mode="after")
    def _whole_place(self) -> Self:
        if (self.lon_deg is None) != (self.lat_deg is None):
            raise ValueError("a home has both lon_deg and lat_deg, or neither")
        return self

    def record(self, unit_id: str) -> UnitRow:
        """The unit as it is stored."""
        return UnitRow(unit_id, **self.fields())


class CauseEntry(Entry):
    """What one kind of incident shows as, with reach and delay."""

    name: Words
    kind: str
    symptoms: Annotated[tuple[SymptomEntry, ...], Field(min_length=1)]

    def record(self, cause_id: str) -> Cause:
        """The cause as the rooms know it."""
        return Cause(cause_id, self.name, self.kind, tuple(Symptom(**one.fields()) for one in self.symptoms))


class TriggerEntry(Entry):
    """When a plan is proposed."""

    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    grade: Annotated[int, Field(ge=0, le=4)] = 0
    level: Annotated[int, Field(ge=0, le=4)] = 0


class PlanStepEntry(Entry):
    """One step of a plan."""

    id: Name
    name: Words
    owner: Annotated[str, Field(min_length=1)]
    within_s: Annotated[int, Field(ge=0, le=YEAR_S)] = 0
    after: tuple[Name, ...] = ()
    levels: tuple[ResponseLevel, ...] = ()


class PlanEntry(Entry):
    """A plan: when it is proposed, its steps in order, and what is shown with it."""

    name: Words
    owner: Annotated[str, Field(min_length=1)]
    steps: Annotated[tuple[PlanStepEntry, ...], Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)] = "1"
    trigger: TriggerEntry = TriggerEntry()
    objectives: tuple[Words, ...] = ()
    resources: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    messages: tuple[Words, ...] = ()
    abilities: dict[str, Name] = Field({})
    telephones: dict[str, Annotated[str, Field(pattern=r"^[0-9+ -]{3,20}$")]] = Field({})
    review_s: Annotated[int, Field(gt=0, le=7 * OF_A_DAY_S)] = 6 * 3600
    short: Words | None = None
    domain: str = ""
    hastens: dict[ResponseLevel, Annotated[float, Field(gt=0, le=1)]] = Field({})
    hastened: tuple[str, ...] = ()
    wakes: dict[str, ResponseLevel] = Field({})

    @model_validator(mode="after")
    def _of_what_is_named(self) -> Self:
        for key, named, listed in (
            ("abilities", self.abilities, self.resources),
            ("telephones", self.telephones, self.contacts),
        ):
            if unknown := [one for one in named if one not in listed]:
                raise ValueError(f"{key}: {', '.join(unknown)} is not among what the plan lists")
        return self

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        before: set[str] = set()
        for step in self.steps:
            if step.id in before:
                raise ValueError(f"the step {step.id} is declared twice")
            for name in step.after:
                if name not in before:
                    raise ValueError(f"{step.id} comes after {name}, which must stand above it")
            before.add(step.id)
        return self

    def record(self, plan_id: str) -> Plan:
        """The plan as the rooms know it."""
        steps = tuple(PlanStep(**step.fields()) for step in self.steps)
        return Plan(plan_id, **(self.fields() | {"steps": steps, "trigger": Trigger(**self.trigger.fields())}))
