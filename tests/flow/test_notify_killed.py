"""The notify worker as a process, killed at any moment: nothing that was decided is lost, repeats carry their key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from forked_worker import StartWorker
from kept_warning import warning
from prerequisites import REPOSITORY, eventually
from recorded_server import recorded
from sqlalchemy import text

from accounts.sealing import seal_of
from core.clock import real_ms
from core.notices import Channel, Recipient, Route, State
from core.records import Level, Scene, Stamp
from store import notices as kept
from store.migrate import migrate
from store.notice_routes import put_recipient, put_route
from store.sql import Database, open_database
from store.warnings import KeptWarning, Projected, keep_warnings, note_projected
from stream.connect import Client
from stream.embedded.children import Child
from stream.scenes import declare_scene

COUNT = 40
LIVE = Scene("live-440900", "440900", Stamp.LIVE, "city")


def _fill(database: Database, folder: Path, url: str) -> None:
    """Warnings that nobody was told of yet, and whom to tell."""
    now_ms = real_ms()
    warnings = [warning(f"w{n:02}", since_ms=now_ms, decided_ms=now_ms, subject=f"s{n}") for n in range(COUNT)]
    with database.transaction() as connection:
        system = Recipient("system", "平台", {Channel.WEBHOOK: url}, "hush", budget=0)
        put_recipient(connection, system, seal_of("", folder).close)
        put_route(connection, Route("all", "全部", ("recipient:system",), (Channel.WEBHOOK,), level=Level.BLUE))
        keep_warnings(connection, [KeptWarning(one, LIVE.id, "440983", f"{one.id} …") for one in warnings])
        note_projected(connection, LIVE.id, Projected("1-0", "a"))


def _let_time_pass(database: Database) -> None:
    """What was lent to a dead worker falls due again."""
    with database.transaction() as connection:
        connection.execute(text("UPDATE notice_deliveries SET next_ms = 0 WHERE state = 'waiting'"))


@pytest.mark.claim("WARN", "Kill -9 of the notify worker loses no decided notice; what comes twice carries its key.")
def test_what_was_decided_arrives(
    tmp_path: Path,
    redis_server: str,
    redis_client: Client,
    broker: str,
    start_worker: StartWorker,
) -> None:
    declare_scene(redis_client, LIVE, 1)
    database = open_database("", tmp_path)
    migrate(database)
    given = {"VAR": str(tmp_path), "NOTICES_LOCAL": "1", "PACKS": str(REPOSITORY / "packs"), "SIMULATE": "0"}
    environment = {f"CITYVITALS_{name}": value for name, value in given.items()}
    environment |= {"REDIS_URL": redis_server, "MQTT_URL": broker}

    def start() -> Child:
        return start_worker("notify", tmp_path / "notify.log", environment)

    with recorded() as server:
        _fill(database, tmp_path, server.url)
        for reached in (1, COUNT // 2):
            worker = start()
            eventually(lambda enough=reached: len(server.asked) >= enough, 30)
            worker.kill()
            worker.wait()
            _let_time_pass(database)
        start()

        def all_done() -> bool:
            with database.reading() as connection:
                return kept.counts(connection) == {("webhook", State.DELIVERED): COUNT}

        eventually(all_done, 30)
    told = [(json.loads(one.body)["warning"], one.headers["Idempotency-Key"]) for one in server.asked]
    assert {name for name, _ in told} == {f"w{n:02}" for n in range(COUNT)}
    assert len(set(told)) == COUNT, "what came twice came under its key"
    database.close()
