"""Pages of plans and responses: each act goes through the book of responses, which asks for the right again."""

from __future__ import annotations

import secrets
from typing import Any

from accounts.warden import Warden
from board.belonging import chain_of
from callbacks.account_desk import AccountDesk, Asked, Done
from catalogue.declared import Declared
from core.errors import UnknownName
from core.messages import text
from core.records import Level
from dispatch.book import Now
from dispatch.fleet import UnitBook
from dispatch.plans import Plan, Trigger
from dispatch.response_book import DISPATCH, RIGHTS, Ground, ResponseBook, ResponseWish, sees
from dispatch.response_rows import ResponseTold
from dispatch.responses import Deed, ResponseState, review_of
from dispatch.units import Duty
from geo.areas import AreaLevel
from layouts.account_frame import Frame
from layouts.plans import FIGURES as GRADES
from layouts.plans import OnePlan, Shelf, plan_page, plans_page
from layouts.reading import PictureReader
from layouts.response import Opened, response_page

# In this order.
OFFERED = (Deed.APPROVE, Deed.DECLINE, Deed.REVIEW, Deed.CHANGE, Deed.TICK, Deed.SEND, Deed.NOTE, Deed.END)
SHOWN = (ResponseState.PROPOSED, ResponseState.IN_FORCE)
OVER = (ResponseState.ENDED, ResponseState.DECLINED)
EXPORT = "export.make"


def register(desk: AccountDesk, reader: PictureReader) -> None:
    """The pages `plans`, `plans/<response>`, `plans/plan/<plan>`, and their acts."""
    pages = Plans(desk, reader)
    desk.page("plans", pages.shelf)
    desk.act("plans", pages.begin, pages.shelf)
    desk.page("plans/{response}", pages.opened)
    desk.act("plans/{response}/acts", pages.act, pages.opened)
    desk.page("plans/plan/{plan}", pages.plan)


