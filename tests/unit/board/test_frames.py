"""Frames: a snapshot and the differences after it are, byte for byte of meaning, the next snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board import frames
from board.canvas import CALM_AT_ONCE, Canvas, apply
from board.frames import Stance
from board.reader import PictureReader

STANCE = Stance("demo-440900", "abc", 1000, 2000, 1.0)

keys = st.sampled_from(["a", "b", "c", "县¦值"])
sections = st.sampled_from(["values", "warnings", "stations", "trends"])
records = st.dictionaries(
    st.sampled_from("xyz"), st.none() | st.integers(-9, 9) | st.floats(-1, 1) | st.text(max_size=3)
)
acts = st.lists(
    st.tuples(st.sampled_from(["put", "urgent", "drop", "frame"]), sections, keys, records, st.integers(0, 7000)),
    max_size=60,
)


@pytest.mark.claim("PULSE", "A snapshot and the differences after it give exactly the next snapshot")
@settings(max_examples=100, deadline=None)
@given(acts)
def test_differences_on_a_snapshot_are_the_next_snapshot(steps):
    canvas, now_ms, rev = Canvas(), 0, 1
    mirror = frames.read(frames.snap(STANCE, rev, canvas.sections))["set"]
    for act, section, key, record, wait_ms in steps:
        now_ms += wait_ms
        if act == "drop":
            canvas.drop(section, key)
        elif act != "frame":
            canvas.put(section, key, dict(record), urgent=act == "urgent")
        elif (difference := canvas.take_difference(now_ms)) is not None:
            frame = frames.read(frames.diff(STANCE, rev + 1, rev, difference))
            assert (frame["prev"], frame["rev"]) == (rev, rev + 1)
            rev += 1
            apply(mirror, frames.difference_of(frame))
    if (rest := canvas.take_difference(now_ms + 60_000)) is not None:  # everything calm is due by then
        apply(mirror, frames.difference_of(frames.read(frames.diff(STANCE, rev + 1, rev, rest))))
    assert mirror == frames.read(frames.snap(STANCE, rev, canvas.sections))["set"]
    assert canvas.take_difference(now_ms + 120_000) is None


def test_what_changed_and_changed_back_does_not_travel():
    canvas = Canvas()
    canvas.put("values", "a", {"x": 1})
    canvas.take_difference(0)
    canvas.put("values", "a", {"x": 2}, urgent=True)
    canvas.put("values", "a", {"x": 1}, urgent=True)
    assert canvas.take_difference(10_000) is None


def test_many_calm_changes_travel_in_turns_and_none_waits_forever():
    canvas = Canvas()
    names = [f"s{n}" for n in range(3 * CALM_AT_ONCE)]
    for name in names:
        canvas.put("stations", name, {"x": 0})
    assert len(canvas.take_difference(0).set["stations"]) == len(names)  # new ones do not wait
    for name in names:
        canvas.put("stations", name, {"x": 1})
    seen = set()
    for second in range(1, 4):
        for name in names[:50]:  # some change all the time and must not push the others out
            canvas.put("stations", name, {"x": second + 1})
        difference = canvas.take_difference(second * 1000)
        assert len(difference.set["stations"]) == CALM_AT_ONCE
        seen |= set(difference.set["stations"])
    assert seen == set(names)


def test_clients_that_hold_something_else_get_the_difference_to_it():
    canvas = Canvas()
    canvas.put("values", "same", {"x": 1})
    canvas.put("values", "other", {"x": 1})
    canvas.begin_from({"values": {"same": {"x": 1}, "other": {"x": 0}, "gone": {"x": 9}}})
    difference = canvas.take_difference(0)
    assert (difference.set, difference.drop) == ({"values": {"other": {"x": 1}}}, {"values": ["gone"]})


def test_a_reader_refuses_a_frame_that_does_not_follow():
    reader, canvas = PictureReader("zh"), Canvas()
    canvas.put("values", "a", {"x": 1})
    reader.load(frames.snap(STANCE, 5, canvas.sections))
    canvas.take_difference(0)
    canvas.put("values", "a", {"x": 2}, urgent=True)
    difference = canvas.take_difference(0)
    assert not reader.take(frames.read(frames.diff(STANCE, 9, 7, difference)))
    assert reader.sections["values"]["a"] == {"x": 1}
    assert reader.take(frames.read(frames.diff(STANCE, 9, 5, difference)))
    assert (reader.revision, reader.sections["values"]["a"]) == (9, {"x": 2})


def test_the_revision_never_goes_back():
    assert frames.next_revision(0, 1_793_500_000_000) == 1_793_500_000_000
    assert frames.next_revision(1_793_500_000_500, 1_793_500_000_000) == 1_793_500_000_501


def test_the_version_of_assets_is_of_names_and_contents(tmp_path: Path):
    (tmp_path / "wall").mkdir()
    (tmp_path / "wall" / "a.js").write_text("1")
    first = frames.assets_version(tmp_path)
    assert first == frames.assets_version(tmp_path)
    (tmp_path / "wall" / "a.js").write_text("2")
    second = frames.assets_version(tmp_path)
    (tmp_path / "wall" / "a.js").rename(tmp_path / "wall" / "b.js")
    assert len({first, second, frames.assets_version(tmp_path)}) == 3
    assert frames.assets_version(tmp_path / "none") == "none"


def test_a_beat_says_who_lives_and_what_does_not():
    frame = frames.read(frames.beat(STANCE, 7, "down"))
    assert frame == {
        "k": "beat",
        "scene": "demo-440900",
        "assets": "abc",
        "server_ms": 1000,
        "city_ms": 2000,
        "speed": 1.0,
        "rev": 7,
        "redis": "down",
    }
