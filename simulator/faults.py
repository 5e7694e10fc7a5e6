"""What goes wrong with real devices, at declared rates. `scale` 0 to 1 multiplies them (`--faults`).

| fault          | of                | rate                   | what is sent                               |
|----------------|-------------------|------------------------|--------------------------------------------|
| silent         | measuring devices | 2 of 1,000 ten minutes | nothing                                    |
| stuck          | measuring devices | 2 of 1,000 ten minutes | the first value again and again            |
| late           | measuring devices | 2 of 1,000 ten minutes | all together when the ten minutes are over |
| doubled        | all               | 5 of 1,000 messages    | the same message again two seconds later   |
| out of range   | measuring devices | 1 of 1,000 messages    | a value above what the metric can be       |
| broken         | all               | 1 of 2,000 messages    | JSON cut in the middle                     |
| unknown metric | measuring devices | 1 of 1,000 messages    | one more value that nobody declared        |
| unknown device | measuring devices | 1 of 1,000 messages    | the same also from an undeclared device    |

Measuring devices are those of station feeds. Cameras and buses have few faults: their silence counts against the
online rates, and a calm day must be calm. A stuck rain gauge repeats one increment; that is what stuck means there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from core.declared import Metric
from core.records import MINUTE_MS
from simulator.message import Message
from simulator.noise import chance, key_of

SLOT_MS = 10 * MINUTE_MS  # below the usual lateness of an hour: late stays inside it
AGAIN_MS = 2_000
UNKNOWN_METRIC = "firmware_x9"
UNKNOWN_DEVICE = "unlisted-01"


class Fault(StrEnum):
    """One row of the table above."""

    SILENT = "silent"
    STUCK = "stuck"
    LATE = "late"
    DOUBLED = "doubled"
    OUT_OF_RANGE = "out of range"
    BROKEN = "broken"
    UNKNOWN_METRIC = "unknown metric"
    UNKNOWN_DEVICE = "unknown device"


LASTING = {Fault.SILENT: 0.002, Fault.STUCK: 0.002, Fault.LATE: 0.002}  # of ten-minute slots
PASSING = {Fault.DOUBLED: 0.005, Fault.BROKEN: 0.0005}  # of messages
PASSING_MEASURED = {Fault.OUT_OF_RANGE: 0.001, Fault.UNKNOWN_METRIC: 0.001, Fault.UNKNOWN_DEVICE: 0.001}


def _pick(rates: dict[Fault, float], scale: float, drawn: float) -> Fault | None:
    """Which fault a draw falls on; at most one."""
    upto = 0.0
    for fault, rate in rates.items():
        upto += rate * scale
        if drawn < upto:
            return fault
    return None


@dataclass(frozen=True, slots=True)
class Faults:
    """Which fault hits which message; a pure function of (seed, device, time)."""

    seed: int
    scale: float = 1.0

    def at(self, device: str, at_ms: int, measuring: bool) -> Fault | None:
        """The one fault that a message of this device at this time suffers."""
        if not self.scale:
            return None
        lasting = chance(key_of(self.seed, "lasting", device), at_ms // SLOT_MS)
        found = _pick(LASTING, self.scale, lasting) if measuring else None
        if found is not None:
            return found
        passing = chance(key_of(self.seed, "passing", device), at_ms)
        return _pick(PASSING | PASSING_MEASURED if measuring else PASSING, self.scale, passing)


def slot_begin_ms(at_ms: int) -> int:
    """Begin of the ten minutes in which a lasting fault lasts."""
    return at_ms - at_ms % SLOT_MS


def bent(values: dict[str, float], fault: Fault | None, metrics: Mapping[str, Metric]) -> dict[str, float]:
    """The values as a fault of the sensor bends them."""
    if fault is Fault.UNKNOWN_METRIC:
        return values | {UNKNOWN_METRIC: 1.0}
    if fault is Fault.OUT_OF_RANGE:
        first = next((metric for metric in values if metric in metrics), None)
        if first is not None:
            return values | {first: metrics[first].high * 2.0 + 1.0}
    return values


def on_the_way(message: Message, fault: Fault | None) -> list[Message]:
    """What becomes of a message between the device and the broker."""
    match fault:
        case Fault.SILENT:
            return []
        case Fault.LATE:
            return [replace(message, send_ms=slot_begin_ms(message.event_ms) + SLOT_MS)]
        case Fault.DOUBLED:
            return [message, replace(message, send_ms=message.send_ms + AGAIN_MS)]
        case Fault.BROKEN:
            return [replace(message, payload=message.payload[: len(message.payload) // 2])]
        case Fault.UNKNOWN_DEVICE:
            other = message.topic.replace(f"/{message.device}/", f"/{UNKNOWN_DEVICE}/")
            return [message, replace(message, device=UNKNOWN_DEVICE, topic=other)]
    return [message]
