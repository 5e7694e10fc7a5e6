"""Sessions at the broker. Each scene has its own, which keeps for us what is published while we are away.

One that nobody returns to would gather messages for ever. One that went on listening while another scene was shown on
the same topics would hand that scene's messages to ours, and stamps never mix.
"""

from __future__ import annotations

from collections.abc import Iterable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.clock import monotonic_s
from core.errors import NeighbourDown
from core.records import Scene, Stamp
from ingest.transports.address import aim

ANSWER_S = 3.0
KEPT = (Stamp.LIVE, Stamp.DEMO)  # scenes that are shown again after a replay or an exercise


def session_of(scene_id: str) -> str:
    """The client id under which ingest serves a scene."""
    return f"cityvitals-ingest-{scene_id}"


def abandoned(shown: Scene, declared: Iterable[Scene]) -> list[str]:
    """The sessions of other scenes that must not gather messages while this one is shown."""
    others = (scene for scene in declared if scene.id != shown.id)
    ended = (scene for scene in others if scene.topic_root == shown.topic_root or scene.stamp not in KEPT)
    return [session_of(scene.id) for scene in ended]


def end_session(url: str, client_id: str) -> None:
    """Let the broker forget a session and all that waits in it; none is fine.

    Raises:
        NeighbourDown: The broker is away, or does not accept us.
    """
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
    accepted: list[bool] = []
    client.on_connect = lambda _client, _userdata, _flags, reason, _properties: accepted.append(not reason.is_failure)
    aim(client, url, keepalive_s=60)
    try:
        client.reconnect()
    except OSError as problem:
        raise NeighbourDown(f"the MQTT broker does not answer: {problem}") from problem
    until_s = monotonic_s() + ANSWER_S
    while not accepted and monotonic_s() < until_s:
        client.loop(0.1)
    client.disconnect()
    if not any(accepted):
        raise NeighbourDown(f"the MQTT broker did not accept session {client_id}")
