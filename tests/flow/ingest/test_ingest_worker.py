"""The worker says in words how it is, and hands over cleanly when its scene is over."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import SimpleNamespace

from prerequisites import ANSWER_S

from core import settings as settings_room
from core.clock import real_ms
from core.declared import Feed, Metric, Words
from core.records import Scene, Stamp
from ingest.transports.publish import Publisher
from stream.beats import read_counts
from stream.connect import Client
from stream.keys import Keys
from workers import ingest

NAME = Words("测试", "test")


class Stage:
    """What `run_worker` hands to `serve`; it ends when `over` holds, and keeps every beat."""

    name = "ingest"

    def __init__(self, mqtt_url: str, client: Client, over: Callable[[Stage], bool]) -> None:
        self.settings = settings_room.load({"MQTT_URL": mqtt_url})
        self.scene = Scene(f"stage-{os.getpid()}", "440900", Stamp.DEMO, f"stage-{os.getpid()}")
        self.client, self.keys = client, Keys(self.scene.id, 4)
        feeds = {"air": Feed("air", NAME, "air/+/+")}
        metrics = {"pm25": Metric("pm25", NAME, "µg/m³", 0.0, 1000.0)}
        self.declared = SimpleNamespace(feeds=feeds, devices={}, metrics=metrics)
        self.beats: list[tuple[str, str]] = []
        self._over, self._until_s = over, time.monotonic() + ANSWER_S

    def now_ms(self) -> int:
        return real_ms()

    def stopping(self) -> bool:
        assert time.monotonic() < self._until_s, f"not over in time; beats: {self.beats[-3:]}"
        return self._over(self)

    def beat(self, state: str = "ok", says: str = "") -> None:
        self.beats.append((state, says))


def test_a_worker_without_a_broker_says_so(redis_client: Client, free_port: int) -> None:
    stage = Stage(f"mqtt://127.0.0.1:{free_port}", redis_client, lambda s: len(s.beats) > 3)
    ingest.serve(stage)
    assert {state for state, _ in stage.beats} == {"down"}
    assert "MQTT 服务器连接中断" in stage.beats[-1][1]


def test_a_worker_counts_what_it_takes_in_each_second(redis_client: Client, broker: str) -> None:
    with Publisher(broker, f"stage-publisher-{os.getpid()}") as publisher:

        def over(stage: Stage) -> bool:
            """Publish one reading a turn until the worker has told a rate."""
            publisher.publish(f"{stage.scene.topic_root}/air/a1/readings", f'{{"t":{real_ms()},"values":{{"pm25":1}}}}')
            return any(state == "ok" and not says.startswith("每秒 0 ") for state, says in stage.beats)

        stage = Stage(broker, redis_client, over)
        ingest.serve(stage)
    assert read_counts(redis_client, stage.keys)["air|readings"] > 0
