"""The spoken clips say what the messages say, can be heard, and are as long as they were when they were made."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from core.messages import text

SOUNDS = Path(__file__).parents[2] / "assets" / "sounds"
CLIPS = json.loads((SOUNDS / "clips.json").read_text("utf-8"))
AT_MOST_BYTES = 30_000


def pages(file: bytes) -> list[tuple[int, bytes]]:
    """(granule position, body) of each page of an Ogg file (RFC 3533)."""
    found, at = [], 0
    while at < len(file):
        magic, _version, _kind, granule, _serial, _number, _sum, lacing = struct.unpack_from("<4sBBqIIIB", file, at)
        assert magic == b"OggS"
        body = at + 27 + lacing
        until = body + sum(file[at + 27 : body])
        found.append((granule, file[body:until]))
        at = until
    return found


@pytest.mark.parametrize("clip", CLIPS)
def test_a_clip_says_what_its_message_says(clip: str) -> None:
    assert CLIPS[clip]["says"] == text(f"duty.say_{clip}", "zh"), "python .ci/speak.py makes them anew"
    file = (SOUNDS / f"{clip}.ogg").read_bytes()
    assert len(file) <= AT_MOST_BYTES
    (_, head), *_, (end, _) = pages(file)
    assert head[:8] == b"OpusHead"
    channels, skipped = head[9], struct.unpack_from("<H", head, 10)[0]
    assert channels == 1
    assert (end - skipped) / 48_000 == pytest.approx(CLIPS[clip]["seconds"], abs=0.05)


def test_every_clip_that_lies_there_is_told_of() -> None:
    assert sorted(one.stem for one in SOUNDS.glob("*.ogg")) == sorted(CLIPS)
