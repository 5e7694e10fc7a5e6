"""One sentence for one warning, the same on the wall, in a message and in a brief. Pure."""

from __future__ import annotations

from core.messages import text
from core.records import CityWarning, Level, WarningPhase
from core.wording import measured, time_seen_from
from early_warning.rule import Judged
from indicators.definition import Direction, Indicator


def sentence(warning: CityWarning, subject_name: str, indicator: Indicator, language: str) -> str:
    """Where, what, value, over what, since when, trend.

    Args:
        warning: As it stands; `facts` name the reference and its vertical datum where the bound is the station's own.
        subject_name: Name of the station or area, in the language.
        indicator: That of the warning: its name, unit and decimals.
        language: zh or en.
    """
    if warning.phase is WarningPhase.CLEARED:
        said = _cleared(warning, subject_name, indicator, language)
    elif warning.phase is WarningPhase.RETRACTED:
        place = {"place": subject_name, "name": indicator.name[language]}
        since = time_seen_from(warning.since_ms, warning.updated_ms, language)
        said = text("warning.retracted", language, **place, since=since)
    else:
        said = _standing(warning, subject_name, indicator, language)
    if "flapping" in warning.facts:
        said = text("warning.flapping", language, sentence=said)
    if warning.late:
        said = text("warning.late", language, sentence=said)
    return text("warning.trial", language, sentence=said) if warning.facts.get("trial") else said


def _standing(warning: CityWarning, subject_name: str, indicator: Indicator, language: str) -> str:
    since_ms = min(warning.since_ms, warning.decided_ms)  # an open window ends a little ahead of what is known
    since = time_seen_from(since_ms, warning.updated_ms, language)
    parts = [
        _what(warning, subject_name, indicator, language),
        _over_what(warning, indicator, language),
        text("warning.since", language, time=since),
    ]
    if warning.trend != "unknown":
        parts.append(text(f"warning.{warning.trend}", language))
    if "lost_ms" in warning.facts:
        lost = time_seen_from(warning.facts["lost_ms"], warning.updated_ms, language)
        parts.append(text("warning.lost", language, since=lost))
    return text("warning.and", language).join(parts)


def _what(warning: CityWarning, subject_name: str, indicator: Indicator, language: str) -> str:
    """Where, what, and the value judged; where that is a rate, a deviation or a forecast, behind the value itself."""
    place = {"place": subject_name, "name": indicator.name[language]}
    facts, value = warning.facts, _value(warning, warning.value, indicator.decimals, language)
    if "judged" not in facts:
        return text("warning.what", language, **place, value=value)
    now = measured(facts.get("plain", float("nan")), warning.unit, indicator.decimals, language)
    minutes = facts.get("ahead_s", 0) // 60
    return text(f"warning.{facts['judged']}", language, **place, now=now, value=value, minutes=minutes)


def _value(warning: CityWarning, value: float, decimals: int, language: str) -> str:
    """A value or a bound as it is judged: a rate an hour, differences with their sign."""
    judged = warning.facts.get("judged", "")
    unit = f"{warning.unit}/h" if judged == Judged.RATE else warning.unit
    sign = "+" if value > 0 and judged in (Judged.RATE, Judged.DEVIATION) else ""
    return sign + measured(value, unit, decimals, language)


def _over_what(warning: CityWarning, indicator: Indicator, language: str) -> str:
    if "reference" in warning.facts:
        return _over_reference(warning, indicator, language)
    decimals = 0 if float(warning.bound).is_integer() else indicator.decimals
    bound = _value(warning, warning.bound, decimals, language)
    words = {"colour": _colour(warning.level, language), "bound": bound}
    down = indicator.direction is Direction.DOWN_BAD
    beyond = warning.value < warning.bound if down else warning.value >= warning.bound
    return text(f"warning.{('fell_below' if down else 'reached') if beyond else 'kept'}", language, **words)


def _over_reference(warning: CityWarning, indicator: Indicator, language: str) -> str:
    """How far above, or still below, the station's own reference; where that stands, and in which datum, comes last."""
    decimals, facts = indicator.decimals, warning.facts
    reference = warning.bound - float(facts.get("offset", 0.0))
    excess = round(warning.value - reference, decimals)
    bound = measured(reference, warning.unit, decimals, language)
    datum = facts.get("datum")
    words = {
        "reference": text(f"warning.reference_{facts['reference']}", language),
        "excess": measured(abs(excess), warning.unit, decimals, language),
        "stands": text("warning.in_datum", language, bound=bound, datum=datum) if datum else bound,
    }
    code = "over" if excess > 0 else "near" if excess < 0 else "at"
    return text(f"warning.{code}_reference", language, **words)


def _cleared(warning: CityWarning, subject_name: str, indicator: Indicator, language: str) -> str:
    ended_ms = warning.ended_ms or warning.updated_ms
    return text(
        "warning.replaced" if "rule_replaced" in warning.facts else "warning.cleared",
        language,
        place=subject_name,
        name=indicator.name[language],
        since=time_seen_from(warning.since_ms, ended_ms, language),
        until=time_seen_from(ended_ms, ended_ms, language),
        peak=text(f"level.{warning.peak.name.lower()}", language),
        colour=_colour(warning.peak, language),
        value=measured(warning.value, warning.unit, indicator.decimals, language),
    )


def _colour(level: Level, language: str) -> str:
    return text(f"level.{level.name.lower()}_colour", language)
