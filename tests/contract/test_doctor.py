"""The doctor against real servers: each promise in words."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prerequisites import eventually, unused_port

from core.records import Scene, Stamp
from core.settings import Settings, load
from stream.beats import beat
from stream.connect import Client, connect
from stream.embedded.children import start_child, wait_until
from stream.embedded.redis_server import answers, redis_program
from stream.scenes import declare_scene
from workers import doctor, doctor_servers
from workers.broker_greeting import Greeting, greet
from workers.findings import Finding, Told, Verdict
from workers.supervisor import workers_of

Check = Callable[[Settings], Iterator[Told]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation that does not run."""
    ports = {name: str(unused_port()) for name in ("PORT", "REDIS_PORT", "MQTT_PORT")}
    ours = {f"CITYVITALS_{name}": port for name, port in ports.items()}
    return load(ours | {"CITYVITALS_VAR": str(tmp_path), "CITYVITALS_LANGUAGE": "en"})


def told(check: Check, settings: Settings) -> dict[str, Finding]:
    return {finding.code: finding.in_words("en") for finding in check(settings)}


@pytest.mark.claim("PULSE", "python app.py doctor says in words what promise a Redis gives")
def test_a_redis_that_may_lose_a_second_is_said_so(
    settings: Settings, tmp_path: Path, started: list[subprocess.Popen[bytes]], free_port: int
) -> None:
    command = [redis_program(), "--port", str(free_port), "--dir", str(tmp_path), "--appendonly", "yes"]
    started.append(start_child([*command, "--appendfsync", "everysec"], tmp_path / "log"))
    url = f"redis://127.0.0.1:{free_port}"
    wait_until(lambda: answers(url), started[-1], "Redis", tmp_path / "log")
    found = told(doctor_servers.redis, replace(settings, redis_url=url))
    assert found["promise-everysec"].verdict is Verdict.WARNING
    assert "may lose up to a second" in found["promise-everysec"].sentence
    assert found["redis"].verdict is Verdict.OK
    assert found["scene-none"].verdict is Verdict.WARNING


def test_the_embedded_redis_is_praised(settings: Settings, redis_server: str, redis_client: Client) -> None:
    found = told(doctor_servers.redis, replace(settings, redis_url=redis_server))
    assert found["promise-always"].verdict is Verdict.OK


def test_workers_that_do_not_turn_are_named(settings: Settings, redis_server: str, redis_client: Client) -> None:
    keys = declare_scene(redis_client, Scene("demo-440900", "440900", Stamp.DEMO, "city"), 4)
    for worker in {*workers_of(settings)} - {"probe"}:
        beat(redis_client, keys, worker)
    findings = [t.in_words("en") for t in doctor_servers.redis(replace(settings, redis_url=redis_server))]
    faults = [finding.sentence for finding in findings if finding.verdict is Verdict.FAULT]
    assert faults == [f"probe never turned in this scene; its log is {settings.var}/log/probe.log"]
    assert Finding(Verdict.OK, "engine turned 0 s ago") in findings


def test_an_installation_that_does_not_run_is_no_fault(settings: Settings) -> None:
    for check, code in (
        (doctor_servers.redis, "redis-idle"),
        (doctor_servers.broker, "broker-idle"),
        (doctor_servers.site, "site-idle"),
    ):
        found = told(check, settings)
        assert set(found) == {code}
        assert found[code].verdict is Verdict.OK


def test_given_servers_that_are_silent_are_faults(settings: Settings, free_port: int) -> None:
    silent = replace(
        settings, redis_url=f"redis://:secret@127.0.0.1:{free_port}", mqtt_url=f"mqtt://u:secret@127.0.0.1:{free_port}"
    )
    for check, code in ((doctor_servers.redis, "redis-down"), (doctor_servers.broker, "broker-down")):
        found = told(check, silent)
        assert set(found) == {code}
        assert found[code].verdict is Verdict.FAULT
        assert f"127.0.0.1:{free_port}" in found[code].sentence
        assert "secret" not in found[code].sentence


def test_the_embedded_broker_says_what_it_keeps(settings: Settings, broker: str) -> None:
    found = told(doctor_servers.broker, replace(settings, mqtt_port=int(broker.rsplit(":", 1)[1])))
    assert [finding.verdict for finding in found.values()] == [Verdict.OK, Verdict.OK]
    assert "power cut" in found["broker-nats"].sentence


@pytest.mark.mosquitto
def test_mosquitto_is_known_by_its_name_and_its_limit_is_told(settings: Settings, mosquitto: str) -> None:
    found = told(doctor_servers.broker, replace(settings, mqtt_url=mosquitto))
    assert "mosquitto version" in found["broker"].sentence
    assert "max_queued_messages" in found["broker-mosquitto"].sentence


@pytest.mark.mosquitto
def test_a_broker_that_refuses_us_says_why(
    tmp_path: Path, started: list[subprocess.Popen[bytes]], free_port: int, mosquitto: str, settings: Settings
) -> None:
    import shutil

    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    assert program is not None
    (tmp_path / "closed.conf").write_text(f"listener {free_port} 127.0.0.1\nallow_anonymous false\n")
    started.append(start_child([program, "-c", str(tmp_path / "closed.conf")], tmp_path / "log"))

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", free_port)) == 0

    wait_until(listens, started[-1], "Mosquitto", tmp_path / "log")
    url = f"mqtt://127.0.0.1:{free_port}"
    assert greet(url) == Greeting("not authorised", "")
    assert greet(url.replace("//", "//u:p@")).refusal == "not authorised"
    assert told(doctor_servers.broker, replace(settings, mqtt_url=url))["broker-refuses"].verdict is Verdict.FAULT


def test_a_port_that_speaks_no_mqtt_is_not_called_a_broker(redis_server: str) -> None:
    with pytest.raises(OSError, match=r"does not speak MQTT|closed"):
        greet(redis_server.replace("redis://", "mqtt://"))


def test_a_strangers_port_is_told_from_our_site(settings: Settings) -> None:
    with socket.create_server((settings.host, settings.port)) as stranger:
        stranger.listen()
        import threading

        def refuse() -> None:
            for _ in range(2):  # the look whether somebody listens, and the question
                wire, _ = stranger.accept()
                wire.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        assert set(told(doctor_servers.site, settings)) == {"site-taken"}
        thread.join()


def test_the_whole_examination_speaks_both_languages(settings: Settings) -> None:
    for language in ("zh", "en"):
        findings = doctor.run(replace(settings, language=language))
        assert len(findings) >= 8
        assert all(finding.sentence for finding in findings)


def test_a_client_of_the_doctor_is_closed(redis_server: str, settings: Settings) -> None:
    client = connect(redis_server)
    before = {one["id"] for one in client.client_list()}
    list(doctor_servers.redis(replace(settings, redis_url=redis_server)))
    eventually(lambda: {one["id"] for one in client.client_list()} <= before)
    client.close()
