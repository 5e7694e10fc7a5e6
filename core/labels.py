"""What people say really happened: past incidents, and verdicts on warnings. What backtests are scored against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """INCIDENT: it happened, whoever warned of it. The rest is said when a warning is closed, with one tap."""

    INCIDENT = "incident"  # 实况事件
    HANDLED = "true-handled"  # 属实已处置
    NO_ACTION = "true-no-action"  # 属实无需处置
    FALSE_DEVICE = "false-device"  # 误报-设备
    FALSE_BOUND = "false-bound"  # 误报-阈值
    REPEATED = "repeated"  # 重复
    TEST = "test"  # 测试/维护

    @property
    def is_true(self) -> bool | None:
        """Whether something happened; None: it says nothing of that."""
        if self in (Verdict.REPEATED, Verdict.TEST):
            return None
        return self in (Verdict.INCIDENT, Verdict.HANDLED, Verdict.NO_ACTION)


@dataclass(frozen=True, slots=True)
class Label:
    """One label. Times are ms UTC, `place` an area or a station of the city (its code).

    said_by: who says so, as the audit calls him. scene, rule, warning: what it is a verdict on; "" for an incident of
    the world, which counts in every scene of the city.
    kind, severity: as the table of incidents calls them. certain: False where time or place are only roughly known.
    corrects: the label that it replaces; of a chain of corrections the last one counts.
    """

    city: str
    verdict: Verdict
    place: str
    began_ms: int
    ended_ms: int
    said_by: str
    at_ms: int
    scene: str = ""
    rule: str = ""
    warning: str = ""
    kind: str = ""
    severity: str = ""
    certain: bool = True
    note: str = ""
    lon_deg: float | None = None
    lat_deg: float | None = None
    corrects: int | None = None
    id: int = 0
