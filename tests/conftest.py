"""Real servers for tests: each starts once a run, on free ports, in a folder that is thrown away."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from forked_worker import StartWorker, fork_server
from prerequisites import REPOSITORY, eventually, missing, unused_port

from stream.connect import Client, connect
from stream.embedded.broker import start_broker
from stream.embedded.children import Child, accepts, start_child, stop_child, wait_until
from stream.embedded.redis_server import start_redis

if TYPE_CHECKING:
    from guarded_site import Guarded

# A busy machine is slow; what takes too long is the business of benchmarks.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")
gc.set_threshold(100_000, 20, 100)  # 700 as it comes: and looking for garbage in what was imported takes a tenth


def pytest_collection_finish() -> None:
    """What was collected lives until the end: nobody need look for garbage in it."""
    gc.freeze()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    return unused_port()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """`wait_for(condition, within_s=10)`: the only way for a test to wait."""
    return eventually


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Where the servers of this run keep their data."""
    with tempfile.TemporaryDirectory(prefix="cityvitals-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def redis_server(server_folder: Path) -> Iterator[str]:
    """URL of a real Redis with the settings of the embedded one."""
    server = start_redis(server_folder / "redis", unused_port(), server_folder / "redis.log")
    yield server.url
    server.stop()


@pytest.fixture
def redis_client(redis_server: str) -> Iterator[Client]:
    """A client of an empty Redis."""
    client = connect(redis_server)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def broker(server_folder: Path) -> Iterator[str]:
    """URL of the embedded MQTT broker."""
    server = start_broker(server_folder / "broker", unused_port(), server_folder / "broker.log")
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def mosquitto(server_folder: Path) -> Iterator[str]:
    """URL of a Mosquitto as a site would run it, with room for bursts."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        missing("Mosquitto")
    port, log_file = unused_port(), server_folder / "mosquitto.log"
    config = server_folder / "mosquitto.conf"
    words = (f"listener {port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0")
    config.write_text("\n".join((*words, "user root")), "utf-8")  # it became another one, and then outlived us
    process = start_child([program, "-c", str(config)], log_file)
    wait_until(lambda: accepts("127.0.0.1", port), process, "Mosquitto", log_file)
    yield f"mqtt://127.0.0.1:{port}"
    stop_child(process, 5)


@pytest.fixture(scope="session")
def house_of_this_run(server_folder: Path) -> Iterator[Guarded]:
    """A website that asks who comes, over a made-up picture; one for all tests, so people and acts of others remain."""
    from guarded_site import standing_house

    with standing_house(server_folder / "house") as site:
        yield site


@pytest.fixture
def house(house_of_this_run: Guarded) -> Guarded:
    """The same with a calm picture: `house.ask("GET", path, house.colleague(Role.DUTY))`."""
    house_of_this_run.picture.show("calm")
    return house_of_this_run


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of recorded data of others; CITYVITALS_DATA, by default beside the repository."""
    folder = Path(os.environ.get("CITYVITALS_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        missing(f"recorded data in {folder}")
    return folder


@pytest.fixture
def started() -> Iterator[list[Child]]:
    """Append processes here: whatever the test does, they end with it."""
    processes: list[Child] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture(scope="session")
def fork_worker(server_folder: Path) -> Iterator[StartWorker]:
    """`fork_worker("engine", log_file, variables)`; who takes this ends the worker as well."""
    with fork_server(server_folder / "forked") as fork:
        yield fork


@pytest.fixture
def start_worker(fork_worker: StartWorker, started: list[Child]) -> StartWorker:
    """The same for one test, with which the worker ends."""

    def start(name: str, log_file: Path, variables: Mapping[str, str]) -> Child:
        started.append(fork_worker(name, log_file, variables))
        return started[-1]

    return start
