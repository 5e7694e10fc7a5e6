"""What a client says about a Redis that is silent, refuses, or promises less."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from core.errors import NeighbourDown, StartError
from stream.connect import Client, Promise, connect, durability, shown, version
from stream.embedded.children import start_child, stop_child, wait_until
from stream.embedded.redis_server import answers, redis_program, start_redis

Started = list[subprocess.Popen[bytes]]


@pytest.fixture
def foreign_redis(tmp_path: Path, free_port: int, started: Started) -> Callable[..., str]:
    """Starts a Redis with options of the test, gives its URL."""

    def start(*options: str) -> str:
        command = [redis_program(), "--port", str(free_port), "--dir", str(tmp_path), "--save", "", *options]
        started.append(start_child(command, tmp_path / "redis.log"))
        url = f"redis://127.0.0.1:{free_port}"
        wait_until(lambda: answers(url), started[-1], "Redis", tmp_path / "redis.log")
        return url

    return start


@pytest.mark.parametrize(
    ("options", "promise"),
    [
        (["--appendonly", "yes", "--appendfsync", "always"], Promise.ALWAYS),
        (["--appendonly", "yes", "--appendfsync", "everysec"], Promise.EVERYSEC),
        (["--appendonly", "yes", "--appendfsync", "no"], Promise.SYSTEM),
        (["--appendonly", "no", "--appendfsync", "always"], Promise.NEVER),
        (["--appendonly", "yes", "--rename-command", "CONFIG", ""], Promise.UNKNOWN),
        (["--appendonly", "no", "--rename-command", "CONFIG", ""], Promise.NEVER),
    ],
)
def test_the_promise_of_a_redis_is_known(
    foreign_redis: Callable[..., str], options: list[str], promise: Promise
) -> None:
    client = connect(foreign_redis(*options))
    assert durability(client) is promise
    client.close()


def test_the_embedded_redis_writes_before_it_answers(redis_client: Client) -> None:
    assert durability(redis_client) is Promise.ALWAYS
    assert version(redis_client) >= (6, 2)


@pytest.mark.parametrize("way", ["command", "pipeline", "script"])
def test_a_full_redis_is_a_neighbour_down(foreign_redis: Callable[..., str], way: str) -> None:
    client = connect(foreign_redis("--maxmemory", "1mb", "--maxmemory-policy", "noeviction"))
    large = bytes(100_000)

    def append() -> None:
        if way == "script":
            client.script("return redis.call('XADD', KEYS[1], '*', 'x', ARGV[1])", ["s"], [large])
        elif way == "pipeline":
            pipe = client.pipeline()
            pipe.xadd("s", {b"x": large})
            pipe.execute()
        else:
            client.xadd("s", {b"x": large})

    with pytest.raises(NeighbourDown, match=r"refuses: .*maxmemory"):
        for _ in range(100):
            append()
    client.close()


def test_a_wrong_password_is_a_neighbour_down_that_does_not_tell_it(foreign_redis: Callable[..., str]) -> None:
    url = foreign_redis().replace("//", "//:geheim@")
    client = connect(url)
    with pytest.raises(NeighbourDown) as told:
        client.ping()
    assert "geheim" not in str(told.value)
    client.close()


def test_our_own_mistakes_are_not_the_neighbours(redis_client: Client) -> None:
    redis_client.set("text", "x")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        redis_client.xadd("text", {b"a": b"b"})


def test_a_command_is_never_sent_twice(redis_server: str, free_port: int) -> None:
    """A server that takes the command and hangs up: the append may stand, so only its caller may repeat it."""
    taken = []
    with socket.create_server(("127.0.0.1", free_port)) as server:
        server.settimeout(1)
        import threading

        def serve() -> None:
            while True:
                try:
                    wire, _ = server.accept()
                except TimeoutError:
                    return
                with wire:
                    wire.settimeout(1)
                    while data := wire.recv(4096):
                        taken.append(data)
                        if b"XADD" in data:
                            break
                        wire.sendall(b"+OK\r\n" * data.count(b"*"))

        thread = threading.Thread(target=serve)
        thread.start()
        client = connect(f"redis://127.0.0.1:{free_port}")
        with pytest.raises(NeighbourDown, match="does not answer"):
            client.xadd("s", {b"a": b"b"})
        client.close()
        thread.join()
    assert sum(b"XADD" in data for data in taken) == 1


def test_a_unix_socket_serves_as_well(tmp_path: Path, foreign_redis: Callable[..., str]) -> None:
    path = tmp_path / "redis.sock"
    foreign_redis("--unixsocket", str(path))
    client = connect(f"unix://{path}")
    assert client.ping()
    client.close()
    assert shown(f"unix://{path}") == str(path)


@pytest.mark.claim("PULSE", "an acknowledged append survives kill -9 of the embedded Redis")
def test_what_was_answered_survives_kill_9(tmp_path: Path, free_port: int, started: Started) -> None:
    server = start_redis(tmp_path / "redis", free_port, tmp_path / "log")
    started.append(server.process)
    client = connect(server.url)
    pid = client.info("server")["process_id"]
    answered = []
    for number in range(500):
        answered.append(client.xadd("s", {b"n": str(number)}))
        if number == 400:
            os.kill(pid, signal.SIGSTOP)
            os.kill(pid, signal.SIGKILL)
            break
    client.close()
    server.process.wait()
    again = start_redis(tmp_path / "redis", free_port, tmp_path / "log")
    started.append(again.process)
    client = connect(again.url)
    assert [entry_id for entry_id, _ in client.xrange("s")] == answered
    client.close()
    assert again.stop()


def test_a_server_that_ends_while_starting_says_why(tmp_path: Path, free_port: int, started: Started) -> None:
    child = start_child([redis_program(), "--port", str(free_port), "--appendonly", "perhaps"], tmp_path / "log")
    started.append(child)
    with pytest.raises(StartError, match=r"Redis ended with code 1 while starting.*argument must be 'yes' or 'no'"):
        wait_until(lambda: False, child, "Redis", tmp_path / "log")


def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path, started: Started) -> None:
    import time

    child = start_child(["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], tmp_path / "log")
    started.append(child)
    while "deaf" not in ((tmp_path / "log").read_text() if (tmp_path / "log").exists() else ""):
        time.sleep(0.01)
    assert not stop_child(child, 0.2)
    assert child.returncode == -signal.SIGKILL
