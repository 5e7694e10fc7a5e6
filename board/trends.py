"""The one trend on the wall: what matters most now, over the last day, with its bounds as bands."""

from __future__ import annotations

from collections.abc import Sequence

from board.canvas import Canvas, Record
from board.domains import Latest
from board.history import History, thin
from board.names import Names
from board.values import source_record
from board.warnings import is_restricted
from board.words import level_word, number
from catalogue.declared import Declared
from core.messages import text
from core.records import DAY_MS, CityWarning
from early_warning.bounds import reference_at
from early_warning.rule import LevelBound, Rule, RuleState
from indicators.definition import Direction, Indicator, Verification

POINTS = 300


class TrendPanel:
    """Chooses the focus and draws it."""

    def __init__(self, declared: Declared, names: Names) -> None:
        self._declared = declared
        self._names = names

    def paint(
        self, canvas: Canvas, active: Sequence[CityWarning], latest: Latest, history: History, city_now_ms: int
    ) -> None:
        """Show the focus. active: gravest first; without any that the whole room may see, the fullest headline."""
        active = [one for one in active if not is_restricted(one.indicator, self._declared)]
        chosen = self._choose(active, history, city_now_ms)
        if chosen is None:
            canvas.drop("trends", "focus")
            return
        indicator, subject, rule = chosen
        value = latest(indicator.id, subject) or {}
        shown = canvas.sections["trends"].get("focus", {})
        record = self._record(indicator, subject, rule, city_now_ms) | {
            "level": value.get("level"),
            "value": value.get("value"),
            "text": value.get("text", number(None, 0, self._names.language)),
            "points": thin(
                history.points(indicator.id, subject, city_now_ms - DAY_MS),
                POINTS,
                indicator.direction is Direction.DOWN_BAD,
            ),
        }
        warned = canvas.sections["warnings"].get(active[0].id) if active else None
        record["sentence"] = warned["sentence"] if warned else self._sentence(record)
        urgent = any(record[field] != shown.get(field) for field in ("indicator", "subject", "level"))
        canvas.put("trends", "focus", record, urgent=urgent)

    def _choose(
        self, active: Sequence[CityWarning], history: History, city_now_ms: int
    ) -> tuple[Indicator, str, Rule | None] | None:
        for warning in active[:1]:
            if warning.indicator in self._declared.indicators:
                rule = self._declared.rules.get(warning.rule)
                return self._declared.indicators[warning.indicator], warning.subject, rule
        headline = self._calm_headline(history, city_now_ms)
        return (headline, self._names.city, self._rule_on(headline.id)) if headline else None

    def _calm_headline(self, history: History, city_now_ms: int) -> Indicator | None:
        """What is shown when nothing is wrong: a headline whose bounds a standard gives, of such the fullest line."""
        chosen: Indicator | None = None
        best = (False, 0)
        for domain in self._declared.domains:
            indicator = self._declared.indicators.get(domain.headline)
            if indicator is None or indicator.period:
                continue
            length = len(history.points(indicator.id, self._names.city, city_now_ms - DAY_MS))
            rank = (indicator.source.bounds in (Verification.VERIFIED, Verification.PARTIAL), length)
            if chosen is None or (length and rank > best):
                chosen, best = indicator, rank
        return chosen

    def _rule_on(self, indicator: str) -> Rule | None:
        """The first rule in force that bounds an indicator."""
        rules = (rule for rule in self._declared.rules.values() if rule.state is RuleState.ACTIVE)
        return next((rule for rule in rules if any(b.indicator == indicator for b in rule.bounds)), None)

    def _record(self, indicator: Indicator, subject: str, rule: Rule | None, city_now_ms: int) -> Record:
        source = rule.source if rule else indicator.source
        return {
            "indicator": indicator.id,
            "subject": subject,
            "subject_name": self._names.subject(subject),
            "name": indicator.name[self._names.language],
            "unit": indicator.unit,
            "decimals": indicator.decimals,
            "down_bad": indicator.direction is Direction.DOWN_BAD,
            "bands": self.bands(rule, indicator.id, subject, city_now_ms) if rule else [],
            "source": source_record(source),
        }

    def bands(self, rule: Rule, indicator: str, subject: str, city_now_ms: int) -> list[Record]:
        """The bounds of a rule on one indicator at one subject, mildest first."""
        found = []
        for bound in sorted(rule.bounds, key=lambda b: b.level):
            at = self._bound(bound, subject, city_now_ms) if bound.indicator == indicator else None
            if at is not None:
                own = bound.reference and not bound.offset  # half a metre below the warning stage is not that stage
                code = f"warning.reference_{bound.reference}" if own else f"level.{level_word(bound.level)}"
                name = text(code, self._names.language)
                found.append({"level": level_word(bound.level), "bound": at, "name": name})
        return found

    def _bound(self, bound: LevelBound, subject: str, city_now_ms: int) -> float | None:
        if not bound.reference:
            return bound.bound
        device = self._declared.devices.get(subject)
        reference = reference_at(device, bound.reference, city_now_ms) if device else None
        return round(reference.value + bound.offset, 9) if reference else None

    def _sentence(self, record: Record) -> str:
        """What stands under the title of a calm trend: the value, and between what it moved over the last day."""
        language = self._names.language
        words = {"place": record["subject_name"], "name": record["name"]}
        if record["value"] is None:
            return text("board.value-unknown", language, **words)
        known = [value for _, value in record["points"] if value is not None] or [record["value"]]
        low, high = (number(value, record["decimals"], language) for value in (min(known), max(known)))
        words |= {"text": record["text"], "unit": record["unit"], "low": low, "high": high}
        return " ".join(text("board.value-day", language, **words).split()).replace(" ，", "，")
