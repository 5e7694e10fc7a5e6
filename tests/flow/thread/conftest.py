"""One installation of real workers a test; they end with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_worker import StartWorker
from installation import Installation

from stream.connect import Client


@pytest.fixture
def installation(
    redis_client: Client, broker: str, tmp_path: Path, fork_worker: StartWorker, request: pytest.FixtureRequest
) -> Iterator[Installation]:
    """A scene of its own on an empty Redis; the test starts the workers that it wants."""
    name = request.node.name.split("[")[0].removeprefix("test_").replace("_", "-")[:30]
    made = Installation(redis_client, broker, tmp_path, f"thread-{name}", fork_worker)
    yield made
    made.stop()
