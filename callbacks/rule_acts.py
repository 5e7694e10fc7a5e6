"""What the buttons of the rules desk do; every right is asked again by the service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from accounts.bearer import NOBODY, Bearer
from accounts.rights import Decision, may
from accounts.warden import Warden
from api.entrance import Entrance
from catalogue import examine, load
from catalogue.declared import Declared
from core.accounts import Sensitivity
from core.clock import real_ms
from core.errors import CityVitalsError, DeclarationError, NotAllowed, Objection, UnknownName
from core.messages import text
from core.notices import Route
from core.records import DAY_MS, HOUR_MS, Level
from core.rule_versions import RuleVersion
from core.settings import Settings
from early_warning.declaration import declaration_of, faults, rule_of
from early_warning.grades import grade_of_rule
from early_warning.rule import Rule, RuleState
from early_warning.rule_desk import File, RuleDesk
from early_warning.rule_office import Declaration, Relaxing, RuleOffice, Shipped, Terms
from early_warning.week_after import week_after
from layouts.figures.rule_desk import Opened, seed
from layouts.reading import PictureReader
from store.notice_routes import routes
from store.people import people

Asked = Mapping[str, Any]
ADOPTED_MS = 15_000
RIGHTS = {"edit": "rules.edit", "release": "rules.release", "relax": "rules.relax"}


class RuleActs:
    """The desk's ways into the office. entrance None: nobody has accounts, so that everybody looks and nobody acts."""

    def __init__(self, settings: Settings, reader: PictureReader, desk: RuleDesk, entrance: Entrance | None) -> None:
        self._settings, self._reader, self._desk, self._entrance = settings, reader, desk, entrance
        self._language = settings.language

    def seen(self, name: str) -> tuple[Declared, Rule]:
        """A rule that whoever asks may see. Raises NotAllowed, UnknownName."""
        declared = self._reader.declared()
        rule = declared.rules.get(name) if declared else None
        if declared is None or rule is None:
            raise UnknownName(f"no rule {name!r} is declared")
        if refused := self.refusal("rules.see", rule):
            if refused.code == "sensitivity" and self._entrance is not None:
                self._entrance.hid("rules.see", name)
                raise UnknownName(f"no rule {name!r} is declared")
            raise NotAllowed(refused.code, refused.in_words)
        return declared, rule

    def check_draft(self, name: str, declaration: Declaration) -> None:
        """Raise UnknownName when a draft looks at what whoever asks may not see: a page writes what it likes."""
        if not declaration or faults(declaration):
            return  # whoever uses it says what is wrong with it
        refused = self.refusal("rules.see", rule_of(name, declaration, "draft"))
        if refused is not None and refused.code == "sensitivity":
            raise UnknownName(f"the draft of {name!r} looks at what nobody here declared")

    def refusal(self, action: str, rule: Rule) -> Decision | None:
        """Why whoever asks may not do something to a rule; None: he may."""
        if self._entrance is None:
            return None if action == "rules.see" else Decision(False, "nobody", action=action)
        declared = self._reader.declared()
        city = declared.city.code if declared else ""
        grade = grade_of_rule(rule, declared.indicators) if declared else Sensitivity.RESTRICTED
        decision = may(self._bearer(), action, area=(city,), topic=rule.domain, sensitivity=grade)
        return None if decision.allowed else decision

    def people(self) -> dict[str, str]:
        """Login → name. Raises NeighbourDown."""
        if self._entrance is None:
            return {}
        with self._entrance.office.database.reading() as connection:
            return {one.login: one.name for one in people(connection)}

    def routes(self) -> list[Route]:
        """By which notices reach people. Raises NeighbourDown."""
        if self._entrance is None:
            return []
        declared = self._reader.declared()
        with self._entrance.office.database.reading() as connection:
            return list(((dict(declared.routes) if declared else {}) | routes(connection)).values())

    async def seed(self, name: str, asked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """What the desk opens with; `refused` says why it does not."""
        try:
            declared, rule = self.seen(name)
            file = await asyncio.to_thread(self._desk.file, declared.city.code, name)
            named = await asyncio.to_thread(self.people)
            reached = await asyncio.to_thread(self.routes)
        except NotAllowed as refused:
            return {"refused": refused.in_words(self._language)}
        except CityVitalsError:
            return {"refused": text("rules.objection_unknown", self._language, rule=name)}
        rule = _approved_just_now(rule, file.judging(real_ms()), real_ms())
        opened = Opened(
            declared=declared,
            rule=rule,
            versions=file.versions,
            rights={name: self.refusal(action, rule) is None for name, action in RIGHTS.items()},
            reader=self._bearer().name,
            people=named,
            now_ms=real_ms(),
            language=self._language,
            routes=reached,
        )
        place = (asked.get("place") or [""])[0] or _gravest_place(name, self._reader.sections().get("warnings", {}))
        told = seed(opened, file.open_version, place)
        told["hold_s"] = _hold_s((asked.get("hold_s") or [""])[0])
        told["address"] = f"{self._settings.base_path}rules/{quote(name)}"
        told["week_after"] = await asyncio.to_thread(self._week_after, file, opened.now_ms)
        return told | {"complaints": _complaints(file, named)}

    def _week_after(self, file: File, now_ms: int) -> str:
        """What was promised of the version in force against what came, in words; empty: nothing was promised."""
        judging = file.judging(now_ms)
        if judging is None:
            return ""
        scene = self._reader.scene_id()
        actual = self._desk.told_since(scene, judging.rule, judging.version, judging.effective_ms)
        found = week_after(judging.expected, judging.effective_ms, actual, now_ms)
        if found is None:
            return ""
        code = "rules.week_breached" if found.is_breached else "rules.week_after"
        figures = {"expected": f"{found.expected:.1f}", "actual": found.actual, "days": f"{found.days:.1f}"}
        return text(code, self._language, **figures)

    async def act(self, name: str, asked: Asked) -> dict[str, Any]:
        """Do what a button says; `said` tells what came of it, `done` whether it was done."""
        try:
            said = await asyncio.to_thread(self._act, name, asked)
        except (NotAllowed, Objection) as refused:
            return {"said": refused.in_words(self._language), "done": False}
        except DeclarationError as wrong:
            return {"said": "；".join(wrong.problems[:6]), "done": False}
        except CityVitalsError as problem:
            return {"said": str(problem), "done": False}
        return {"said": said, "done": True, "verb": asked["verb"]}

    def _act(self, name: str, asked: Asked) -> str:
        declared, _ = self.seen(name)
        office, by, now_ms = self._office(declared), self._bearer(), real_ms()
        seen = self._seen_version(declared.city.code, name, asked.get("seen"))
        terms = Terms(int(asked.get("effective_ms") or 0), bool(asked.get("adopts")), str(asked.get("remark") or ""))
        terms = replace(terms, expected=asked.get("expected"))
        declaration, reason = asked.get("declaration") or {}, str(asked.get("remark") or "")
        self.check_draft(name, declaration)
        verb = str(asked["verb"])
        if verb in ("save", "try", "submit", "tighten") and (asked.get("changed") or seen is None):
            seen = office.save(by, name, declaration, seen, reason, now_ms)
        match verb, seen:
            case "save", _:
                pass
            case "try", RuleVersion():
                office.put_on_trial(by, seen, now_ms)
            case "submit", RuleVersion():
                office.submit(by, seen, reason, now_ms)
            case "tighten", RuleVersion():
                office.tighten(by, seen, terms, now_ms)
            case "approve", RuleVersion():
                office.approve(by, seen, terms, now_ms)
            case "return", RuleVersion():
                office.send_back(by, seen, reason, now_ms)
            case "drop", RuleVersion():
                office.drop(by, seen, now_ms)
            case "end", RuleVersion():
                office.end_relaxing(by, seen, now_ms)
            case "relax", _:
                office.relax(by, name, declaration, Relaxing(reason, int(asked["hours"]) * HOUR_MS), now_ms)
            case "restore", _:
                office.restore(by, int(asked["number"]), now_ms)
            case _:
                raise UnknownName(f"nothing is done by {verb!r}")
        return text(f"rules.done_{verb}", self._language)

    def _seen_version(self, city: str, rule: str, asked: Asked | None) -> RuleVersion | None:
        """The version as the browser had it before itself: with its revision, so that a later one is noticed."""
        if not asked:
            return None
        file: File = self._desk.file(city, rule)
        found = next((one for one in file.versions if one.number == asked["number"]), None)
        return replace(found, revision=int(asked["revision"])) if found else None

    def _office(self, declared: Declared) -> RuleOffice:
        if self._entrance is None:
            decision = Decision(False, "nobody", action="rules.edit")
            raise NotAllowed(decision.code, decision.in_words)
        office = self._entrance.office
        return RuleOffice(
            Warden(office.database, office.journal),
            declared.city.code,
            _shipped(self._settings.packs, declared.city.code),
            self._check(declared),
        )

    def _check(self, declared: Declared) -> Any:
        """What the packs say to a rule, as the engines would read it: it can then never stop them."""

        def mistakes(rule: str, declaration: Declaration) -> list[str]:
            whole = {"rules": {rule: {**declaration, "version": "0", "state": "active"}}}
            if declaration["source"]["bounds"] in ("illustrative", "none"):
                whole["rules"][rule]["state"] = "trial"
            found = examine(self._settings.packs, declared.city.code, whole).findings.problems
            return [said.partition(": ")[2] for said in found if rule in said]

        return mistakes

    def _bearer(self) -> Bearer:
        return self._entrance.bearer() if self._entrance else NOBODY


def _shipped(packs: Path, city: str) -> Any:
    """The rule as the packs alone say it: what a relaxation made of it for hours is nothing to measure against."""

    @cache
    def rules() -> Mapping[str, Rule]:
        return load(packs, city).rules

    def found(name: str) -> Shipped | None:
        rule = rules().get(name)
        return Shipped(rule.version, declaration_of(rule)) if rule else None

    return found


def _approved_just_now(rule: Rule, judging: RuleVersion | None, now_ms: int) -> Rule:
    """The rule as it was approved a moment ago, though the running engines take it on only within seconds."""
    if judging is None or judging.version == rule.version or now_ms - judging.effective_ms > ADOPTED_MS:
        return rule
    return rule_of(rule.id, judging.declaration, judging.version, RuleState.ACTIVE)


def _gravest_place(rule: str, warnings: Mapping[str, Mapping[str, Any]]) -> str:
    """Where the gravest warning of a rule stands now, "" when none does: what a desk opens at by itself."""
    standing = [one for one in warnings.values() if one["rule"] == rule and one["phase"] == "active"]
    gravest = max(standing, key=lambda one: (Level[one["level"].upper()], one["since_ms"]), default=None)
    return str(gravest["subject"]) if gravest else ""


def _hold_s(asked: str) -> int:
    """The hold that the page of the alarm load proposes, s; 0 for none."""
    return min(int(asked), DAY_MS // 1000) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0


def _complaints(file: File, named: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "number": one.number,
            "place": one.place,
            "from_ms": one.from_ms,
            "upto_ms": one.upto_ms,
            "said": one.said,
            "by": named.get(one.said_by.partition(":")[2], one.said_by),
            "at_ms": one.at_ms,
            "answer": one.answer,
        }
        for one in file.complaints[:6]
    ]
