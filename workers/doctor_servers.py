"""The doctor's look at what runs: Redis and its promise, the broker and its promise, the site, the workers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator

import stream.connect
from core.broker_address import broker_address
from core.clock import real_ms
from core.errors import NeighbourDown, StartError
from core.messages import text
from core.settings import Settings
from stream.beats import Beat, read_beats
from stream.connect import Client, Promise, connect, durability, shown
from stream.embedded.broker import broker_program
from stream.embedded.children import accepts
from stream.embedded.redis_server import OLDEST, redis_program
from stream.scenes import active_scene, keys_of
from workers.broker_greeting import greet
from workers.findings import Told, fault, ok, warning
from workers.own_site import near_address, near_connection, near_host
from workers.supervisor import workers_of
from workers.worker import mqtt_url, redis_url

SILENT_AFTER_S = 15  # a worker beats once a second


def redis(settings: Settings) -> Iterator[Told]:
    """Redis, what it promises, and what it holds."""
    if not settings.redis_url and not accepts("127.0.0.1", settings.redis_port):
        yield _idle("redis-idle", redis_program, settings.language)
        return
    url = redis_url(settings)
    client = connect(url)
    try:
        version = stream.connect.version(client)
        known = ok("redis", version=_dotted(version), address=shown(url))
        old = fault("redis-old", version=_dotted(version), address=shown(url))
        yield known if version >= OLDEST else old
        promise = durability(client)
        yield (ok if promise is Promise.ALWAYS else warning)(f"promise-{promise}")
        yield from _scene(client, settings)
    except NeighbourDown as down:
        yield fault("redis-down", address=shown(url), reason=down)
    finally:
        client.close()


def broker(settings: Settings) -> Iterator[Told]:
    """The MQTT broker and what it promises."""
    if not settings.mqtt_url and not accepts("127.0.0.1", settings.mqtt_port):
        yield _idle("broker-idle", broker_program, settings.language)
        return
    address = broker_address(mqtt_url(settings))
    try:
        greeting = greet(mqtt_url(settings))
    except OSError as down:
        yield fault("broker-down", address=address, reason=down)
        return
    if greeting.refusal:
        yield fault("broker-refuses", address=address, reason=greeting.refusal)
        return
    embedded = not settings.mqtt_url
    yield ok("broker", address=address, name=greeting.name or ("NATS" if embedded else "MQTT 3.1.1"))
    if embedded:
        yield ok("broker-nats")
    else:
        yield warning("broker-mosquitto" if "mosquitto" in greeting.name.lower() else "broker-other")


def site(settings: Settings) -> Iterator[Told]:
    """The website, or that its port is free."""
    address = near_address(settings)
    if not accepts(near_host(settings), settings.port):
        yield ok("site-idle", port=settings.port)
        return
    status = health_status(settings)
    if status == http.client.OK:
        yield ok("site", address=address)
    elif status == http.client.SERVICE_UNAVAILABLE:
        yield fault("site-unwell", address=address)
    else:
        yield fault("site-taken", port=settings.port)


def health_status(settings: Settings) -> int | None:
    """The status of our own `/healthz`; None when what listens there is not ours."""
    connection = near_connection(settings, 5)
    try:
        connection.request("GET", f"{settings.base_path}healthz")
        answer = connection.getresponse()
        ours = isinstance(json.loads(answer.read()), dict)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return answer.status if ours else None


def worker_verdict(name: str, last: Beat | None, now_ms: int, log: str) -> Told:
    """What the last sign of life of a worker means. now_ms: real time."""
    if last is None:
        return fault("worker-missing", worker=name, log=log)
    age_s = round((now_ms - last.beat_ms) / 1000)
    if age_s > SILENT_AFTER_S:
        return fault("worker-silent", worker=name, age_s=age_s, log=log)
    if last.state != "ok":
        return warning("worker-unwell", worker=name, age_s=age_s, state=last.state, says=last.says or "…")
    return ok("worker", worker=name, age_s=age_s)


def _scene(client: Client, settings: Settings) -> Iterator[Told]:
    scene = active_scene(client)
    if scene is None:
        yield warning("scene-none")
        return
    yield ok("scene", scene=scene.id, stamp=text(f"stamp.{scene.stamp}", settings.language))
    beats = read_beats(client, keys_of(client, scene))
    for name in workers_of(settings):
        yield worker_verdict(name, beats.get(name), real_ms(), str(settings.var / "log" / f"{name}.log"))


def _idle(code: str, program: Callable[[], str], language: str) -> Told:
    """A server of ours that is not running, or cannot run."""
    try:
        return ok(code, program=program())
    except StartError as missing:
        return fault(code, program=missing.in_words(language))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


CHECKS = (redis, broker, site)
