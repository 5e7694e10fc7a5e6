"""The newest picture of a camera as it comes over MQTT: one JPEG, whole, and of a size that may be decoded later.

Nothing is decoded here, where thousands of messages a second pass: the segments say how large the picture is and that
it is whole. It is drawn anew when somebody looks at it (`api/cameras.py`), so that nothing else in the file lives on.

Source: ITU-T T.81 (JPEG), annex B; Frigate documentation, "MQTT", topic `frigate/<camera>/<label>/snapshot`.
"""

from __future__ import annotations

from core.records import Rejected
from ingest.decoders.contract import Decoded, Fault, Route

LARGEST_BYTES = 400_000  # Frigate sends 20 to 60 KB; a whole frame of full HD has 300 KB
LARGEST_POINTS = 9_000_000  # one 4K frame; a small file may unfold to far more
SMALLEST_PX = 16
BEGIN, END = b"\xff\xd8", b"\xff\xd9"
SCAN = 0xDA
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those three are tables
ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


def decode(route: Route, topic: str, payload: bytes, now_ms: int) -> Decoded | Rejected:
    """The picture of one camera, or the reason it is none; never a raise."""
    try:
        _check(payload)
    except Fault as fault:
        return Rejected(fault.reason, topic, payload, fault.detail)
    return Decoded(route.device, is_picture=True)


def _check(payload: bytes) -> None:
    """Raises Fault: too large, not a JPEG, cut off, or of too many points."""
    if len(payload) > LARGEST_BYTES:
        raise Fault("too-large", f"{len(payload)} bytes; a picture has at most {LARGEST_BYTES}")
    if not payload.startswith(BEGIN):
        raise Fault("no-picture", "it does not begin as a JPEG does")
    if not payload.endswith(END):
        raise Fault("no-picture", "it is cut off, or something stands behind the picture")
    wide_px, high_px = _size_px(payload)
    if min(wide_px, high_px) < SMALLEST_PX or wide_px * high_px > LARGEST_POINTS:
        raise Fault("no-picture", f"{wide_px} × {high_px} points; at most {LARGEST_POINTS} are decoded")


def _size_px(payload: bytes) -> tuple[int, int]:
    """Width and height, from the segments before the first scan. Raises Fault."""
    at = len(BEGIN)
    while at + 4 <= len(payload) and payload[at] == 0xFF:
        marker = payload[at + 1]
        if marker in ALONE or marker == 0xFF:  # 0xFF: a byte of padding
            at += 1 if marker == 0xFF else 2
            continue
        if marker in FRAMES and at + 9 <= len(payload):
            high_px, wide_px = (int.from_bytes(payload[at + place : at + place + 2], "big") for place in (5, 7))
            return wide_px, high_px
        if marker == SCAN:
            break
        at += 2 + max(int.from_bytes(payload[at + 2 : at + 4], "big"), 2)
    raise Fault("no-picture", "no segment says how large it is")
