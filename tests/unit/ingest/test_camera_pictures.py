"""Pictures of cameras on the wire: what is whole is kept, everything else is refused with its reason."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.declared import Device, Feed, Words
from core.records import Place, Rejected, Scene, Stamp
from ingest.decoders import jpeg
from ingest.decoders.contract import Decoded
from ingest.intake import Intake
from ingest.known import Known

NAME = Words("测试", "test")
FRIGATE = Feed("frigate", NAME, "/frigate/events", "frigate", kind="camera", snapshots="/frigate/+/+/snapshot")
GATE = Device("gate", "frigate", NAME, "440902", Place(110.9, 21.6, 5.0, "device"), ())
SCENE = Scene("demo-440900", "440900", Stamp.DEMO, "city")
NOW_MS = 1_772_319_600_000


def picture(size_px: tuple[int, int] = (320, 180), **more: Any) -> bytes:
    told = BytesIO()
    Image.effect_noise(size_px, 40).save(told, "JPEG", **more)
    return told.getvalue()


def taken(payload: bytes, camera: str = "gate", kept: bool = False) -> tuple[Decoded | Rejected, Intake]:
    intake = Intake(Known(SCENE, {"frigate": FRIGATE}, {"gate": GATE}, {}, payload_limit_bytes=10_000_000))
    return intake.take(f"frigate/{camera}/car/snapshot", payload, NOW_MS, NOW_MS + 5, kept), intake


@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"exif": b"Exif\0\0" + bytes(200)}, {"quality": 95}])
def test_the_newest_picture_of_a_camera_is_kept_and_nothing_else_of_it(more: dict[str, Any]) -> None:
    content = picture(**more)
    told, intake = taken(content)
    assert isinstance(told, Decoded) and told.device == "gate"
    flush = intake.batcher.flush(NOW_MS)
    assert {camera: (one.content, one.received_ms) for camera, one in flush.pictures.items()} == {
        "gate": (content, NOW_MS + 5)
    }
    assert not flush.readings and not flush.events and not flush.raw and not flush.rejected
    assert flush.counts == {"frigate|messages": 1}


def unfolds_to(wide_px: int, high_px: int) -> bytes:
    """A small file that says that it has so many points."""
    content = bytearray(picture())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = high_px.to_bytes(2, "big") + wide_px.to_bytes(2, "big")
    return bytes(content)


@pytest.mark.claim("COMMAND", "A picture that is none, is cut off, too large or a bomb is refused with its reason.")
@pytest.mark.parametrize(
    ("payload", "reason", "says"),
    [
        (b"", "no-picture", "begin"),
        (b"<script>alert(1)</script>", "no-picture", "begin"),
        (picture()[:-40], "no-picture", "cut off"),
        (picture() + b"PK\x03\x04", "no-picture", "behind"),
        (b"\xff\xd8\xff\xd9", "no-picture", "no segment"),
        (b"\xff\xd8" + b"\xff" * 3000 + b"\xff\xd9", "no-picture", "no segment"),
        (b"\xff\xd8\xff\xe0\x00\x00" * 50 + b"\xff\xd9", "no-picture", "no segment"),
        (unfolds_to(65_000, 65_000), "no-picture", "65000 × 65000"),
        (unfolds_to(0, 180), "no-picture", "0 × 180"),
        (picture((1600, 1200), quality=100), "too-large", str(jpeg.LARGEST_BYTES)),
    ],
)
def test_what_is_no_picture_is_refused(payload: bytes, reason: str, says: str) -> None:
    told, intake = taken(payload)
    assert isinstance(told, Rejected) and told.reason == reason and says in told.detail
    flush = intake.batcher.flush(NOW_MS)
    assert not flush.pictures and [one.reason for one in flush.rejected] == [reason]


def test_a_camera_that_nobody_declared_is_refused_by_name() -> None:
    told, _ = taken(picture(), "invented")
    assert isinstance(told, Rejected) and (told.reason, told.topic) == (
        "unknown-camera",
        "frigate/invented/car/snapshot",
    )


@pytest.mark.claim("COMMAND", "A picture that the broker kept from before is not taken for one of now.")
def test_a_kept_picture_is_passed_over_and_acknowledged() -> None:
    told, intake = taken(picture(), kept=True)
    assert isinstance(told, Decoded)
    flush = intake.batcher.flush(NOW_MS)
    assert intake.batcher.messages == 1 and not flush.pictures and not flush.rejected
