"""The composition root and the command line of CityVitals: which parts exist and how they meet. No logic.

    python app.py run          the whole city: servers, workers, website, simulator
    python app.py doctor       what is wrong with this installation, in words
    python app.py --help       everything else

Each process imports only what it runs: imports of rooms stand inside the commands.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from core import settings as settings_table
from core.clock import city_ms, real_ms
from core.errors import CityVitalsError, DeclarationError
from core.records import DAY_MS, Scene
from core.settings import Settings

if TYPE_CHECKING:
    from catalogue.declared import Declared
    from simulator.city import City

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="CityVitals 城市体征"
)
pack = typer.Typer(no_args_is_help=True, help="What a city declares.")
cli.add_typer(pack, name="pack")


def _settings() -> Settings:
    return settings_table.load(os.environ)


@cli.command()
def run() -> None:
    """Start the whole city: servers, workers, website; with the simulator unless it is switched off."""
    from workers import supervisor

    raise SystemExit(supervisor.run(_settings(), typer.echo, _write_past))


@cli.command()
def ingest() -> None:
    """Run the worker that takes messages in."""
    from workers import ingest as worker

    raise SystemExit(worker.run(_settings()))


@cli.command()
def engine() -> None:
    """Run the worker that computes indicators and judges rules."""
    from workers import engine as worker

    raise SystemExit(worker.run(_settings()))


@cli.command()
def board() -> None:
    """Run the worker that keeps the present picture of the city."""
    from workers import board as worker

    raise SystemExit(worker.run(_settings()))


@cli.command()
def web() -> None:
    """Run the website: pages, API, live feed."""
    from callbacks.site import attach
    from workers import web as worker

    raise SystemExit(worker.run(_settings(), attach))


@cli.command()
def probe() -> None:
    """Run the test reading 拨测 that goes through every part each ten seconds."""
    from workers import probe as worker

    raise SystemExit(worker.run(_settings()))


@cli.command()
def simulate(
    scenario: Annotated[str, typer.Option(help="calm or typhoon; empty: the setting.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of the city; -1: the setting.")] = -1,
    rate: Annotated[float, typer.Option(help="Further messages a second, for load.")] = 0.0,
    faults: Annotated[
        float, typer.Option(help="0: no faults, 1: the rates of the table in simulator/faults.py.")
    ] = 1.0,
) -> None:
    """Publish the simulated city on the broker of this installation, until it is interrupted."""
    from dataclasses import replace

    from simulator import publisher
    from simulator.load import Load, beats_of
    from workers.worker import mqtt_url

    given = _settings()
    given = replace(given, scenario=scenario or given.scenario, seed=given.seed if seed < 0 else seed)
    scene, declared, stopping = _shown(given)
    city = _demonstration(given, scene, declared, faults)
    load = Load(mqtt_url(given), scene.topic_root, beats_of(city), rate) if rate else None
    now_ms: Callable[[], int] = lambda: city_ms(scene, real_ms())  # noqa: E731 - one line of wiring
    publisher.run(city, mqtt_url(given), scene.topic_root, now_ms=now_ms, stopping=stopping, load=load)


@cli.command()
def doctor() -> None:
    """Say in words what is wrong with this installation; exit code 1 when anything is."""
    from workers import doctor as physician

    findings = physician.run(_settings())
    for finding in findings:
        typer.echo(f"{finding.verdict.upper():8} {finding.sentence}")
    raise SystemExit(any(finding.verdict is physician.Verdict.FAULT for finding in findings))


@pack.command()
def check(
    city: Annotated[str, typer.Argument(help="Name or code of the city, or of a pack.")] = "",
) -> None:
    """Read the packs of a city; all mistakes at once, with file and line."""
    import catalogue

    given = _settings()
    problems = catalogue.check(given.packs, city or given.city)
    for problem in problems:
        typer.echo(problem, err=True)
    raise SystemExit(bool(problems))


@cli.command()
def settings() -> None:
    """Print docs/settings.md from the table of settings."""
    typer.echo(settings_table.as_markdown())


def _shown(given: Settings) -> tuple[Scene, Declared, Callable[[], bool]]:
    """The active scene, what its city declares, and a question that is true once this process must end."""
    import catalogue
    from stream.connect import connect
    from stream.scenes import wait_for_scene
    from workers.worker import Stop, redis_url

    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.on_signal)
    client = connect(redis_url(given))
    scene = wait_for_scene(client, lambda: stop.asked)
    client.close()
    if scene is None:
        raise SystemExit(0)
    return scene, catalogue.load(given.packs, scene.city), lambda: stop.asked


def _demonstration(given: Settings, scene: Scene, declared: Declared, faults: float = 1.0) -> City:
    """The simulated city of a scene; it begins where the scene's clock does."""
    from simulator.city import Course, Declarations, city_of
    from simulator.weather import Scenario

    course = Course(given.seed, Scenario(given.scenario), began_ms=scene.city_ms, faults=faults)
    centres = {area.id: area.centre_deg for area in declared.areas.counties}
    return city_of(course, Declarations(declared.metrics, declared.feeds, declared.devices, centres))


def _write_past(given: Settings, scene: Scene) -> None:
    """Append what the simulated city told in the last 24 h, or since this scene was last written to."""
    import catalogue
    from simulator.past import past_24h
    from stream.appender import Appender, Flush
    from stream.connect import connect
    from stream.scenes import keys_of, last_written_ms
    from workers.worker import redis_url

    if not given.simulate:
        return
    client = connect(redis_url(given))
    keys = keys_of(client, scene)
    city = _demonstration(given, scene, catalogue.load(given.packs, scene.city))
    from_ms = max(scene.city_ms - DAY_MS, last_written_ms(client, keys))
    appender = Appender(client, keys, given.stream_limit)
    for piece in past_24h(city, from_ms=from_ms, to_ms=scene.city_ms):
        appender.append(Flush(readings=piece.batches, events=piece.events))
    client.close()


def main() -> None:
    """Run one command; what we cannot do is one sentence and a non-zero exit."""
    try:
        cli()
    except DeclarationError as mistakes:
        sys.exit(f"CityVitals: the packs have mistakes, nothing was started\n{mistakes}")
    except CityVitalsError as problem:
        sys.exit(f"CityVitals: {problem}")


if __name__ == "__main__":
    main()
