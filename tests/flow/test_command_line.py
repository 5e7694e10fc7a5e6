"""`python app.py` as a person types it: what it refuses, in which words; what it starts, and what it leaves behind."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forked_worker import StartWorker, fork_server, forked_code
from prerequisites import ANSWER_S, REPOSITORY, eventually, unused_port
from whole_city import PARTS, WORKERS, WholeCity

from stream.connect import Client, connect
from stream.embedded.children import Child, accepts

Refusal = Callable[[WholeCity], list[str]]
COUNTIES_OF_SUQIAN = ["宿城区", "宿豫区", "沭阳县", "泗阳县", "泗洪县"]  # 321302, 321311, 321322, 321323, 321324


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Callable[..., WholeCity]]:
    """`city(CITY="宿迁")`: an installation that is not started yet; whatever the test does, it ends with it."""
    made: list[WholeCity] = []

    def one(**variables: str) -> WholeCity:
        made.append(WholeCity(tmp_path / f"city-{len(made)}", **variables))
        return made[-1]

    yield one
    for installation in made:
        installation.end()


@pytest.fixture(scope="module")
def fork_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartWorker]:
    """`app.py run`, its imports done once for all refusals."""
    code = forked_code(("workers.supervisor", "workers.parts"), "import app\napp.main()")
    with fork_server(tmp_path_factory.mktemp("forked"), code) as fork:
        yield fork


@pytest.fixture
def refusal(fork_run: StartWorker, started: list[Child]) -> Refusal:
    """The lines of `run` that refused, which must have ended with 1 and left nothing running."""

    def lines(installation: WholeCity) -> list[str]:
        started.append(fork_run("run", installation.said, installation.variables))
        code, said = started[-1].wait(ANSWER_S), installation.words()
        assert code == 1, said
        assert "Traceback" not in said
        assert installation.remains() == []
        return said.strip().splitlines()

    return lines


@pytest.mark.claim(
    "PULSE", "a taken port is one sentence with the port and the setting to change; nothing stays running"
)
@pytest.mark.parametrize("name", ["PORT", "REDIS_PORT", "MQTT_PORT"])
def test_taken_port(city: Callable[..., WholeCity], refusal: Refusal, name: str) -> None:
    installation = city()
    port = installation.ports[name]
    with socket.create_server(("127.0.0.1", port)):
        sentence = refusal(installation)[-1]
    assert f"端口 {port}" in sentence
    assert f"CITYVITALS_{name}" in sentence


@pytest.mark.claim(
    "PULSE", "an unreachable Redis or broker is one sentence with address and setting, never with the password"
)
@pytest.mark.parametrize(("variable", "scheme"), [("REDIS_URL", "redis"), ("MQTT_URL", "mqtt")])
def test_unreachable_server(city: Callable[..., WholeCity], refusal: Refusal, variable: str, scheme: str) -> None:
    port = unused_port()
    said = refusal(city(**{variable: f"{scheme}://duty:secret@127.0.0.1:{port}"}))
    assert f"127.0.0.1:{port}" in said[-1]
    assert variable in said[-1]
    assert "secret" not in " ".join(said)


@pytest.mark.claim("PULSE", "an unknown city is refused in one sentence that lists near names")
def test_unknown_city(city: Callable[..., WholeCity], refusal: Refusal) -> None:
    (sentence,) = refusal(city(CITY="茂明"))
    assert "茂明" in sentence
    assert "茂名市 (440900)" in sentence


@pytest.mark.claim("PULSE", "all faults of the environment are told at once, each with its name and what is accepted")
def test_wrong_settings(city: Callable[..., WholeCity], refusal: Refusal) -> None:
    said = refusal(city(CITYVITALS_COLOUR="red", CITYVITALS_SEED="seven", BASE_PATH="cityvitals"))
    for name, words in (("CITYVITALS_COLOUR", "no such"), ("CITYVITALS_SEED", "whole number"), ("BASE_PATH", "begin")):
        assert [line for line in said if name in line and words in line], said


@pytest.mark.claim("ACCOUNTS", "An open website, or TLS without its files, is refused before anything starts.")
def test_a_start_that_would_be_unsafe(city: Callable[..., WholeCity], refusal: Refusal, tmp_path: Path) -> None:
    (sentence,) = refusal(city(CITYVITALS_HOST="0.0.0.0", CITYVITALS_ACCOUNTS="0"))
    assert "CITYVITALS_HOST" in sentence and "CITYVITALS_ACCOUNTS" in sentence
    absent = str(tmp_path / "none.pem")
    assert absent in refusal(city(CITYVITALS_TLS_CERTIFICATE=absent, CITYVITALS_TLS_KEY=absent))[-1]


@pytest.mark.claim("PULSE", "a pack with mistakes is refused before anything starts, all at once, with file and line")
def test_broken_packs(city: Callable[..., WholeCity], refusal: Refusal, tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    shutil.copytree(REPOSITORY / "packs", packs)
    places = [
        _spoil(packs / "cities" / "maoming.yaml", "feed: river", "feed: rivers"),
        _spoil(packs / "topics" / "water.yaml", "level: blue", "level: green"),
        _spoil(packs / "topics" / "meteorology.yaml", "rollup: max", "rollup: highest"),
    ]
    said = refusal(city(CITYVITALS_PACKS=str(packs)))
    for place in places:
        assert [line for line in said if place in line], (place, said)
    assert not (tmp_path / "city-0" / "var" / "log").exists()


def _spoil(file: Path, right: str, wrong: str) -> str:
    """Put a mistake into a file; returns `name:line` of the first place."""
    text = file.read_text("utf-8")
    file.write_text(text.replace(right, wrong, 1), "utf-8")
    return f"{file.name}:{text[: text.index(right)].count(chr(10)) + 1}"


@pytest.fixture(scope="module")
def elsewhere(redis_server: str, mosquitto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCity]:
    """Another city than the usual one, running on a Redis and a broker of one's own."""
    client = connect(redis_server)
    client.flushall()
    client.close()
    given = {"REDIS_URL": redis_server, "MQTT_URL": mosquitto, "BASE_PATH": "/city/vitals/"}
    running = WholeCity(tmp_path_factory.mktemp("elsewhere"), CITY="宿迁", **given).start()
    yield running
    running.end()


