"""The figures of a month as rows and cells. The page, the API and every document show these and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.messages import listed, text
from core.records import MINUTE_MS
from dispatch.evaluation import By, Figures, Known, Measure, Outcome, figures, known, score
from dispatch.evaluations import Basis
from dispatch.months import Month
from dispatch.scores import CaseScore
from documents.paper import Cell, Figure, Heading, Paper, Paragraph, Part, Table

SHARES = frozenset({Measure.FILE, Measure.DISPATCH, Measure.HANDLE, Measure.CLOSE, Measure.REDONE, Measure.REOPENED})
SPANS = frozenset({Measure.FIRST_ARRIVAL, Measure.FIRST_ABLE})
COLUMNS = ("cases", "excluded", *Measure, "score")
PAPER_WIDTHS = (3.2, 1.0, 1.0, *(1.5 for _ in Measure), 1.1)

Name = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one department, area, kind, unit or person. cells: one for each of `COLUMNS`."""

    id: str
    name: str
    figures: Figures
    cells: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One month whole. tables: the rows of each kind of name that whoever asks may see; `By.ALL` has one row."""

    month: Month
    basis: Basis
    as_of_ms: int
    score: CaseScore | None
    tables: Mapping[By, tuple[Row, ...]]

    @property
    def whole(self) -> Row:
        """All cases together."""
        return self.tables[By.ALL][0]


def evaluated(
    outcomes: Sequence[Outcome], asked: tuple[Month, Basis, int], weighed: CaseScore | None, names: Mapping[By, Name]
) -> Evaluation:
    """A month from its cases.

    Args:
        outcomes: Of all cases that whoever asks may see.
        asked: (the month, its basis, as of when, ms UTC).
        weighed: What the mark weighs.
        names: How names of each kind are called; what is left out is not told.
    """
    month, basis, as_of_ms = asked
    tables: dict[By, tuple[Row, ...]] = {By.ALL: (_row("", "", _of_all(outcomes), weighed),)}
    for by, name in names.items():
        tables[by] = tuple(_row(one, name(one), of, weighed) for one, of in figures(outcomes, by).items())
    return Evaluation(month, basis, as_of_ms, weighed, tables)


def cell(measure: Measure, one: Known) -> Figure:
    """A measure as it is shown: shares in percent, spans in minutes, each with the cases that it rests on."""
    if one.value is None:
        return Figure(None, "", of=one.cases)
    if measure in SHARES:
        return Figure(one.value, f"{one.value:.1%}", "0.0%", one.cases)
    value = one.value / MINUTE_MS if measure in SPANS else one.value
    return Figure(value, f"{value:.1f}", "0.0", one.cases)


def head(column: str, language: str) -> str:
    """The word above a column."""
    return text(f"evaluation.column-{column}", language)


def paper(found: Evaluation, city: str, mark: str, at: Callable[[int], str], language: str) -> Paper:
    """The monthly report 月报. at: a time in words. mark: of cases that are not real ones, else empty."""
    parts: list[Part] = [Paragraph(_summary(found, at, language))]
    for by, rows in found.tables.items():
        heading = text(f"evaluation.by-{by}", language)
        heads = [heading, *(head(column, language) for column in COLUMNS)]
        cells: list[tuple[Cell, ...]] = [(row.name or text("evaluation.by-all", language), *row.cells) for row in rows]
        of = text("evaluation.rests-on", language)
        parts += [Heading(heading), Table(heading, heads, cells, PAPER_WIDTHS, of)]
    parts += [Paragraph(line, note=True) for line in notes(found, language)]
    title = text("evaluation.report", language, city=city, year=found.month.year, month=found.month.month)
    under = (
        text("evaluation.as-of", language, at=at(found.as_of_ms)),
        text(f"evaluation.basis-{found.basis}", language),
    )
    return Paper(title, parts, under, mark=mark, wide=True, language=language)


def notes(found: Evaluation, language: str) -> list[str]:
    """What the figures mean, and what the mark weighs."""
    lines = [text("evaluation.note", language)]
    if found.score:
        weights = [f"{head(one, language)} {weight:g}" for one, weight in found.score.weights.items()]
        until = found.score.valid_until
        lines.append(
            text(
                "evaluation.weights",
                language,
                name=found.score.name[language],
                begin=f"{found.score.valid_from:%Y-%m-%d}",
                end=f"{until:%Y-%m-%d}" if until else text("evaluation.open-end", language),
                weights=listed(weights, language),
            )
        )
    else:
        lines.append(text("evaluation.no-weights", language))
    return lines


def _row(name: str, shown: str, of: Figures, weighed: CaseScore | None) -> Row:
    mark = score(of, weighed.weights) if weighed else None
    counts = [Figure(count, f"{count}", "0") for count in (of.cases, of.excluded)]
    measures = [cell(measure, known(of, measure)) for measure in Measure]
    return Row(name, shown, of, (*counts, *measures, Figure(mark, "" if mark is None else f"{mark:.1f}", "0.0")))


def _of_all(outcomes: Iterable[Outcome]) -> Figures:
    return figures(outcomes, By.ALL).get("") or Figures(0, 0, {}, 0, 0, None, None, None)


def _summary(found: Evaluation, at: Callable[[int], str], language: str) -> str:
    """The first sentences of the report, of the figures in the row of all cases."""
    said = {column.replace("-", "_"): _said(one) for column, one in zip(COLUMNS, found.whole.cells, strict=True)}
    month = {"year": found.month.year, "month": found.month.month}
    return text(f"evaluation.summary-{found.basis}", language, **month, **said)


def _said(one: Figure) -> str:
    return "—" if one.value is None else one.text
