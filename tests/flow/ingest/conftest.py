"""A scene of its own for each test, and servers that the test may kill."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.declared import Device, Feed, Metric, Words
from core.records import Scene, Stamp
from ingest.known import Known
from ingest.transports.publish import Publisher
from stream.embedded.redis_server import start_redis
from stream.keys import Keys

NAME = Words("测试", "test")
LIMIT_BYTES = 1024 * 1024


@pytest.fixture
def known(request: pytest.FixtureRequest) -> Known:
    """A scene of its own for each test: sessions and messages of brokers outlive tests."""
    scene_id = f"test-{hashlib.sha1(request.node.nodeid.encode()).hexdigest()[:12]}-{os.getpid()}"
    feeds = (
        Feed("air", NAME, "air/+/+"),
        Feed(
            "frigate",
            NAME,
            f"/{scene_id}-frigate/events",
            decoder="frigate",
            kind="camera",
            snapshots=f"/{scene_id}-frigate/+/+/snapshot",
        ),
    )
    return Known(
        Scene(scene_id, "440900", Stamp.DEMO, f"{scene_id}/city"),
        {feed.id: feed for feed in feeds},
        {"a1": Device("a1", "air", NAME, "440902", None, ("pm25",))},
        {"pm25": Metric("pm25", NAME, "µg/m³", 0.0, 1000.0)},
        LIMIT_BYTES,
    )


@pytest.fixture
def keys(known: Known) -> Keys:
    return Keys(known.scene.id, 4)


@pytest.fixture(params=["nats", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def any_broker(request: pytest.FixtureRequest) -> str:
    """Each of the brokers that we promise to work with."""
    return str(request.getfixturevalue("broker" if request.param == "nats" else "mosquitto"))


@pytest.fixture
def publisher(request: pytest.FixtureRequest, known: Known) -> Iterator[Publisher]:
    url = request.getfixturevalue("any_broker" if "any_broker" in request.fixturenames else "broker")
    with Publisher(url, f"publisher-{known.scene.id}") as made:
        yield made


@pytest.fixture
def own_redis(tmp_path: Path, free_port: int) -> Iterator[Callable[[], object]]:
    """Starts a Redis that the test may kill; called again, it comes back with what was on its disk."""
    servers = []

    def start() -> object:
        servers.append(start_redis(tmp_path / "redis", free_port, tmp_path / "redis.log"))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
