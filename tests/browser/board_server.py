"""The real website over made-up pictures: serves frames on `live/ws`, `live/sse`, `live/poll` below a base path."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, StreamingResponse
from prerequisites import ANSWER_S

from callbacks.site import attach
from catalogue.declared import Declared
from catalogue.load import load
from core.clock import real_ms
from core.settings import Settings
from core.settings import load as load_settings
from tests.frames import board_snapshot as frames

PACKS = Path(__file__).resolve().parents[2] / "packs"
TURN_S = 0.1


class BoardServer:
    """A site that shows whatever picture the test hangs on it."""

    def __init__(self, city: str = "440900", base_path: str = "/", language: str = "zh") -> None:
        environ = {"BASE_PATH": base_path, "CITYVITALS_PACKS": str(PACKS), "CITYVITALS_LANGUAGE": language}
        environ["CITYVITALS_ACCOUNTS"] = "0"  # the bare picture; who may see it is proved in the house
        self.settings: Settings = load_settings(environ)
        self.city: Declared = load(PACKS, city)
        self.rev = 1000
        self._turning = threading.RLock()  # by a test and by what keeps beating
        self.calm()

    # What a test turns.
    def calm(self) -> None:
        """As it is in the beginning: a calm city, everything alive, nothing served yet."""
        self.assets, self.scene = "a1", "demo-440900"
        self.redis = "ok"
        self.starting = False  # True: no scene is active yet
        self.talking = True  # False: connections stay open and say nothing
        self.refused: set[str] = set()  # transports that the gateway refuses
        self.fresh_workers: Sequence[str] = ("ingest", "engine", "board", "probe")
        self.fresh_probe = True
        self.now_offset_ms = 0
        self.served: dict[str, int] = {"ws": 0, "sse": 0, "poll": 0, "snap": 0}
        self.history: list[dict[str, Any]] = []
        self.show("calm")

    def show(self, situation: str, warnings: int = 0) -> None:
        """Hang up another picture; pages get it as a snapshot."""
        with self._turning:
            self.picture = frames.picture(self.city, situation, self.now_ms(), warnings)
            self.rev += 1
            self.history = [self._dress(frames.snap(self.picture, self.rev, self.now_ms()))]

    def change(self, changed: Mapping[str, Any], skip: int = 0, drop: Mapping[str, Any] | None = None) -> None:
        """Change some records; `skip` loses revisions on the way."""
        with self._turning:
            for section, records in changed.items():
                self.picture[section] = {**self.picture.get(section, {}), **records}
            for section, keys in (drop or {}).items():
                self.picture[section] = {key: one for key, one in self.picture[section].items() if key not in keys}
            self.rev += 1 + skip
            self.history.append(self._dress(frames.diff(changed, self.rev, self.now_ms(), drop=dict(drop or {}))))

    def now_ms(self) -> int:
        """Server time."""
        return real_ms() + self.now_offset_ms

    # What `attach` reads.
    def declared(self) -> Declared | None:
        return None if self.starting else self.city

    def sections(self) -> frames.Sections:
        return self.picture

    def scene_id(self) -> str:
        return self.scene

    def city_now_ms(self) -> int:
        return self.now_ms()

    def assets_version(self) -> str:
        return self.assets

    def value(self, indicator: str, subject: str) -> dict[str, Any] | None:
        found = self.picture.get("values", {}).get(f"{indicator}¦{subject}")
        focus = self.picture.get("trends", {}).get("focus", {})
        if found is None and (focus.get("indicator"), focus.get("subject")) == (indicator, subject):
            return frames.value_record(self.city, indicator, subject, focus["value"], self.now_ms())
        areas, levels = self.city.areas, self.city.indicators[indicator].levels
        if found is None and subject in areas and areas[subject].level in levels:  # towns are not in the picture
            return frames.value_record(self.city, indicator, subject, sum(map(ord, subject)) % 60 / 2, self.now_ms())
        return found

    async def points(self, indicator: str, subject: str) -> list[tuple[int, float | None]]:
        focus = self.picture.get("trends", {}).get("focus", {})
        if (focus.get("indicator"), focus.get("subject")) == (indicator, subject):
            return [tuple(point) for point in focus["points"]]
        return [(self.now_ms() - (47 - at) * 1_800_000, 20.0 + at % 7) for at in range(48)]

    async def raw(self, device: str) -> dict[str, Any] | None:
        return {
            "topic": f"city/rain/{device}/readings",
            "payload": '{"t": "2026-11-22T14:05:00+08:00", "values": {"rain": 2.4}}',
            "received_ms": self.now_ms() - 4000,
        }

    async def explain(self, indicator: str, subject: str) -> list[str]:
        return [f"{indicator} @ {subject}", "  代入 rain = 2.4", "    测站 A：rain = 2.4"]

    # The live feed.
    def _dress(self, frame: dict[str, Any]) -> dict[str, Any]:
        return frame | {"scene": self.scene, "assets": self.assets}

    def _fresh(self) -> None:
        now = self.now_ms()
        for worker in self.fresh_workers:
            if worker in self.picture.get("workers", {}):
                self.picture["workers"][worker]["beat_ms"] = now
        if self.fresh_probe and self.picture.get("probe", {}).get("main", {}).get("seen_ms"):
            self.picture["probe"]["main"]["seen_ms"] = now - 2000

    def frames_after(self, rev: int) -> list[dict[str, Any]]:
        """Frames newer than a revision, a snapshot when it is not known any more."""
        known = [frame for frame in self.history if frame["rev"] > rev]
        if known and (known[0]["k"] == "snap" or known[0]["prev"] == rev or rev >= self.history[0]["rev"]):
            return [frame | {"server_ms": self.now_ms(), "city_ms": self.now_ms()} for frame in known]
        return []

    def whole(self) -> dict[str, Any]:
        """A snapshot of now."""
        self.served["snap"] += 1
        self._fresh()
        return self._dress(frames.snap(self.picture, self.rev, self.now_ms()))

    async def _turns(self, rev: int | None) -> AsyncIterator[dict[str, Any]]:
        last, turn = rev, 0
        if last is None:
            while not self.talking:
                await asyncio.sleep(TURN_S)
            frame = self.whole()
            last = frame["rev"]
            yield frame
        while True:
            turn += 1
            if self.talking:
                for frame in self.frames_after(last):
                    last = frame["rev"]
                    yield frame
                if turn % 10 == 1:
                    yield self._dress(frames.beat(last, self.now_ms(), self.redis))
            await asyncio.sleep(TURN_S)

    def routes(self, app: FastAPI) -> None:
        """The three live endpoints."""
        base = self.settings.base_path
        app.add_api_websocket_route(f"{base}live/ws", self._ws)
        app.add_api_route(f"{base}live/sse", self._sse)
        app.add_api_route(f"{base}live/poll", self._poll)

    async def _ws(self, socket: WebSocket, rev: int | None = None) -> None:
        if "ws" in self.refused:
            await socket.close(1008)
            return
        await socket.accept()
        self.served["ws"] += 1
        with suppress(WebSocketDisconnect, RuntimeError):
            async for frame in self._turns(rev):
                if "ws" in self.refused:
                    await socket.close(1001)
                    return
                await socket.send_text(json.dumps(frame))

    async def _sse(self, rev: int | None = None) -> Response:
        if "sse" in self.refused:
            return JSONResponse({"reason": "refused"}, 403)
        self.served["sse"] += 1

        async def lines() -> AsyncIterator[str]:
            async for frame in self._turns(rev):
                yield f"data: {json.dumps(frame)}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def _poll(self, rev: int | None = None) -> Response:
        if "poll" in self.refused:
            return JSONResponse({"reason": "refused"}, 403)
        self.served["poll"] += 1
        if rev is None:
            return JSONResponse([self.whole()])
        for _ in range(10):
            if found := self.frames_after(rev):
                return JSONResponse(found)
            await asyncio.sleep(TURN_S)
        return JSONResponse([self._dress(frames.beat(rev, self.now_ms(), self.redis))])

    def __enter__(self) -> BoardServer:
        app = FastAPI()
        self.routes(app)
        attach(app, self.settings, self)
        config = uvicorn.Config(app, "127.0.0.1", 0, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            threading.Event().wait(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}{self.settings.base_path}"
        self._beating = threading.Event()
        self._beats = threading.Thread(target=self._keep_beating, daemon=True)
        self._beats.start()
        return self

    def _keep_beating(self) -> None:
        while not self._beating.wait(1.0):
            if self.talking:
                with self._turning:
                    self._fresh()
                    self.change({name: self.picture[name] for name in ("workers", "probe") if name in self.picture})
                    del self.history[1:-200]

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beating.set()
        self._server.should_exit = True
        self._thread.join(ANSWER_S)
