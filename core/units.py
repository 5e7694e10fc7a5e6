"""Units that are sent out, and where they were: as declared in packs, stored and proposed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnitKind(StrEnum):
    """What a unit is. The last two are not sent anywhere: people and things come from there."""

    TEAM = "team"  # 队伍
    PERSON = "person"  # 人员
    VEHICLE = "vehicle"  # 车辆
    MATERIALS = "materials"  # 物资
    SHELTER = "shelter"  # 避难场所


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as it is stored. lon_deg, lat_deg: its home, degrees WGS 84; None: it has none.

    members: who is on its roster, by login. rests_until_ms: city time, 0: rested. shifts: when it is on duty, in civil
    time, `08:00-20:00`, beyond midnight too; none: round the clock.
    """

    id: str
    name: str
    department: str
    capabilities: tuple[str, ...]
    area: str = ""
    lon_deg: float | None = None
    lat_deg: float | None = None
    phone: str = ""
    device: str = ""
    off: bool = False
    speed_kmh: float = 40.0
    crew: int = 1
    crew_needed: int = 1
    rests_until_ms: int = 0
    kind: UnitKind = UnitKind.TEAM
    members: tuple[str, ...] = ()
    shifts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixRow:
    """Where a unit was, degrees WGS 84, m, ms UTC, and who said so."""

    unit: str
    lon_deg: float
    lat_deg: float
    accuracy_m: float
    at_ms: int
    by: str
