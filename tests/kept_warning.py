"""A warning as tests write it into the database: it stands at a station that nobody declared."""

from __future__ import annotations

from dataclasses import replace

from core.records import CityWarning, Issuer, Level, Stamp, WarningPhase

BEGAN_MS = 1_795_304_100_000


def warning(name: str, level: Level = Level.RED, since_ms: int = BEGAN_MS, **more: object) -> CityWarning:
    made = CityWarning(
        id=name,
        rule="water.river_stage",
        rule_version="1",
        indicator="water.river_stage",
        subject=f"station-{name}",  # declared nowhere: nothing lays it on one cause with others
        issuer=Issuer.COMPUTED,
        phase=WarningPhase.ACTIVE,
        level=level,
        peak=level,
        since_ms=since_ms,
        updated_ms=since_ms,
        ended_ms=None,
        decided_ms=since_ms,
        value=121.0,
        bound=120.0,
        unit="m",
        trend="rising",
        revision=1,
        stamp=Stamp.LIVE,
    )
    return replace(made, **more)  # type: ignore[arg-type]
