"""The page of the register of units 力量: who there is, how each stands, and the form that adds or changes one."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial

from pydantic import ValidationError

from accounts.rights import may
from accounts.warden import Warden
from api.fleet import NAME, UnitWish, vehicles_seen
from board.belonging import chain_of
from board.names import Names
from callbacks.account_desk import OFFERED, AccountDesk, Asked, Done
from catalogue.declared import Declared
from core.errors import Objection, UnknownName
from core.messages import listed, text
from core.units import UnitKind, UnitRow
from core.wording import capability
from dispatch.fleet import EDIT, UnitBook
from dispatch.units import Unit
from geo.frames import MapFrame, wgs84_of
from layouts.account_frame import Frame
from layouts.reading import PictureReader
from layouts.units import LABELS, Entry, Home, Narrowing, Register, units_page

ORDER = {kind: place for place, kind in enumerate(UnitKind)}
WORDS = ("name", "department", "area", "kind", "phone", "device")
FIGURES = ("speed_kmh", "crew", "crew_needed")  # left empty they are those of any new unit
LISTS = ("capabilities", "members", "shifts")
DECIMALS = 6  # a tenth of a metre


def register(desk: AccountDesk, reader: PictureReader) -> None:
    """The page `units` and its act."""
    pages = Units(desk, reader)
    desk.page("units", pages.show)
    desk.act("units", pages.put, pages.show)


class Units:
    """What the page shows, and what its form does."""

    def __init__(self, desk: AccountDesk, reader: PictureReader) -> None:
        self._desk, self._reader = desk, reader
        warden = Warden(desk.office.database, desk.office.journal)
        self._book = UnitBook(warden, lambda: self._declared().units, reader.scene_id)

    def show(self, frame: Frame, asked: Asked) -> str:
        """The register, narrowed as asked, and beside it the form of one unit or of a new one."""
        known = self._book.units(vehicles_seen(self._reader.sections()))
        homes = self._homes(known)
        is_refused = bool(frame.told.form)  # then the fields are those of the form, not of the filter
        narrowing = Narrowing() if is_refused else Narrowing(*(asked.word(name) for name in ("kind", "area", "q")))
        found = [unit for unit in known if self._fits(unit, homes[unit.area], narrowing)]
        edits = EDIT in asked.rights()
        declared = self._declared()
        shown = Register(
            units=sorted(
                (unit for unit in found if narrowing.kind in ("", unit.kind)), key=lambda one: (ORDER[one.kind], one.id)
            ),
            counts=Counter(str(unit.kind) for unit in found),
            narrowing=narrowing,
            homes=homes,
            areas={area.id: area.name[frame.language] for level in OFFERED for area in declared.areas.at(level)},
            kept=frozenset(area for area in homes if edits and self._keeps(asked, area)),
            edits=edits,
            abilities=sorted({can for unit in known for can in unit.capabilities}),
            departments=sorted({unit.department for unit in known}),
            now_ms=self._reader.city_now_ms(),
        )
        return units_page(frame, shown, self._entry(asked, shown, is_refused) if edits else None)

    def put(self, asked: Asked) -> Done:
        """Add a unit, or change the one that was on the screen. Raises Objection: what is written makes no unit."""
        unit, is_new = asked.word("unit"), bool(asked.word("is_new"))
        if is_new and unit in {one.id for one in self._book.units({})}:
            raise self._objection("taken", unit=unit)
        before = None if is_new else self._book.read(unit)[0]
        revision = 0 if is_new else int(asked.word("revision"))
        above = partial(chain_of, self._declared())
        self._book.put(asked.by, self._row(asked, unit, before), above, asked.now_ms, revision)
        return Done(f"units?unit={unit}", "unit-added" if is_new else "unit-changed")

    def _row(self, asked: Asked, unit: str, before: UnitRow | None) -> UnitRow:
        """The unit of a form, read as the API reads one; until when it rests is no field of it and stays."""
        told = {name: asked.word(name) for name in WORDS}
        told |= {name: asked.word(name) for name in FIGURES if asked.word(name)}
        lists = {name: asked.words(name) for name in LISTS}
        kept = {"off": bool(asked.word("off")), "rests_until_ms": before.rests_until_ms if before else 0}
        wrong = [] if re.fullmatch(NAME, unit) and len(unit) <= 80 else ["unit"]
        try:
            wanted = UnitWish.model_validate({**told, **lists, **kept, **self._home(asked, unit)})
        except ValidationError as problem:
            wrong += [str(error["loc"][0]) for error in problem.errors()]
        if wrong:
            language = self._desk.language
            fields = listed((text(LABELS[name], language) for name in dict.fromkeys(wrong)), language)
            raise self._objection("unreadable", fields=fields)
        return wanted.row(unit)

    def _home(self, asked: Asked, unit: str) -> dict[str, float]:
        """Where it is at home, degrees WGS 84, whichever map it was read from. Raises Objection: half a place."""
        written = [asked.word(name) for name in ("lon_deg", "lat_deg")]
        if not any(written):
            return {}
        if not all(written):
            raise Objection("half-a-home", partial(text, "api.half-a-home", name=unit))
        try:
            lon_deg, lat_deg = (float(one) for one in written)
        except ValueError:
            raise self._objection("unreadable", fields=text("units.coordinates", self._desk.language)) from None
        lon_deg, lat_deg = wgs84_of((lon_deg, lat_deg), MapFrame(asked.word("frame") or MapFrame.WGS84))
        return {"lon_deg": round(lon_deg, DECIMALS), "lat_deg": round(lat_deg, DECIMALS)}

    def _entry(self, asked: Asked, shown: Register, is_refused: bool) -> Entry | None:
        """What the form holds: the unit that was asked for, where he may change it, else a new one."""
        ticked = asked.words("capabilities") if is_refused else None
        unit = "" if asked.word("is_new") else asked.word("unit")
        if not unit:
            return Entry(None, 0, ticked or ())
        row, revision = self._book.read(unit)
        return Entry(row, revision, row.capabilities if ticked is None else ticked) if row.area in shown.kept else None

    def _homes(self, units: list[Unit]) -> dict[str, Home]:
        """Area of some unit → the county that it lies in, and its names."""
        names = Names(self._declared(), self._desk.language)
        areas = {unit.area for unit in units}
        counties = {area: names.county_of(area) if area else names.city for area in areas}
        return {
            area: Home(county, names.subject(county), names.subject(area or county))
            for area, county in counties.items()
        }

    def _fits(self, unit: Unit, home: Home, narrowing: Narrowing) -> bool:
        """Whether a unit lies where it is looked for, and says each of the words."""
        if narrowing.area not in ("", home.county, unit.area, self._declared().city.code):
            return False
        abilities = (capability(one, self._desk.language) for one in unit.capabilities)
        said = " ".join((unit.id, unit.name, unit.department, home.name, home.county_name, *abilities)).casefold()
        return all(word in said for word in narrowing.words.casefold().split())

    def _keeps(self, asked: Asked, area: str) -> bool:
        """What is offered; the book asks again."""
        return may(asked.by, EDIT, area=chain_of(self._declared(), area) if area else ()).allowed

    def _objection(self, code: str, **places: str) -> Objection:
        return Objection(code, lambda language: text(f"units.{code}", language, **places))

    def _declared(self) -> Declared:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        return declared
