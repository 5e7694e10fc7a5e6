"""Evaluation for whoever asks: the cases of a month that he may see, persons only by right, one case with its log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.bearer import Bearer
from accounts.office import Office
from accounts.rights import may, may_somewhere
from accounts.warden import Warden
from board.belonging import chain_of
from board.names import Names
from catalogue.declared import Declared
from core.clock import real_ms
from core.errors import UnknownName
from dispatch.book import CaseBook, Rules, Told
from dispatch.evaluation import By, Measure, Outcome, of_name, outcome, value_of
from dispatch.evaluation_table import Evaluation, Name, evaluated
from dispatch.evaluations import Asked, Basis, Evaluations, Ground
from dispatch.fleet import abilities
from dispatch.holidays import calendars_at
from dispatch.kinds import CaseKind
from dispatch.months import Month
from dispatch.scores import score_of
from store.evaluation import Head
from store.units import all_units

SEE, PERSONS, PERSONAL = "evaluation.see", "evaluation.persons", "personal.see"


@dataclass(frozen=True, slots=True)
class Here:
    """The city on show, and who asks. stamp: of what its figures are; now_ms: city time, ms UTC."""

    by: Bearer
    declared: Declared
    scene: str
    stamp: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class Figure:
    """Which figure of a month: whose, and which one."""

    month: Month
    basis: Basis
    by: By
    name: str
    measure: Measure | None


@dataclass(frozen=True, slots=True)
class Behind:
    """One case behind a figure. value: what it adds to it; None: it is not among those the figure rests on."""

    head: Head
    outcome: Outcome
    value: float | None


class EvaluationDesk:
    """Evaluation as one web process gives it."""

    def __init__(self, office: Office, language: str) -> None:
        self.office, self.language = office, language
        self._evaluations = Evaluations(office.database)

    def month(self, here: Here, month: Month, basis: Basis) -> Evaluation:
        """The figures of a month, of the cases that whoever asks may see."""
        found = self._outcomes(here, month, basis)
        names = self._names(here)
        weighed = score_of(month, here.declared.case_scores.values())
        return evaluated([one for _, one in found.values()], (month, basis, here.now_ms), weighed, names)

    def behind(self, here: Here, figure: Figure) -> list[Behind]:
        """The cases behind a figure. Raises UnknownName: figures of persons are not his to see."""
        if figure.by is By.PERSON and not sees_persons(here.by):
            raise UnknownName(f"{figure.by} is not shown")
        found = self._outcomes(here, figure.month, figure.basis)
        under = {one.case for one in of_name((one for _, one in found.values()), figure.by, figure.name)}
        return list(_behind(found, under, figure.measure))

    def names(self, here: Here) -> dict[By, Name]:
        """What departments, counties, kinds, units and, by right, persons are called."""
        return self._names(here)

    def case(self, here: Here, case: str) -> tuple[Told, Outcome]:
        """One case with its log, and what it says. Raises UnknownName, also for what he may not see."""
        told = self.book(here.declared).read(case)
        kind = here.declared.case_kinds.get(str(told.case.facts["kind"]))
        area = str(told.case.facts.get("area", ""))
        if kind is None or not self._sees(here, SEE, area, kind.domain):
            raise UnknownName(case)
        ground = self._ground(here)
        return told, outcome(told.case, told.log, kind, ground.able, (ground.as_of_ms, ground.calendars))

    def in_full(self, here: Here, told: Told) -> bool:
        """Whether names, numbers and addresses of a case are shown in full."""
        kind: CaseKind | None = here.declared.case_kinds.get(str(told.case.facts["kind"]))
        return self._sees(here, PERSONAL, str(told.case.facts.get("area", "")), kind.domain if kind else "")

    def book(self, declared: Declared) -> CaseBook:
        """The book of cases, for appeals and their answers."""
        calendars = calendars_at(declared.city.work_hours, real_ms())
        rules = Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))
        return CaseBook(Warden(self.office.database, self.office.journal), lambda: rules)

    def _outcomes(self, here: Here, month: Month, basis: Basis) -> dict[str, tuple[Head, Outcome]]:
        asked = Asked(here.scene, month, basis)
        return self._evaluations.outcomes(
            asked, self._ground(here), lambda head: self._sees(here, SEE, head.area, head.topic)
        )

    def _ground(self, here: Here) -> Ground:
        declared, able = here.declared, abilities(self.office.database, here.declared.units)
        return Ground(declared.case_kinds, calendars_at(declared.city.work_hours, real_ms()), able, here.now_ms)

    def _names(self, here: Here) -> dict[By, Name]:
        declared, language = here.declared, self.language
        kinds = {kind.id: kind.name[language] for kind in declared.case_kinds.values()}
        with self.office.database.reading() as connection:
            units = {**declared.units, **{row.id: row for row in all_units(connection)}}
        found: dict[By, Name] = {
            By.LEAD: lambda name: name,
            By.AREA: Names(declared, language).subject,
            By.KIND: lambda name: kinds.get(name, name),
            By.UNIT: lambda name: units[name].name if name in units else name,
        }
        if sees_persons(here.by):
            people = {f"person:{login}": name for login, name in self.office.roster.names(here.by, PERSONS).items()}
            found[By.PERSON] = lambda name: people.get(name, name)
        return found

    @staticmethod
    def _sees(here: Here, action: str, area: str, topic: str) -> bool:
        return may(here.by, action, area=chain_of(here.declared, area) if area else (), topic=topic).allowed


def sees_persons(by: Bearer) -> bool:
    """Whether figures of persons are shown to somebody at all."""
    return may_somewhere(by, PERSONS).allowed


def _behind(found: dict[str, tuple[Head, Outcome]], under: set[str], measure: Measure | None) -> Iterator[Behind]:
    for case, (head, one) in found.items():
        value = None if measure is None else value_of(one, measure)
        if case in under and (measure is None or value is not None):
            yield Behind(head, one, value)
