"""What this installation still holds of a scene, for whoever asks why a value is what it is."""

from __future__ import annotations

from board.explained import Evidence
from catalogue.declared import Declared
from catalogue.versions import as_they_held
from core.records import Scene
from stream.connect import Client
from stream.definitions import held_definitions
from stream.keys import Keys
from stream.past import Past


def evidence_of(client: Client, keys: Keys, scene: Scene, own: Declared) -> Evidence:
    """The logs of a scene, as of now, and its definitions; own: what this process declares. Raises NeighbourDown."""
    past = Past(client, keys, scene)
    definitions = as_they_held(held_definitions(client, keys), own)
    return Evidence(definitions, keys.slots, past.held_from_ms(), past.log, past.told)
