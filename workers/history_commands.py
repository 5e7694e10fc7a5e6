"""The commands `compute` and `history …`, thin. What they need is imported when one of them runs."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core.clock import real_ms, to_ms
from core.messages import text
from core.settings import Settings

SceneName = Annotated[str, typer.Option(help="A scene by its id; empty: that of this installation.")]


class Defined(StrEnum):
    """By which definitions the past is computed."""

    NOW = "now"
    THEN = "then"


def moment_ms(moment: str, otherwise_ms: int) -> int:
    """A time given on the command line, ms UTC."""
    try:
        return to_ms(datetime.fromisoformat(moment)) if moment else otherwise_ms
    except ValueError as wrong:
        raise typer.BadParameter(f"{moment!r}: {wrong}") from wrong


def compute_command(settings: Callable[[], Settings]) -> Callable[..., None]:
    """`compute`."""

    def compute(
        city: Annotated[str, typer.Argument(help="Name or code of the city, or of a pack; empty: the setting.")] = "",
        start: Annotated[str, typer.Option("--from", help="A time with zone; empty: the beginning.")] = "",
        stop: Annotated[str, typer.Option("--to", help="A time with zone; empty: now.")] = "",
        only: Annotated[list[str] | None, typer.Option("--indicator", help="May be repeated; none: all.")] = None,
        scene: SceneName = "",
        definition: Annotated[
            Defined, typer.Option(help="now: as the packs say today; then: as they said at the time of each window.")
        ] = Defined.NOW,
    ) -> None:
        """Compute values of the past anew from the raw readings of the history; they become newer versions."""
        from catalogue.versions import Definitions
        from workers import compute as computing
        from workers import history as past

        given = settings()
        declared, into = past.declared_scene(given, scene, city)
        then = definition is Defined.THEN
        definitions = past.definitions_then(given, declared, into) if then else Definitions(declared)
        span = (moment_ms(start, 0), moment_ms(stop, real_ms()))
        with typer.progressbar(length=1000, label=text("history.computing", given.language)) as bar:
            shown = past.progress(span, lambda share: bar.update(round(1000 * share) - bar.pos))
            done = computing.compute(given, definitions, into, span, shown, only or [])
        typer.echo(past.told_computed(given, done, definitions))

    return compute


def history_commands(settings: Callable[[], Settings]) -> typer.Typer:
    """`history status|import`."""
    history = typer.Typer(no_args_is_help=True, help="Values and raw readings for years.")

    @history.command()
    def status(scene: SceneName = "") -> None:
        """Say what the history holds: spans, rows, bytes, gaps."""
        from workers import history as past

        _say(past.told_status(settings(), past.declared_scene(settings(), scene)[1]))

    @history.command("import")
    def import_past(
        mapping: Annotated[Path, typer.Option(help="YAML: how columns become readings; see docs/history.md.")],
        files: Annotated[list[Path] | None, typer.Argument(help=".csv, .csv.gz, .xlsx or .parquet")] = None,
        url: Annotated[str, typer.Option(help="Instead of files: a database, as SQLAlchemy names it.")] = "",
        query: Annotated[str, typer.Option(help="What to ask the database.")] = "",
        scene: SceneName = "",
    ) -> None:
        """Take past years in, marked as imported; what is refused stands in a report. Then run `compute`."""
        from ingest.tables.mapping import read_mapping
        from workers import history as past
        from workers.past import import_tables, table_of_query, tables_of

        given, columns = settings(), read_mapping(mapping)
        declared, into = past.declared_scene(given, scene)
        tables = tables_of(files or [], columns) + ([table_of_query(url, query, columns)] if url else [])
        _say(past.told_import(given, into, import_tables(given, declared, into, tables, columns)))

    return history


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        typer.echo(sentence)
