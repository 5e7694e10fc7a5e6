"""The composition root and the command line of CityVitals: which parts exist and how they meet. No logic.

    python app.py run          the whole city: servers, workers, website, simulator
    python app.py doctor       what is wrong with this installation, in words
    python app.py --help       everything else

Each process imports only what it runs: imports of rooms stand inside the commands.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accounts.commands import audit_commands, token_commands, user_commands
from core import settings as settings_table
from core.clock import city_ms, real_ms
from core.errors import CityVitalsError, DeclarationError
from core.messages import listed, text
from core.records import DAY_MS, Scene, Stamp
from core.settings import Settings
from core.wording import date_time
from workers.commands import add_worker_commands
from workers.history_commands import compute_command, history_commands, moment_ms

if TYPE_CHECKING:
    from catalogue.declared import Declared
    from simulator.city import City
    from simulator.replay.player import Gate, Pace
    from stream.connect import Client
    from stream.keys import Keys

Folders = Annotated[list[Path], typer.Argument(help="Folders of recorded data, played on one timeline.")]
Speed = Annotated[float, typer.Option(help="Seconds of city time in one second; 0: as fast as the city swallows.")]
Moment = Annotated[str, typer.Option(help="A time with zone, 2017-01-01T00:00+08:00; empty: the end of the data.")]

# What commands import that are no worker of `workers/` alone, so that a fork of theirs has it already.
NEEDS = {
    "web": ("workers.web", "api.site", "callbacks.site"),
    "simulate": ("simulator.publisher", "simulator.load", "simulator.stills", "simulator.city", "workers.worker"),
}
cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="CityVitals 城市体征"
)
pack = typer.Typer(no_args_is_help=True, help="What a city declares.")
cli.add_typer(pack, name="pack")


def _settings() -> Settings:
    return settings_table.load(os.environ)


cli.add_typer(user_commands(_settings), name="user")
cli.add_typer(token_commands(_settings), name="token")
cli.add_typer(audit_commands(_settings), name="audit")
cli.add_typer(history_commands(_settings), name="history")
cli.command()(compute_command(_settings))
add_worker_commands(cli, _settings)


@cli.command()
def run() -> None:
    """Start the whole city: servers, workers, website; with the simulator unless it is switched off."""
    from workers import supervisor

    raise SystemExit(supervisor.run(_settings(), typer.echo, _write_past))


@cli.command(hidden=True)
def forkserver() -> None:
    """Fork the workers of `run`, what they share imported once; asked by the supervisor at standard input."""
    from workers.forkserver import serve

    if name := serve(lambda name: NEEDS.get(name, (f"workers.{name}",))):
        cli([name])


@cli.command()
def web() -> None:
    """Run the website: pages, API, live feed."""
    from api.site import with_pages
    from callbacks.site import attach
    from workers import web as worker

    raise SystemExit(worker.run(_settings(), with_pages(attach)))


@cli.command()
def border() -> None:
    """Run the border relay 边界中继: lets telephones outside through to `/m` and `/t`, and nothing else."""
    from border.serving import run as relay
    from workers.logs import write_logs
    from workers.own_site import check_tls, listen

    given = _settings()
    write_logs("border", given.log_level)
    check_tls(given)
    raise SystemExit(relay(given, listen(given)))


@cli.command()
def border_key(
    anew: Annotated[bool, typer.Option("--anew", help="Another one; the old one opens nothing any more.")] = False,
) -> None:
    """Inside: make the key that the border relay signs with."""
    from border.serving import make_key

    given = _settings()
    file, is_new = make_key(given, anew)
    typer.echo(text("border.key-made" if is_new else "border.key-there", given.language, file=file))


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
    from simulator.load import Beat, Load
    from simulator.stills import with_stills
    from workers.worker import mqtt_url

    given = _settings()
    given = replace(given, scenario=scenario or given.scenario, seed=given.seed if seed < 0 else seed)
    scene, declared, stopping = _listened_to(given)
    city = _demonstration(given, scene, declared, faults)
    cameras = [device for device in declared.devices.values() if declared.feeds[device.feed].kind == "camera"]
    beats = [Beat(f"{camera.feed}/{camera.id}/readings", "online") for camera in cameras]
    where = declared.city.name[given.language]
    what = {"city": where, "scenario": text(f"replay.{given.scenario}", given.language), "seed": given.seed}
    typer.echo(text("replay.simulating", given.language, **what))
    load = Load(mqtt_url(given), scene.topic_root, beats, rate) if rate else None
    now_ms: Callable[[], int] = lambda: city_ms(scene, real_ms())  # noqa: E731 - one line of wiring
    seen = with_stills(city, given.seed, list(declared.feeds.values()), cameras)
    publisher.run(seen, mqtt_url(given), scene.topic_root, now_ms=now_ms, stopping=stopping, load=load)


@cli.command()
def replay(folders: Folders, speed: Speed = 3600.0, start: Moment = "", stop: Moment = "") -> None:
    """Play recorded days over MQTT as if live; the same wall shows them, stamped 回放. Ctrl-C returns to before."""
    from simulator.replay import recordings
    from simulator.replay.player import Pace, play
    from stream.connect import connect
    from stream.scenes import active_scene, declare_scene, forget_replays
    from workers.worker import mqtt_url, redis_url

    given, stop_asked = _settings(), _stop_on_signal()
    first_ms, last_ms = recordings.span_ms(folders)
    pace = Pace(moment_ms(start, first_ms - 1), moment_ms(stop, last_ms), speed)
    client = connect(redis_url(given))
    before, scene = active_scene(client), _replay_scene(recordings.pack_of(folders), pace)
    keys = declare_scene(client, scene, given.partitions)
    forget_replays(client, keep=(scene, before))
    typer.echo(_playing(folders, pace, given.language))
    messages = recordings.timeline(folders, pace.start_ms, pace.stop_ms)
    gate = _gate(client, keys, stop_asked, given.language)
    played = play(messages, mqtt_url(given), scene.topic_root, pace=pace, gate=gate)
    typer.echo("\n" + text("replay.stopped" if stop_asked() else "replay.finished", given.language, messages=played))
    if stop_asked() and before is not None:
        declare_scene(client, before, given.partitions)
    client.close()


@cli.command()
def scene(
    show: Annotated[
        str, typer.Argument(help="The id of a scene, or its stamp: demo, live, replay; empty: say which.")
    ] = "",
    forget: Annotated[str, typer.Option(help="The id of a scene that is not shown: drop all that is kept of it.")] = "",
) -> None:
    """Say which scene is shown, show another one again, or forget one."""
    from ingest.transports.session import end_session, session_of
    from stream.connect import connect
    from stream.scenes import active_scene, forget_scene, show_scene
    from workers.worker import mqtt_url, redis_url

    given = _settings()
    client = connect(redis_url(given))
    if show:
        show_scene(client, show)
    if forget:
        forget_scene(client, forget)
        end_session(mqtt_url(given), session_of(forget))
    shown = active_scene(client)
    client.close()
    if shown is None:
        typer.echo(text("replay.no_scene", given.language))
    else:
        stamp = text(f"stamp.{shown.stamp}", given.language)
        typer.echo(text("replay.scene", given.language, scene=shown.id, city=shown.city, stamp=stamp))


@cli.command()
def explain(
    indicator: str,
    area: Annotated[str, typer.Argument(help="An area or a station.")],
    at: Annotated[str, typer.Option(help="A time with zone, 2026-11-22T07:00+08:00; empty: now.")] = "",
) -> None:
    """Say why a value is what it is: formula, inputs, stations, down to stream entry and raw message."""
    from workers import explain as explaining

    for line in explaining.run(_settings(), indicator, area, moment_ms(at, 0)):
        typer.echo(line)


@cli.command()
def doctor(
    security: Annotated[bool, typer.Option("--security", help="What it does against attackers, and what not.")] = False,
) -> None:
    """Say in words what is wrong with this installation; exit code 1 when anything is."""
    from workers import doctor as physician
    from workers import doctor_security

    findings = (doctor_security if security else physician).run(_settings())
    for finding in findings:
        typer.echo(f"{finding.verdict.upper():8} {finding.sentence}")
    raise SystemExit(any(finding.verdict is physician.Verdict.FAULT for finding in findings))


@pack.command()
def check(
    what: Annotated[str, typer.Argument(help="A folder of packs, or the name or code of one city or pack.")] = "",
) -> None:
    """Read packs; all mistakes at once with file and line on stderr, doubts that stop nothing on stdout."""
    import catalogue

    given = _settings()
    found = catalogue.findings_of(given.packs, what or given.city)
    for doubt in found.doubts:
        typer.echo(doubt)
    for problem in found.problems:
        typer.echo(problem, err=True)
    raise SystemExit(bool(found.problems))


@pack.command()
def apply(
    start: Annotated[str, typer.Option("--from", help="City time with zone from which it holds; empty: at once.")] = "",
) -> None:
    """Announce changed packs to the running installation; workers take them on without a restart."""
    from workers.definitions import apply as announce_packs

    typer.echo(announce_packs(_settings(), moment_ms(start, 0)))


@pack.command()
def schema() -> None:
    """Print the JSON Schema of a pack, as committed in docs/pack.schema.json."""
    from catalogue.published import as_json

    typer.echo(as_json(), nl=False)


@cli.command()
def rights() -> None:
    """Print docs/rights.md from the table of rights and the list of doors."""
    from accounts.rights_page import as_markdown

    typer.echo(as_markdown())


@cli.command()
def settings() -> None:
    """Print docs/settings.md from the table of settings."""
    typer.echo(settings_table.as_markdown())


def _stop_on_signal() -> Callable[[], bool]:
    """A question that is true once this process was asked to end."""
    from workers.worker import Stop

    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.on_signal)
    return lambda: stop.asked


def _replay_scene(pack: str, pace: Pace) -> Scene:
    """A scene of its own for each replay, its clock held until readings have landed."""
    now_ms = real_ms()
    return Scene(
        id=f"replay-{pack}-{now_ms}",
        city=pack,
        stamp=Stamp.REPLAY,
        topic_root="replay/city",
        city_ms=pace.start_ms,
        real_ms=now_ms,
        speed=pace.clock_speed,
        hold_ms=pace.start_ms,
    )


def _playing(folders: list[Path], pace: Pace, language: str) -> str:
    """What is played, in words."""
    first, last = (date_time(at_ms, language) for at_ms in (pace.start_ms, pace.stop_ms))
    speed = f"{pace.speed:g}" if pace.speed else text("replay.fastest", language)
    names = listed((folder.resolve().name for folder in folders), language)
    return text("replay.playing", language, folders=names, first=first, last=last, speed=speed)


def _gate(client: Client, keys: Keys, stopping: Callable[[], bool], language: str) -> Gate:
    """What a replay asks of this installation."""
    from simulator.replay.player import Gate
    from stream.landed import Landed
    from stream.scenes import hold_until

    bar = typer.progressbar(length=1000, label=text("stamp.replay", language))
    return Gate(
        landed=Landed(client, keys),
        hold=lambda hold_ms: hold_until(client, keys.scene, hold_ms),
        progress=lambda share: bar.update(round(share * 1000) - bar.pos),
        stopping=stopping,
    )


def _listened_to(given: Settings) -> tuple[Scene, Declared, Callable[[], bool]]:
    """The active scene once ingest listens, what its city declares, and whether this process must end.

    A broker keeps nothing for a session that never was: what is published before the first subscription is lost.
    """
    import catalogue
    from stream.beats import wait_until_well
    from stream.connect import connect
    from stream.scenes import keys_of, wait_for_scene
    from workers.worker import redis_url

    stop_asked = _stop_on_signal()
    client = connect(redis_url(given))
    scene = wait_for_scene(client, stop_asked)
    listens = scene is not None and wait_until_well(client, keys_of(client, scene), "ingest", stop_asked)
    client.close()
    if scene is None or not listens:
        raise SystemExit(0)
    return scene, catalogue.load(given.packs, scene.city), stop_asked


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
    os.umask(0o077)  # what this installation keeps is for its own user: people, sessions, readings
    gc.set_threshold(50_000, 20, 100)  # 700 as it comes: a seventh of the website's start goes into looking for garbage
    try:
        cli()
    except DeclarationError as mistakes:
        sys.exit(f"CityVitals: the packs have mistakes, nothing was started\n{mistakes}")
    except CityVitalsError as problem:
        sys.exit(f"CityVitals: {problem}")


if __name__ == "__main__":
    main()
