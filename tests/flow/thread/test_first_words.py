"""The simulated city speaks when somebody listens: a figure that is told once a month must not be told to nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from installation import Installation

from core.clock import real_ms
from core.records import Scene, Stamp
from stream.beats import read_counts


@pytest.mark.claim("PULSE", "the demonstration shows its monthly figure, in whatever order the processes start")
def test_the_monthly_figure_arrives(installation: Installation, wait_for: Callable[..., None]) -> None:
    now_ms = real_ms()
    installation.declare(
        Scene(installation.scene_id, "440900", Stamp.DEMO, installation.root, city_ms=now_ms, real_ms=now_ms)
    )
    installation.start("simulate", "ingest")
    told = {"rain|readings", "statistics|readings"}
    wait_for(lambda: told <= read_counts(installation.redis, installation.keys).keys(), 40)
    monthly = {r[:3] for r in installation.told.readings() if r.metric == "industrial_va_yoy_pct"}
    assert len(monthly) == 1
