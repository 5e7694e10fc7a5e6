"""What the clocks worker comes round to: each look that it owes, on an empty city, and rows that nobody has yet."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from office_day import DAY_MS
from prerequisites import REPOSITORY

from accounts.office import Office
from accounts.warden import Warden
from catalogue.load import load
from core.acts import ActTopic
from core.clock import real_ms
from core.records import Scene, Stamp
from core.settings import load as settings_of
from store.outbox import tell, told_after
from stream.acts import append_acts
from stream.connect import Client
from stream.scenes import declare_scene
from workers.clocks import ROUNDS, Ground
from workers.worker import Outage, Running, Stop

SCENE = Scene("test-440900", "440900", Stamp.TEST, "city")
OWED = {"time-of-cases", "arrivals", "coverage", "reminders", "exchange", "week-after", "outbox", "attempts"}


@pytest.fixture
def ground(office: Office, redis_client: Client) -> Iterator[Ground]:
    declared = load(REPOSITORY / "packs", "maoming")
    keys = declare_scene(redis_client, SCENE, 1)
    running = Running("clocks", settings_of({}), SCENE, declared, keys, redis_client, Stop(), Outage())
    with ThreadPoolExecutor(1) as aside:
        yield Ground(running, office.database, Warden(office.database, office.journal), aside, Event())


def test_the_worker_comes_round_to_all_that_it_owes(ground: Ground) -> None:
    assert set(ROUNDS) >= OWED
    for name, one in ROUNDS.items():
        look = one.begin(ground)
        look()
        look()  # what the first one began aside raises here
        assert name not in ("time-of-cases", "arrivals") or one.every_s <= 1, "people wait for these"


def test_what_the_stream_has_not_got_is_kept_however_old(ground: Ground) -> None:
    long_ago_ms = real_ms() - 8 * DAY_MS
    with ground.database.transaction() as connection:
        numbers = [tell(connection, ActTopic.CASE, {"id": str(n)}, long_ago_ms) for n in range(4)]
    append_acts(ground.running.client, [(number, ActTopic.CASE, {}) for number in numbers[:2]])
    ROUNDS["outbox"].begin(ground)()
    with ground.database.reading() as connection:
        assert [row.number for row in told_after(connection, 0)] == numbers[2:]
