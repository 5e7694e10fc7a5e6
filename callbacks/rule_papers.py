"""Labels from a table, complaints, the sheet of before and after: pages of forms, without scripts."""

from __future__ import annotations

from shapely.geometry import shape

from accounts.warden import Warden
from board.names import Names
from callbacks.account_desk import AccountDesk, Asked, Done
from catalogue.declared import Declared
from core.clock import local_day
from core.errors import UnknownName
from core.labels import Label
from core.rule_versions import Complaint
from core.settings import Settings
from early_warning.complaints import Complaints
from early_warning.declaration import declaration_of, rule_of
from early_warning.grades import grade_of_rule
from early_warning.incident_table import Source, read_incidents
from early_warning.kept_past import KeptPast
from early_warning.rule import Rule
from early_warning.rule_desk import File, Question, RuleDesk
from early_warning.rule_office import Declaration
from early_warning.subjects import Ground
from geo.inside import AreaFinder
from layouts.account_frame import Frame
from layouts.figures.rule_sheet import sheet_of
from layouts.label_map import Mark, label_map
from layouts.reading import PictureReader
from layouts.rule_papers import complaint_page, labels_page, sheet_page

SHEET_DAYS = 30


def register(desk: AccountDesk, settings: Settings, reader: PictureReader) -> None:
    """The pages `labels`, `rules/<rule>/complain`, `rules/<rule>/sheet`, and their acts."""
    papers = Papers(desk, RuleDesk(KeptPast(settings.history_folder), desk.office.database), reader)
    desk.page("labels", papers.labels)
    desk.act("labels/import", papers.import_labels, papers.labels)
    desk.page("rules/{rule}/complain", papers.complaint)
    desk.act("rules/{rule}/complain", papers.complain, papers.complaint)
    desk.page("rules/{rule}/sheet", papers.sheet)
    desk.act("rules/{rule}/sheet", papers.answer, papers.sheet)


class Papers:
    """What each page shows, and what its form does."""

    def __init__(self, desk: AccountDesk, rules: RuleDesk, reader: PictureReader) -> None:
        self._desk, self._rules, self._reader = desk, rules, reader

    def labels(self, frame: Frame, asked: Asked) -> str:
        """All labels, and the form for more."""
        declared = self._declared()
        names = Names(declared, frame.language)
        all_of_them = self._rules.labels(declared.city.code, self._reader.scene_id())
        found = [one for one in all_of_them if self._sees(asked, declared, declared.rules.get(one.rule))]
        places = {one.place: names.subject(one.place) for one in found}
        counties = {area.id: area.name[frame.language] for area in declared.areas.counties}
        marks = [mark for one in found if (mark := _mark(declared, one, places[one.place])) is not None]
        city = declared.city
        source = frame.word("wall.map_source", source=city.map_source, date=city.map_date)
        drawn = label_map(
            declared.boundaries, counties, marks, f"{source} · {city.map_review or frame.word('wall.map_internal')}"
        )
        return labels_page(frame, found, places, "rules.edit" in asked.rights(), drawn)

    def import_labels(self, asked: Asked) -> Done:
        """Past incidents from a workbook."""
        declared = self._declared()
        source = Source(declared.city.code, asked.by.name, asked.now_ms)
        content = asked.files.get("table", b"")
        found = read_incidents(content, source, Places(declared), self._desk.language)
        self._office(declared).add_incidents(asked.by, found, asked.now_ms)
        return Done("labels", "labels")

    def complaint(self, frame: Frame, asked: Asked) -> str:
        """The form, filled in from the warning that is complained about."""
        declared, rule = self._rule(asked)
        filled = {name: asked.word(name) for name in ("warning", "place", "from", "to")}
        filled["place"] = filled["place"] or declared.city.code
        return complaint_page(frame, rule.id, rule.name[frame.language], filled)

    def complain(self, asked: Asked) -> Done:
        """Keep it, for the owner of the rule."""
        declared, rule = self._rule(asked)
        place = asked.word("place") or declared.city.code
        begin, end = (
            int(asked.word(name)) if asked.word(name).isdecimal() else asked.now_ms for name in ("from", "to")
        )
        said = Complaint("", rule.id, place, begin, end, "", asked.word("said"), asked.now_ms, asked.word("warning"))
        ground = _ground(declared)
        area = (place, *ground.holding(place)) if place in declared.areas else ground.holding(place)
        self._office(declared).complain(asked.by, said, area, rule.domain)
        return Done(f"rules/{rule.id}/complain", "complaint")

    def sheet(self, frame: Frame, asked: Asked) -> str:
        """Before and after, on one page."""
        declared, rule = self._rule(asked)
        file = self._rules.file(declared.city.code, rule.id)
        complaint = next((one for one in file.complaints if str(one.number) == asked.word("complaint")), None)
        draft, active = _both(file, rule, asked.now_ms)
        question = Question(self._reader.scene_id(), draft, rule.id, active, SHEET_DAYS, self._reader.city_now_ms())
        answer = self._rules.weigh(question, _ground(declared), lambda indicator, place: ())
        place = complaint.place if complaint else asked.word("place")
        return sheet_page(frame, sheet_of(answer, question, declared, place, complaint, frame.language))

    def answer(self, asked: Asked) -> Done:
        """Answer a complaint with the sheet."""
        declared, rule = self._rule(asked)
        number = asked.word("complaint")
        self._office(declared).answer(asked.by, int(number), asked.word("answer"), rule.domain, asked.now_ms)
        return Done(f"rules/{rule.id}/sheet?complaint={number}", "answer")

    def _declared(self) -> Declared:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        return declared

    def _rule(self, asked: Asked) -> tuple[Declared, Rule]:
        declared = self._declared()
        rule = declared.rules.get(asked.place["rule"])
        if rule is not None and not self._sees(asked, declared, rule):
            self._desk.hid("rules.see", rule.id)
            rule = None
        if rule is None:
            raise UnknownName(asked.place["rule"])
        return declared, rule

    def _sees(self, asked: Asked, declared: Declared, rule: Rule | None) -> bool:
        """Whether his posts reach the sensitivity of what a rule looks at; where there is none, of anything."""
        if rule is None:
            return True
        grade = grade_of_rule(rule, declared.indicators)
        return any(grade <= grant.reach.sensitivity for grant in asked.by.grants)

    def _office(self, declared: Declared) -> Complaints:
        office = self._desk.office
        return Complaints(Warden(office.database, office.journal), declared.city.code)


