"""What every worker process shares: signals, the active scene, the heartbeat, the one outermost loop."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

import catalogue
from catalogue.declared import Declared
from catalogue.versions import in_force
from core.clock import city_ms, monotonic_s, real_ms
from core.errors import CityVitalsError, DeclarationError, NeighbourDown, NotOwner
from core.records import Scene
from core.settings import Settings
from stream.adopted import adopted
from stream.beats import beat, read_beats
from stream.connect import Client, connect
from stream.definitions import definitions, held_definitions
from stream.keys import CITY_SLOT, Keys
from stream.scenes import active_scene, keys_of, wait_for_scene
from stream.slot import definition_of
from workers.logs import write_logs

log = logging.getLogger(__name__)

TURN_S = 1.0  # the active scene is looked at, and a beat told, at most this often
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0
LOOK_S = 0.1
SILENT_S = 5.0  # who has not told a beat for so long has left what it owned


class Stop:
    """Whether this process was asked to stop. A plain flag: a handler must not wait for a lock."""

    asked = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Handler of SIGTERM and SIGINT."""
        self.asked = True


class Outage:
    """A lost neighbour: told once when it is lost, once when it is back."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    def began(self, sentence: str) -> None:
        """Something does not answer."""
        if self._since_s is None:
            self._since_s = monotonic_s()
            log.error("%s", sentence)

    def ended(self) -> None:
        """Everything answers."""
        if self._since_s is not None:
            log.info("all neighbours answer again, after %.1f s", monotonic_s() - self._since_s)
            self._since_s = None


@dataclass
class Running:
    """What a worker is handed for as long as one scene is shown.

    `stopping` and `beat` never raise: while Redis is away they keep what was known last.
    """

    name: str
    settings: Settings
    scene: Scene  # refreshed at most once a second: a replay's hold moves on
    declared: Declared
    keys: Keys
    client: Client
    _stop: Stop = field(repr=False)
    _outage: Outage = field(repr=False)
    _looked_s: float = float("-inf")
    _beat_s: float = float("-inf")
    _state: str = ""
    _replaced: bool = False
    _definition: str = ""
    rereads: bool = True  # False: it takes applied packs on by itself

    def now_ms(self) -> int:
        """City time now."""
        return city_ms(self.scene, real_ms())

    def stopping(self) -> bool:
        """True after SIGTERM or SIGINT, when another scene became active or packs were applied: return from `serve`."""
        if monotonic_s() - self._looked_s >= TURN_S and not self._replaced:
            self._look()
        return self._stop.asked or self._replaced

    def beat(self, state: str = "ok", says: str = "") -> None:
        """Tell `beats` that this worker turned; at most once a second but for a change of state. Call it every turn."""
        if state == self._state and monotonic_s() - self._beat_s < TURN_S:
            return
        self._beat_s, self._state = monotonic_s(), state
        try:
            beat(self.client, self.keys, self.name, state, says)
        except NeighbourDown as lost:
            self._outage.began(str(lost))
        else:
            if state == "ok":
                self._outage.ended()

    def answered(self) -> None:
        """Note that the neighbours answer, when that is not told in a beat."""
        self._outage.ended()

    def _look(self) -> None:
        """Refresh the scene; one of another id, city or root replaces what is being served."""
        self._looked_s = monotonic_s()
        try:
            scene = active_scene(self.client)
            definition = definition_of(self.client, self.keys, CITY_SLOT)
        except NeighbourDown as lost:
            self._outage.began(str(lost))
            return
        if scene is not None and _identity(scene) == _identity(self.scene):
            self.scene = scene
        else:
            self._replaced = True
        before, self._definition = self._definition, definition
        if self.rereads and before and definition != before:  # the time of applied packs has come: they are read again
            self._replaced = True


def run_worker(name: str, settings: Settings, serve: Callable[[Running], None]) -> int:
    """Wait for an active scene, serve it until it changes, serve the next one; until a signal. Exit code."""
    write_logs(name, settings.log_level)
    stop, outage = Stop(), Outage()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.on_signal)
    client = connect(redis_url(settings))
    pause_s = 0.0
    while not stop.asked:
        begun_s = monotonic_s()
        try:
            _serve_one_scene(name, settings, serve, client, stop, outage)
            pause_s = 0.0
            continue
        except DeclarationError as wrong:
            log.error("the packs in %s have mistakes:\n%s", settings.packs, wrong)
            return 1
        except NeighbourDown as lost:
            outage.began(str(lost))
        except CityVitalsError as refused:
            log.error("%s: %s", type(refused).__name__, refused)
        except Exception:  # the one outermost loop: nothing that the world sends may end a worker
            log.exception("%s failed and begins again from what Redis holds", name)
        stood_long = monotonic_s() - begun_s > 2 * LONGEST_PAUSE_S
        pause_s = FIRST_PAUSE_S if stood_long else min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * pause_s))
        _pause(pause_s, stop)
    client.close()
    return 0


def redis_url(settings: Settings) -> str:
    """The Redis of this installation: the one given, else the embedded one."""
    return settings.redis_url or f"redis://127.0.0.1:{settings.redis_port}"


def mqtt_url(settings: Settings) -> str:
    """The MQTT broker of this installation: the one given, else the embedded one."""
    return settings.mqtt_url or f"mqtt://127.0.0.1:{settings.mqtt_port}"


def _serve_one_scene(
    name: str, settings: Settings, serve: Callable[[Running], None], client: Client, stop: Stop, outage: Outage
) -> None:
    scene = wait_for_scene(client, lambda: stop.asked)
    if scene is None:
        return
    keys = keys_of(client, scene)
    declared = catalogue.load_fitting(settings.packs, scene.city, adopted(client, scene.city))
    if name != "engine":  # it takes applied packs on by itself
        declared = in_force(held_definitions(client, keys), definitions(client, keys), declared)
    running = Running(name, settings, scene, declared, keys, client, stop, outage)
    running.rereads = name != "engine"
    log.info("serving scene %s", scene.id)
    try:
        serve(running)
    except NotOwner as taken:
        log.error("%s; standing by for as long as it lives", taken)
        _stand_by(running)


def _stand_by(running: Running) -> None:
    """Wait while another worker of this name shows signs of life; else the two would take from each other forever."""
    told, told_s = None, monotonic_s()
    while not running.stopping():
        newest = read_beats(running.client, running.keys).get(running.name)
        if newest != told:
            told, told_s = newest, monotonic_s()
        elif monotonic_s() - told_s >= SILENT_S:  # by a fresh look, however long this process itself was held up
            return
        time.sleep(LOOK_S)


def _pause(pause_s: float, stop: Stop) -> None:
    until_s = monotonic_s() + pause_s
    while monotonic_s() < until_s and not stop.asked:
        time.sleep(LOOK_S)


def _identity(scene: Scene) -> tuple[str, str, str, str]:
    """What may not change while a scene is served; its clock and its hold may."""
    return scene.id, scene.city, scene.stamp, scene.topic_root
