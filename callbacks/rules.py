"""The rules desk: what a page opens with, what is weighed when a bound moves, what a button does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from pydantic import ValidationError

from api.entrance import Entrance
from callbacks.rule_acts import RuleActs
from core.clock import monotonic_s
from core.errors import CityVitalsError, UnreadableEntry
from core.messages import text
from core.records import Level
from core.settings import Settings
from early_warning.declaration import faults
from early_warning.kept_past import KeptPast, indicators_of
from early_warning.rule_desk import Question, RuleDesk
from early_warning.subjects import Ground
from layouts import ids, rules
from layouts.figures import rule_desk as figures
from layouts.figures.rules_list import Known, rule_rows
from layouts.reading import PictureReader
from layouts.rule_consequences import Consequences
from layouts.rules_list import rules_list

OPEN_DESK = ClientsideFunction("cityvitals", "openRule")
DRAW_RULE = ClientsideFunction("cityvitals", "drawRule")
DRAW_SWEEP = ClientsideFunction("cityvitals", "drawSweep")

Asked = Mapping[str, Any]


def register(app: Dash, settings: Settings, reader: PictureReader, entrance: Entrance | None) -> None:
    """Wire the list and the desk."""
    database = entrance.office.database if entrance else None
    wired = RulePages(settings, reader, RuleDesk(KeptPast(settings.history_folder), database), entrance)
    address = {"pathname": State(ids.SHELL_ADDRESS, "pathname")}
    app.callback(
        output={"rows": Output(ids.RULES_LIST, "children")},
        inputs={"pathname": Input(ids.SHELL_ADDRESS, "pathname")},
    )(wired.fill_list)
    app.callback(
        output={"seed": Output(ids.RULES_SEED, "data")},
        inputs={"act": Input(ids.RULES_ACT, "data")},
        state=address | {"search": State(ids.SHELL_ADDRESS, "search")},
    )(wired.open_or_act)
    app.callback(
        output={"drawn": Output(ids.RULES_DRAWN, "data"), "column": Output(ids.RULES_CONSEQUENCES, "children")},
        inputs={"asked": Input(ids.RULES_ASK, "data")},
        prevent_initial_call=True,
    )(wired.weigh)
    app.callback(
        output={"swept": Output(ids.RULES_SWEPT, "data")},
        inputs={"asked": Input(ids.RULES_SWEEP_ASK, "data")},
        prevent_initial_call=True,
    )(wired.sweep)
    app.clientside_callback(OPEN_DESK, Output(ids.RULES_PAINTED, "data"), Input(ids.RULES_SEED, "data"))
    app.clientside_callback(
        DRAW_RULE,
        Output(ids.RULES_PAINTED, "data", allow_duplicate=True),
        Input(ids.RULES_DRAWN, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        DRAW_SWEEP,
        Output(ids.RULES_PAINTED, "data", allow_duplicate=True),
        Input(ids.RULES_SWEPT, "data"),
        prevent_initial_call=True,
    )


class RulePages:
    """The callbacks of both pages."""

    def __init__(self, settings: Settings, reader: PictureReader, desk: RuleDesk, entrance: Entrance | None) -> None:
        self._settings, self._reader, self._desk = settings, reader, desk
        self._language = settings.language
        self._acts = RuleActs(settings, reader, desk, entrance)

    async def fill_list(self, pathname: str | None) -> dict[str, Component]:
        """All rules of the city, as far as whoever asks may see them."""
        declared = self._reader.declared()
        if declared is None:
            return {"rows": rules.refused(text("desk.waiting", self._language))}
        file = await asyncio.to_thread(self._desk.file, declared.city.code)
        seen = [rule for rule in declared.rules.values() if self._acts.refusal("rules.see", rule) is None]
        if not seen:
            return {"rows": rules.refused(text("rules.nothing_to_see", self._language))}
        warnings = self._reader.sections().get("warnings", {})
        labels = await asyncio.to_thread(self._desk.labels, declared.city.code, self._reader.scene_id())
        people = await asyncio.to_thread(self._acts.people)
        known = Known(declared, seen, file, labels, warnings, people)
        return {
            "rows": rules_list(
                rule_rows(known, self._language),
                self._settings.base_path,
                self._language,
                papers=self._settings.accounts,
            )
        }

    async def open_or_act(self, act: Asked | None, pathname: str | None, search: str | None) -> dict[str, Any]:
        """What the desk opens with; after an act the same anew, with what is to be said of it."""
        rule = rule_in(pathname or "", self._settings.base_path)
        if not rule:
            return {"seed": no_update}
        said = await self._acts.act(rule, act) if act else {}
        return {"seed": await self._acts.seed(rule, parse_qs((search or "").removeprefix("?"))) | said}

    async def weigh(self, asked: Asked) -> dict[str, Any]:
        """What a draft would have done."""
        begun_s = monotonic_s()
        wrong = faults(asked["declaration"])
        if wrong:
            return {"drawn": {"number": asked["number"], "faults": wrong}, "column": no_update}
        try:
            question, ground, newest = await self._question(asked)
            answer = await asyncio.to_thread(self._desk.weigh, question, ground, newest)
        except (ValidationError, UnreadableEntry, OSError, CityVitalsError) as problem:
            return {"drawn": {"number": asked["number"], "problem": str(problem)}, "column": no_update}
        declared = self._reader.declared()
        assert declared is not None
        active, language = question.active, self._language
        differs = figures.compared(asked["active"], asked["declaration"], declared, language)
        drawn = figures.drawn(answer, active, asked["place"], asked["shown"], declared, language) | {
            "number": asked["number"],
            "changes": differs.said,
            "only_sooner": differs.only_sooner,
            "only_later": differs.only_later,
            "expected": figures.expected(answer, question.days),
            "judged": answer.weighed.draft.windows * (2 if active else 1),
            "reporting": round(answer.weighed.reporting, 4),
            "took_s": round(monotonic_s() - begun_s, 2),
            "hourly": question.days >= 90,
        }
        seats = await asyncio.to_thread(self._desk.seats)
        return {"drawn": drawn, "column": Consequences(answer, declared, question.days, language, seats).column()}

    async def sweep(self, asked: Asked) -> dict[str, Any]:
        """One level of the draft with its bound, hold and hysteresis varied."""
        if faults(asked["declaration"]):
            return {"swept": {"number": asked["number"]}}
        try:
            question, ground, newest = await self._question(asked)
            level = Level[str(asked["level"]).upper()]
            swept = await asyncio.to_thread(self._desk.sweep, question, level, ground, newest)
        except (ValidationError, UnreadableEntry, OSError, CityVitalsError, StopIteration) as problem:
            return {"swept": {"number": asked["number"], "problem": str(problem)}}
        return {"swept": {"number": asked["number"], "level": asked["level"], "axes": figures.swept_lines(swept)}}

    async def _question(self, asked: Asked) -> tuple[Question, Ground, Any]:
        """Asked again of the rights: a page says what it likes. Raises NotAllowed, UnknownName."""
        declared, rule = self._acts.seen(str(asked["rule"]))
        self._acts.check_draft(rule.id, asked["declaration"])
        ground = Ground(declared.indicators, declared.devices, declared.areas, declared.feeds)
        now_ms = self._reader.city_now_ms()
        days = min(max(1, int(asked["days"])), 366)
        question = Question(self._reader.scene_id(), asked["declaration"], rule.id, rule, days, now_ms)
        subjects = ground.subjects(rule)
        held = {
            (indicator.id, subject): await self._reader.points(indicator.id, subject)
            for indicator in indicators_of([rule], declared.indicators)
            for subject in subjects
        }
        return question, ground, lambda indicator, subject: held.get((indicator, subject), ())


def rule_in(pathname: str, base_path: str) -> str:
    """The rule that the address of a desk names, "" for the list."""
    match [unquote(part) for part in pathname.removeprefix(base_path).split("/") if part]:
        case ["rules", rule]:
            return rule
    return ""
