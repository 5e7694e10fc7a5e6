"""What the simulated cameras see as Frigate sends it: small pictures that say of themselves that they are made up.

`frigate/<camera>/<label>/snapshot`, JPEG as the payload. Source: Frigate documentation, "MQTT".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from core.declared import Device, Feed
from simulator.message import Message
from simulator.noise import UInt64, chance, key_of
from simulator.publisher import CitySource

EVERY_MS = 60_000
VIEWS = 3  # different pictures a camera: drawn once, sent again and again
SIZE_PX = (320, 180)
HORIZON = 70
SKY, GROUND, ROAD, LINE, CAR = (38, 46, 56), (24, 29, 34), (48, 54, 60), (150, 155, 160), (96, 108, 122)
MARK, MARK_PX = "SIMULATED", 30


@dataclass(slots=True)
class WithStills:
    """A city whose cameras also send pictures; everything else it says is its own."""

    city: CitySource
    seed: int
    feed: Feed
    cameras: Sequence[Device]
    _drawn: dict[tuple[str, int], bytes] = field(default_factory=dict, repr=False)

    @property
    def began_ms(self) -> int:
        """City time at which it begins to speak."""
        return self.city.began_ms

    def told(self, after_ms: int, upto_ms: int) -> list[Message]:
        """Every message with an event time in (after, upto], by the time it is sent."""
        pictures = [one for camera in self.cameras for one in self._of(camera, after_ms, upto_ms)]
        return sorted([*self.city.told(after_ms, upto_ms), *pictures], key=lambda message: message.send_ms)

    def _of(self, camera: Device, after_ms: int, upto_ms: int) -> list[Message]:
        phase_ms = int(chance(key_of(self.seed, "still", camera.id), 0) * EVERY_MS)
        slots = range((after_ms - phase_ms) // EVERY_MS + 1, (upto_ms - phase_ms) // EVERY_MS + 1)
        topic = self.feed.snapshots.replace("+", camera.id, 1).replace("+", "car", 1)
        times = [(slot, slot * EVERY_MS + phase_ms) for slot in slots]
        return [Message(at_ms, at_ms, camera.id, topic, self._view(camera.id, slot % VIEWS)) for slot, at_ms in times]

    def _view(self, camera: str, view: int) -> bytes:
        if (camera, view) not in self._drawn:
            self._drawn[camera, view] = _drawn(key_of(self.seed, "view", camera), view)
        return self._drawn[camera, view]


def _drawn(key: UInt64, view: int) -> bytes:
    """A road with some cars, and in large letters that none of it is real."""
    wide_px, high_px = SIZE_PX
    picture = Image.new("RGB", SIZE_PX, SKY)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, HORIZON, wide_px, high_px), fill=GROUND)
    far_px = int(wide_px * (0.3 + 0.4 * chance(key, 1)))
    draw.polygon([(far_px - 8, HORIZON), (far_px + 8, HORIZON), (wide_px + 40, high_px), (-40, high_px)], fill=ROAD)
    draw.line([(far_px, HORIZON), (wide_px // 2, high_px)], fill=LINE, width=2)
    for car in range(2 + view):
        near = chance(key, 10 + 7 * view + car)
        across = 2 * chance(key, 40 + 7 * view + car) - 1
        y_px = HORIZON + 8 + near * (high_px - HORIZON - 40)
        half_px, x_px = 4 + 16 * near, far_px + (wide_px / 2 - far_px) * near + across * 90 * near
        draw.rectangle((x_px - half_px, y_px, x_px + half_px, y_px + half_px * 1.2), fill=CAR)
    font = ImageFont.load_default(MARK_PX)
    draw.text((wide_px / 2, HORIZON / 2), MARK, font=font, fill=LINE, anchor="mm")
    told = BytesIO()
    picture.save(told, "JPEG", quality=70)
    return told.getvalue()


def with_stills(city: CitySource, seed: int, feeds: Sequence[Feed], cameras: Sequence[Device]) -> CitySource:
    """The city with pictures of these cameras, where a feed takes any."""
    feed = next((one for one in feeds if one.snapshots), None)
    return city if feed is None else WithStills(city, seed, feed, cameras)
