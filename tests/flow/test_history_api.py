"""The past by API: columns by the window, the hour and the day, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import requests
from live_city import RAIN, City, served, settings_of, values
from prerequisites import ANSWER_S, eventually

from core.clock import to_ms
from core.records import HOUR_MS
from store.history.manifest import Folder
from store.history.writer import add_values
from stream.connect import Client

MIDNIGHT = "2026-05-01T00:00+08:00"
MIDNIGHT_MS = to_ms(datetime.fromisoformat(MIDNIGHT))
AREA = "440981"


@pytest.fixture
def site(redis_server: str, redis_client: Client, free_port: int, tmp_path: Path) -> Iterator[str]:
    settings = settings_of(redis_server, free_port, CITYVITALS_HISTORY=str(tmp_path))
    city = City(redis_client, settings)
    ends = MIDNIGHT_MS + 300_000 * np.arange(1, 12 * 48 + 1)
    told = [
        (1, values(RAIN, int(end), {AREA: float(n % 12) if n != 5 else float("nan")})) for n, end in enumerate(ends)
    ]
    add_values(Folder(tmp_path / city.keys.scene), told, "test")
    city.rain(1.0)
    with served(settings) as address:
        eventually(lambda: requests.get(f"{address}api/v1/indicators", timeout=ANSWER_S).status_code == 200)
        yield address


def ask(site: str, **query: object) -> requests.Response:
    return requests.get(f"{site}api/v1/indicators/{RAIN}/{AREA}/history", params=query, timeout=ANSWER_S)


@pytest.mark.claim(
    "ENGINE", "The API gives the past of an indicator by the window, the hour or the day, with extremes."
)
def test_the_past_by_window_hour_and_day(site: str) -> None:
    windows = ask(site, **{"from": MIDNIGHT, "to": MIDNIGHT_MS + HOUR_MS}).json()
    assert windows["end_ms"] == [MIDNIGHT_MS + 300_000 * n for n in range(1, 13)]
    assert windows["value"] == [0, 1, 2, 3, 4, None, 6, 7, 8, 9, 10, 11]
    assert set(windows["status"]) == {"final"} and windows["origin"]["stamp"] == "demo"
    hours = ask(site, **{"from": MIDNIGHT_MS, "to": MIDNIGHT_MS + 48 * HOUR_MS, "resolution": "hour"}).json()
    assert hours["end_ms"] == [MIDNIGHT_MS + HOUR_MS * n for n in range(1, 49)]
    assert (hours["value"][1], hours["low"][0], hours["high"][0], hours["windows"][0]) == (5.5, 0, 11, 11)
    days = ask(site, **{"from": MIDNIGHT, "to": "2026-05-03T00:00+08:00", "resolution": "day"}).json()
    assert days["windows"] == [287, 288] and days["value"][1] == 5.5
    assert ask(site, **{"from": "2020-01-01T00:00Z", "to": "2020-02-01T00:00Z"}).json()["value"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "bad-request"),
        ({"from": "yesterday"}, "bad-request"),
        ({"from": "2026-05-01T00:00"}, "bad-request"),
        ({"from": MIDNIGHT, "resolution": "minute"}, "bad-request"),
        ({"from": "2000-01-01T00:00Z", "to": MIDNIGHT}, "too-many-points"),
    ],
)
def test_what_cannot_be_answered_says_why(site: str, query: dict[str, str], code: str) -> None:
    answer = ask(site, **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_unknown_names_are_not_found(site: str) -> None:
    for path in (f"{RAIN}/nowhere", f"nothing/{AREA}"):
        answer = requests.get(f"{site}api/v1/indicators/{path}/history", params={"from": MIDNIGHT}, timeout=ANSWER_S)
        assert answer.status_code == 404
