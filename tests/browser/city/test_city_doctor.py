"""The doctor's visit to a running, healthy city."""

from __future__ import annotations

import pytest
from whole_city import WORKERS, WholeCity


@pytest.mark.claim(
    "PULSE", "doctor finds nothing wrong with a running city, and says what its Redis and its broker promise"
)
def test_doctor_on_a_healthy_city(city: WholeCity) -> None:
    ended = city.command("doctor")
    assert ended.returncode == 0, ended.stdout
    lines = ended.stdout.splitlines()
    assert not [line for line in lines if line.startswith("FAULT")]
    for words in ("appendfsync always", "MQTT 服务器", "demo-440900", "时钟", "网站在"):
        assert [line for line in lines if words in line], (words, ended.stdout)
    assert {line.split()[1] for line in lines if line.startswith("OK") and "报到" in line} == WORKERS