def _both(file: File, rule: Rule, now_ms: int) -> tuple[Declaration, Rule]:
    """What is proposed against what judges; without a draft what judges against the version that it came from."""
    if file.open_version:
        return file.open_version.declaration, rule
    judging = file.judging(now_ms)
    before = next((one for one in file.versions if judging and one.version == judging.based_on), None)
    return declaration_of(rule), rule_of(rule.id, before.declaration, before.version) if before else rule


class Places:
    """Areas and stations by name or code, else by where a point lies. Raises LookupError."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._by_name: dict[str, str] = {}
        areas = [declared.areas.city, *declared.areas.counties]
        for area in areas:
            self._by_name |= {area.id: area.id, area.name.zh: area.id, area.name.en: area.id}
        for device in declared.devices.values():
            self._by_name |= {device.id: device.id, device.name.zh: device.id, device.name.en: device.id}

    def __call__(self, named: str, lon_deg: float | None, lat_deg: float | None) -> str:
        """The id of a place."""
        if named in self._by_name or (named and named in self._declared.areas):
            return self._by_name.get(named, named)
        if not named and lon_deg is not None and lat_deg is not None:
            shapes = {one["id"]: shape(one["geometry"]) for one in self._declared.boundaries["features"]}
            found = AreaFinder(shapes).area_of(lon_deg, lat_deg)
            if found:
                return found
        raise LookupError(named)


def _mark(declared: Declared, label: Label, name: str) -> Mark | None:
    """A label at the point that it names, else at its station or in the middle of its area.

    None: nowhere, or it says nothing of what happened.
    """
    at = (label.lon_deg, label.lat_deg) if label.lon_deg is not None and label.lat_deg is not None else None
    device = declared.devices.get(label.place)
    if at is None and device is not None and device.place is not None:
        at = device.place.lon_deg, device.place.lat_deg
    if at is None and label.place in declared.areas:
        at = declared.areas[label.place].centre_deg
    said = " ".join(filter(None, (local_day(label.began_ms), name, label.kind, label.note)))
    true = label.verdict.is_true
    return Mark(at, said, true) if at is not None and true is not None else None


def _ground(declared: Declared) -> Ground:
    return Ground(declared.indicators, declared.devices, declared.areas, declared.feeds)
