"""Monthly figures of the departments: one value a metric, told once at the start, for the month that ended last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.clock import CHINA, in_china, to_ms
from core.declared import Device, Metric
from core.records import Float64, Int64
from simulator.noise import chance, key_of

# Ordinary values of an ordinary month, none at a level: metric → (middle, spread).
ORDINARY = {
    "gdp_yoy_pct": (5.4, 0.2),
    "industrial_va_yoy_pct": (5.2, 0.6),
    "fixed_investment_yoy_pct": (4.1, 0.6),
    "retail_yoy_pct": (5.1, 0.5),
    "surveyed_unemployment_pct": (4.7, 0.2),
}


def last_month_end_ms(now_ms: int) -> int:
    """Midnight (UTC+8) at which the last whole month ended; it belongs to the window that ends there."""
    now = in_china(now_ms)
    return to_ms(datetime(now.year, now.month, 1, tzinfo=CHINA))


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a statistics office files. A metric without an ordinary value is put in the middle of its range."""

    seed: int
    metrics: Mapping[str, Metric]

    METRICS = frozenset(ORDINARY)
    LIVELY_S = 86_400
    PAST_S = 0

    def values(self, device: Device, at_ms: Int64, every_s: int) -> dict[str, Float64]:
        """Metric → (n,), one value for each month's end."""
        del every_s
        return {metric: np.array([self._value(device, metric, int(at)) for at in at_ms]) for metric in device.metrics}

    def _value(self, device: Device, metric: str, at_ms: int) -> float:
        if metric in ORDINARY:
            middle, spread = ORDINARY[metric]
        else:
            declared = self.metrics[metric]
            middle, spread = (declared.low + declared.high) / 2, (declared.high - declared.low) / 50
        drawn = chance(key_of(self.seed, "month", device.id, metric), at_ms)
        return round(middle + spread * (2 * drawn - 1), 1)
