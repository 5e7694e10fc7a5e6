"""One command: starts servers and workers, keeps them running, stops them in the order in which data flow."""

from __future__ import annotations

import fcntl
import http.client
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import catalogue
from catalogue.declared import Declared
from core.broker_address import broker_address
from core.clock import monotonic_s, real_ms
from core.errors import NeighbourDown, StartError
from core.messages import text
from core.records import Scene, Stamp
from core.settings import Settings, as_environment
from stream.beats import WELL, read_beats
from stream.connect import connect, shown
from stream.embedded.broker import broker_command
from stream.embedded.children import Child, accepts, check_port, start_child, wait_until
from stream.embedded.redis_server import answers, redis_command
from stream.scenes import active_scene, declare_scene, keys_of, show_scene
from workers.first_start import FirstStart, begin_accounts
from workers.forked import ForkServer, take_on_orphans
from workers.forkserver import COMMAND as FORKSERVER
from workers.own_site import check_tls, near_connection, printed_address
from workers.parts import GRACE_S, Part, stop_together
from workers.worker import Stop

log = logging.getLogger(__name__)

APP = Path(__file__).resolve().parent.parent / "app.py"
# The first figures need these, and until they stand nothing else asks for the cores: the others begin a moment after
# the city has decided its past, which the board still has to draw, or when that takes too long.
FIRST = ("engine", "ingest", "board", "web")  # the website has most to import
LATER = ("archive", "probe")
WORKERS = (*FIRST, *LATER)
LATER_AFTER_S, LATER_AT_LAST_S = 2.0, 12.0
OF_ACCOUNTS = ("relay", "notify", "clocks")  # what only people, and the database that knows them, need
# Data flow from left to right: what produces stops first, what others still need stops last.
STOP_ORDER = (
    (FORKSERVER,),  # so that nobody begins any more
    ("simulate",),
    ("ingest",),
    ("engine",),
    ("archive", "board", "web", "relay", "notify", "clocks", "probe"),
    ("broker",),
    ("redis",),
)
READY_WITHIN_S = 60
LOOK_S = 0.1
SCENE_S = 2.0
FULL_LOG_BYTES = 16 * 1024 * 1024

Say = Callable[[str], None]
Prepare = Callable[[Settings, Scene], None]


