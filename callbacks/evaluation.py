"""The pages of evaluation, appeals and their answers, and the monthly report as a file."""

from __future__ import annotations

import asyncio
from typing import TypeVar
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from accounts.masking import mask_text
from accounts.warden import Warden
from api.entrance import Entrance
from api.errors import ApiError
from api.evaluation_desk import EvaluationDesk, Figure, Here
from callbacks.account_desk import AccountDesk, Asked, Done
from callbacks.case_sight import moment
from callbacks.files import attached
from core.clock import real_ms
from core.errors import UnknownName
from core.messages import text
from dispatch.book import Now, Wish
from dispatch.case import Case
from dispatch.evaluation import By, Measure
from dispatch.evaluation_table import head, paper
from dispatch.evaluations import Basis
from dispatch.log import Entry
from dispatch.months import Month, month_at, month_named
from dispatch.personal import seen_fields
from dispatch.steps import Verb
from documents.formats import Format, written
from documents.letters import Letters
from documents.paper import Paper
from layouts.account_frame import Frame
from layouts.evaluation import Line, Listed, OneCase, Shown, case_page, cases_page, evaluation_page
from layouts.reading import PictureReader

Choice = TypeVar("Choice", Basis, By, Measure, Format)

EXPORT = "export.make"
SAID = ("text", "reason", "result", "lead", "into")  # fields of an entry that are read in its line
ANSWERS = {"grant": Verb.GRANT_APPEAL, "deny": Verb.DENY_APPEAL}


def register(server: FastAPI, desk: AccountDesk, entrance: Entrance, reader: PictureReader, letters: Letters) -> None:
    """The pages below `evaluation`, their acts, and `evaluation/report`."""
    pages = EvaluationPages(desk, entrance, reader, letters)
    desk.page("evaluation", pages.month)
    desk.page("evaluation/cases", pages.cases)
    desk.page("evaluation/cases/{case}", pages.case)
    desk.act("evaluation/cases/{case}/appeal", pages.appeal, pages.case)
    desk.act("evaluation/cases/{case}/decide", pages.decide, pages.case)
    server.add_api_route(f"{desk.base_path}evaluation/report", pages.report, methods=["GET"], include_in_schema=False)


