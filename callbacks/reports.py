"""The page of urgent reports on a case, its acts, and the files of every version."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from accounts.masking import mask_text
from accounts.rights import may
from accounts.warden import Warden
from api.entrance import Entrance
from api.errors import ApiError
from board.belonging import chain_of
from board.names import Names as Places
from callbacks.account_desk import AccountDesk, Asked, Done
from catalogue.declared import Declared
from core.clock import CHINA, from_ms, real_ms
from core.errors import IllegalStep, UnknownName
from core.messages import text
from dispatch.book import Now, Rules
from dispatch.holidays import calendars_at
from dispatch.urgent import Stage
from dispatch.urgent_office import APPROVE, DRAFT, Reports, UrgentOffice
from dispatch.urgent_paper import Names, Version, urgent_paper
from documents.formats import Format, written
from documents.letters import Letters
from documents.word import filled
from layouts.account_frame import Frame
from layouts.reading import PictureReader
from layouts.reports import Shown, reports_page
from store.papers import PaperRow

SEE = "cases.see"


def register(
    server: FastAPI, desk: AccountDesk, entrance: Entrance, reader: PictureReader, packs: Path, assets: Path
) -> None:
    """The pages below `reports`. packs: where a city's own template lies; assets: where the letters of PDF are."""
    pages = ReportPages(desk, entrance, reader, packs, Letters(assets))
    desk.page("reports/{case}", pages.show)
    desk.act("reports/{case}/draft", pages.draft, pages.show)
    desk.act("reports/{case}/{number}/approve", pages.approve, pages.show)
    desk.act("reports/{case}/{number}/return", pages.give_back, pages.show)
    desk.act("reports/{case}/{number}/sent", pages.sent, pages.show)
    server.add_api_route(f"{desk.base_path}reports/{{case}}/{{number}}/file", pages.file, include_in_schema=False)


