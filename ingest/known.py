"""What ingest must know of the scene it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.declared import Device, Feed, Metric
from core.records import Scene


@dataclass(frozen=True, slots=True)
class Known:
    """The scene, what its city declared, and how large a message may be."""

    scene: Scene
    feeds: Mapping[str, Feed]
    devices: Mapping[str, Device]
    metrics: Mapping[str, Metric]
    payload_limit_bytes: int
