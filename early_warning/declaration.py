"""A rule as plain data, the way a pack writes it, and back: what the database keeps and the desk edits. Pure.

The data are the whole entry without version and state: those belong to the version that holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from core.clock import in_china
from core.records import Level
from core.schema import EntryFaults
from early_warning.rule import Rule, RuleState
from early_warning.schema import RuleEntry

_KEPT_BESIDE = ("version", "state")


def beside(rule: str) -> str:
    """The id under which a version on trial is judged beside the rule itself.

    >>> beside("water.river_stage")
    'water.river_stage.trial'
    """
    return f"{rule}.trial"


def declaration_of(rule: Rule) -> dict[str, Any]:
    """A rule as data; what is at its default is left out."""
    told = asdict(rule)
    for key in ("id", *_KEPT_BESIDE):
        del told[key]
    valid_from_ms = told.pop("valid_from_ms")
    told["valid_from"] = _day(valid_from_ms) if valid_from_ms else None
    for bound in (*told["bounds"], *told["overrides"], *told["inhibited_by"]):
        bound["level"] = Level(bound["level"]).name.lower()
    if told["schedule"]:
        told["schedule"] = _schedule(told["schedule"])
    entry = RuleEntry.model_validate({**told, "state": RuleState.TRIAL})
    return dumped(entry)


def dumped(entry: RuleEntry) -> dict[str, Any]:
    """An entry as data, without version and state."""
    written = entry.model_dump(mode="json", exclude_defaults=True)
    return {key: value for key, value in written.items() if key not in _KEPT_BESIDE}


def read(declaration: Mapping[str, Any], version: str = "1", state: RuleState = RuleState.TRIAL) -> RuleEntry:
    """The entry of a version. Raises pydantic's ValidationError; `faults` tells its mistakes one by one."""
    return RuleEntry.model_validate({**declaration, "version": version, "state": state})


def rule_of(rule: str, declaration: Mapping[str, Any], version: str, state: RuleState = RuleState.TRIAL) -> Rule:
    """The rule that a version declares. Raises ValidationError."""
    return read(declaration, version, state).record(rule)


def faults(declaration: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """Every mistake at once: the path of the key, and what is wrong with it; [] when it can be judged."""
    try:
        read(declaration)
    except ValidationError as refused:
        return [found for error in refused.errors() for found in _each(error)]
    return []


def _each(error: Any) -> Sequence[tuple[tuple[str | int, ...], str]]:
    said = error.get("ctx", {}).get("error")
    if isinstance(said, EntryFaults):
        return said.faults
    return [(tuple(error["loc"]), str(said or error["msg"]))]


def _day(at_ms: int) -> str:
    """The day of China in which a time lies."""
    return in_china(at_ms).date().isoformat()


def _schedule(told: dict[str, Any]) -> dict[str, Any]:
    def moment(second: int) -> str:
        return f"{second // 3600:02}:{second % 3600 // 60:02}"

    season = told["season"]
    return {
        "hours": [[moment(begin), moment(end)] for begin, end in told["hours"]],
        "weekdays": told["weekdays"],
        "season": [f"{month:02}-{day:02}" for month, day in season] if season else None,
    }
