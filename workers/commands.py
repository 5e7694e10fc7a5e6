"""The commands that run one worker each, for as long as it is not stopped; a worker is imported when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

import typer

from core.settings import Settings

RUNS: Mapping[str, str] = {  # the module of this room that has `run(settings)`, and what it does
    "ingest": "Run the worker that takes messages in.",
    "engine": "Run the worker that computes indicators and judges rules.",
    "board": "Run the worker that keeps the present picture of the city.",
    "archive": "Run the worker that writes what the streams hold into the history.",
    "relay": "Run the worker that tells the city what people did.",
    "notify": "Run the worker that tells people, and other systems, of warnings.",
    "clocks": "Run the worker that does what time alone brings about.",
    "probe": "Run the test reading 拨测 that goes through every part each ten seconds.",
}


def add_worker_commands(cli: typer.Typer, settings: Callable[[], Settings]) -> None:
    """One command a worker, named as it is."""
    for name, says in RUNS.items():
        cli.command(name, help=says)(_running(name, settings))


def _running(name: str, settings: Callable[[], Settings]) -> Callable[[], None]:
    def run() -> None:
        raise SystemExit(import_module(f"workers.{name}").run(settings()))

    return run
