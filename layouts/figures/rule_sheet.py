"""The figures of the sheet of before and after."""

from __future__ import annotations

import math

from board.names import Names
from catalogue.declared import Declared
from core.messages import text
from core.records import Level
from core.rule_versions import Complaint
from early_warning.declaration import declaration_of
from early_warning.rule import Rule
from early_warning.rule_changes import changes
from early_warning.rule_desk import Answer, Question, concerned_by
from early_warning.scoring import Score
from early_warning.subjects import Ground
from early_warning.weighing import envelope
from layouts.figures.rule_words import change_words
from layouts.rule_papers import Sheet

PIECES = 450
GRAVEST_FIRST = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)


def sheet_of(
    answer: Answer, asked: Question, declared: Declared, place: str, complaint: Complaint | None, language: str
) -> Sheet:
    """What both versions would have told of the last days, at one place and in all."""
    ground = Ground(declared.indicators, declared.devices, declared.areas, declared.feeds)
    concerned = sorted(concerned_by(place, answer.subjects, ground)) if place else []
    subject = (concerned or list(answer.subjects))[0]
    names, draft = Names(declared, language), answer.draft
    shown = draft.bounds[0].indicator
    series = answer.past.series.get((shown, subject))
    line = envelope(answer.past.ends_ms, series.value, PIECES) if series else []
    before = declaration_of(asked.active) if asked.active else {}
    return Sheet(
        rule=draft.name[language],
        place=names.subject(subject),
        span=text("rules.days", language, days=asked.days),
        reporting=f"{answer.weighed.reporting:.1%}",
        source=draft.source.standard or text(f"wall.bounds_{draft.source.bounds}", language),
        changes=change_words(changes(before, declaration_of(draft)), declared, language)
        or [text("rules.changes_none", language)],
        counts=_counts(answer, language),
        score=_score(answer, language),
        line=[(at_ms, _plain(low), _plain(high)) for at_ms, low, high in line],
        edges=[*_edges(asked.active, shown, is_new=False), *_edges(draft, shown, is_new=True)],
        complaint=complaint,
        left_out=text("rules.left_out", language),
    )


def _counts(answer: Answer, language: str) -> list[tuple[str, str, str, str, str]]:
    weighed = answer.weighed
    added, removed = (
        [one.peak for _, one in found] for found in (weighed.difference.added, weighed.difference.removed)
    )
    return [
        (
            text(f"level.{level.name.lower()}", language),
            str(weighed.active.counts[level]) if weighed.active else "—",
            str(weighed.draft.counts[level]),
            str(added.count(level)),
            str(removed.count(level)),
        )
        for level in GRAVEST_FIRST
    ]


def _score(answer: Answer, language: str) -> list[tuple[str, str, str]]:
    before, after = answer.weighed.active_score, answer.weighed.draft_score

    def told(score: Score | None, name: str) -> str:
        value = getattr(score, name) if score else None
        return "—" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)

    wanted = ("hits", "misses", "false_alarms", "precision", "recall")
    rows = [(text(f"rules.{name}", language), told(before, name), told(after, name)) for name in wanted]
    return [(text("rules.labels_count", language, count=after.labels), "", ""), *rows]


def _edges(rule: Rule | None, shown: str, *, is_new: bool) -> list[tuple[float, bool]]:
    bounds = rule.bounds if rule else ()
    return [(one.bound, is_new) for one in bounds if one.indicator == shown and one.bound is not None]


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
