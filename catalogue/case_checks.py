"""Causes and plans against the kinds of case, the rules and the events that they name."""

from __future__ import annotations

from catalogue.entries import Entries, refuse_unknown
from dispatch.wording import CODES
from indicators.definition import Verification


def check_cases(entries: Entries, problems: list[str]) -> None:
    """Add every kind, cause and plan that names what does not exist to the problems."""
    for kind_id, kind in entries.case_kinds.items():
        where = entries.where("case_kinds", kind_id, "domain")
        refuse_unknown(problems, where, f"case_kinds.{kind_id}.domain", kind.domain, entries.pack.sections["domains"])
    _check_causes(entries, problems)
    _check_templates(entries, problems)
    _check_intake(entries, problems)
    for state in entries.state_words:
        refuse_unknown(problems, entries.where("state_words", state), "state_words", state, CODES)
    if "topics" not in entries.pack.city.parts:  # a city that uses few topics leaves triggers open
        _check_plans(entries, problems)


def _check_plans(entries: Entries, problems: list[str]) -> None:
    for plan_id, plan in entries.plans.items():
        for named in plan.hastened:
            where = entries.where("plans", plan_id, "hastened")
            refuse_unknown(problems, where, f"plans.{plan_id}.hastened", named, entries.pack.sections["case_kinds"])
        for named in plan.wakes:
            where = entries.where("plans", plan_id, "wakes")
            refuse_unknown(problems, where, f"plans.{plan_id}.wakes", named, entries.pack.sections["rules"])
            rule = entries.rules.get(named)
            if rule is not None and rule.source.bounds is Verification.ILLUSTRATIVE:
                problems.append(
                    f"{where}: plans.{plan_id}.wakes {named!r} has illustrative bounds, which stay in trial"
                )
        for key, section in (("kinds", "case_kinds"), ("rules", "rules")):
            for named in getattr(plan.trigger, key):
                where = entries.where("plans", plan_id, "trigger")
                known = entries.pack.sections[section]
                refuse_unknown(problems, where, f"plans.{plan_id}.trigger.{key}", named, known)


def _check_intake(entries: Entries, problems: list[str]) -> None:
    for row_id, row in entries.case_intake.items():
        for key, section in (("kind", "case_kinds"), ("rule", "rules")):
            named = getattr(row, key)
            if named and (key == "kind" or "topics" not in entries.pack.city.parts):
                where = entries.where("case_intake", row_id, key)
                refuse_unknown(problems, where, f"case_intake.{row_id}.{key}", named, entries.pack.sections[section])


def _check_templates(entries: Entries, problems: list[str]) -> None:
    for rule_id, rule in entries.urgent_reports.items():
        if rule.template and not (entries.pack.folder / rule.template).is_file():
            where = entries.where("urgent_reports", rule_id, "template")
            problems.append(f"{where}: urgent_reports.{rule_id}.template: there is no {rule.template} beside the packs")


def _check_causes(entries: Entries, problems: list[str]) -> None:
    for cause_id, cause in entries.case_causes.items():
        name = f"case_causes.{cause_id}"
        where = entries.where("case_causes", cause_id, "kind")
        refuse_unknown(problems, where, f"{name}.kind", cause.kind, entries.pack.sections["case_kinds"])
        for row, symptom in enumerate(cause.symptoms):
            where = entries.where("case_causes", cause_id, "symptoms", row)
            for key, section in (("kind", "case_kinds"), ("rule", "rules")):
                named = getattr(symptom, key)
                if named:
                    known = entries.pack.sections[section]
                    refuse_unknown(problems, where, f"{name}.symptoms.{row}.{key}", named, known)
