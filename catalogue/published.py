"""The JSON Schema of a pack, for editors and for other programs; `docs/pack.schema.json` is printed from it."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from catalogue.routes import RouteEntry
from catalogue.schema import CityEntry, DeviceEntry, DomainEntry, FeedEntry
from dispatch.schema import AdmissionEntry, CaseKindEntry, CauseEntry, PlanEntry, StateWordEntry, UnitEntry
from dispatch.scores import CaseScoreEntry
from dispatch.urgent import UrgentRuleEntry
from early_warning.schema import RuleEntry
from geo.schema import AreaEntry
from indicators.schema import IndicatorEntry, MetricEntry, SchemeEntry

# Section → the model of its entries, in the order in which a pack is read.
SECTIONS: dict[str, type[BaseModel]] = {
    "areas": AreaEntry,
    "domains": DomainEntry,
    "metrics": MetricEntry,
    "schemes": SchemeEntry,
    "feeds": FeedEntry,
    "devices": DeviceEntry,
    "indicators": IndicatorEntry,
    "rules": RuleEntry,
    "case_kinds": CaseKindEntry,
    "case_causes": CauseEntry,
    "case_intake": AdmissionEntry,
    "state_words": StateWordEntry,
    "plans": PlanEntry,
    "units": UnitEntry,
    "case_scores": CaseScoreEntry,
    "urgent_reports": UrgentRuleEntry,
    "routes": RouteEntry,
}
ABOUT = (
    "One city's whole declaration: its own file laid over the topic files that it uses. In a single file an entry that"
    " is laid over another may leave out what that one says."
)


def pack_schema() -> dict[str, Any]:
    """The schema of a whole pack, draft 2020-12: a city, and id → entry in each section."""
    models: list[type[BaseModel]] = [CityEntry, *SECTIONS.values()]
    wanted: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in models]
    refs, definitions = models_json_schema(wanted, ref_template="#/$defs/{model}")
    sections = {
        name: {
            "type": "object",
            "description": _first_line(model),
            "additionalProperties": refs[(model, "validation")],
        }
        for name, model in SECTIONS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "CityVitals pack",
        "description": ABOUT,
        "type": "object",
        "additionalProperties": False,
        "properties": {"city": refs[(CityEntry, "validation")], **sections},
        "$defs": definitions["$defs"],
    }


def as_json() -> str:
    """The schema as it is committed."""
    return orjson.dumps(pack_schema(), option=orjson.OPT_INDENT_2).decode() + "\n"


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").partition("\n")[0]