@dataclass
class Installation:
    """All parts of one running installation."""

    settings: Settings
    say: Say
    parts: list[Part] = field(default_factory=list)
    forkserver: ForkServer = field(default_factory=ForkServer)

    def tell(self, code: str, **values: object) -> None:
        """Say one sentence of `core/messages/start.yaml`."""
        self.say(text(f"start.{code}", self.settings.language, **values))

    def start(self, name: str, begin: Callable[[Path, Mapping[str, str]], Child]) -> Part:
        """Start one part. begin: with the file for its output, `var/log/<name>.log`, and the settings as variables."""
        log_file = self.settings.var / "log" / f"{name}.log"
        _put_aside(log_file)
        variables = as_environment(self.settings)

        def process() -> Child:
            return begin(log_file, variables)

        part = Part(name, log_file, process, process())
        self.parts.append(part)
        return part

    def start_forkserver(self) -> None:
        """Start the process that workers are forked from, at once: its imports take longer than all servers."""
        if take_on_orphans():
            self.start(FORKSERVER, partial(self.forkserver.start, [sys.executable, str(APP), FORKSERVER]))

    def start_servers(self) -> None:
        """Start Redis and the broker, or make sure that the given ones answer. Raises StartError."""
        given, var = self.settings, self.settings.var
        if given.redis_url:
            if not answers(given.redis_url):
                raise StartError("redis-silent", address=shown(given.redis_url))
        else:
            redis = self.start("redis", partial(start_child, redis_command(var / "redis", given.redis_port)))
            url = f"redis://127.0.0.1:{given.redis_port}"
            wait_until(lambda: answers(url), redis.process, "Redis", redis.log_file)
            self.settings = replace(self.settings, redis_url=url)
        if given.mqtt_url:
            address = broker_address(given.mqtt_url)
            if not accepts(address.host, address.port):
                raise StartError("broker-silent", address=address)
        else:
            broker = self.start("broker", partial(start_child, broker_command(var / "broker", given.mqtt_port)))
            listens = ("127.0.0.1", given.mqtt_port)
            wait_until(lambda: accepts(*listens), broker.process, "MQTT", broker.log_file)
            self.settings = replace(self.settings, mqtt_url=f"mqtt://127.0.0.1:{given.mqtt_port}")

    def start_workers(self, names: Sequence[str]) -> None:
        """Start workers of ours."""
        for name in names:
            self.start(name, partial(self._worker, name))
            if name == "engine":
                for number in range(2, self.settings.engines + 1):
                    self.start(f"engine-{number}", partial(self._worker, name))

    def _worker(self, name: str, log_file: Path, variables: Mapping[str, str]) -> Child:
        """Forked, or where nothing forks at this moment by a Python of its own: slower, and otherwise the same."""
        forked = self.forkserver.fork(name, log_file, variables)
        return forked or start_child([sys.executable, str(APP), name], log_file, variables)

    def keep(self, stop: Stop, scene: Scene, address: str, later: Sequence[str]) -> None:
        """Until a signal: start again what dies, say the address once the site is ready, start the others after that.

        A Redis that was emptied knows no scene any more: `scene` is declared again.
        """
        begun_s = looked_s = monotonic_s()
        said, later_s = False, begun_s + LATER_AT_LAST_S
        while not stop.asked:
            if monotonic_s() - looked_s >= SCENE_S:
                looked_s = monotonic_s()
                if _scene_is_lost(self.settings):
                    self.tell("redis-emptied", scene=scene.id)
                    _declare(self.settings, scene)
                    _show(self.settings, scene)
            for part in self.parts:
                if part.noticed_dead():
                    died = {"part": part.name, "exit_code": part.process.returncode, "pause_s": part.pause_s}
                    self.tell("died", **died, log=part.log_file)
                part.start_when_due()
                _put_aside(part.log_file)
            waited_s = monotonic_s() - begun_s
            if not said and _is_ready(self.settings, scene):
                self.tell("ready", address=address)
                said = True
            elif not said and waited_s >= READY_WITHIN_S:
                logs = self.settings.var / "log"
                self.tell("not-ready", waited_s=int(waited_s), address=address, logs=logs)
                said = True
            if later and _has_decided(self.settings, scene):
                later_s = min(later_s, monotonic_s() + LATER_AFTER_S)
            if later and monotonic_s() >= later_s:
                self.start_workers(later)
                later = ()
            time.sleep(LOOK_S)

    def tell_founded(self, first: FirstStart | None) -> str:
        """Say what is told only once, if this is the first start. Returns the address of the wall."""
        site = printed_address(self.settings)
        if first is None:
            return f"{site}wall"
        self.tell("founded", login=first.founder.login, password=first.founder.password)
        return f"{site}wall?{first.wall}"

    def stop(self) -> None:
        """Stop everything, producers first."""
        named = {name for group in STOP_ORDER for name in group}
        others = tuple(kind for part in self.parts if (kind := _kind(part)) not in named)
        for group in (others, *STOP_ORDER):
            for part in stop_together([part for part in self.parts if _kind(part) in group]):
                self.tell("killed", part=part.name, grace_s=GRACE_S)


def run(settings: Settings, say: Say, prepare: Prepare, extra: Sequence[str] = ()) -> int:
    """Run the whole installation until SIGINT or SIGTERM: exit code 0.

    1, after one sentence: a port is taken, a program is missing, a given server does not answer, or it runs already.

    Args:
        settings: Of this installation. `var` is locked: a second run on it is refused.
        say: Receives the few sentences that the person at the console reads.
        prepare: Called when the servers stand and the scene is declared but not shown yet: no worker reads it.
        extra: Further commands of app.py to run as workers.

    Raises:
        DeclarationError: The packs have mistakes; nothing was started.
        UnknownName: There is no such city.
    """
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop.on_signal)
    declared = catalogue.load(settings.packs, settings.city)
    try:
        with _locked(settings.var):
            _run(Installation(settings, say), declared, prepare, extra, stop)
    except StartError as problem:
        say(problem.in_words(settings.language))
        return 1
    return 0


