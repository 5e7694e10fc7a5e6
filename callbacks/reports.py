"""The page of urgent reports on a case, its acts, and the files of every version."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from accounts.masking import mask_text
from accounts.warden import Warden
from api.entrance import Entrance
from api.errors import ApiError
from callbacks.account_desk import AccountDesk, Asked, Done
from callbacks.case_sight import CaseSight
from callbacks.files import attached
from core.clock import real_ms
from core.errors import IllegalStep, UnknownName
from core.messages import text
from dispatch.urgent import Stage
from dispatch.urgent_office import APPROVE, DRAFT, PASS, Reports, UrgentOffice, is_last, may_sign
from dispatch.urgent_paper import Version, urgent_paper
from documents.formats import Format, written
from documents.letters import Letters
from documents.paper import Paper
from documents.word import filled
from layouts.account_frame import Frame
from layouts.reading import PictureReader
from layouts.reports import Shown, reports_page
from store.papers import PaperRow

SEE = "cases.see"


def register(
    server: FastAPI, desk: AccountDesk, entrance: Entrance, reader: PictureReader, packs: Path, letters: Letters
) -> None:
    """The pages below `reports`. packs: where a city's own template lies."""
    pages = ReportPages(desk, entrance, reader, packs, letters)
    desk.page("reports/{case}", pages.show)
    desk.act("reports/{case}/draft", pages.draft, pages.show)
    desk.act("reports/{case}/{number}/pass", pages.pass_on, pages.show)
    desk.act("reports/{case}/{number}/approve", pages.approve, pages.show)
    desk.act("reports/{case}/{number}/return", pages.give_back, pages.show)
    desk.act("reports/{case}/{number}/sent", pages.sent, pages.show)
    server.add_api_route(f"{desk.base_path}reports/{{case}}/{{number}}/file", pages.file, include_in_schema=False)


class ReportPages:
    """What the page shows, and what its forms do."""

    def __init__(
        self, desk: AccountDesk, entrance: Entrance, reader: PictureReader, packs: Path, letters: Letters
    ) -> None:
        self._desk, self._entrance, self._packs, self._letters = desk, entrance, packs, letters
        self._sight = CaseSight(reader, desk.office, desk.language)

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
                self._sight.names(),
                self._sight.people(),
                self._sight.now(asked.now_ms).city_ms,
                drafts=self._sight.may(asked.by, DRAFT, facts),
                signs={
                    one.row.number
                    for one in found.reports
                    if may_sign(asked.by, one.row)
                    and self._sight.may(asked.by, APPROVE if is_last(one.row) else PASS, facts)
                },
                exports="export.make" in asked.rights(),
                papers={
                    one.row.number: self._paper(one.row, is_draft=one.row.state == "draft") for one in found.reports
                },
            ),
        )

    def draft(self, asked: Asked) -> Done:
        """Draft the next report."""
        self._seen(asked)
        said = {name: asked.word(name) for name in ("measures", "request")}
        self._office().draft(asked.by, asked.place["case"], said, self._sight.now(asked.now_ms))
        return self._done(asked, "draft")

    def pass_on(self, asked: Asked) -> Done:
        """Hand a draft on to whoever is next in its chain."""
        self._office().pass_on(asked.by, self._as_seen(asked), self._sight.now(asked.now_ms))
        return self._done(asked, "pass")

    def approve(self, asked: Asked) -> Done:
        """Issue a draft: its files are made from exactly this draft, with who issued it, and kept."""
        row = self._as_seen(asked)
        signed = replace(row, approved_by=asked.by.name)
        files = {form: self._made(signed, Format(form), is_draft=False) for form in ("docx", "pdf")}
        self._office().approve(asked.by, row, files, self._sight.now(asked.now_ms))
        return self._done(asked, "approve")

    def give_back(self, asked: Asked) -> Done:
        """Give it back to its author."""
        self._office().give_back(asked.by, self._as_seen(asked), asked.word("reason"), self._sight.now(asked.now_ms))
        return self._done(asked, "return")

    def sent(self, asked: Asked) -> Done:
        """Record that it went up, and who received it."""
        row = self._version(asked)
        receipt = (asked.word("receiver"), asked.word("receipt"))
        self._office().sent(asked.by, row.case, row.number, receipt, self._sight.now(asked.now_ms))
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
        return attached(made, name, form)

    def _taken(self, asked: Asked, form: Format) -> tuple[bytes, str]:
        row, office = self._version(asked), self._desk.office
        detail = {"report": "file", "number": row.number, "format": str(form)}
        with Warden(office.database, office.journal).acting(asked.by, SEE, f"case:{row.case}", asked.now_ms, detail):
            kept = self._office().file(row.case, row.number, str(form))
        stage = text(f"reports.stage-{row.stage}", self._desk.language)
        title = text("reports.title", self._desk.language, stage=stage)
        return kept or self._made(row, form, is_draft=True), f"{title}{row.case}-{row.number}"

    def _paper(self, row: PaperRow, is_draft: bool) -> Paper:
        """What a version says."""
        language, names = self._desk.language, self._sight.names()
        city = self._sight.declared().city.name[language]
        marks = (text("reports.draft-mark", language) if is_draft else "", self._sight.mark())
        signed = (text("reports.office", language, city=city), names.at(row.as_of_ms))
        issuer = self._sight.people()(row.approved_by) if row.approved_by else ""
        version = Version(row.case, row.number, Stage(row.stage), row.facts, row.said, row.as_of_ms, issuer)
        return urgent_paper(version, signed, " · ".join(filter(None, marks)), names)

    def _made(self, row: PaperRow, form: Format, is_draft: bool) -> bytes:
        """The file of a version; DOCX in the template of the city when its pack has one."""
        paper, rule = self._paper(row, is_draft), self._office().of(row.case).rule
        if form is Format.DOCX and rule and rule.template:
            return filled((self._packs / rule.template).read_bytes(), paper.facts | {"mark": paper.mark})
        return written(paper, form, self._letters, row.as_of_ms)

    def _as_seen(self, asked: Asked) -> PaperRow:
        """The version that an address names, as it stood on his page. Raises UnknownName, IllegalStep."""
        row = self._version(asked)
        if asked.word("drafted") != str(row.drafted_ms):
            raise IllegalStep("report-new")
        return row

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
        if not self._sight.may(asked.by, SEE, found.told.case.facts):
            raise UnknownName(asked.place["case"])
        return found

    def _office(self) -> UrgentOffice:
        office, urgent = self._desk.office, self._sight.declared().urgent_reports
        return UrgentOffice(Warden(office.database, office.journal), self._sight.rules(), urgent.values())

    @staticmethod
    def _done(asked: Asked, what: str) -> Done:
        return Done(f"reports/{quote(asked.place['case'])}", f"report-{what}")