class Plans:
    """What each page shows, and what its forms do."""

    def __init__(self, desk: AccountDesk, reader: PictureReader) -> None:
        self._desk, self._reader = desk, reader
        warden = Warden(desk.office.database, desk.office.journal)
        self._book = ResponseBook(warden, self._ground)
        self._units = UnitBook(warden, lambda: self._declared().units, reader.scene_id)

    def shelf(self, frame: Frame, asked: Asked) -> str:
        """Responses, proposals and plans."""
        declared, language = self._declared(), self._desk.language
        case, scene = asked.word("case"), self._reader.scene_id()
        known = (
            [one for one in self._book.of_case(case) if one.scene == scene] if case else self._book.all(scene, SHOWN)
        )
        past = [] if case else self._book.lately(scene, OVER)
        shelf = Shelf(
            responses=[told for told in known if sees(asked.by, told, self._above)],
            past=[told for told in past if sees(asked.by, told, self._above)],
            asking=self._reader.sections().get("proposals", {}),
            plans=sorted(declared.plans.values(), key=lambda plan: plan.id),
            triggers={plan.id: trigger_words(plan.trigger, declared, language) for plan in declared.plans.values()},
            areas=self._areas(declared),
            rights=asked.rights(),
            now_ms=self._reader.city_now_ms(),
            key=secrets.token_hex(8),
            case=case,
            exports=EXPORT in asked.rights(),
        )
        return plans_page(frame, shelf)

    def opened(self, frame: Frame, asked: Asked) -> str:
        """One response."""
        told, now_ms = self._told(asked), self._reader.city_now_ms()
        held = asked.rights()
        course = told.course
        deeds = tuple(deed for deed in OFFERED if deed in course.possible and self._right(deed, told) in held)
        review = review_of(course.plan, told.log, now_ms)
        areas, key = self._areas(self._declared()), secrets.token_hex(8)
        free = self._free(course.plan, held)
        return response_page(frame, Opened(told, review, areas, deeds, now_ms, key, EXPORT in held, free))

    def plan(self, frame: Frame, asked: Asked) -> str:
        """One plan as declared, and when it was at work."""
        declared, rights = self._declared(), asked.rights()
        if asked.place["plan"] not in declared.plans:
            raise UnknownName(asked.place["plan"])
        plan = declared.plans[asked.place["plan"]]
        worked = self._book.lately(self._reader.scene_id(), list(ResponseState), plan.id)
        shown = OnePlan(
            plan=plan,
            trigger=trigger_words(plan.trigger, declared, self._desk.language),
            free=self._free(plan, rights),
            worked=[told for told in worked if sees(asked.by, told, self._above)],
            areas=self._areas(declared),
            now_ms=self._reader.city_now_ms(),
            exports=EXPORT in rights,
        )
        return plan_page(frame, shown)

    def begin(self, asked: Asked) -> Done:
        """Propose a response, or apply a plan to a case. Raises ValueError: no such deed or level."""
        deed = Deed(asked.word("deed"))
        if deed not in (Deed.PROPOSE, Deed.APPLY):
            raise ValueError(f"{deed} begins nothing")
        fields: dict[str, Any] = {
            "level": int(asked.word("level")),
            "areas": list(asked.words("areas")),
            "exercise": bool(asked.word("exercise")),
        }
        fields |= {name: asked.word(name) for name in ("reason", "case", "cause") if asked.word(name)}
        wish = ResponseWish(key_of(asked), deed, plan=asked.word("plan"), fields=fields)
        told = self._book.act(asked.by, wish, now_of(self._reader, asked))
        return Done(f"plans/{told.course.response.id}", f"response-{deed}")

    def act(self, asked: Asked) -> Done:
        """One act about a response. Raises ValueError: no such deed or level."""
        told = self._told(asked)
        deed = Deed(asked.word("deed"))
        if deed in (Deed.PROPOSE, Deed.APPLY, Deed.REMIND):
            raise ValueError(f"{deed} is not done here")
        fields: dict[str, Any] = {name: asked.word(name) for name in ("reason", "step", "text") if asked.word(name)}
        if asked.word("level"):
            fields["level"] = int(asked.word("level"))
        revision = int(asked.word("revision")) if asked.word("revision") else None
        response = told.course.response.id
        wish = ResponseWish(key_of(asked), deed, response=response, fields=fields, revision=revision)
        self._book.act(asked.by, wish, now_of(self._reader, asked))
        return Done(f"plans/{response}", f"response-{deed}")

    def _told(self, asked: Asked) -> ResponseTold:
        """The response that an address names. Raises UnknownName, also for what he may not see."""
        told = self._book.read(asked.place["response"])
        if told.scene != self._reader.scene_id() or not sees(asked.by, told, self._above):
            raise UnknownName(asked.place["response"])
        return told

    def _right(self, deed: Deed, told: ResponseTold) -> str:
        """What is offered to whom; the book asks again, with area and level."""
        return DISPATCH if told.course.response.case and deed in (Deed.CHANGE, Deed.END, Deed.REVIEW) else RIGHTS[deed]

    def _free(self, plan: Plan, rights: frozenset[str]) -> dict[str, tuple[int, int]]:
        """Resource of a plan → how many units that can do it are free, and how many there are."""
        if not plan.abilities or "units.see" not in rights:
            return {}
        units = [one for one in self._units.units({}) if one.duty is not Duty.OFF]
        able = {name: [one for one in units if can in one.capabilities] for name, can in plan.abilities.items()}
        return {name: (sum(one.duty is Duty.FREE for one in those), len(those)) for name, those in able.items()}

    def _areas(self, declared: Declared) -> dict[str, str]:
        language = self._desk.language
        areas = [declared.areas.city, *declared.areas.at(AreaLevel.COUNTY), *declared.areas.at(AreaLevel.ZONE)]
        return {area.id: area.name[language] for area in areas}

    def _above(self, area: str) -> tuple[str, ...]:
        return chain_of(self._declared(), area)

    def _ground(self) -> Ground:
        return Ground(self._declared().plans, self._above)

    def _declared(self) -> Declared:
        declared = self._reader.declared()
        if declared is None:
            raise UnknownName("no city is on show yet")
        return declared


def trigger_words(trigger: Trigger, declared: Declared, language: str) -> list[str]:
    """When a plan is proposed, one sentence a kind of case and a rule; none: by hand alone."""
    grade = text("plan.trigger_grade", language, grade=GRADES[trigger.grade]) if trigger.grade else ""
    level = text(f"level.{Level(trigger.level).name.lower()}", language) if trigger.level else ""
    above = text("plan.trigger_level", language, level=level) if level else ""
    kinds, rules = declared.case_kinds, declared.rules
    said = [(text("plan.trigger_kind", language, name=kinds[one].name[language]), grade) for one in trigger.kinds]
    said += [(text("plan.trigger_rule", language, name=rules[one].name[language]), above) for one in trigger.rules]
    names = [declared.areas[area].name[language] for area in trigger.areas]
    only = [text("plan.trigger_areas", language, areas="、".join(names))] if names else []
    return [" ".join(filter(None, one)) for one in said] + only


def key_of(asked: Asked) -> str:
    """What makes a repeat one act. Raises ValueError: it is missing."""
    key = asked.word("key")
    if not 8 <= len(key) <= 80:
        raise ValueError("a form of ours carries its key")
    return key


def now_of(reader: PictureReader, asked: Asked) -> Now:
    """Scene and times of a request. Raises UnknownName: no city is on show."""
    declared = reader.declared()
    if declared is None:
        raise UnknownName("no city is on show yet")
    stamp = str(reader.sections()["city"]["main"]["stamp"])
    return Now(reader.scene_id(), stamp, declared.city.code, reader.city_now_ms(), asked.now_ms)
