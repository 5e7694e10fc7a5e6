"""The right side of the rules desk: what a draft would have done, in plain counts. The reporting rate comes first."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from board.belonging import chain_of
from board.names import Names
from catalogue.declared import Declared
from core.messages import text
from core.records import HOUR_MS, Level
from core.wording import measured
from early_warning.backtest import Outcome
from early_warning.duty_rules import Concerned
from early_warning.episodes import Episode
from early_warning.rule_desk import Answer, label_of
from early_warning.scoring import Score
from early_warning.seats import SeatReach, ladder
from early_warning.subjects import Ground
from early_warning.weighing import Weighed, floods, openings_ms
from layouts.figures.moments import moment
from layouts.figures.rule_desk import bound_of
from layouts.marks import level_mark

LISTED = 4
GRAVEST_FIRST = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)
LITTLE = 0.8  # below this share of known windows the counts are told with a caution
NOTHING = 0.02  # below it nothing is told


class Consequences:
    """Draws the column for one answer."""

    def __init__(
        self, answer: Answer, declared: Declared, days: int, language: str, seats: Sequence[SeatReach] = ()
    ) -> None:
        self._answer, self._declared, self._days, self._language = answer, declared, days, language
        self._seats = seats
        self._names = Names(declared, language)
        self._ground = Ground(declared.indicators, declared.devices, declared.areas, declared.feeds)

    def column(self) -> html.Div:
        """Reporting, counts against the active version, hours and load, score against labels, what comes and goes."""
        weighed = self._answer.weighed
        if weighed.reporting < NOTHING:
            return html.Div([self._reporting(weighed), html.P(self._say("no_past"), className="rules-nothing hatched")])
        return html.Div(
            [
                self._reporting(weighed),
                self._counts(weighed),
                self._load(weighed),
                self._by_seat(weighed),
                self._score(weighed),
                self._moved(weighed),
            ]
        )

    def _say(self, code: str, **places: object) -> str:
        return text(f"rules.{code}", self._language, **places)

    def _reporting(self, weighed: Weighed) -> html.P:
        share = weighed.reporting
        missing = weighed.draft.windows * weighed.draft.no_data_share
        per_hour = weighed.draft.windows / max(1, self._days * 24 * len(self._answer.subjects))
        hours = missing / max(per_hour, 1e-9) / max(1, len(self._answer.subjects))
        said = self._say("reporting_missing", hours=f"{hours:,.1f}") if share < 0.9995 else ""
        caution = html.Em(self._say("reporting_little")) if NOTHING <= share < LITTLE else None
        return html.P(
            [self._say("reporting"), html.B(f"{share:.1%}"), html.Small(said), caution],
            className="rules-reporting" + (" is-little" if share < LITTLE else ""),
        )

    def _counts(self, weighed: Weighed) -> html.Table:
        """A row a level: warnings of both versions, which come and which go, hours at the level."""
        moved = {
            name: [episode.peak for _, episode in found]
            for name, found in (("added", weighed.difference.added), ("removed", weighed.difference.removed))
        }
        head = [html.Th(self._say("level"))] + [
            html.Th(self._say(code), className="count") for code in ("active", "draft", "added", "removed", "hours_at")
        ]
        rows = [self._row(level, weighed, moved) for level in GRAVEST_FIRST if self._declared_level(level)]
        changed, same = len(weighed.difference.changed), len(weighed.difference.unchanged)
        total = self._say("total", changed=changed, unchanged=same)
        return html.Table([html.Thead(html.Tr(head)), html.Tbody(rows), html.Caption(total)], className="rules-counts")

    def _declared_level(self, level: Level) -> bool:
        standing = self._answer.weighed.active
        return bound_of(self._answer.draft, level) is not None or bool(standing and standing.counts[level])

    def _row(self, level: Level, weighed: Weighed, moved: dict[str, list[Level]]) -> html.Tr:
        word = level.name.lower()
        before = weighed.active.counts[level] if weighed.active else None
        hours = weighed.draft.hours[level] - (weighed.active.hours[level] if weighed.active else 0)
        cells = ["—" if before is None else before, html.B(weighed.draft.counts[level])]
        cells += [_signed("+", moved["added"].count(level)), _signed("−", moved["removed"].count(level))]
        told = html.Span(f"{weighed.draft.hours[level]:,.0f}", title=f"{hours:+,.0f}")
        return html.Tr(
            [html.Td(level_mark(word, self._language)), *(html.Td(one, className="count") for one in (*cells, told))],
            className=f"of-{word}",
        )

    def _load(self, weighed: Weighed) -> html.P:
        """Warnings a day and shift, and floods, before and after."""
        told = []
        for outcome in (weighed.active, weighed.draft):
            opened = openings_ms(outcome) if outcome else None
            told.append(("—", "—") if opened is None else (f"{len(opened) / self._days / 3:.1f}", str(floods(opened))))
        (before, floods_before), (after, floods_after) = told
        return html.P(
            self._say("load", before=before, after=after, floods_before=floods_before, floods_after=floods_after),
            className="rules-load-said",
        )

    def _by_seat(self, weighed: Weighed) -> html.Table | None:
        """Warnings a shift of each seat that some subject belongs to, before and after."""
        owners: dict[SeatReach, set[str]] = {}
        for subject in self._answer.subjects:
            one = Concerned(subject, Level.NORMAL, chain_of(self._declared, subject), self._answer.draft.domain)
            for seat in ladder(self._seats, one)[:1]:
                owners.setdefault(seat, set()).add(subject)
        if not owners:
            return None
        head = html.Tr([html.Th(self._say(code)) for code in ("seat", "active", "draft")])
        both = weighed.active, weighed.draft
        rows = [
            html.Tr([html.Td(seat.name)] + [html.Td(self._a_shift(told, mine)) for told in both])
            for seat, mine in owners.items()
        ]
        return html.Table(
            [html.Caption(self._say("by_seat")), html.Thead(head), html.Tbody(rows)], className="rules-seats"
        )

    def _a_shift(self, outcome: Outcome | None, subjects: set[str]) -> str:
        if outcome is None:
            return "—"
        return f"{len(openings_ms(outcome, frozenset(subjects))) / self._days / 3:.1f}"

    def _score(self, weighed: Weighed) -> html.Section:
        """Against labels; without any nothing is scored, and that is said."""
        ours, theirs = weighed.draft_score, weighed.active_score
        title = html.H2([self._say("against_labels"), html.Small(self._say("labels_count", count=ours.labels))])
        if not ours.labels:
            return html.Section(
                [title, html.P(self._say("no_labels"), className="rules-note")], className="rules-score"
            )
        now, before = self._figures(ours), self._figures(theirs) if theirs else {}
        cells = [
            html.Div([html.Dt(self._say(code)), html.Dd([html.B(figure), self._was(figure, before.get(code, ""))])])
            for code, figure in now.items()
        ]
        return html.Section([title, html.Dl(cells)], className="rules-score")

    def _figures(self, found: Score) -> dict[str, str]:
        return {
            "hits": f"{found.hits}/{found.labels}",
            "misses": str(found.misses),
            "false_alarms": str(found.false_alarms),
            "precision": _share(found.precision),
            "recall": _share(found.recall),
            "lead": self._lead(found),
        }

    def _was(self, now: str, before: str) -> html.Small | None:
        return html.Small(self._say("was", before=before)) if before and before != now else None

    def _lead(self, found: Score) -> str:
        if found.lead_s is None:
            return "—"
        minutes = round(found.lead_s / 60)
        if abs(minutes) >= 120:
            return self._say("lead_hours", hours=f"{minutes / 60:.1f}")
        return self._say("lead_minutes", minutes=minutes)

    def _moved(self, weighed: Weighed) -> html.Div:
        """The warnings that would go, and those that would come, gravest first."""
        return html.Div(
            [
                part
                for code, found in (("removed", weighed.difference.removed), ("added", weighed.difference.added))
                for part in self._listed(code, found)
            ],
            className="rules-moved",
        )

    def _listed(self, code: str, found: Sequence[tuple[str, Episode]]) -> list[Component]:
        if not found:
            return []
        gravest = sorted(found, key=lambda one: (-one[1].peak, -one[1].since_ms))
        rows = [html.Li(self._episode(subject, episode)) for subject, episode in gravest[:LISTED]]
        rest = len(found) - LISTED
        more = [html.Li(self._say("listed_more", count=rest), className="rest")] if rest > 0 else []
        return [html.H2(self._say(f"listed_{code}", count=len(found))), html.Ul([*rows, *more])]

    def _episode(self, subject: str, episode: Episode) -> list[Component | str]:
        now_ms = int(self._answer.past.ends_ms[-1])
        label = label_of(episode, subject, self._answer.labels, self._ground)
        verdict = self._say(f"verdict_{label.verdict}") if label else self._say("unlabelled")
        lasted = (min(episode.until_ms, now_ms) - episode.since_ms) / HOUR_MS
        return [
            html.I(className=f"shape {episode.peak.name.lower()} level-{episode.peak.name.lower()}"),
            html.Span(
                f"{moment(episode.since_ms, now_ms, self._language)} {self._names.subject(subject)}", className="what"
            ),
            html.Span(measured(lasted, "h", 1, self._language)),
            html.Span(verdict, className="verdict"),
        ]


def _signed(sign: str, count: int) -> str | int:
    return f"{sign}{count}" if count else 0


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"
