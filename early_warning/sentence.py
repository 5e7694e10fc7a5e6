"""One sentence for one warning, the same on the wall, in a message and in a brief. Pure."""

from __future__ import annotations

from core.messages import text
from core.records import CityWarning, Level, WarningPhase
from core.wording import measured, time_seen_from
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
    if warning.late:
        said = text("warning.late", language, sentence=said)
    return text("warning.trial", language, sentence=said) if warning.facts.get("trial") else said


def _standing(warning: CityWarning, subject_name: str, indicator: Indicator, language: str) -> str:
    value = measured(warning.value, warning.unit, indicator.decimals, language)
    since_ms = min(warning.since_ms, warning.decided_ms)  # an open window ends a little ahead of what is known
    since = time_seen_from(since_ms, warning.updated_ms, language)
    parts = [
        text("warning.what", language, place=subject_name, name=indicator.name[language], value=value),
        _over_what(warning, indicator, language),
        text("warning.since", language, time=since),
    ]
    if warning.trend != "unknown":
        parts.append(text(f"warning.{warning.trend}", language))
    return text("warning.and", language).join(parts)


def _over_what(warning: CityWarning, indicator: Indicator, language: str) -> str:
    if "reference" in warning.facts:
        return _over_reference(warning, indicator, language)
    words = {"colour": _colour(warning.level, language), "bound": _bound(warning, indicator, language)}
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
        "warning.cleared",
        language,
        place=subject_name,
        name=indicator.name[language],
        since=time_seen_from(warning.since_ms, ended_ms, language),
        until=time_seen_from(ended_ms, ended_ms, language),
        peak=text(f"level.{warning.peak.name.lower()}", language),
        colour=_colour(warning.peak, language),
        value=measured(warning.value, warning.unit, indicator.decimals, language),
    )


def _bound(warning: CityWarning, indicator: Indicator, language: str) -> str:
    """A whole bound is written without decimals."""
    decimals = 0 if float(warning.bound).is_integer() else indicator.decimals
    return measured(warning.bound, warning.unit, decimals, language)


def _colour(level: Level, language: str) -> str:
    return text(f"level.{level.name.lower()}_colour", language)