def _run(city: Installation, declared: Declared, prepare: Prepare, extra: Sequence[str], stop: Stop) -> None:
    settings = city.settings
    check_port(settings.host, settings.port, "HTTP", "CITYVITALS_PORT")
    check_tls(settings)
    scene = scene_of(settings, declared)
    stamp = text(f"stamp.{scene.stamp}", settings.language)
    city.tell("starting", city=declared.city.name[settings.language], stamp=stamp)
    try:
        city.start_forkserver()
        founded = begin_accounts(city.settings)
        city.start_servers()
        _declare(city.settings, scene)
        city.start_workers(FIRST)  # they load their parts while the past is written, and wait for a scene
        address = city.tell_founded(founded())  # at once: who does not wait until all is ready would never hear it
        prepare(city.settings, scene)
        _show(city.settings, scene)
        simulate = ("simulate",) if settings.simulate else ()
        city.keep(stop, scene, address, (*simulate, *workers_of(settings)[len(FIRST) :], *extra))
        city.tell("stopping")
    finally:
        city.stop()
    city.tell("stopped")


def workers_of(settings: Settings) -> tuple[str, ...]:
    """The workers that an installation has, the simulator left out."""
    return (*WORKERS, *(OF_ACCOUNTS if settings.accounts else ()))


def scene_of(settings: Settings, declared: Declared) -> Scene:
    """The scene of a plain run: the demonstration, or the live city. Its clock is real time, from now on."""
    stamp, now_ms = (Stamp.DEMO if settings.simulate else Stamp.LIVE), real_ms()
    return Scene(f"{stamp}-{declared.city.code}", declared.city.code, stamp, "city", city_ms=now_ms, real_ms=now_ms)


def _kind(part: Part) -> str:
    """What a part is; `engine-2` is an engine."""
    return "engine" if part.name.startswith("engine-") else part.name


def _declare(settings: Settings, scene: Scene) -> None:
    client = connect(settings.redis_url)
    declare_scene(client, scene, settings.partitions, shown=False)
    client.close()


def _show(settings: Settings, scene: Scene) -> None:
    client = connect(settings.redis_url)
    show_scene(client, scene.id)
    client.close()


def _scene_is_lost(settings: Settings) -> bool:
    """True when Redis answers and shows no scene; who never showed one does not begin before it was declared."""
    client = connect(settings.redis_url)
    try:
        return active_scene(client) is None
    except NeighbourDown:  # it is being started again, or told by every worker
        return False
    finally:
        client.close()


def _has_decided(settings: Settings, scene: Scene) -> bool:
    """True when the engine has told values of the city."""
    client = connect(settings.redis_url)
    try:
        return bool(client.exists(keys_of(client, scene).values))
    except NeighbourDown:
        return False
    finally:
        client.close()


@contextmanager
def _locked(var: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go of it however the process ends."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise StartError("already-runs", folder=var) from held
        yield


def _put_aside(log_file: Path) -> None:
    """Keep one older log and begin a new one, so that logs never fill the disk; its writer appends and goes on."""
    if log_file.exists() and log_file.stat().st_size > FULL_LOG_BYTES:
        shutil.copyfile(log_file, log_file.with_suffix(".old.log"))
        os.truncate(log_file, 0)


def _is_ready(settings: Settings, scene: Scene) -> bool:
    """True when the site answers, and those behind it turn and are well. No proxy of the environment comes between."""
    client = connect(settings.redis_url)
    try:
        beats = read_beats(client, keys_of(client, scene))
    except NeighbourDown:
        return False
    finally:
        client.close()
    well = {name for name, beat in beats.items() if beat.beat_ms >= scene.real_ms and beat.state == WELL}
    if not {"ingest", "engine", "board"} <= well:
        return False
    site = near_connection(settings, 2)
    try:
        site.request("GET", f"{settings.base_path}healthz")
        return site.getresponse().status in (http.client.OK, http.client.SERVICE_UNAVAILABLE)  # the others come later
    except (OSError, http.client.HTTPException):
        return False
    finally:
        site.close()
