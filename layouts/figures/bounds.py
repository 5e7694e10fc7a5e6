"""The rule behind a level, line by line, and how far each number was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from board.words import number
from catalogue.declared import Declared
from core.declared import Reference
from core.messages import text
from early_warning.rule import LevelBound, Rule, RuleState
from indicators.definition import Direction, Source
from layouts.figures.moments import length


@dataclass(frozen=True, slots=True)
class BoundRow:
    """One level of a rule. `condition` reads ≥ 50 mm; `over` is the window; `leaves` is when it is left again."""

    level: str
    condition: str
    over: str
    leaves: str


def bound_rows(declared: Declared, rule: Rule, language: str) -> list[BoundRow]:
    """The levels of a rule, the gravest first."""
    return [_row(declared, rule, bound, language) for bound in sorted(rule.bounds, key=lambda b: -b.level)]


def _row(declared: Declared, rule: Rule, bound: LevelBound, language: str) -> BoundRow:
    indicator = declared.indicators[bound.indicator]
    sign = "＜" if rule.direction is Direction.DOWN_BAD else "≥"
    if bound.reference:
        offset = f" {bound.offset:+.{indicator.decimals}f} {indicator.unit}" if bound.offset else ""
        condition = f"{sign} {text(f'warning.reference_{bound.reference}', language)}{offset}"
    else:
        condition = f"{sign} {number(bound.bound, indicator.decimals, language)} {indicator.unit}"
    leaves = (
        text("desk.hysteresis", language, value=f"{bound.hysteresis:g} {indicator.unit}") if bound.hysteresis else ""
    )
    return BoundRow(bound.level.name.lower(), condition.strip(), length(indicator.window_s, language), leaves.strip())


def provenance(source: Source, language: str) -> list[str]:
    """Where the numbers come from and how far they and their colours were checked, each a short phrase."""
    marks = [text(f"wall.bounds_{source.bounds}", language), text(f"wall.colours_{source.colours}", language)]
    standard = source.standard or text("desk.no_standard", language)
    return [standard, *dict.fromkeys(marks)]


def rule_state(rule: Rule, language: str) -> str:
    """Whether the rule warns or is only on trial 试运行."""
    return text("desk.rule_active" if rule.state is RuleState.ACTIVE else "desk.rule_trial", language)


def references(declared: Declared, device: str, language: str) -> Sequence[tuple[str, str]]:
    """A station's own bounds: (name, value with unit, vertical datum and, of those of a season 汛期, its days)."""
    known = declared.devices.get(device)
    return [
        (
            text(f"warning.reference_{one.name}", language),
            " ".join(filter(None, (f"{one.value:.2f}", one.unit, one.datum, _season(one)))),
        )
        for one in (known.references if known else ())
    ]


def _season(reference: Reference) -> str:
    """When a bound holds each year, such as 主汛期 06-16—08-31; "" for all year."""
    if reference.season is None:
        return reference.period
    days = "—".join(f"{month:02d}-{day:02d}" for month, day in reference.season)
    return f"{reference.period} {days}".strip()
