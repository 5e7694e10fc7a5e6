"""Props of the rules desk that `assets/rules*.js` draw: what is declared, and what came of a draft."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from board.names import Names
from board.words import level_word
from catalogue.declared import Declared
from core.accounts import EVERYWHERE
from core.labels import Label
from core.messages import listed, text
from core.notices import Route
from core.records import DAY_MS, Level
from core.rule_versions import RuleVersion
from early_warning.bounds import reference_at
from early_warning.declaration import declaration_of
from early_warning.rule import LevelBound, Rule
from early_warning.rule_changes import changes, only_later, only_sooner
from early_warning.rule_desk import Answer, concerned_by
from early_warning.subjects import Ground
from early_warning.weighing import Swept, busiest, by_hour, envelope, floods, openings_ms, segments
from indicators.definition import Indicator
from layouts.figures.moments import length
from layouts.figures.rule_words import change_words, person_words
from notices.routes import is_within

PIECES = 900  # of a line: more than pixels are there for it
DAYS = (7, 30, 365)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """Who opens the desk of which rule, and what he finds."""

    declared: Declared
    rule: Rule
    versions: Sequence[RuleVersion]
    rights: Mapping[str, bool]  # edit, release, relax
    reader: str  # who reads, as the audit calls him
    people: Mapping[str, str]  # login → name
    now_ms: int
    language: str
    routes: Sequence[Route] = ()  # of notices


def seed(opened: Opened, open_version: RuleVersion | None, place: str) -> Json:
    """All that the desk needs once: the rule as it judges, the draft, names, rights."""
    rule, declared, language = opened.rule, opened.declared, opened.language
    ground = Ground(declared.indicators, declared.devices, declared.areas, declared.feeds)
    names, subjects = Names(declared, language), ground.subjects(rule)
    active = declaration_of(rule)
    shown = place if place in subjects else _inside(place, subjects, ground)
    return {
        "rule": rule.id,
        "name": rule.name[language],
        "version": rule.version,
        "state": str(rule.state),
        "direction": str(rule.direction),
        "jurisdiction": rule.jurisdiction,
        "source": _source(rule, language),
        "illustrative": rule.source.bounds in ("illustrative", "none"),
        "active": active,
        "open": _version(open_version, opened) if open_version else None,
        "indicators": {
            name: _indicator(declared.indicators[name], language) for name in sorted({b.indicator for b in rule.bounds})
        },
        "places": [{"id": one, "name": names.subject(one)} for one in subjects],
        "place": shown,
        "references": _references(rule, subjects, declared, opened.now_ms),
        "touches": touches(declared, rule, language) + told_by(declared, rule, opened.routes, language),
        "known_indicators": [
            {"id": one.id, "name": one.name[language], "unit": one.unit} for one in declared.indicators.values()
        ],
        "areas": [{"id": one.id, "name": names.subject(one.id)} for one in declared.areas.counties],
        "rights": dict(opened.rights),
        "versions": [_version(one, opened) for one in opened.versions[:12]],
    }


def _inside(place: str, subjects: Sequence[str], ground: Ground) -> str:
    """A subject in a place that is none itself; the first of all where there is none."""
    found = sorted(concerned_by(place, subjects, ground)) if place else []
    return found[0] if found else (subjects[0] if subjects else "")


def _version(version: RuleVersion, opened: Opened) -> Json:
    return {
        "number": version.number,
        "revision": version.revision,
        "version": version.version,
        "state": str(version.state),
        "based_on": version.based_on,
        "declaration": dict(version.declaration),
        "author": person_words(version.author, opened.people),
        "own": version.author == opened.reader,
        "approver": person_words(version.approver, opened.people) if version.approver else "",
        "reason": version.reason,
        "remark": version.remark,
        "changed_ms": version.changed_ms,
        "effective_ms": version.effective_ms,
        "ended_ms": version.ended_ms,
        "in_force": version.in_force(opened.now_ms),
        "expected": version.expected,
    }


def _indicator(indicator: Indicator, language: str) -> Json:
    return {
        "name": indicator.name[language],
        "unit": indicator.unit,
        "decimals": indicator.decimals,
        "window": length(indicator.window_s or indicator.slide_s, language),
    }


def _source(rule: Rule, language: str) -> str:
    code = "wall.source_standard" if rule.source.standard else "wall.source_none"
    bounds = text(f"wall.bounds_{rule.source.bounds}", language)
    colours = text(f"wall.colours_{rule.source.colours}", language)
    return text(code, language, standard=rule.source.standard, bounds=bounds, colours=colours)


def _references(rule: Rule, subjects: Sequence[str], declared: Declared, now_ms: int) -> Json:
    """Of each station its own bounds that the rule reads, as they hold now."""
    wanted = {bound.reference for bound in rule.bounds if bound.reference}
    found: Json = {}
    for subject in subjects if wanted else ():
        device = declared.devices[subject]
        held = {name: reference_at(device, name, now_ms) for name in wanted}
        found[subject] = {name: one.value for name, one in held.items() if one}
    return found


def touches(declared: Declared, rule: Rule, language: str) -> list[str]:
    """Everything that changes with the rule, in words: subjects and where they lie, domains, pages, scores."""
    ground, names = (
        Ground(declared.indicators, declared.devices, declared.areas, declared.feeds),
        Names(declared, language),
    )
    subjects = ground.subjects(rule)
    counties = dict.fromkeys(
        names.subject(names.county_of(one)) for one in subjects if names.county_of(one) != names.city
    )
    places = listed(counties, language) or names.subject(names.city)
    told = [text(f"rules.touch_{rule.subjects}", language, count=len(subjects), places=places)]
    told += [
        text("rules.touch_domain", language, name=one.name[language])
        for one in declared.domains
        if one.id == rule.domain
    ]
    judged = {bound.indicator for bound in rule.bounds}
    others = [o for o in declared.rules.values() if o.id != rule.id and not o.id.endswith(".trial")]
    same = [o.name[language] for o in others if judged & {bound.indicator for bound in o.bounds}]
    told += [text("rules.touch_same", language, names=listed(same, language))] if same else []
    scores = [i.name[language] for i in declared.indicators.values() if judged & {part.indicator for part in i.parts}]
    told += [text("rules.touch_scores", language, names=listed(scores, language))] if scores else []
    return told


def told_by(declared: Declared, rule: Rule, routes: Sequence[Route], language: str) -> list[str]:
    """Plans that the rule proposes, and the routes by which its warnings reach people."""
    plans = [plan.name[language] for plan in declared.plans.values() if rule.id in plan.trigger.rules]
    gravest = max(bound.level for bound in rule.bounds)
    reached = [
        text("rules.touch_route", language, name=route.name, level=text(f"level.{level_word(route.level)}", language))
        for route in routes
        if not route.disabled and route.level <= gravest and any(_leads(topic, rule) for topic in route.topics)
    ]
    told = [text("rules.touch_plans", language, names=listed(plans, language))] if plans else []
    return told + ([text("rules.touch_routes", language, names=listed(reached, language))] if reached else [])


def _leads(topic: str, rule: Rule) -> bool:
    """Whether a topic of a route is one that the rule warns of."""
    return topic in (EVERYWHERE, rule.domain) or any(is_within(topic, bound.indicator) for bound in rule.bounds)


def drawn(answer: Answer, active: Rule | None, place: str, shown: str, declared: Declared, language: str) -> Json:
    """The middle of the desk: line, bands, both strips, labels, load. shown: the indicator of the line."""
    past, weighed = answer.past, answer.weighed
    series = past.series.get((shown, place))
    value = series.value if series else np.full(len(past.ends_ms), np.nan)
    from_ms, until_ms = int(past.ends_ms[0]), int(past.ends_ms[-1])
    opened = openings_ms(weighed.draft)
    ground = Ground(declared.indicators, declared.devices, declared.areas, declared.feeds)
    return {
        "from_ms": from_ms,
        "until_ms": until_ms,
        "shown": shown,
        "place": place,
        "line": [[at, _plain(low), _plain(high)] for at, low, high in envelope(past.ends_ms, value, PIECES)],
        "active": _strip(weighed.active, place, until_ms) if active else None,
        "draft": _strip(weighed.draft, place, until_ms),
        "labels": [_label(one, language) for one in answer.labels if concerned_by(one.place, (place,), ground)],
        "load": by_hour(opened).tolist(),
        "busiest": busiest(opened),
        "floods": floods(opened),
        "warned": [one for one in answer.subjects if weighed.draft.episodes.get(one)],
    }


def _strip(outcome: Any, place: str, until_ms: int) -> list[list[Any]]:
    return [[begin, end, level.name.lower()] for begin, end, level in segments(outcome, place, until_ms)]


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def _label(label: Label, language: str) -> Json:
    said = [label.kind or text(f"rules.verdict_{label.verdict}", language), label.severity, label.note]
    return {
        "from_ms": label.began_ms,
        "until_ms": label.ended_ms,
        "true": label.verdict.is_true,
        "certain": label.certain,
        "says": " ".join(word for word in said if word),
    }


def swept_lines(swept: Mapping[str, Sequence[Swept]]) -> Json:
    """The points of each sweep: [value, warnings, recall, lead in minutes]."""
    return {
        axis: [
            [one.value, one.warnings, one.recall, None if one.lead_s is None else round(one.lead_s / 60)]
            for one in points
        ]
        for axis, points in swept.items()
    }


@dataclass(frozen=True, slots=True)
class Compared:
    """What a draft says otherwise than what judges, in words; and which way it goes."""

    said: tuple[str, ...]
    only_sooner: bool
    only_later: bool


def compared(active: Mapping[str, Any], draft: Mapping[str, Any], declared: Declared, language: str) -> Compared:
    """The difference of two declarations."""
    found = changes(active, draft)
    return Compared(tuple(change_words(found, declared, language)), only_sooner(found), only_later(found))


def bound_of(rule: Rule, level: Level) -> LevelBound | None:
    """The level of a rule."""
    return next((bound for bound in rule.bounds if bound.level is level), None)


def expected(answer: Answer, days: int) -> Json:
    """What the backtest promises, to be held against what comes: warnings in a week, by level."""
    known_days = max(1.0, days * answer.weighed.reporting)
    counts = {level.name.lower(): count for level, count in answer.weighed.draft.counts.items()}
    return {
        "span_days": days,
        "counts": counts,
        "a_week": {level: round(count * 7 / known_days, 1) for level, count in counts.items()},
        "until_ms": int(answer.past.ends_ms[-1]) // DAY_MS * DAY_MS,
    }
