"""Recorded days over the running city: the same wall shows them, marked, and afterwards the city of before."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from prerequisites import ANSWER_S
from visits import until
from whole_city import APP, Site, WholeCity

from stream.embedded.children import start_child, stop_child

pytestmark = [pytest.mark.browser, pytest.mark.nginx, pytest.mark.recorded]
TWO_MONTHS_ON = "2013-05-01T00:00+08:00"  # on a busy machine ten days were over before anybody looked


@pytest.mark.claim(
    "PULSE", "replay of recorded stations: the same wall shows them stamped 回放, and Ctrl-C returns to before"
)
def test_replay_beside_the_running_city(
    city: WholeCity,
    behind: Site,
    open_page: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    recorded_data: Path,
    tmp_path: Path,
) -> None:
    walls = [open_page(city.site), open_page(behind)]
    words = ["replay", str(recorded_data / "air_beijing"), "--speed", "36000", "--stop", TWO_MONTHS_ON]
    player = start_child([*APP, *words], tmp_path / "replay.log", city.variables)
    try:
        for wall in walls:
            until(wall, "document.querySelector('#wall-identity')?.textContent.includes('北京市')")
            assert "回放" in wall.inner_text("#wall-identity .stamp")
        until(walls[0], "/3月([2-9]|[123]\\d)日|4月/.test(document.querySelector('#wall-clock').textContent)")
        until(walls[0], "document.querySelector('#wall-domains .known .figure em')")  # an AQI with its class
        shoot(walls[0], "wall-replay")
        assert "replay-beijing" in city.command("scene").stdout
        assert city.site.ask("api/v1/indicators").json["origin"]["stamp"] == "replay"
        player.send_signal(signal.SIGINT)
        assert player.wait(ANSWER_S) == 0, (tmp_path / "replay.log").read_text("utf-8")
        for wall in walls:
            until(wall, "document.querySelector('#wall-identity')?.textContent.includes('茂名市')")
            assert "演示数据" in wall.inner_text("#wall-identity .stamp")
        assert "demo-440900" in city.command("scene").stdout
    finally:
        stop_child(player, 5)
        city.command("scene", "demo-440900")
