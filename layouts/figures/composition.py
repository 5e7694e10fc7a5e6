"""What a figure is made of: the parts of a score with what each costs, and how indicators hang together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from board.words import number
from catalogue.declared import Declared
from core.messages import text
from indicators.composite import scored
from indicators.definition import Indicator

Record = Mapping[str, Any]
Values = Callable[[str, str], Record | None]


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of a score, written. lost_share: of 100 points, how far its bar reaches, 0 to 1."""

    indicator: str
    name: str
    value: str
    score: str
    weight: str
    lost: str
    lost_share: float


def part_rows(declared: Declared, indicator: Indicator, subject: str, value: Values, language: str) -> list[PartRow]:
    """The parts of a score at one place from their newest values, the costliest first; [] for what is no score."""
    if not indicator.parts:
        return []
    records = [value(part.indicator, subject) for part in indicator.parts]
    known = [np.nan if record is None or record["value"] is None else record["value"] for record in records]
    result = scored(indicator.parts, np.array(known, dtype=np.float64)[:, None])
    weights = sum(part.weight for part in indicator.parts)
    rows = []
    for at, (part, record) in enumerate(zip(indicator.parts, records, strict=True)):
        input_ = declared.indicators[part.indicator]
        score, lost = float(result.scores[at, 0]), float(result.lost[at, 0])
        written = f"{record['text']} {input_.unit}".strip() if record and not isnan(score) else "—"
        cost = number(lost, 1, language) if not isnan(score) else "—"
        rows.append(
            PartRow(
                indicator=part.indicator,
                name=input_.name[language],
                value=written,
                score=number(None if isnan(score) else score, 0, language),
                weight=f"{part.weight / weights * 100:.0f}%",
                lost=cost,
                lost_share=min(1.0, lost / 100),
            )
        )
    return sorted(rows, key=lambda row: -row.lost_share)


@dataclass(frozen=True, slots=True)
class RelationRow:
    """Another indicator and how it hangs together with this one."""

    kind: str
    indicator: str
    name: str
    note: str


def relation_rows(declared: Declared, indicator: Indicator, language: str) -> list[RelationRow]:
    """Inputs of a formula first, then the declared relations, then scores that this indicator is part of."""
    inputs = {one.indicator: "" for one in indicator.inputs}
    found = [("input", name, "") for name in inputs]
    found += [(one.kind, one.indicator, one.note[language]) for one in indicator.relations]
    for other in declared.indicators.values():
        if any(part.indicator == indicator.id for part in other.parts):
            found.append(("part_of", other.id, ""))
    return [
        RelationRow(text(f"desk.relation_{kind}", language), name, declared.indicators[name].name[language], note)
        for kind, name, note in found
        if name in declared.indicators
    ]


def facts(indicator: Indicator, window: str, language: str) -> list[tuple[str, str]]:
    """Term and description of what is declared besides the method; what nobody declared is left out."""
    formula = indicator.formula if indicator.formula not in ("value", "aqi") and not indicator.parts else ""
    found = [
        ("desk.definition", indicator.definition[language]),
        ("desk.formula", formula),
        ("desk.window", window),
        ("desk.owner", indicator.owner),
        ("desk.cadence", text(f"desk.cadence_{indicator.cadence}", language)),
    ]
    return [(text(code, language), said) for code, said in found if said]
