"""Causes against the kinds of case, the rules and the events that they name."""

from __future__ import annotations

from catalogue.entries import Entries, refuse_unknown


def check_cases(entries: Entries, problems: list[str]) -> None:
    """Add every cause that names what does not exist to the problems."""
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
