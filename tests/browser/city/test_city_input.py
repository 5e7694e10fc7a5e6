"""What the world sends that is no reading: refused with its reason, counted, kept, and the city goes on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from prerequisites import eventually
from whole_city import Site, WholeCity

from core.clock import from_ms, real_ms
from stream.beats import read_refusals
from stream.connect import connect
from stream.scenes import active_scene, keys_of

FIVE_MB = b'{"t": 1, "values": {"pm25": ' + b"1" * 5_000_000 + b"}}"


def now() -> str:
    return from_ms(real_ms()).isoformat()


NOW = now()  # of what is refused anyway
BAD: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{pm25: 35", "malformed"),
    "nothing": (b"", "empty"),
    "broken UTF-8": (b'{"t": "2026", "values": {"pm\xff\xfe": 1}}', "bad-text"),
    "a list of numbers": (b"[1, 2, 3]", "wrong-type"),
    "a word for a number": (json.dumps({"t": NOW, "values": {"pm25": "high"}}).encode(), "wrong-type"),
    "NaN": (f'{{"t": "{NOW}", "values": {{"pm25": NaN}}}}'.encode(), "not-finite"),
    "infinity": (f'{{"t": "{NOW}", "values": {{"pm25": 1e999}}}}'.encode(), "not-finite"),
    "time without zone": (b'{"t": "2026-11-22T10:00:00", "values": {"pm25": 1}}', "no-timezone"),
    "time of words": (b'{"t": "yesterday", "values": {"pm25": 1}}', "bad-time"),
    "a clock without power": (b'{"t": "1970-01-02T00:00:00Z", "values": {"pm25": 1}}', "factory-clock"),
    "far past": (b'{"t": "1987-01-02T00:00:00Z", "values": {"pm25": 1}}', "far-from-clock"),
    "far future": (b'{"t": "2199-01-01T00:00:00Z", "values": {"pm25": 1}}', "far-from-clock"),
    "no reading": (json.dumps({"t": NOW, "values": {}}).encode(), "empty"),
    "5 MB": (FIVE_MB, "too-large"),
}


def refused(city: WholeCity) -> Counter[str]:
    """Refused messages of the feed air by reason, as they stand; the API tells the same up to a second later."""
    client = connect(city.redis_url)
    found = read_refusals(client, keys_of(client, active_scene(client)))
    client.close()
    return Counter({name.removeprefix("air|"): many for name, many in found.items() if name.startswith("air|")})


def counted(site: Site) -> dict[str, int]:
    """Refused messages of the feed air by reason."""
    found = site.ask("api/v1/dead").json["counts"]
    return {one["reason"]: one["count"] for one in found if one["feed"] == "air"}


def newest(site: Site) -> list[dict[str, Any]]:
    return list(site.ask("api/v1/dead?count=200").json["messages"])


def publish_good(city: WholeCity, device: str, pm25: float) -> None:
    """One good reading, and wait until it stands; all that was published before it has been dealt with then."""
    city.publish({f"city/air/{device}/readings": json.dumps({"t": now(), "values": {"pm25": pm25}}).encode()})

    def it_stands() -> bool:
        told = city.site.ask(f"api/v1/stations/{device}")
        return told.status == 200 and told.json["readings"].get("pm25_ugm3", [None])[0] == pm25

    eventually(it_stands, 15)


@pytest.mark.claim(
    "PULSE", "every kind of bad message over MQTT is refused with its reason, counted and kept; the worker goes on"
)
def test_bad_messages_over_mqtt(city: WholeCity) -> None:
    worker = city.pids()["ingest"]
    topics = {f"city/air/bad-{number}/readings": body for number, (body, _) in enumerate(BAD.values())}
    with city.frozen("simulate"):  # it sends a broken message of its own now and then
        publish_good(city, "good-1", 35.5)
        before = refused(city)
        city.publish(topics)
        publish_good(city, "good-2", 36.5)
        eventually(lambda: counted(city.site) == refused(city))
        letters = [letter for letter in newest(city.site) if letter["topic"] in topics]  # copies of the broker included
        assert refused(city) - before == Counter(letter["reason"] for letter in letters)
    kept = {letter["topic"]: letter for letter in letters}
    for (topic, body), (_, reason) in zip(topics.items(), BAD.values(), strict=True):
        letter = kept[topic]
        assert (letter["reason"], letter["length"], letter["sha256"]) == (reason, len(body), sha256(body).hexdigest())
        assert letter["sentence"] != reason  # in words
    assert city.pids()["ingest"] == worker


@pytest.mark.claim(
    "PULSE", "5 MB over HTTP are answered 413 with a sentence, through the gateway too, and kept as a dead letter"
)
def test_five_megabytes_over_http(site: Site, city: WholeCity) -> None:
    before = refused(city)["too-large"]
    answer = replace(site, shown=city.machine).ask("api/v1/readings/air/big-1", FIVE_MB)
    assert answer.status == 413
    assert answer.json["error"]["code"] == "too-large"
    assert "1024" in answer.json["error"]["sentence"]
    eventually(lambda: counted(site).get("too-large", 0) == before + 1, 10)


@pytest.mark.claim(
    "PULSE", "every kind of bad message over HTTP is answered with its reason, and the next good one is taken"
)
@pytest.mark.parametrize("kind", [kind for kind in BAD if kind != "5 MB"])
def test_bad_messages_over_http(site: Site, city: WholeCity, kind: str) -> None:
    body, reason = BAD[kind]
    machine = replace(site, shown=city.machine)
    answer = machine.ask("api/v1/readings/air/bad-http", body, "POST")
    assert answer.status == 422
    assert answer.json["error"]["code"] == f"reject.{reason}"
    good = machine.ask("api/v1/readings/air/good-http", json.dumps({"t": now(), "values": {"pm25": 12.5}}).encode())
    assert (good.status, good.json["readings"]) == (200, 1)


def test_unknown_paths_are_json_404(site: Site) -> None:
    for path in ("api/v1/nowhere", "api/nowhere", "live/nowhere", "api/v1/indicators/nothing.here"):
        answer = site.ask(path)
        assert answer.status == 404
        assert answer.json["error"]["sentence"]
    assert site.ask("nowhere").status == 404
