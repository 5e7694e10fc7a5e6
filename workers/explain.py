"""The command that says why a value is what it is, from what the streams of this installation hold."""

from __future__ import annotations

from board.explained import Evidence, why
from board.explained_words import Teller
from catalogue.load import load_fitting
from catalogue.versions import as_they_held
from core.clock import city_ms, real_ms
from core.errors import UnknownName
from core.settings import Settings
from stream.adopted import adopted
from stream.appender import raw_message
from stream.connect import connect
from stream.definitions import held_definitions
from stream.past import Past
from stream.scenes import active_scene, keys_of
from workers.worker import redis_url


def run(settings: Settings, indicator: str, area: str, at_ms: int) -> list[str]:
    """Lines that explain the last value of an indicator at an area or a station due at a time (0: now).

    Raises:
        UnknownName: No scene is shown, no such indicator, or it has no value there.
        NeighbourDown: Redis does not answer.
    """
    client = connect(redis_url(settings))
    scene = active_scene(client)
    if scene is None:
        raise UnknownName("no scene is shown; start the installation first")
    keys, declared = keys_of(client, scene), load_fitting(settings.packs, scene.city, adopted(client, scene.city))
    past = Past(client, keys, scene)
    definitions = as_they_held(held_definitions(client, keys), declared)
    evidence = Evidence(definitions, keys.slots, past.held_from_ms(), past.log, past.told)
    found = why(evidence, indicator, area, at_ms or city_ms(scene, real_ms()))
    teller = Teller(definitions.now, settings.language)
    lines = teller.lines(found)
    for station in found.explanation.stations:
        raw = raw_message(client, keys, station.station) if station.readings else None
        if raw is not None:
            lines.append(teller.raw(raw.topic, raw.payload))
    client.close()
    return lines
