"""Is everything in order? `/healthz` says it in words, `/metrics` in numbers; both also while Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from pydantic import BaseModel, Field

from api.errors import Responses
from api.hub import Hub
from core.clock import city_ms, real_ms
from core.messages import text
from core.settings import Settings

WORKERS = ("ingest", "engine", "board", "probe", "web")
OF_ACCOUNTS = ("relay", "notify", "clocks")  # missed only where people act
BEAT_LOST_MS = 6000  # five beats, and the second between two looks
PROBE_LATE_MS = 30_000
CLOCK_OFF_MS = 1000
FORMATS: Responses = {200: {"content": {CONTENT_TYPE_LATEST: {}}}}


class Part(BaseModel):
    """One part of the installation. `age_ms`: since its last sign of life; null when there never was one."""

    state: str
    age_ms: int | None
    says: str


class Health(BaseModel):
    """The installation as this web process sees it; 503 as soon as there is a reason."""

    state: Literal["ok", "fault"]
    reasons: list[str]
    scene: str | None
    stamp: str | None
    revision: int
    server_ms: int
    city_ms: int | None
    clock_offset_ms: float | None = Field(
        description="Against the time service of this machine; null when nobody knows"
    )
    round_trip_ms: int | None = Field(description="Of the last test reading 拨测")
    parts: dict[str, Part]


class UpOrDown(BaseModel):
    """All that a stranger is told."""

    state: Literal["ok", "fault"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One part and, when it is at fault, the sentence that says so."""

    name: str
    part: Part
    fault: str = ""


FAULT: Responses = {503: {"model": Health}}


Beside = Callable[[], Mapping[str, Part]]


def health_routes(
    hub: Hub,
    settings: Settings,
    sees_all: Callable[[], bool],
    further: Sequence[Collector] = (),
    beside: Beside = dict,
) -> APIRouter:
    """`/healthz` and `/metrics`. sees_all: whether who asks may know more than up or down. further: more numbers.

    beside: parts that are told to who sees all and are no reason to be down, asked in a thread.
    """
    router = APIRouter(tags=["operation"])
    registry = CollectorRegistry(auto_describe=False)
    for collector in (HubCollector(hub), *further):
        registry.register(collector)

    @router.get("/healthz", responses=FAULT)
    async def healthz(response: Response) -> Health | UpOrDown:
        """Each part with age and state; 503 with reasons when anything is wrong. Strangers hear only up or down."""
        found = health(hub, settings, real_ms())
        response.status_code = 200 if found.state == "ok" else 503
        response.headers["Cache-Control"] = "no-store"
        if not sees_all():
            return UpOrDown(state=found.state)
        found.parts.update(await asyncio.to_thread(beside))
        return found

    @router.get("/metrics", responses=FORMATS, response_class=Response)
    async def metrics() -> Response:
        """Counters and ages for Prometheus."""
        return Response(await asyncio.to_thread(generate_latest, registry), media_type=CONTENT_TYPE_LATEST)

    return router


def health(hub: Hub, settings: Settings, now_ms: int) -> Health:
    """The state of every part as of a real time, ms UTC."""
    language, awaited = settings.language, (*WORKERS, *(OF_ACCOUNTS if settings.accounts else ()))
    seen = [_redis(hub, language, now_ms), _scene(hub, language), *_workers(hub, awaited, language, now_ms)]
    seen += [_probe(hub, language, now_ms), _clock(hub, language)]
    reasons = [one.fault for one in seen if one.fault]
    vitals = hub.vitals
    probe, offset_s = (vitals.probe, vitals.clock_offset_s) if vitals else (None, None)
    return Health(
        state="fault" if reasons else "ok",
        reasons=reasons,
        scene=hub.scene.id if hub.scene else None,
        stamp=hub.scene.stamp if hub.scene else None,
        revision=hub.reader.revision,
        server_ms=now_ms,
        city_ms=city_ms(hub.scene, now_ms) if hub.scene else None,
        clock_offset_ms=None if offset_s is None else round(offset_s * 1000, 1),
        round_trip_ms=probe.round_trip_ms if probe else None,
        parts={one.name: one.part for one in seen},
    )


def _redis(hub: Hub, language: str, now_ms: int) -> Seen:
    vitals = hub.vitals
    age_ms = now_ms - vitals.read_ms if vitals else None
    if hub.redis != "ok" or vitals is None:
        sentence = text("health.redis-down", language)
        return Seen("redis", Part(state="down", age_ms=age_ms, says=sentence), sentence)
    promise = text("health.redis-promise", language, promise=vitals.promise)
    return Seen("redis", Part(state="ok", age_ms=age_ms, says=promise))


