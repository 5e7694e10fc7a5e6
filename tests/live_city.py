"""A city for tests of the live feed: its streams in a real Redis, its Board, its website on a real server."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import uvicorn
from kept_warning import warning as kept_warning
from prerequisites import ANSWER_S, REPOSITORY, eventually

import catalogue
from api.site import Site
from core.clock import real_ms
from core.records import CityWarning, Scene, Stamp, Status, ValueBatch
from core.settings import Settings, load
from stream.boards import newest_revision
from stream.codec import encode_values, encode_warnings
from stream.connect import Client
from stream.keys import Keys
from stream.scenes import declare_scene
from workers import worker
from workers.board import Drawing
from workers.worker import Outage, Running, Stop

DEMO = Scene("demo-440900", "440900", Stamp.DEMO, "city")
REPLAY = Scene("replay-440900-1", "440900", Stamp.REPLAY, "replay/city")
BASE = "/cityvitals/"
RAIN = "meteorology.rain_1h"
SECRET = "security.video_events_1h"


def settings_of(redis_url: str, port: int, **more: str) -> Settings:
    """Settings of a website under BASE that reads one Redis, and asks nobody who he is."""
    given = {"REDIS_URL": redis_url, "BASE_PATH": BASE, "CITYVITALS_PORT": str(port), "CITYVITALS_ACCOUNTS": "0"}
    given["CITYVITALS_SIGN_IN_PER_MIN"] = "100000"  # a test signs in more often than an office
    return load(given | {"CITYVITALS_PACKS": str(REPOSITORY / "packs")} | more)


def with_a_secret(packs: Path) -> Path:
    """The shipped packs once more, in a folder where the police have restricted one indicator, `SECRET`."""
    shutil.copytree(REPOSITORY / "packs", packs)
    file = packs / "topics" / "security.yaml"
    before, name, after = file.read_text("utf-8").partition(f"  {SECRET}:\n")
    file.write_text(f"{before}{name}    sensitivity: restricted\n{after}", "utf-8")
    return packs


def values(indicator: str, end_ms: int, areas: dict[str, float]) -> ValueBatch:
    n = len(areas)
    return ValueBatch(
        indicator=indicator,
        version="1",
        window_end_ms=end_ms,
        decided_ms=end_ms,
        areas=tuple(areas),
        value=np.array(list(areas.values())),
        reported=np.ones(n, np.int32),
        expected=np.ones(n, np.int32),
        newest_ms=np.full(n, end_ms, np.int64),
        status=np.full(n, Status.FINAL, np.uint8),
        detail=("",) * n,
    )


def warning(n: int, now_ms: int) -> CityWarning:
    """One of a river, in the demonstration."""
    return kept_warning(f"w{n}", since_ms=now_ms, subject="mm-river-01", stamp=Stamp.DEMO)


class City:
    """The streams of one scene, and its Board when it turns."""

    def __init__(self, client: Client, settings: Settings, scene: Scene = DEMO) -> None:
        self.client = client
        self.keys: Keys = declare_scene(client, scene, 2)
        declared = catalogue.load(settings.packs, scene.city)
        self.running = Running("board", settings, scene, declared, self.keys, client, Stop(), Outage())
        self.drawing = self.begin()

    def begin(self) -> Drawing:
        """A new owner of the Board, as after a restart."""
        self.drawing = Drawing(self.running)
        self.drawing.resume()
        return self.drawing

    def rain(self, value: float, area: str = "440981") -> None:
        """One value, folded and shown."""
        batch = values(RAIN, real_ms() // 1000 * 1000, {area: value})
        self.client.xadd(self.keys.values, dict(encode_values([batch])))
        self.drawing.turn()

    def warn(self, n: int) -> None:
        """One warning, folded and shown."""
        self.client.xadd(self.keys.warnings, dict(encode_warnings([warning(n, real_ms())])))
        self.drawing.turn()

    @property
    def revision(self) -> int:
        return int(newest_revision(self.client, self.keys).partition("-")[0])


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The site on a real server; its address."""
    site = Site(settings, worker.redis_url(settings), lambda: 0.002)
    config = uvicorn.Config(
        site.app, host="127.0.0.1", port=settings.port, log_config=None, ws_per_message_deflate=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    yield f"http://127.0.0.1:{settings.port}{BASE}"
    site.hub.close()
    server.should_exit = True
    thread.join(ANSWER_S)
    assert not thread.is_alive()
