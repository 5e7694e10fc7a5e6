"""The website as its own process: it starts with the pages, ends on a signal, and says why it cannot start."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest
import requests
from forked_worker import StartWorker
from live_city import City, settings_of
from prerequisites import ANSWER_S, eventually, patience

from core.settings import as_environment
from stream.connect import Client


@pytest.mark.claim("PULSE", "The website stops at once with open live connections, exit code 0")
def test_it_serves_pages_and_api_and_stops(
    redis_client: Client,
    redis_server: str,
    free_port: int,
    tmp_path: Path,
    start_worker: StartWorker,
) -> None:
    settings = settings_of(redis_server, free_port, CITYVITALS_VAR=str(tmp_path))
    City(redis_client, settings).warn(1)
    web = start_worker("web", tmp_path / "web.log", as_environment(settings))
    site = f"http://127.0.0.1:{free_port}{settings.base_path}"

    def answers() -> bool:
        try:
            return requests.get(f"{site}api/v1/warnings", timeout=ANSWER_S).status_code == 200
        except requests.ConnectionError:
            return False

    eventually(answers, 30)
    paths = ("wall", "api/docs", "no/such/page", "api/no")
    kinds = {path: requests.get(site + path, timeout=ANSWER_S) for path in paths}
    assert [kinds[path].status_code for path in kinds] == [200, 200, 404, 404]
    assert kinds["api/no"].headers["content-type"] == "application/json"
    assert requests.get(f"http://127.0.0.1:{free_port}/outside", timeout=ANSWER_S).status_code == 404
    with requests.get(f"{site}live/sse", stream=True, timeout=ANSWER_S) as live:
        assert next(live.iter_lines()).startswith(b'data: {"k":"snap"')
        web.send_signal(signal.SIGTERM)
        assert web.wait(5 * patience()) == 0


def test_a_taken_port_is_one_sentence(
    redis_server: str, free_port: int, tmp_path: Path, start_worker: StartWorker
) -> None:
    settings = settings_of(redis_server, free_port, CITYVITALS_VAR=str(tmp_path))
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", free_port))
        holder.listen()
        web = start_worker("web", tmp_path / "web.log", as_environment(settings))
        assert web.wait(30 * patience()) != 0
    said = (tmp_path / "web.log").read_text("utf-8")
    assert str(free_port) in said and "Traceback" not in said