def _scene(hub: Hub, language: str) -> Seen:
    if hub.scene is None:
        sentence = text("health.board-none", language)
        return Seen("picture", Part(state="never", age_ms=None, says=sentence), sentence)
    return Seen("picture", Part(state="ok", age_ms=None, says=hub.scene.id))


def _workers(hub: Hub, awaited: Iterable[str], language: str, now_ms: int) -> Iterator[Seen]:
    beats = hub.vitals.beats if hub.vitals else {}
    for name in dict.fromkeys((*awaited, *beats)):
        beat = beats.get(name)
        if beat is None:
            sentence = text("health.worker-missing", language, worker=name)
            yield Seen(name, Part(state="never", age_ms=None, says=sentence), sentence)
            continue
        age_ms = now_ms - beat.beat_ms
        if age_ms > BEAT_LOST_MS:
            sentence = text("health.worker-lost", language, worker=name)
            yield Seen(name, Part(state="down", age_ms=age_ms, says=sentence), sentence)
        elif beat.state != "ok":
            sentence = text("health.worker-down", language, worker=name, says=beat.says or beat.state)
            yield Seen(name, Part(state=beat.state, age_ms=age_ms, says=beat.says), sentence)
        else:
            yield Seen(name, Part(state="ok", age_ms=age_ms, says=beat.says))


def _probe(hub: Hub, language: str, now_ms: int) -> Seen:
    probe = hub.vitals.probe if hub.vitals else None
    if probe is None:
        sentence = text("health.probe-never", language)
        return Seen("round_trip", Part(state="never", age_ms=None, says=sentence), sentence)
    age_ms = now_ms - probe.seen_ms
    if age_ms > PROBE_LATE_MS:
        sentence = text("health.probe-late", language)
        return Seen("round_trip", Part(state="late", age_ms=age_ms, says=sentence), sentence)
    return Seen("round_trip", Part(state="ok", age_ms=age_ms, says=f"{probe.round_trip_ms} ms"))


def _clock(hub: Hub, language: str) -> Seen:
    """An unknown offset is told and is no fault: a machine without a time service may be right."""
    offset_s = hub.vitals.clock_offset_s if hub.vitals else None
    if offset_s is None:
        return Seen("clock", Part(state="unknown", age_ms=None, says=text("health.clock-unknown", language)))
    sentence = text("health.clock-off", language, offset_ms=round(offset_s * 1000))
    wrong = offset_s * 1000 > CLOCK_OFF_MS
    return Seen("clock", Part(state="fault" if wrong else "ok", age_ms=None, says=sentence), sentence if wrong else "")


class HubCollector(Collector):
    """The numbers of one web process, read when they are asked for."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def describe(self) -> Iterator[Metric]:
        """Nothing is registered before it is known."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """All numbers as of now."""
        hub, vitals = self._hub, self._hub.vitals
        yield GaugeMetricFamily("cityvitals_live_clients", "Clients of the live feed", hub.clients)
        yield CounterMetricFamily("cityvitals_live_dropped", "Clients dropped because they were slow", hub.dropped)
        yield GaugeMetricFamily("cityvitals_board_revision", "Revision of the picture", hub.reader.revision)
        yield GaugeMetricFamily("cityvitals_redis_up", "1: Redis answers", float(hub.redis == "ok"))
        if vitals is None:
            return
        yield _counted("cityvitals_taken_in", "Taken in since the scene began", "what", vitals.counts)
        yield _counted("cityvitals_refused", "Refused messages since the scene began", "reason", vitals.refusals)
        ages = GaugeMetricFamily("cityvitals_worker_beat_age_seconds", "Since its last beat", labels=["worker"])
        now_ms = real_ms()
        for name, beat in vitals.beats.items():
            ages.add_metric([name], (now_ms - beat.beat_ms) / 1000)
        yield ages
        if vitals.probe is not None:
            yield GaugeMetricFamily(
                "cityvitals_probe_round_trip_seconds", "Last test reading", vitals.probe.round_trip_ms / 1000
            )
            yield GaugeMetricFamily(
                "cityvitals_probe_age_seconds", "Since it came back", (now_ms - vitals.probe.seen_ms) / 1000
            )


def _counted(name: str, says: str, label: str, counts: Mapping[str, int]) -> Metric:
    """Counters that Redis keeps under `feed|<label>`."""
    family = CounterMetricFamily(name, says, labels=["feed", label])
    for key, count in sorted(counts.items()):
        feed, _, what = key.rpartition("|")
        family.add_metric([feed, what], count)
    return family
