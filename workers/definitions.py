"""What each definition of a scene declares, and which one a slot goes on with."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from catalogue.bundle import bundle, unbundled
from catalogue.declared import Declared
from catalogue.load import load
from catalogue.versions import superseded, unchanged_versions
from core.errors import DeclarationError, UnknownName
from core.messages import text
from core.records import Scene
from core.settings import Settings
from core.wording import date_time
from indicators.versions import Superseded
from stream.adopted import adopted
from stream.connect import Client, connect
from stream.definitions import Replaced, announce, begin, definitions
from stream.keys import CITY_SLOT, Keys
from stream.scenes import active_scene, keys_of
from stream.slot import definition_of
from workers.stages import STATE_VERSION, CityStage, PartitionStage
from workers.turn import Stage
from workers.worker import redis_url

log = logging.getLogger(__name__)


class Declarations:
    """The declarations that follow each other in the logs of a scene; ours is the one in the folder of packs.

    Where ours is none of them, packs were changed without `app.py pack apply`: then the ones before lead nowhere, and
    every slot is decided again from what its log holds.
    """

    def __init__(self, client: Client, keys: Keys, scene: Scene, declared: Declared, settings: Settings) -> None:
        self._client, self._keys, self._scene, self._own = client, keys, scene, declared
        self._loaded = {declared.fingerprint: declared}
        if declared.fingerprint not in definitions(client, keys):
            begin(client, keys, declared.fingerprint, bundle(settings.packs, adopted(client, scene.city)))

    def definition_for(self, slot: str) -> str:
        """The definition to take a slot with: its own while its log leads on to ours, else ours."""
        held = definition_of(self._client, self._keys, slot)
        version, _, named = held.partition("-")
        follows = version == str(STATE_VERSION) and named in definitions(self._client, self._keys)
        return held if follows else f"{STATE_VERSION}-{self._own.fingerprint}"

    def number(self, definition: str) -> int:
        """Its place in the order in which definitions were announced."""
        return definitions(self._client, self._keys)[definition.partition("-")[2]].number

    def stage(self, slot: str, named: str, replaced: Sequence[Replaced]) -> Stage:
        """A stage without state. named: fingerprint of its definition."""
        if slot != CITY_SLOT:
            return PartitionStage(slot, self._keys, self._declared(named))
        declared = self._declared(named)
        return CityStage(self._keys, declared, self._scene, self._superseded(declared, replaced))

    def _declared(self, named: str) -> Declared:
        if named not in self._loaded:
            packs = definitions(self._client, self._keys)[named].packs
            self._loaded[named] = unbundled(packs, self._scene.city)
        return self._loaded[named]

    def _superseded(self, declared: Declared, replaced: Sequence[Replaced]) -> list[Superseded]:
        """Of each definition before, what the next one gave up or has in another version."""
        line = [*(self._declared(one.fingerprint) for one in replaced), declared]
        return superseded(line, [one.until_ms for one in replaced])


def apply(settings: Settings, from_ms: int) -> str:
    """Announce what the folder of packs declares to every slot of the active scene; the sentence to tell.

    Workers take it on while they run, at the first tick as of `from_ms` (city time; 0: at once).

    Raises:
        DeclarationError: The packs have mistakes, or an indicator is valued otherwise under the same version.
        UnknownName: No scene is shown, or its slots were never taken.
    """
    client = connect(redis_url(settings))
    scene = active_scene(client)
    if scene is None:
        raise UnknownName("no scene is shown; start the installation first")
    keys, over = keys_of(client, scene), adopted(client, scene.city)
    declared = load(settings.packs, scene.city, over)
    known = sorted(definitions(client, keys).values(), key=lambda one: one.number)
    if not known:
        raise UnknownName(f"no engine has ever served the scene {scene.id}; it takes the packs on when one starts")
    newest = known[-1].fingerprint
    if newest == declared.fingerprint:
        return text("engine.apply-nothing", settings.language, fingerprint=newest)
    problems = unchanged_versions(unbundled(known[-1].packs, scene.city), declared)
    if problems:
        raise DeclarationError([_raise_version(name, declared.indicators[name].version) for name in problems])
    made = announce(client, keys, declared.fingerprint, from_ms, bundle(settings.packs, over))
    client.close()
    when = date_time(from_ms, settings.language) if from_ms else text("engine.apply-now", settings.language)
    return text("engine.applied", settings.language, fingerprint=made.fingerprint, when=when)


def _raise_version(name: str, version: str) -> str:
    return f"indicators.{name}: valued otherwise than before, but its version is still {version}; raise it"
