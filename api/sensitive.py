"""Looks at restricted indicators, noted at the doors: who was shown which, and when; looking waits for no writing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from accounts.bearer import Bearer
from accounts.looks import Look, Looks
from api.sight import Sight
from catalogue.declared import Declared
from core.accounts import Sensitivity
from core.clock import real_ms

ACTION = "indicators.see"
SHOW_MANY = frozenset(  # doors behind which stands all that somebody may see; the others name an indicator or a device
    {
        "WS /live/ws",
        "GET /live/sse",
        "GET /live/poll",
        "GET /api/v1/indicators",
        "GET /api/v1/warnings",
        "callback desk-body.children",
    }
)
AGAIN_MS = 600_000  # the same look of the same bearer is noted so often: a page asks again every few seconds
KEPT = 10_000


class SensitiveLooks:
    """Looks of one web process."""

    def __init__(self, looks: Looks, now_ms: Callable[[], int] = real_ms) -> None:
        self._looks, self._now_ms = looks, now_ms
        self._noted_ms: OrderedDict[tuple[str, str], int] = OrderedDict()

    def noted(
        self, bearer: Bearer, door: str, named: Mapping[str, str], declared: Declared, sight: Sight | None
    ) -> None:
        """Somebody was let through a door. named: what its address names; sight: his, None when nothing is hidden."""
        now_ms = self._now_ms()
        for subject in _shown(door, named, declared, sight):
            if now_ms - self._noted_ms.get((bearer.name, subject), -AGAIN_MS) < AGAIN_MS:
                continue
            self._noted_ms.pop((bearer.name, subject), None)
            self._noted_ms[bearer.name, subject] = now_ms
            if len(self._noted_ms) > KEPT:
                self._noted_ms.popitem(last=False)
            self._looks.noted(Look(bearer.name, ACTION, subject, now_ms))


def _shown(door: str, named: Mapping[str, str], declared: Declared, sight: Sight | None) -> Iterator[str]:
    """The restricted indicators behind a door that he sees, with the place when one is named."""
    restricted = [one for one in declared.indicators.values() if one.sensitivity is Sensitivity.RESTRICTED]
    place = named.get("area") or named.get("subject") or named.get("device", "")
    device = declared.devices.get(place)
    for one in restricted:
        fed = device is not None and set(device.metrics) & {*one.metrics, *one.event_types}
        is_here = named["indicator"] == one.id if "indicator" in named else fed if place else door in SHOW_MANY
        if is_here and (sight is None or sight.sees_value(one.id, place or declared.areas.city.id)):
            yield f"{one.id}@{place}" if place else one.id
