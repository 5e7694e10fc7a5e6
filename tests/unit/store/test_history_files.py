"""What is written is read back: the newest decision of each window, whatever was put together or thinned meanwhile."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import hypothesis
import msgspec
import numpy as np
import pytest
from history_rows import NOON_MS, reading_batch, value_batch
from hypothesis import strategies as st

from core.errors import NotOwner, UnreadableEntry
from core.records import DAY_MS, HOUR_MS, MINUTE_MS, Event, Phase, Stamp, Status
from store.history.compaction import Keeping, compact
from store.history.manifest import Folder
from store.history.reader import History
from store.history.writer import Archive, add_readings, add_values

SCENE = "demo-440900"
LONG = Keeping(raw_days=90, window_days=400, hour_days=1830, value_days=7300)
LATER_MS = NOON_MS + 40 * DAY_MS  # months are over


def entry_id(n: int) -> str:
    return f"{NOON_MS + n}-0"


def archived(tmp_path: Path, *batches: object) -> tuple[Folder, History]:
    folder = Folder(tmp_path / SCENE)
    archive = Archive(folder)
    for n, batch in enumerate(batches):
        archive.take(entry_id(n), [batch])  # type: ignore[list-item]
        archive.flush({"val": entry_id(n)}, NOON_MS + n)
    return folder, History(tmp_path, SCENE)


def test_a_corrected_value_supersedes_and_both_are_kept_until_files_are_put_together(tmp_path: Path) -> None:
    first = value_batch("air.aqi", NOON_MS, {"440900": 50.0, "440902": math.nan})
    corrected = value_batch("air.aqi", NOON_MS, {"440902": 71.5}, decided_ms=NOON_MS + HOUR_MS)
    folder, history = archived(tmp_path, first, corrected)
    assert sum(file.rows for file in folder.manifest().files) == 3
    for _ in range(2):
        series = history.series("air.aqi", "440902", NOON_MS - 1, NOON_MS)
        assert series.value.tolist() == [71.5]
        kept = history.decisions("air.aqi", "440902", NOON_MS - 1, NOON_MS)
        assert kept["decided_ms"].to_pylist()[-1] == NOON_MS + HOUR_MS and kept["version"].to_pylist()[-1] == "1"
        assert history.series("air.aqi", "440900", NOON_MS - 1, NOON_MS).value.tolist() == [50.0]
        compact(folder, LONG, LATER_MS)
    assert sum(file.rows for file in folder.manifest().files) == 2


def test_a_span_is_open_on_the_left_and_closed_on_the_right(tmp_path: Path) -> None:
    _, history = archived(tmp_path, *(value_batch("w", NOON_MS + n * MINUTE_MS, {"a": float(n)}) for n in range(4)))
    found = history.series("w", "a", NOON_MS, NOON_MS + 2 * MINUTE_MS)
    assert found.value.tolist() == [1.0, 2.0]
    assert len(history.series("w", "nowhere", 0, LATER_MS)) == 0 == len(history.series("x", "a", 0, LATER_MS))


@pytest.mark.claim("ENGINE", "What stood beside a value is kept with it, through every putting together")
def test_what_stands_beside_a_value_is_kept_with_it(tmp_path: Path) -> None:
    plain = value_batch("w", NOON_MS, {"a": 1.0})
    usual = {"baseline": np.array([4.0, 5.0]), "trend_per_h": np.array([0.5, math.nan])}
    told = replace(value_batch("w", NOON_MS + MINUTE_MS, {"a": 2.0, "b": 3.0}), beside=usual)
    corrected = replace(told, value=np.array([2.5, 3.0]), beside=usual | {"baseline": np.array([4.5, 5.0])})
    folder, history = archived(tmp_path, plain, told, corrected)
    for _ in range(2):
        series, beside = history.series_and_beside("w", "a", 0, LATER_MS)
        assert series.value.tolist() == [1.0, 2.5]
        assert {name: column.tolist()[1] for name, column in beside.items()} == {"baseline": 4.5, "trend_per_h": 0.5}
        assert all(math.isnan(column[0]) for column in beside.values())
        assert history.series("w", "a", 0, LATER_MS).value.tolist() == [1.0, 2.5]
        compact(folder, LONG, LATER_MS)
    assert [file.tier for file in folder.manifest().files] == ["month"]
    compact(folder, replace(LONG, window_days=1), LATER_MS)  # an hour keeps what its last window had
    assert history.series_and_beside("w", "a", 0, LATER_MS)[1]["baseline"][-1] == 4.5


def test_open_windows_leave_only_their_last_step(tmp_path: Path) -> None:
    folder = Folder(tmp_path / SCENE)
    archive = Archive(folder)
    for n, status in enumerate([Status.OPEN, Status.OPEN, Status.FINAL, Status.FINAL]):
        archive.take(entry_id(n), [value_batch("w", NOON_MS, {"a": float(n)}, status=status)])
    assert archive.flush({"val": entry_id(3)}, NOON_MS) == 2
    assert History(tmp_path, SCENE).series("w", "a", 0, LATER_MS).value.tolist() == [3.0]


def test_all_areas_at_one_time_and_the_latest_known_before(tmp_path: Path) -> None:
    old = value_batch("w", NOON_MS - 30 * DAY_MS, {"a": 1.0})
    _, history = archived(
        tmp_path,
        old,
        value_batch("w", NOON_MS, {"a": math.nan, "b": 2.0}),
        value_batch("w", NOON_MS + 1, {"b": 9.0}),
    )
    found = history.at("w", NOON_MS)
    assert found.keys() == {"a", "b"} and found["b"].value.tolist() == [2.0]
    assert np.isnan(found["a"].value).tolist() == [True]
    assert history.latest("w", "a", NOON_MS).end_ms.tolist() == [old.window_end_ms]
    assert len(history.latest("w", "c", NOON_MS)) == 0


def test_raw_readings_of_a_device_and_of_all(tmp_path: Path) -> None:
    folder = Folder(tmp_path / SCENE)
    archive = Archive(folder)
    rows = [("d2", "pm25", NOON_MS + 2, 2.0), ("d1", "pm10", NOON_MS + 1, 1.0), ("d1", "pm25", NOON_MS - DAY_MS, 0.5)]
    archive.take(entry_id(0), reading_batch(rows))
    archive.take(entry_id(1), reading_batch([("d1", "pm25", NOON_MS, 7.0)], feed="other"))
    event = Event("k:1", "k", "hotline", Phase.NEW, "line", NOON_MS, NOON_MS + 5, None, Stamp.DEMO)
    archive.take(entry_id(2), [event])
    archive.flush({"obs": entry_id(2)}, NOON_MS)
    history = History(tmp_path, SCENE)
    for _ in range(2):
        found = history.readings("d1", NOON_MS - 2 * DAY_MS, NOON_MS + 1)
        assert found["value"].to_pylist() == [0.5, 7.0, 1.0]
        assert history.readings("d1", 0, LATER_MS, "pm10")["event_ms"].to_pylist() == [NOON_MS + 1]
        batches, imported = history.batches(NOON_MS - 1, NOON_MS + 2, Stamp.DEMO)
        assert [(b.feed, b.event_ms.tolist()) for b in batches] == [
            ("air", [NOON_MS + 1, NOON_MS + 2]),
            ("other", [NOON_MS]),
        ]
        assert batches[0].devices == ("d1", "d2") and not imported
        assert history.events(NOON_MS, NOON_MS + 5) == [event]
        compact(folder, LONG, LATER_MS)


def test_readings_that_came_twice_are_kept_once_and_others_of_the_same_time_in_order(tmp_path: Path) -> None:
    folder = Folder(tmp_path / SCENE)
    for n, value in enumerate([4.0, 3.0, 4.0]):
        add_readings(folder, [reading_batch([("d", "m", NOON_MS, value)])], f"piece{n}", NOON_MS)
    compact(folder, LONG, LATER_MS)
    assert History(tmp_path, SCENE).readings("d", 0, LATER_MS)["value"].to_pylist() == [4.0, 3.0]


def test_two_archives_of_one_scene_do_not_write_the_same_entries(tmp_path: Path) -> None:
    folder = Folder(tmp_path / SCENE)
    one, other = Archive(folder), Archive(folder)
    for archive in (one, other):
        archive.take(entry_id(0), [value_batch("w", NOON_MS, {"a": 1.0})])
    one.flush({"val": entry_id(0)}, NOON_MS)
    with pytest.raises(NotOwner):
        other.flush({"val": entry_id(0)}, NOON_MS)
    assert len(folder.manifest().files) == 1


def test_a_manifest_of_another_program_is_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for written in (b"{", msgspec.json.encode({"version": 99})):
        (tmp_path / "manifest.json").write_bytes(written)
        with pytest.raises(UnreadableEntry):
            folder.manifest()


@pytest.mark.claim(
    "ENGINE", "Old values are thinned to hours and days that say mean, extremes and how many they stand for."
)
def test_old_values_are_thinned_and_too_old_ones_go(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(10, 3, 3 * 1440).round(2)
    values[100:400] = np.nan
    ends = NOON_MS // DAY_MS * DAY_MS - 8 * HOUR_MS + MINUTE_MS * np.arange(1, len(values) + 1)
    told = [(1, value_batch("w", int(end), {"a": v, "b": -v})) for end, v in zip(ends, values, strict=True)]
    folder, history = Folder(tmp_path / SCENE), History(tmp_path, SCENE)
    add_values(folder, told, "run")
    fine = {step: history.series("w", "b", 0, LATER_MS, step) for step in ("hour", "day")}
    for step, minutes, age_days in (("hour", 60, 500), ("day", 1440, 2000)):
        compact(folder, LONG, NOON_MS + age_days * DAY_MS)
        series = history.series("w", "b", 0, 2 * NOON_MS)
        expected = -values.reshape(-1, minutes)
        known = ~np.isnan(expected)
        assert series.end_ms.tolist() == ends[minutes - 1 :: minutes].tolist()
        assert series.windows.tolist() == known.sum(axis=1).tolist()
        means = [row[k].mean() if k.any() else np.nan for row, k in zip(expected, known, strict=True)]
        np.testing.assert_allclose(series.value, means, rtol=1e-12)
        np.testing.assert_allclose(series.value, fine[step].value, rtol=1e-12)
        lows = [row[k].min() if k.any() else np.nan for row, k in zip(expected, known, strict=True)]
        np.testing.assert_array_equal(series.low, lows)
        assert ((series.status == Status.UNKNOWN) == np.isnan(series.value)).all()
    compact(folder, LONG, NOON_MS + 8000 * DAY_MS)
    assert not folder.manifest().files and not list((tmp_path / SCENE).glob("values/*/*.parquet"))


ROWS = st.lists(
    st.tuples(
        st.sampled_from("wxy"),
        st.sampled_from("abc"),
        st.integers(0, 90),  # days
        st.integers(0, 3),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    min_size=1,
    max_size=40,
)


@hypothesis.settings(max_examples=40)
@hypothesis.given(rows=ROWS, cuts=st.lists(st.booleans(), min_size=40, max_size=40), merges=st.sets(st.integers(0, 39)))
def test_whatever_is_put_together_when_the_newest_decision_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, int, int, float]],
    cuts: list[bool],
    merges: set[int],
) -> None:
    path = tmp_path_factory.mktemp("history")
    folder, archive = Folder(path / SCENE), Archive(Folder(path / SCENE))
    expected: dict[tuple[str, str], dict[int, float]] = {}
    for n, (indicator, area, day, minute, value) in enumerate(rows):
        end_ms = NOON_MS + day * DAY_MS + minute * MINUTE_MS
        archive.take(entry_id(n), [value_batch(indicator, end_ms, {area: value})])
        expected.setdefault((indicator, area), {})[end_ms] = value
        if cuts[n] or n == len(rows) - 1:
            archive.flush({"val": entry_id(n)}, NOON_MS)
        if n in merges:
            compact(folder, LONG, NOON_MS + 45 * DAY_MS)
            archive = Archive(folder) if not archive.rows else archive
    found = History(path, SCENE).many("wxy", 0, 2 * NOON_MS)
    assert {key: dict(zip(s.end_ms.tolist(), s.value.tolist(), strict=True)) for key, s in found.items()} == expected
