"""The Board and the live feed with a real Redis and a real server: what is appended arrives, by every way the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from live_city import BASE, RAIN, REPLAY, City, served, settings_of
from prerequisites import ANSWER_S, eventually, unused_port
from websockets.sync.client import connect as ws_connect

from board.canvas import apply
from board.frames import difference_of
from core.clock import real_ms
from core.errors import NotOwner
from core.records import Rejected
from core.settings import Settings
from stream.appender import Appender, Flush
from stream.beats import Probe, beat, note_probe
from stream.boards import load_snapshot, renew_board
from stream.connect import Client, connect
from stream.embedded.redis_server import start_redis
from stream.keys import CITY_SLOT


@pytest.fixture
def settings(redis_server: str, free_port: int) -> Settings:
    return settings_of(redis_server, free_port)


@pytest.fixture
def city(redis_client: Client, settings: Settings) -> City:
    return City(redis_client, settings)


@pytest.fixture
def site(city: City, settings: Settings) -> Iterator[str]:
    with served(settings) as address:
        eventually(lambda: requests.get(f"{address}api/v1/indicators", timeout=ANSWER_S).status_code == 200)
        yield address


def socket_of(address: str, rev: int | None = None):  # type: ignore[no-untyped-def]
    query = "" if rev is None else f"?rev={rev}"
    return ws_connect(address.replace("http", "ws") + "live/ws" + query, max_size=None)


def frames_until(receive, revision: int) -> list[bytes]:  # type: ignore[no-untyped-def]
    """Frames that are no beats, up to and with the one of a revision."""
    found: list[bytes] = []
    until_s = time.monotonic() + ANSWER_S
    while not found or orjson.loads(found[-1])["rev"] < revision:
        assert time.monotonic() < until_s, f"revision {revision} did not come"
        frame = receive()
        if orjson.loads(frame)["k"] != "beat":
            found.append(frame)
    return found


def mirrored(frames: list[bytes]) -> dict[str, object]:
    sections: dict[str, dict[str, dict[str, object]]] = {}
    for frame in map(orjson.loads, frames):
        if frame["k"] == "snap":
            sections = frame["set"]
        else:
            apply(sections, difference_of(frame))
    return {name: records for name, records in sections.items() if records}


def by_websocket(address: str, revision: int, rev: int | None = None) -> list[bytes]:
    with socket_of(address, rev) as socket:
        return frames_until(lambda: socket.recv(ANSWER_S, decode=False), revision)


def by_events(address: str, revision: int, rev: int | None = None) -> list[bytes]:
    with requests.get(f"{address}live/sse", params={"rev": rev}, stream=True, timeout=ANSWER_S) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in answer.iter_lines(chunk_size=1) if line)
        return frames_until(lambda: next(lines).removeprefix(b"data: "), revision)


def by_poll(address: str, revision: int, rev: int | None = None) -> list[bytes]:
    found: list[bytes] = []
    while not found or orjson.loads(found[-1])["rev"] < revision:
        answer = requests.get(f"{address}live/poll", params={"rev": rev}, timeout=ANSWER_S)
        for frame in answer.json():
            if frame["k"] != "beat":
                found.append(orjson.dumps(frame))
                rev = frame["rev"]
    return found


WAYS = (by_websocket, by_events, by_poll)


@pytest.mark.claim("PULSE", "WebSocket, server-sent events and long poll carry the same frames")
def test_three_ways_one_picture(city: City, site: str) -> None:
    city.rain(12.5)
    city.warn(1)
    city.rain(13.5, "440982")
    first = {way.__name__: way(site, city.revision) for way in WAYS}
    since = city.revision
    city.warn(2)
    later = {way.__name__: way(site, city.revision, since) for way in WAYS}
    assert len({json.dumps(mirrored(frames), sort_keys=True) for frames in first.values()}) == 1
    assert len(set(map(tuple, (map(bytes, frames) for frames in later.values())))) == 1  # the very same bytes
    for way, frames in first.items():
        whole = mirrored([*frames, *later[way]])
        assert set(whole["warnings"]) == {"w1", "w2"}
        assert whole["values"][f"{RAIN}¦440981"]["text"] == "12.5"


@pytest.mark.claim("PULSE", "A client resumes by revision and gets only what it missed")
def test_resume_by_revision(city: City, site: str) -> None:
    city.warn(1)
    held = by_websocket(site, city.revision)
    since = orjson.loads(held[-1])["rev"]
    for n in range(2, 12):
        city.warn(n)
    missed = by_websocket(site, city.revision, since)
    assert all(orjson.loads(frame)["k"] == "diff" for frame in missed)
    assert orjson.loads(missed[0])["prev"] == since
    assert mirrored([*held, *missed]) == mirrored(by_websocket(site, city.revision))
    assert orjson.loads(by_websocket(site, city.revision, 12345)[0])["k"] == "snap"  # a revision nobody remembers


def test_a_restarted_board_goes_on_where_it_stopped(city: City, site: str) -> None:
    city.rain(1.0)
    city.warn(1)
    before = city.revision
    with socket_of(site) as socket:
        frames_until(lambda: socket.recv(ANSWER_S, decode=False), before)
        city.begin()
        city.warn(2)
        came = frames_until(lambda: socket.recv(ANSWER_S, decode=False), city.revision)
    assert orjson.loads(came[0])["prev"] == before  # clients notice nothing
    assert city.revision > before
    snapshot = load_snapshot(city.client, city.keys)
    assert snapshot is not None
    assert set(orjson.loads(snapshot.frame)["set"]["warnings"]) >= {"w1"}
    assert set(mirrored(by_websocket(site, city.revision))["warnings"]) == {"w1", "w2"}  # type: ignore[call-overload]


def test_an_entry_that_cannot_be_read_does_not_stop_the_board(city: City) -> None:
    city.rain(1.0)
    for stream in (city.keys.values, city.keys.warnings, city.keys.panes("0")):
        city.client.xadd(stream, {b"k": b"?"})
    city.rain(2.0)
    city.warn(1)
    city.begin()
    sections = city.drawing._picture.sections
    assert sections["values"][f"{RAIN}¦440981"]["text"] == "2.0"
    assert set(sections["warnings"]) == {"w1"}


def test_a_picture_of_another_definition_is_replaced_on_every_screen(city: City, site: str) -> None:
    renew_board(city.client, city.keys, "d1")
    city.rain(1.0)
    city.warn(1)
    with socket_of(site) as socket:
        frames_until(lambda: socket.recv(ANSWER_S, decode=False), city.revision)
        city.client.delete(*city.keys.decided(CITY_SLOT))  # as the engine's slot does when it is taken
        assert renew_board(city.client, city.keys, "d2")
        with pytest.raises(NotOwner):
            city.warn(2)
        city.client.delete(*city.keys.decided(CITY_SLOT))
        city.begin()
        city.rain(3.0, "440982")
        frames = frames_until(lambda: socket.recv(ANSWER_S, decode=False), city.revision)
    assert orjson.loads(frames[0])["k"] == "snap"
    shown = mirrored(frames)
    assert set(shown["values"]) == {f"{RAIN}¦440982"}  # type: ignore[call-overload]
    assert "warnings" not in shown


def test_a_new_scene_is_a_new_picture(city: City, site: str, settings: Settings) -> None:
    city.warn(1)
    with socket_of(site) as socket:
        frames_until(lambda: socket.recv(ANSWER_S, decode=False), city.revision)
        replay = City(city.client, settings, REPLAY)
        frames = frames_until(lambda: socket.recv(ANSWER_S, decode=False), replay.revision)
    snap = orjson.loads(frames[0])
    assert (snap["k"], snap["scene"]) == ("snap", REPLAY.id)
    assert snap["set"]["city"]["main"]["stamp"] == "replay"
    assert not snap["set"]["warnings"]


@pytest.mark.claim("PULSE", "The web process beats each second and says when Redis is gone; the picture stays")
def test_redis_gone_is_said_and_the_picture_stays(server_folder: Path) -> None:
    redis = start_redis(server_folder / "redis-gone", unused_port(), server_folder / "redis-gone.log")
    lonely = settings_of(redis.url, unused_port())
    city = City(connect(redis.url), lonely)
    city.warn(1)
    with served(lonely) as address, socket_of(address) as socket:
        shown = city.revision
        frames_until(lambda: socket.recv(ANSWER_S, decode=False), shown)

        def beat_says(word: str) -> None:
            until_s = time.monotonic() + ANSWER_S
            while True:
                frame = orjson.loads(socket.recv(ANSWER_S, decode=False))
                if frame["k"] == "beat" and frame["redis"] == word:
                    return
                assert time.monotonic() < until_s, f"no beat said {word}"

        beat_says("ok")
        redis.stop()
        beat_says("down")
        assert "w1" in mirrored(by_websocket(address, shown))["warnings"]  # type: ignore[operator]
        answer = requests.get(f"{address}healthz", timeout=ANSWER_S)
        assert answer.status_code == 503
        assert answer.json()["parts"]["redis"]["state"] == "down"
        assert requests.get(f"{address}metrics", timeout=ANSWER_S).text.count("cityvitals_redis_up 0.0") == 1
        pushed = requests.post(f"{address}api/v1/readings/rain/mm-rain-01", data=b"{}", timeout=ANSWER_S)
        assert (pushed.status_code, pushed.json()["error"]["code"]) == (503, "neighbour-down")


def test_health_gives_reasons(city: City, site: str) -> None:
    answer = requests.get(f"{site}healthz", timeout=ANSWER_S)
    assert answer.status_code == 503
    assert any("engine" in reason for reason in answer.json()["reasons"])
    health: dict[str, Any] = {}

    def health_is_well() -> bool:
        for name in ("ingest", "engine", "board", "probe"):
            beat(city.client, city.keys, name)
        back_ms = real_ms()
        note_probe(city.client, city.keys, Probe(back_ms - 400, back_ms))
        answer = requests.get(f"{site}healthz", timeout=ANSWER_S)
        health.update(answer.json())
        return answer.status_code == 200

    eventually(health_is_well)
    assert (health["clock_offset_ms"], health["parts"]["clock"]["state"]) == (2.0, "ok")
    assert health["round_trip_ms"] == 400
    assert "always" in health["parts"]["redis"]["says"]
    beat(city.client, city.keys, "ingest", "broker-lost", "MQTT 没有应答")
    eventually(lambda: "MQTT" in str(requests.get(f"{site}healthz", timeout=ANSWER_S).json().get("reasons")))
    assert requests.get(f"{site}healthz", timeout=ANSWER_S).status_code == 503


@pytest.mark.claim("PULSE", "Unknown API paths answer JSON 404")
@pytest.mark.parametrize(
    "path", ["api/nothing", "api/v1/nope", "api/v1/indicators/nope", "api/v1/stations/x", "live/no"]
)
def test_unknown_paths_answer_json_404(site: str, path: str) -> None:
    answer = requests.get(site + path, timeout=ANSWER_S)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"} and set(answer.json()["error"]) == {"code", "sentence"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_picture_as_rest(city: City, site: str) -> None:
    city.rain(12.5)
    city.rain(3.25, "mm-rain-01")
    city.warn(1)
    by_websocket(site, city.revision)
    everything = requests.get(f"{site}api/v1/indicators", timeout=ANSWER_S).json()
    assert everything["origin"]["stamp"] == "demo"
    assert {one["id"] for one in everything["indicators"]} >= {RAIN, "ecology.aqi", "water.river_stage"}
    rain = requests.get(f"{site}api/v1/indicators/{RAIN}", timeout=ANSWER_S).json()
    assert {v["area"]: v["value"] for v in rain["values"]} == {"440981": 12.5, "mm-rain-01": 3.25}
    assert rain["indicator"]["source"]["standard"]
    series = requests.get(f"{site}api/v1/indicators/{RAIN}/440981/series", timeout=ANSWER_S).json()
    assert [point["value"] for point in series["points"]] == [12.5]
    warnings = requests.get(f"{site}api/v1/warnings", timeout=ANSWER_S).json()
    assert warnings["active"] == sum(area["total"] for area in warnings["areas"]) == 1
    station = requests.get(f"{site}api/v1/stations/mm-river-01", timeout=ANSWER_S).json()
    assert (station["raw"], station["references"][0]["name"]) == (None, "warning")
    bad = requests.get(f"{site}api/v1/dead?count=0", timeout=ANSWER_S)
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "bad-request")


def test_refused_messages_are_listed(city: City, site: str) -> None:
    refused = [Rejected("malformed", f"city/rain/d{n}/readings", b"{\xff", "bad", "rain", 5 + n) for n in range(3)]
    Appender(city.client, city.keys, 1000).append(Flush(rejected=refused))
    dead = requests.get(f"{site}api/v1/dead?count=2", timeout=ANSWER_S).json()
    assert [one["topic"] for one in dead["messages"]] == ["city/rain/d2/readings", "city/rain/d1/readings"]
    assert dead["messages"][0]["sentence"] != "malformed"


def test_push_over_http(city: City, site: str) -> None:
    at = {"t": real_ms(), "values": {"rain_mm": 1.5}}
    answer = requests.post(f"{site}api/v1/readings/rain/mm-rain-01", json=at, timeout=ANSWER_S)
    assert (answer.status_code, answer.json()) == (200, {"readings": 1, "events": 0, "refused": None})
    entries = sum(city.client.xlen(city.keys.readings(slot)) for slot in city.keys.slots)
    assert entries == 1
    raw = requests.get(f"{site}api/v1/stations/mm-rain-01", timeout=ANSWER_S).json()["raw"]
    assert json.loads(raw["payload"]) == at
    bad = requests.post(f"{site}api/v1/readings/rain/mm-rain-01", data=b"not json", timeout=ANSWER_S)
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "reject.malformed")
    strange = requests.post(f"{site}api/v1/readings/nope/x", json=at, timeout=ANSWER_S)
    assert (strange.status_code, strange.json()["error"]["code"]) == (404, "reject.unknown-topic")


@pytest.mark.claim("PULSE", "5 MB over HTTP are refused with a sentence, counted and kept")
def test_five_megabytes_are_refused_counted_and_kept(city: City, site: str) -> None:
    answer = requests.post(f"{site}api/v1/readings/rain/mm-rain-01", data=b"x" * 5_000_000, timeout=ANSWER_S)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too-large")
    dead = requests.get(f"{site}api/v1/dead", timeout=ANSWER_S).json()["messages"]
    assert [one["reason"] for one in dead] == ["too-large"]
    assert city.client.hgetall(city.keys.dead_counts) == {b"rain|too-large": b"1"}


def test_openapi_is_true_and_its_page_is_our_own(site: str) -> None:
    schema = requests.get(f"{site}api/openapi.json", timeout=ANSWER_S).json()
    assert schema["openapi"].startswith("3.")
    assert {f"{BASE}api/v1/indicators", f"{BASE}api/v1/readings/{{feed}}/{{device}}", f"{BASE}healthz"} <= set(
        schema["paths"]
    )
    page = requests.get(f"{site}api/docs", timeout=ANSWER_S)
    assert page.headers["content-type"].startswith("text/html") and "http" not in page.text
    for file in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js"):
        assert requests.get(f"{site}api/static/{file}", timeout=ANSWER_S).status_code == 200