class EvaluationPages:
    """What each page shows, and what its form does."""

    def __init__(self, desk: AccountDesk, entrance: Entrance, reader: PictureReader, letters: Letters) -> None:
        self._desk, self._entrance, self._reader, self._letters = desk, entrance, reader, letters
        self._evaluation = EvaluationDesk(desk.office, desk.language)

    def month(self, frame: Frame, asked: Asked) -> str:
        """The figures of a month, by departments unless something else is asked for."""
        here = self._here(asked)
        month, basis, by = _month(asked, here.now_ms), _one_of(Basis, asked.word("basis")), asked.word("by")
        found = self._evaluation.month(here, month, basis)
        chosen = By(by) if by in set(found.tables) else By.LEAD
        exports = EXPORT in asked.rights()
        return evaluation_page(frame, Shown(found, chosen, self._mark(here), here.now_ms, exports))

    def cases(self, frame: Frame, asked: Asked) -> str:
        """The cases behind one figure."""
        here = self._here(asked)
        month, basis = _month(asked, here.now_ms), _one_of(Basis, asked.word("basis"))
        by, name, column = _one_of(By, asked.word("by") or By.ALL), asked.word("of"), asked.word("measure")
        measure = _one_of(Measure, column) if column not in ("", "cases") else None
        found = self._evaluation.behind(here, Figure(month, basis, by, name, measure))
        names = self._evaluation.names(here)
        listed = [
            Listed(one.head.id, mask_text(one.head.title), names[By.KIND](one.outcome.kind), one.outcome, one.value)
            for one in found
        ]
        whose = names[by](name) if by is not By.ALL else frame.word("evaluation.by-all")
        title = frame.word("evaluation.cases-of", name=whose, column=head(measure or "cases", frame.language))
        return cases_page(frame, title, (month, basis), listed, measure)

    def case(self, frame: Frame, asked: Asked) -> str:
        """One case, its log, and its appeal."""
        here = self._here(asked)
        told, outcome = self._evaluation.case(here, asked.place["case"])
        in_full, rights = self._evaluation.in_full(here, told), asked.rights()
        names = self._evaluation.names(here)
        who = names.get(By.PERSON, lambda name: "—" if name.startswith("person:") else name)
        lines = [_line(one, who(one.by), in_full, frame.language) for one in told.log]
        title = str(seen_fields(told.case.facts, in_full)["title"])
        possible = told.case.possible
        asks = Verb.APPEAL in possible and "cases.report" in rights
        decides = _may_decide(told.case, told.log, asked.by.name) and "cases.supervise" in rights
        return case_page(frame, OneCase(told.case.id, title, lines, outcome, asks, decides))

    def appeal(self, asked: Asked) -> Done:
        """Ask to leave a case out."""
        return self._step(asked, Verb.APPEAL, "appeal")

    def decide(self, asked: Asked) -> Done:
        """Grant or deny it."""
        if asked.word("answer") not in ANSWERS:
            raise ValueError("neither granted nor denied")
        return self._step(asked, ANSWERS[asked.word("answer")], "decided")

    async def report(self, request: Request) -> Response:
        """The monthly report as a file; who took it stands in the audit."""
        sent = {name: [value] for name, value in request.query_params.items()}
        asked = Asked(self._entrance.bearer(), real_ms(), {}, sent)
        try:
            form = _one_of(Format, asked.word("format"))
            made, name = await asyncio.to_thread(self._report, asked, form)
        except UnknownName as unknown:
            raise ApiError(404, "not-found", path=str(unknown)) from None
        return attached(made, name, form)

    def _report(self, asked: Asked, form: Format) -> tuple[bytes, str]:
        here = self._here(asked)
        month, basis = _month(asked, here.now_ms), _one_of(Basis, asked.word("basis"))
        found = self._evaluation.month(here, month, basis)
        office = self._desk.office
        detail = {"basis": str(basis), "format": str(form), "cases": found.whole.figures.cases}
        with Warden(office.database, office.journal).acting(
            asked.by, EXPORT, f"evaluation:{month.name}", asked.now_ms, detail
        ):
            city = here.declared.city.name[self._desk.language]
            made: Paper = paper(found, city, self._mark(here), moment, self._desk.language)
        return written(made, form, self._letters, here.now_ms), made.title

    def _step(self, asked: Asked, verb: Verb, done: str) -> Done:
        here, case = self._here(asked), asked.place["case"]
        told, _ = self._evaluation.case(here, case)  # who may not see it is told that there is none
        wish = Wish(
            f"{verb}-{case}-{told.case.revision}", verb, case, {"reason": asked.word("reason")}, told.case.revision
        )
        now = Now(here.scene, here.stamp, here.declared.city.code, here.now_ms, asked.now_ms)
        self._evaluation.book(here.declared).act(asked.by, wish, now)
        return Done(f"evaluation/cases/{quote(case)}", done)

    def _here(self, asked: Asked) -> Here:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        stamp = str(self._reader.sections()["city"]["main"]["stamp"])
        return Here(asked.by, declared, self._reader.scene_id(), stamp, self._reader.city_now_ms())

    def _mark(self, here: Here) -> str:
        """What is said beside figures of a city that is not the real one."""
        return "" if here.stamp == "live" else text(f"stamp.{here.stamp}", self._desk.language)


def _month(asked: Asked, now_ms: int) -> Month:
    return month_named(asked.word("month")) if asked.word("month") else month_at(now_ms)


def _one_of(choices: type[Choice], word: str) -> Choice:
    """The choice that an address names; the first one when it names none. Raises UnknownName."""
    if word and word not in set(choices):
        raise UnknownName(word)
    return choices(word) if word else next(iter(choices))


def _may_decide(case: Case, log: tuple[Entry, ...], name: str) -> bool:
    asked_by = next((one.by for one in reversed(log) if one.verb is Verb.APPEAL), "")
    return case.appeal == "asked" and asked_by != name


def _line(one: Entry, who: str, in_full: bool, language: str) -> Line:
    fields = seen_fields(one.fields, in_full)
    words = [str(fields[name]) for name in SAID if fields.get(name)]
    return Line(one.at_ms, text(f"case.verb-{one.verb}", language), who, "；".join(words))
