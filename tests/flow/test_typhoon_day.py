"""A typhoon day: 200 reports of five sources, a third of them told twice, worked to verified closes and evaluated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from argon2 import PasswordHasher
from prerequisites import REPOSITORY

from accounts.bearer import Bearer, Grant
from accounts.office import Office, open_office
from accounts.warden import Warden
from catalogue.declared import Declared
from catalogue.load import load
from core.accounts import Reach, Role
from core.records import MINUTE_MS
from core.settings import load as settings_of
from dispatch.book import CaseBook, Now, Rules, Told, Wish
from dispatch.clocks import Obligation
from dispatch.evaluation import By, figures, outcome
from dispatch.grouping import Grouper, Sighting
from dispatch.holidays import calendars_at
from dispatch.log import Origin
from dispatch.states import CaseState
from dispatch.steps import Verb
from store import cases as kept

BEGAN_MS = 1_795_300_000_000
INCIDENTS, REPORTS = 140, 200
SOURCES = ("warning", "video", "12345", "field", "grid")
KIND = "water.road_water"
HANDS = (Role.SHIFT_LEADER, Role.DISPATCHER, Role.FIELD, Role.SUPERVISOR, Role.LEADER, Role.HOTLINE)


@dataclass
class Day:
    """The book of one day, and who does everything in it."""

    book: CaseBook
    declared: Declared
    office: Office
    rng: np.random.Generator
    done: int = 0

    def act(self, minute: float, verb: Verb, told: Told | None, **wish: object) -> Told:
        self.done += 1
        now = Now("live-440900", "live", "440900", at_ms(minute), at_ms(minute))
        case = told.case.id if told else ""
        return self.book.act(EVERYBODY, Wish(f"day-{self.done:06}", verb, case, **wish), now)  # type: ignore[arg-type]


EVERYBODY = Bearer("person:everybody", tuple(Grant(role, Reach(), str(role)) for role in HANDS), strong=True)


def at_ms(minute: float) -> int:
    return BEGAN_MS + int(minute * MINUTE_MS)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    settings = settings_of({"CITYVITALS_VAR": str(tmp_path / "var")})
    office = open_office(settings, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    declared = load(REPOSITORY / "packs", "maoming")
    calendars = calendars_at(declared.city.work_hours, BEGAN_MS)
    rules = Rules(declared.case_kinds, calendars, lambda area: (area, "440900"))
    book = CaseBook(Warden(office.database, office.journal), lambda: rules)
    yield Day(book, declared, office, np.random.default_rng(17))
    office.database.close()


def reported(day: Day) -> dict[str, list[Told]]:
    """200 reports of 140 incidents, 2 km apart; what is told again comes within the hour, 120 m away at most."""
    found: dict[str, list[Told]] = defaultdict(list)
    for number in range(REPORTS):
        incident = number if number < INCIDENTS else number - INCIDENTS
        north, east = divmod(incident, 12)
        shift = 0.0 if number < INCIDENTS else float(day.rng.uniform(-0.0007, 0.0007))
        place = {"lon_deg": 110.5 + 0.02 * east, "lat_deg": 21.5 + 0.02 * north + shift, "accuracy_m": 40}
        fields = {"kind": KIND, "title": f"积水 {number}", "area": "440902", "place": place | {"origin": "gps"}}
        fields["source"] = SOURCES[number % 5]
        minute = incident * 0.5 + (0 if number < INCIDENTS else 70 + incident * 0.1)
        found[f"i{incident}"].append(day.act(minute, Verb.REPORT, None, fields=fields))
    return found


def merged(day: Day, reports: dict[str, list[Told]]) -> list[Told]:
    """Every proposal accepted; returns the cases that lead."""
    sightings = [
        Sighting(
            told.case.id,
            told.case.facts["place"]["lon_deg"],
            told.case.facts["place"]["lat_deg"],
            40.0,
            told.case.reported_ms,
            kind=KIND,
            case=told.case.id,
        )
        for group in reports.values()
        for told in group
    ]
    by_id = {told.case.id: told for group in reports.values() for told in group}
    followers = set()
    for proposal in Grouper(day.declared.case_kinds, ()).propose(sightings):
        for member in proposal.members:
            if member.id != proposal.lead:
                day.act(150, Verb.MERGE, by_id[member.id], fields={"into": proposal.lead})
                followers.add(member.id)
    return [told for case, told in by_id.items() if case not in followers]


def worked(day: Day, told: Told, number: int) -> Told:
    """Filed, sent, arrived by a telephone that was offline for a while, finished, sometimes redone, closed."""
    minute = 160 + number * 0.2
    wait = float(day.rng.uniform(1, 40))
    told = day.act(minute, Verb.FILE, told)
    lead = ("市水务局", "市城市管理和综合执法局")[number % 2]
    told = day.act(minute + 1, Verb.DISPATCH, told, fields={"lead": lead})
    told = day.act(minute + 2, Verb.NOTIFY, told, assignment="t", fields={"unit": f"pump-{number % 4 + 1}"})
    told = day.act(minute + 3, Verb.ACCEPT, told, assignment="t")
    offline = {"assignment": "t", "happened_ms": at_ms(minute + 3 + wait), "origin": Origin.PERSON}
    told = day.act(minute + 95, Verb.ARRIVE, told, **offline)  # sent when there was a network again
    handled = minute + 100 + float(day.rng.uniform(10, 300))
    told = day.act(handled, Verb.FINISH, told, fields={"result": "已排水"})
    if number % 7 == 0:
        told = day.act(handled + 5, Verb.REDO, told, fields={"reason": "仍有积水"})
        told = day.act(handled + 30, Verb.FINISH, told, fields={"result": "已排水"})
    told = day.act(handled + 40, Verb.VERIFY, told)
    return day.act(handled + 45, Verb.CLOSE, told)


@pytest.mark.claim(
    "COMMAND",
    "A typhoon day of 200 reports with doubles is merged, worked, closed, and its figures equal an independent count.",
)
def test_a_typhoon_day(day: Day) -> None:
    leads = merged(day, reported(day))
    assert len(leads) == INCIDENTS
    closed = [worked(day, told, number) for number, told in enumerate(leads)]
    assert {told.case.state for told in closed} == {CaseState.CLOSED}
    with day.office.database.reading() as connection:
        again = [day.book.read(told.case.id) for told in closed[::20]]
        rows = [row for told in closed for row in kept.log_of(connection, told.case.id)]
    assert again == closed[::20]
    kind, calendars = day.declared.case_kinds[KIND], calendars_at(day.declared.city.work_hours, BEGAN_MS)
    able = {f"pump-{n}": frozenset({"pump"}) for n in range(1, 5)}
    outcomes = [outcome(t.case, t.log, kind, able, (at_ms(5000), calendars)) for t in closed]
    found = figures(outcomes, By.LEAD)
    for lead, of in expected(rows, kind.limits[Obligation.HANDLE].limit_ms).items():
        assert (found[lead].cases, found[lead].redone) == (of["cases"], of["redone"])
        assert found[lead].on_time[Obligation.HANDLE] == (of["in_time"], of["cases"])
        assert found[lead].first_arrival_ms == pytest.approx(of["arrival_ms"])
    assert sum(of.cases for of in found.values()) == INCIDENTS


def expected(rows: list[kept.EntryRow], limit_ms: int) -> dict[str, dict[str, float]]:
    """The same from the rows of the log, with pandas."""
    plain = [(row.case, row.verb, row.at_ms, row.fields.get("lead")) for row in rows]
    entries = pd.DataFrame(plain, columns=["case", "verb", "at_ms", "lead"])
    times = entries.pivot_table(index="case", columns="verb", values="at_ms", aggfunc="first")
    last = entries.pivot_table(index="case", columns="verb", values="at_ms", aggfunc="last")
    lead = entries[entries.verb == "dispatch"].set_index("case").lead
    in_time = (times["finish"] - times["dispatch"] <= limit_ms) & ~(last["finish"] - times["redo"] > limit_ms)
    return {
        name: {
            "cases": len(cases),
            "redone": int(times.loc[cases, "redo"].notna().sum()),
            "in_time": int(in_time.loc[cases].sum()),
            "arrival_ms": float((times.loc[cases, "arrive"] - times.loc[cases, "dispatch"]).median()),
        }
        for name, cases in lead.groupby(lead).groups.items()
    }
