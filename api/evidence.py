"""What this installation still holds of a scene, for whoever asks why a value is what it is."""

from __future__ import annotations

from board.explained import Evidence
from core.records import Scene
from stream.connect import Client
from stream.keys import Keys
from stream.past import Past


def evidence_of(client: Client, keys: Keys, scene: Scene) -> Evidence:
    """The logs of a scene, as of now. Raises NeighbourDown."""
    past = Past(client, keys, scene)
    return Evidence(keys.slots, past.held_from_ms(), past.log, past.told)
