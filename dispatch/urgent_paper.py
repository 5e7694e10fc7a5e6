"""What an urgent report says: the figures of a case as of a time, what its author adds, and the paper of both. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from accounts.masking import mask_text
from core.messages import text
from core.records import MINUTE_MS
from dispatch.case import AMENDED
from dispatch.log import Entry
from dispatch.states import CaseState
from dispatch.steps import STEPS, Verb
from dispatch.urgent import Stage
from documents.paper import Heading, Paper, Paragraph, Part, Table

TABLED = ("grade", "state", "reported_ms", "units_sent", "units_arrived", "first_arrival_ms")  # what may move
SECTIONS = ("measures", "request")  # what an author writes, in the order of the paper


@dataclass(frozen=True, slots=True)
class Facts:
    """What the log of a case says as of a time. Counts of units; times ms UTC, None: not yet."""

    title: str
    kind: str
    grade: int
    area: str
    place: str
    lead: str
    state: str
    reported_ms: int
    units_sent: int
    units_arrived: int
    first_arrival_ms: int | None

    def plain(self) -> dict[str, Any]:
        """As it is kept beside an issued paper."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Changed:
    """A figure of an issued paper that later records changed."""

    name: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Names:
    """How ids and states are called, and how a time is written."""

    kind: Callable[[str], str]
    area: Callable[[str], str]
    at: Callable[[int], str]
    language: str
    state: Callable[[str], str]


def facts_at(log: Sequence[Entry], as_of_ms: int, lead: str = "", grade: int = 0) -> Facts:
    """What happened until a time, by the records of now: late entries and corrected times count where they belong.

    Asked again with an old time it says what a paper of that time would say today. lead, grade: of the kind, where the
    case names none.
    """
    corrected = {one.fields["entry"]: int(one.fields["at_ms"]) for one in log if one.verb is Verb.CORRECT}
    happened = [one for one in log if corrected.get(one.number, one.at_ms) <= as_of_ms]
    known, state, sent, came = dict(log[0].fields), CaseState.REPORTED, set(), {}
    for one in happened:
        if one.verb in (Verb.AMEND, Verb.DISPATCH):
            known |= {name: one.fields[name] for name in AMENDED if name in one.fields}
        step = STEPS.get(one.verb)
        state = step.after or state if step else state
        if one.verb is Verb.NOTIFY:
            sent.add(one.assignment)
        elif one.verb is Verb.REFUSE:
            sent.discard(one.assignment)
        elif one.verb is Verb.ARRIVE:
            came[one.assignment] = corrected.get(one.number, one.at_ms)
    return Facts(
        title=mask_text(str(known.get("title", ""))),
        kind=str(known.get("kind", "")),
        grade=int(known.get("grade") or grade),
        area=str(known.get("area", "")),
        place=mask_text(str((known.get("place") or {}).get("said", ""))),
        lead=str(known.get("lead") or lead),
        state=str(state),
        reported_ms=corrected.get(log[0].number, log[0].at_ms),
        units_sent=len(sent),
        units_arrived=len(came),
        first_arrival_ms=min(came.values(), default=None),
    )


def changed(then: Mapping[str, Any], now: Facts) -> list[Changed]:
    """What an issued paper says otherwise than the records of now; times within the same minute are the same."""
    found = []
    for name, value in now.plain().items():
        before = then.get(name)
        if name.endswith("_ms") and before is not None and value is not None:
            if before // MINUTE_MS == value // MINUTE_MS:
                continue
        if before != value:
            found.append(Changed(name, before, value))
    return found


def in_words(name: str, value: Any, names: Names) -> str:
    """One fact as a reader of the paper sees it."""
    if value in (None, ""):
        return "—"
    if name.endswith("_ms"):
        return names.at(value)
    if name == "grade":
        return text(f"reports.grade-{value}", names.language)
    if name == "state":
        return names.state(value)
    return {"kind": names.kind, "area": names.area}.get(name, str)(value)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a report: its figures as of a time, and what its author wrote, by section. issuer: by name."""

    case: str
    number: int
    stage: Stage
    facts: Mapping[str, Any]
    said: Mapping[str, str]
    as_of_ms: int
    issuer: str = ""


def urgent_paper(version: Version, signed: Sequence[str], mark: str, names: Names) -> Paper:
    """The report as a paper. mark: what stands on every page of a draft, or of a city that is not the real one."""
    language, said, as_of = names.language, version.said, names.at(version.as_of_ms)
    words = {name: in_words(name, value, names) for name, value in version.facts.items()}
    places = {
        **words,
        "case": version.case,
        "number": f"{version.number}",
        "stage": text(f"reports.stage-{version.stage}", language),
        "as_of": as_of,
        "issuer": version.issuer,
        **{name: said.get(name) or "—" for name in SECTIONS},
    }
    came = "came" if version.facts.get("units_arrived") else "nobody-came"
    places["arrived"] = text(f"reports.{came}", language, **places)
    rows = [(text(f"reports.fact-{name}", language), words[name]) for name in TABLED]
    heads = (text("reports.fact", language), text("reports.value", language))
    parts: list[Part] = [
        Heading(text("reports.section-facts", language)),
        Paragraph(text("reports.sentence", language, **places)),
        Table(text("reports.section-facts", language), heads, rows, (1.0, 2.4)),
    ]
    for name in SECTIONS:
        parts += [Heading(text(f"reports.section-{name}", language)), Paragraph(said.get(name) or "—")]
    title = text("reports.title", language, stage=places["stage"])
    number = text("reports.number", language, case=version.case, number=version.number)
    issuer = [text("reports.issuer", language, name=version.issuer)] if version.issuer else []
    under = (number, text("evaluation.as-of", language, at=as_of), *issuer)
    return Paper(title, parts, under, signed, mark, language=language, facts=places)
