"""The entries of a pack, each checked for itself against the schema of its room."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from catalogue.pack import Pack
from catalogue.routes import RouteEntry
from catalogue.schema import CityEntry, DeviceEntry, DomainEntry, FeedEntry
from catalogue.source import Piece
from core.schema import Entry, EntryFaults
from dispatch.schema import AdmissionEntry, CaseKindEntry, CauseEntry, PlanEntry, StateWordEntry, UnitEntry
from dispatch.scores import CaseScoreEntry
from dispatch.urgent import UrgentRuleEntry
from early_warning.schema import RuleEntry
from geo.schema import AreaEntry
from indicators.schema import IndicatorEntry, MetricEntry, SchemeEntry

SHOWN = 60  # letters of a refused value in a message
LISTED = 40  # names; of more only those that look like the one that was given

AnyEntry = TypeVar("AnyEntry", bound=Entry)


@dataclass(frozen=True, slots=True)
class Entries:
    """What a pack declares, entry by entry; `pack` still knows where each stands. Refused entries are left out."""

    pack: Pack
    city: CityEntry | None
    areas: Mapping[str, AreaEntry]
    domains: Mapping[str, DomainEntry]
    metrics: Mapping[str, MetricEntry]
    schemes: Mapping[str, SchemeEntry]
    feeds: Mapping[str, FeedEntry]
    devices: Mapping[str, DeviceEntry]
    indicators: Mapping[str, IndicatorEntry]
    rules: Mapping[str, RuleEntry]
    case_kinds: Mapping[str, CaseKindEntry]
    case_causes: Mapping[str, CauseEntry]
    case_intake: Mapping[str, AdmissionEntry]
    state_words: Mapping[str, StateWordEntry]
    plans: Mapping[str, PlanEntry]
    units: Mapping[str, UnitEntry]
    case_scores: Mapping[str, CaseScoreEntry]
    urgent_reports: Mapping[str, UrgentRuleEntry]
    routes: Mapping[str, RouteEntry]

    def where(self, section: str, *path: Any) -> str:
        """File and line of an entry or of one of its parts."""
        entry, *rest = path
        return self.pack.sections[section][entry].at(tuple(rest)).where

    def expected_of(self, device: DeviceEntry) -> tuple[str, ...]:
        """The metrics that a device is expected to report: its own, else all that its feed carries."""
        if device.metrics is not None:
            return device.metrics
        feed = self.feeds.get(device.feed)
        return tuple(dict.fromkeys(feed.fields_.values())) if feed else ()


def read_entries(pack: Pack, problems: list[str]) -> Entries:
    """Every entry of the pack; what its schema refuses is added to the problems."""

    def section(name: str, model: type[AnyEntry]) -> dict[str, AnyEntry]:
        found = {}
        for entry_id, piece in pack.sections[name].items():
            entry = _checked(model, piece, f"{name}.{entry_id}", problems)
            if entry is not None:
                found[entry_id] = entry
        return found

    return Entries(
        pack,
        _checked(CityEntry, pack.city, "city", problems),
        section("areas", AreaEntry),
        section("domains", DomainEntry),
        section("metrics", MetricEntry),
        section("schemes", SchemeEntry),
        section("feeds", FeedEntry),
        section("devices", DeviceEntry),
        section("indicators", IndicatorEntry),
        section("rules", RuleEntry),
        section("case_kinds", CaseKindEntry),
        section("case_causes", CauseEntry),
        section("case_intake", AdmissionEntry),
        section("state_words", StateWordEntry),
        section("plans", PlanEntry),
        section("units", UnitEntry),
        section("case_scores", CaseScoreEntry),
        section("urgent_reports", UrgentRuleEntry),
        section("routes", RouteEntry),
    )


def refuse_unknown(problems: list[str], where: str, name: str, value: str, known: Mapping[str, object]) -> None:
    """Add a value that names nothing to the problems, with what it could have named."""
    if value not in known:
        near = difflib.get_close_matches(value, known, n=5, cutoff=0.3) if len(known) > LISTED else known
        told = ", ".join(near) or f"{len(known)} others"
        problems.append(f"{where}: {name} {value!r} is not declared; known: {told if known else 'none'}")


def _checked(model: type[AnyEntry], piece: Piece, name: str, problems: list[str]) -> AnyEntry | None:
    try:
        return model.model_validate(piece.content)
    except ValidationError as refused:
        errors = refused.errors()
        within = [error["loc"] for error in errors]
        for error in errors:
            echo = any(len(path) > len(error["loc"]) and path[: len(error["loc"])] == error["loc"] for path in within)
            if not (echo and error["type"] == "too_short"):  # a list is short only because its rows were refused
                problems.extend(_sentence(piece, name, one, model) for one in _each(error))
        return None


def _each(error: Any) -> list[Any]:
    """The faults that a whole entry told at once, as an error each at its own key; any other error as it is."""
    said = error.get("ctx", {}).get("error")
    if not isinstance(said, EntryFaults):
        return [error]
    return [error | {"loc": (*error["loc"], *path), "ctx": {"error": sentence}} for path, sentence in said.faults]


def _sentence(piece: Piece, name: str, error: Any, model: type[Entry]) -> str:
    path = error["loc"]
    full_name = ".".join([name, *map(str, path)])
    where = piece.at(path).where
    match error["type"]:
        case "missing":
            return f"{where}: {full_name} is missing"
        case "extra_forbidden" | "unexpected_keyword_argument":
            known = ", ".join(field.alias or key for key, field in model.model_fields.items())
            return f"{where}: {full_name} is not a known key" + (f"; known: {known}" if len(path) == 1 else "")
        case "value_error":
            return f"{where}: {full_name}: {error['ctx']['error']}"
    given = repr(error["input"])
    return f"{where}: {full_name} is {given if len(given) <= SHOWN else given[:SHOWN] + ' …'}: {error['msg']}"