class ReportPages:
    """What the page shows, and what its forms do."""

    def __init__(
        self, desk: AccountDesk, entrance: Entrance, reader: PictureReader, packs: Path, letters: Letters
    ) -> None:
        self._desk, self._entrance, self._reader = desk, entrance, reader
        self._packs, self._letters = packs, letters

    def show(self, frame: Frame, asked: Asked) -> str:
        """All reports on a case. Raises UnknownName, also for what he may not see."""
        found = self._seen(asked)
        facts = found.told.case.facts
        title = {**facts, "title": mask_text(str(facts["title"]))}
        told = replace(found.told, case=replace(found.told.case, facts=title))
        return reports_page(
            frame,
            Shown(
                replace(found, told=told),
                self._names(),
                self._person,
                self._reader.city_now_ms(),
                asked.by.name,
                drafts=self._may(asked, DRAFT, found),
                approves=self._may(asked, APPROVE, found),
            ),
        )

    def draft(self, asked: Asked) -> Done:
        """Draft the next report."""
        self._seen(asked)
        said = {name: asked.word(name) for name in ("measures", "request")}
        self._office().draft(asked.by, asked.place["case"], said, self._now(asked))
        return self._done(asked, "draft")

    def approve(self, asked: Asked) -> Done:
        """Issue a draft: its files are made from exactly this draft and kept."""
        row = self._version(asked)
        if asked.word("drafted") != str(row.drafted_ms):
            raise IllegalStep("report-new")
        files = {form: self._made(row, Format(form), is_draft=False) for form in ("docx", "pdf")}
        self._office().approve(asked.by, row, files, self._now(asked))
        return self._done(asked, "approve")

    def give_back(self, asked: Asked) -> Done:
        """Give it back to its author."""
        row = self._version(asked)
        self._office().give_back(asked.by, row.case, row.number, asked.word("reason"), self._now(asked))
        return self._done(asked, "return")

    def sent(self, asked: Asked) -> Done:
        """Record that it went up, and who received it."""
        row = self._version(asked)
        receipt = (asked.word("receiver"), asked.word("receipt"))
        self._office().sent(asked.by, row.case, row.number, receipt, self._now(asked))
        return self._done(asked, "sent")

    async def file(self, request: Request) -> Response:
        """A version as a file: as it was issued, or a draft that says so on every page. Who took it is audited."""
        sent = {name: [value] for name, value in request.query_params.items()}
        asked = Asked(self._entrance.bearer(), real_ms(), request.path_params, sent)
        if asked.word("format") not in ("docx", "pdf"):
            raise ApiError(404, "not-found", path=asked.word("format"))
        form = Format(asked.word("format"))
        try:
            made, name = await asyncio.to_thread(self._taken, asked, form)
        except UnknownName as unknown:
            raise ApiError(404, "not-found", path=str(unknown)) from None
        disposition = f"attachment; filename=\"report.{form}\"; filename*=UTF-8''{quote(name)}.{form}"
        headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
        return Response(made, media_type=form.media_type, headers=headers)

    def _taken(self, asked: Asked, form: Format) -> tuple[bytes, str]:
        row, office = self._version(asked), self._desk.office
        detail = {"report": "file", "number": row.number, "format": str(form)}
        with Warden(office.database, office.journal).acting(asked.by, SEE, f"case:{row.case}", asked.now_ms, detail):
            kept = self._office().file(row.case, row.number, str(form))
        stage = text(f"reports.stage-{row.stage}", self._desk.language)
        title = text("reports.title", self._desk.language, stage=stage)
        return kept or self._made(row, form, is_draft=True), f"{title}{row.case}-{row.number}"

    def _made(self, row: PaperRow, form: Format, is_draft: bool) -> bytes:
        """The file of a version; DOCX in the template of the city when its pack has one."""
        declared, language, names = self._declared(), self._desk.language, self._names()
        city = declared.city.name[language]
        stamp = str(self._reader.sections()["city"]["main"]["stamp"])
        marks = (
            text("reports.draft-mark", language) if is_draft else "",
            "" if stamp == "live" else text(f"stamp.{stamp}", language),
        )
        signed = (text("reports.office", language, city=city), names.at(row.as_of_ms))
        version = Version(row.case, row.number, Stage(row.stage), row.facts, row.said, row.as_of_ms)
        paper = urgent_paper(version, signed, " · ".join(marks), names)
        rule = self._office().of(row.case).rule
        if form is Format.DOCX and rule and rule.template:
            return filled((self._packs / rule.template).read_bytes(), paper.facts | {"mark": paper.mark})
        return written(paper, form, self._letters, row.as_of_ms)

    def _version(self, asked: Asked) -> PaperRow:
        """The version that an address names. Raises UnknownName."""
        number = asked.number("number")
        found = next((one.row for one in self._seen(asked).reports if one.row.number == number), None)
        if found is None:
            raise UnknownName(asked.place["number"])
        return found

    def _seen(self, asked: Asked) -> Reports:
        """The reports on a case that he may see. Raises UnknownName."""
        found = self._office().of(asked.place["case"])
        if not self._may(asked, SEE, found):
            raise UnknownName(asked.place["case"])
        return found

    def _may(self, asked: Asked, action: str, found: Reports) -> bool:
        declared, facts = self._declared(), found.told.case.facts
        kind, area = declared.case_kinds.get(str(facts["kind"])), str(facts.get("area", ""))
        chain = chain_of(declared, area) if area else ()
        return may(asked.by, action, area=chain, topic=kind.domain if kind else "").allowed

    def _office(self) -> UrgentOffice:
        declared, office = self._declared(), self._desk.office
        calendars = calendars_at(declared.city.work_hours, real_ms())
        rules = Rules(declared.case_kinds, calendars, lambda area: chain_of(declared, area))
        return UrgentOffice(Warden(office.database, office.journal), rules, declared.urgent_reports.values())

    def _now(self, asked: Asked) -> Now:
        city, city_ms = self._declared().city.code, self._reader.city_now_ms()
        return Now(self._reader.scene_id(), self._stamp(), city, city_ms, asked.now_ms)

    def _stamp(self) -> str:
        return str(self._reader.sections()["city"]["main"]["stamp"])

    def _names(self) -> Names:
        declared, language = self._declared(), self._desk.language
        kinds = {kind.id: kind.name[language] for kind in declared.case_kinds.values()}
        return Names(lambda kind: kinds.get(kind, kind), Places(declared, language).subject, _moment, language)

    def _person(self, name: str) -> str:
        people = {f"person:{one.login}": one.name for one in self._desk.office.roster.people()}
        return people.get(name, name)

    def _declared(self) -> Declared:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        return declared

    @staticmethod
    def _done(asked: Asked, what: str) -> Done:
        return Done(f"reports/{quote(asked.place['case'])}", f"report-{what}")


def _moment(at_ms: int) -> str:
    return f"{from_ms(at_ms).astimezone(CHINA):%Y-%m-%d %H:%M}"