def assert_shows_suqian(running: WholeCity) -> None:
    """With all its counties, in their order, once all of it runs."""
    assert running.wait_until_ready().startswith(f"{running.site.address}wall?token=")
    assert set(running.pids()) == PARTS
    assert running.forked() == PARTS - {"forkserver"}  # no part imports what would keep it from being forked
    areas = running.site.ask("api/v1/warnings").json["areas"]
    assert [area["name"] for area in areas][:5] == COUNTIES_OF_SUQIAN

    def every_county_has_its_index() -> bool:
        values = running.site.ask("api/v1/indicators/ecology.aqi").json["values"]
        return {one["area_name"] for one in values if one["value"] is not None} >= {"宿迁市", *COUNTIES_OF_SUQIAN}

    eventually(every_county_has_its_index)


@pytest.mark.mosquitto
@pytest.mark.claim(
    "PULSE", "CITY=宿迁 or 321300 shows that city with its counties, on a Redis and a broker of one's own"
)
def test_any_city_on_given_servers(elsewhere: WholeCity) -> None:
    assert_shows_suqian(elsewhere)


@pytest.mark.mosquitto
@pytest.mark.claim(
    "PULSE", "a second run on the same folder is refused; a supervisor killed by kill -9 leaves no orphan"
)
def test_one_run_a_folder_and_no_orphans(elsewhere: WholeCity, redis_server: str, mosquitto: str) -> None:
    """The servers that were given live on. Servers of its own go too: see test_supervisor.py."""
    elsewhere.wait_until_ready()
    again = elsewhere.command("run")
    assert again.returncode == 1
    folder = elsewhere.folder / "var"
    assert again.stdout.strip() == f"目录 {folder} 上已有一个城市体征在运行；停掉它，或把 CITYVITALS_VAR 设为别的目录"
    assert set(elsewhere.pids()) == PARTS
    assert len(elsewhere.remains()) == 1 + len(PARTS)
    elsewhere.end()  # SIGKILL
    eventually(lambda: elsewhere.remains() == [], 5)
    client = connect(redis_server)
    assert client.ping()
    client.flushall()
    client.close()
    assert accepts("127.0.0.1", int(mosquitto.rpartition(":")[2]))


@pytest.mark.long
def test_a_city_by_its_code_on_given_servers(
    city: Callable[..., WholeCity], redis_server: str, redis_client: Client, broker: str
) -> None:
    running = city(CITY="321300", REDIS_URL=redis_server, MQTT_URL=broker, BASE_PATH="/city/vitals/").start()
    assert_shows_suqian(running)
    assert running.interrupt() == 0
    assert redis_client.ping()
    assert accepts("127.0.0.1", int(broker.rpartition(":")[2]))
    redis_client.flushall()


@pytest.mark.claim("PULSE", "doctor says in words what is wrong, all at once, and its exit code says that something is")
def test_doctor_on_an_ill_installation(city: Callable[..., WholeCity], tmp_path: Path) -> None:
    packs, dead = tmp_path / "packs", unused_port()
    shutil.copytree(REPOSITORY / "packs", packs)
    place = _spoil(packs / "topics" / "water.yaml", "level: blue", "level: green")
    ill = city(REDIS_URL=f"redis://127.0.0.1:{dead}", MQTT_URL=f"mqtt://127.0.0.1:{dead}", CITYVITALS_PACKS=str(packs))
    with socket.create_server(("127.0.0.1", ill.ports["PORT"])):
        ended = ill.command("doctor")
    assert ended.returncode == 1
    faults = [line for line in ended.stdout.splitlines() if line.startswith("FAULT")]
    for words in (place, f"127.0.0.1:{dead} 的 Redis 不应答", f"127.0.0.1:{dead} 的 MQTT", "CITYVITALS_PORT"):
        assert [line for line in faults if words in line], (words, ended.stdout)


def test_help_names_every_command(city: Callable[..., WholeCity]) -> None:
    shown = city().command("--help").stdout
    functions = re.findall(r"^@cli\.command\(\)\ndef (\w+)", (REPOSITORY / "app.py").read_text("utf-8"), re.MULTILINE)
    commands = [name.replace("_", "-") for name in functions]
    assert len(commands) >= 5
    assert [name for name in (*commands, *WORKERS) if name not in shown] == []
