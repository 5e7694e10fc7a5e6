"""Station references 特征值: the workbook out and in, backtested whole, then a draft through review."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.responses import Response

from accounts.warden import Warden
from callbacks.account_desk import AccountDesk, Asked, Done
from catalogue import examine
from catalogue.declared import Declared
from core.declared import Device
from core.errors import UnknownName
from core.records import DAY_MS, Level
from core.reference_sheets import OPEN, References
from core.settings import Settings
from early_warning.kept_past import Asked as Span
from early_warning.kept_past import KeptPast, indicators_of
from early_warning.reference_office import Concerned, ReferenceOffice
from early_warning.reference_table import differences, read, written
from early_warning.reference_weighing import Weighed, readers, weigh_sheet
from early_warning.rule import Rule
from early_warning.rule_desk import RuleDesk
from early_warning.subjects import Ground
from layouts.account_frame import Frame, begin_of
from layouts.reading import PictureReader
from layouts.rule_consequences import NOTHING
from layouts.rule_references import DAYS, PAGE, Held, references_page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def register(desk: AccountDesk, server: FastAPI, settings: Settings, reader: PictureReader) -> None:
    """The page `rules/references`, its workbook, and the acts on its sheets."""
    sheets = Sheets(desk, settings, reader)

    async def workbook() -> Response:
        content = await asyncio.to_thread(sheets.workbook)
        headers = {"Content-Disposition": 'attachment; filename="references.xlsx"', "Cache-Control": "no-store"}
        return Response(content, media_type=XLSX, headers=headers)

    server.add_api_route(f"{desk.base_path}{PAGE}.xlsx", workbook, methods=["GET"], include_in_schema=False)
    desk.page(PAGE, sheets.shown)
    desk.act(f"{PAGE}/upload", sheets.upload, sheets.shown)
    for verb, act in (("submit", sheets.submit), ("approve", sheets.approve), ("return", sheets.send_back)):
        desk.act(f"{PAGE}/{{number}}/{verb}", act, sheets.shown)
    desk.act(f"{PAGE}/{{number}}/drop", sheets.drop, sheets.shown)


class Sheets:
    """What the page shows, and what its forms do."""

    def __init__(self, desk: AccountDesk, settings: Settings, reader: PictureReader) -> None:
        self._desk, self._settings, self._reader = desk, settings, reader
        self._past = KeptPast(settings.history_folder)
        self._rules = RuleDesk(self._past, desk.office.database)

    def workbook(self) -> bytes:
        """All references as they hold now."""
        return written(self._declared().devices, self._desk.language)

    def shown(self, frame: Frame, asked: Asked) -> str:
        """The whole page."""
        declared = self._declared()
        sheets = self._office(declared).sheets()
        sheet = next((one for one in sheets if one.state in OPEN), None)
        changes = differences(declared.devices, sheet.references) if sheet else []
        names = {one.station: declared.devices[one.station].name[frame.language] for one in changes}
        rules = [rule.name[frame.language] for rule in readers(declared.rules)]
        return references_page(frame, Held(sheets, changes, names, rules, asked.rights(), asked.by.name))

    def upload(self, asked: Asked) -> Done:
        """A workbook becomes the draft, held against the past as a whole."""
        declared = self._declared()
        references = read(asked.files.get("table", b""), declared.devices, self._desk.language)
        promised = [self._row(one) for one in self._weighed(declared, references)]
        self._office(declared).draw_up(asked.by, references, promised, asked.now_ms)
        return Done(PAGE, "references-kept")

    def submit(self, asked: Asked) -> Done:
        """To whoever approves."""
        self._office(self._declared()).submit(asked.by, asked.number("number"), asked.word("reason"), asked.now_ms)
        return Done(PAGE, "references-submitted")

    def approve(self, asked: Asked) -> Done:
        """Releases it, from a day on or at once."""
        effective_ms = begin_of(asked.word("from")) if asked.word("from") else 0
        self._office(self._declared()).approve(asked.by, asked.number("number"), effective_ms, asked.now_ms)
        return Done(PAGE, "references-approved")

    def send_back(self, asked: Asked) -> Done:
        """Back to who drew it up."""
        self._office(self._declared()).send_back(asked.by, asked.number("number"), asked.word("remark"), asked.now_ms)
        return Done(PAGE, "references-returned")

    def drop(self, asked: Asked) -> Done:
        """Given up."""
        self._office(self._declared()).drop(asked.by, asked.number("number"), asked.now_ms)
        return Done(PAGE, "references-dropped")

    def _weighed(self, declared: Declared, references: References) -> list[Weighed]:
        """Each rule that reads references, over the past days; none where the sheet does not fit the city."""
        rules, wanted = readers(declared.rules), self._wanted(declared, references)
        if not rules or wanted is None:
            return []
        ground = Ground(declared.indicators, declared.devices, declared.areas, declared.feeds)
        scene, upto_ms = self._reader.scene_id(), self._reader.city_now_ms()
        span = Span(scene, indicators_of(rules, declared.indicators), DAYS, upto_ms)
        past = self._past.of(span, ground, lambda indicator, place: ())
        labels = self._rules.labels(declared.city.code, scene, upto_ms - DAYS * DAY_MS, upto_ms)
        return weigh_sheet(rules, past, ground, wanted, labels)

    def _row(self, one: Weighed) -> list[str]:
        before, after = one.scores
        met = f"{before.hits}/{before.labels} → {after.hits}/{after.labels}" if after.labels else "—"
        name, difference = one.rule.name[self._desk.language], one.difference
        counted = [_levels(one.before), _levels(one.after), str(len(difference.added)), str(len(difference.removed))]
        known = one.reporting >= NOTHING  # else no count means anything
        return [name, f"{one.reporting:.1%}", *(counted if known else ["—"] * len(counted)), met]

    def _wanted(self, declared: Declared, references: References) -> Mapping[str, Device] | None:
        """All stations as a sheet says, with heights in another datum converted; None: it does not fit."""
        found = examine(self._settings.packs, declared.city.code, _laid_over(references)).declared
        return None if found is None else {**declared.devices, **{name: found.devices[name] for name in references}}

    def _office(self, declared: Declared) -> ReferenceOffice:
        def check(references: References) -> list[str]:
            found = examine(self._settings.packs, declared.city.code, _laid_over(references)).findings.problems
            return [said.partition(": ")[2] for said in found]

        office, topics = self._desk.office, _topics(readers(declared.rules))
        return ReferenceOffice(Warden(office.database, office.journal), Concerned(declared.city.code, topics), check)

    def _declared(self) -> Declared:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        return declared


def _laid_over(references: References) -> dict[str, dict[str, object]]:
    return {"devices": {station: {"references": list(rows)} for station, rows in references.items()}}


def _topics(rules: list[Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule.domain for rule in rules))


def _levels(counts: Mapping[Level, int]) -> str:
    """How many, and how many of each level: 7 (1/2/4/0), the gravest first."""
    return f"{sum(counts.values())} ({'/'.join(str(counts[level]) for level in sorted(counts, reverse=True))})"
