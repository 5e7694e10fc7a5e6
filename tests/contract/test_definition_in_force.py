"""Packs that were applied for later are read by nobody but the engine until their time has come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import catalogue
from catalogue.bundle import bundle
from catalogue.declared import Declared
from catalogue.versions import in_force
from core.records import Scene, Stamp
from core.settings import load
from stream.connect import Client
from stream.definitions import announce, begin, definitions, held_definitions
from stream.keys import CITY_SLOT, Keys
from stream.scenes import declare_scene
from stream.slot import Slot
from workers.worker import Outage, Running, Stop

PACKS = Path(__file__).parents[2] / "packs"
LATER_MS = 1 << 50


@pytest.fixture(scope="module")
def before() -> Declared:
    return catalogue.load(PACKS, "440900")


def declared_by_worker(client: Client, keys: Keys, own: Declared) -> Declared:
    """What a worker goes by whose folder of packs declares `own`."""
    return in_force(held_definitions(client, keys), definitions(client, keys), own)


def test_a_worker_goes_by_what_the_engine_goes_by(redis_client: Client, before: Declared) -> None:
    scene = Scene("demo-440900", "440900", Stamp.DEMO, "city")
    keys = declare_scene(redis_client, scene, 1)
    after = replace(before, fingerprint="after")
    assert declared_by_worker(redis_client, keys, after) is after  # before any engine
    begin(redis_client, keys, before.fingerprint, bundle(PACKS))
    slot = Slot.take(redis_client, keys, CITY_SLOT, f"1-{before.fingerprint}")
    running = Running("board", load({}), scene, before, keys, redis_client, Stop(), Outage())
    assert not running.stopping()
    announce(redis_client, keys, after.fingerprint, LATER_MS, b"")
    running._looked_s = float("-inf")
    assert not running.stopping()  # nothing is read again
    assert declared_by_worker(redis_client, keys, after).indicators == before.indicators
    assert declared_by_worker(redis_client, keys, replace(before, fingerprint="never announced")).fingerprint != (
        before.fingerprint
    )

    slot.commit("0-0", {}, f"1-{after.fingerprint}")  # its time has come
    running._looked_s = float("-inf")
    assert running.stopping()
    assert declared_by_worker(redis_client, keys, after) is after
