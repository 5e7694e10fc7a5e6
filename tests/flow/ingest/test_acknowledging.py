"""From real brokers into a real Redis: what is acknowledged is on disk, and what is not comes again.

A broker sends once more what it waited 5 s for, so on a slow machine a value may stand twice: never is one missing.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ingest_stage import FailsUntilTold, Ledger, crash, intake_of, send, turn_for_a_while, turn_until, values_in

from ingest.known import Known
from ingest.transports.mqtt import MqttIntake
from ingest.transports.publish import Publisher
from stream.connect import Client, connect
from stream.embedded.broker import start_broker
from stream.keys import Keys


@pytest.mark.claim(
    "PULSE", "A message is acknowledged only after its append is on disk; else the broker sends it again"
)
def test_what_redis_did_not_take_is_sent_again_after_a_crash(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, own_redis: Callable[[], object]
) -> None:
    redis = own_redis()
    client = connect(redis.url)
    first = intake_of(any_broker, known, client)
    send(publisher, known, range(50))
    turn_until(first, lambda: first.messages >= 50)
    turn_for_a_while(first)

    redis.process.kill()  # not stopped: what it acknowledged must be on its disk by now
    redis.process.wait()
    send(publisher, known, range(50, 65))  # fewer than Mosquitto's 20 in flight, so that all reach us
    turn_until(first, lambda: first._intake.batcher.messages >= 15 and first.trouble() is not None)
    assert first.trouble()[0] == "ingest.redis-down"
    crash(first)

    own_redis()
    on_disk = values_in(client, keys)
    assert set(on_disk) == set(range(50))
    second = intake_of(any_broker, known, client)
    turn_until(second, lambda: second.messages >= 15)
    turn_for_a_while(second)
    came_again = values_in(client, keys) - on_disk
    assert set(came_again) == set(range(50, 65)), "the first 50 were acknowledged and must not come again"
    second.close()


def test_redis_may_come_back_and_nothing_is_lost_or_owed(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, own_redis: Callable[[], object]
) -> None:
    redis = own_redis()
    client = connect(redis.url)
    intake = intake_of(any_broker, known, client)
    ledger = Ledger(intake)
    redis.process.kill()
    redis.process.wait()
    send(publisher, known, range(300))
    turn_until(intake, lambda: intake.trouble() is not None)
    own_redis()
    turn_until(intake, lambda: len(values_in(client, keys)) == 300)
    assert intake.trouble() is None
    turn_until(intake, lambda: ledger.acknowledged == ledger.arrived)
    intake.close()


@pytest.mark.claim("PULSE", "An acknowledgement belongs to the connection on which its message came")
def test_nothing_of_an_old_connection_is_acknowledged_on_a_new_one(
    broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    appender = FailsUntilTold(redis_client, keys, 100_000)
    intake = MqttIntake(broker, known, appender)
    turn_until(intake, lambda: intake.trouble() is None)
    turn_for_a_while(intake)
    first = Ledger(intake)
    send(publisher, known, range(20))
    turn_until(intake, lambda: len(first.arrived) == 20)
    crash(intake)
    turn_until(intake, lambda: not intake._client.usable())
    turn_until(intake, intake._client.usable)

    second = Ledger(intake)
    appender.works = True
    turn_until(intake, lambda: intake.messages >= 20)
    turn_until(intake, lambda: len(second.arrived) == 20)
    turn_until(intake, lambda: second.acknowledged == second.arrived)
    assert not first.acknowledged
    assert not second.unearned
    assert set(values_in(redis_client, keys)) == set(range(20))
    intake.close()


def test_a_full_stream_stops_the_acknowledgements_until_there_is_room(
    broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    for slot in keys.slots:
        for _ in range(3):
            redis_client.xadd(keys.readings(slot), {"k": "t"})
    intake = intake_of(broker, known, redis_client, limit_entries=2)
    send(publisher, known, range(5))
    turn_until(intake, lambda: intake.trouble() is not None)
    assert intake.trouble()[0] == "ingest.stream-full"
    for slot in keys.slots:
        redis_client.delete(keys.readings(slot))
    turn_until(intake, lambda: intake.messages >= 5)
    assert set(values_in(redis_client, keys)) == set(range(5))
    intake.close()


def test_what_is_published_while_we_are_away_waits_for_us(
    any_broker: str, publisher: Publisher, known: Known, keys: Keys, redis_client: Client
) -> None:
    intake = intake_of(any_broker, known, redis_client)
    intake.close()
    send(publisher, known, range(30))
    again = intake_of(any_broker, known, redis_client)
    turn_until(again, lambda: again.messages >= 30)
    assert set(values_in(redis_client, keys)) == set(range(30))
    again.close()


@pytest.mark.claim("PULSE", "A broker that stops, with or without a word, is noticed by ingest within 4 s")
def test_a_stopped_broker_is_noticed_and_its_return_too(
    tmp_path: Path, free_port: int, started: list[subprocess.Popen[bytes]], known: Known, redis_client: Client
) -> None:
    server = start_broker(tmp_path / "broker", free_port, tmp_path / "broker.log")
    started.append(server.process)
    intake = intake_of(server.url, known, redis_client)
    server.process.send_signal(signal.SIGSTOP)
    try:
        passed = turn_until(intake, lambda: intake.trouble() is not None)
        assert passed.wall_s > 0.5 and passed.within(4), str(passed)
        assert intake.trouble()[0] in ("ingest.silent", "ingest.broker-down")
    finally:
        server.process.send_signal(signal.SIGCONT)
    turn_until(intake, lambda: intake.trouble() is None)

    server.process.kill()
    server.process.wait()
    assert (passed := turn_until(intake, lambda: intake.trouble() is not None)).within(1), str(passed)
    assert intake.trouble()[0] == "ingest.broker-down"
    server = start_broker(tmp_path / "broker", free_port, tmp_path / "broker.log")
    started.append(server.process)
    turn_until(intake, lambda: intake.trouble() is None)
    with Publisher(server.url, "after") as publisher:
        send(publisher, known, range(5))
    turn_until(intake, lambda: intake.messages >= 5)
    intake.close()
