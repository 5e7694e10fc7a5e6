"""While files are put together, and wherever that is cut off, readers find each row once."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest
from history_rows import NOON_MS, reading_batch, value_batch

from core.records import DAY_MS, HOUR_MS, MINUTE_MS
from store.history import compaction, manifest
from store.history.compaction import Keeping, compact
from store.history.holdings import holdings
from store.history.manifest import Folder
from store.history.reader import History
from store.history.spans import pieces
from store.history.writer import Archive, add_readings

SCENE = "demo-440900"
LONG = Keeping(raw_days=900, window_days=4000, hour_days=8000, value_days=9000)
MONTHS, DAYS, HOURS = 2, 3, 8


class Crash(BaseException):
    """Nothing after it runs."""


def filled(path: Path) -> tuple[Folder, History]:
    """Two months of some days, a file an hour; each value is decided twice, each reading comes once."""
    folder = Folder(path / SCENE)
    archive = Archive(folder)
    for n in range(MONTHS * DAYS * HOURS):
        end_ms = NOON_MS + (n // (DAYS * HOURS)) * 31 * DAY_MS + n * HOUR_MS
        for wrong in (1.0, 0.0):
            archive.take(f"{end_ms + n}-{int(wrong)}", [value_batch("w", end_ms, {"a": n + wrong, "b": -n - wrong})])
        archive.take(f"{end_ms + n}-3", reading_batch([("d", "m", end_ms, float(n))]))
        archive.flush({"val": f"{end_ms + n}-1"}, end_ms)
    return folder, History(path, SCENE)


def assert_all_there(history: History) -> None:
    count = MONTHS * DAYS * HOURS
    assert history.series("w", "b", 0, 2 * NOON_MS).value.tolist() == [-float(n) for n in range(count)]
    assert history.readings("d", 0, 2 * NOON_MS)["value"].to_pylist() == [float(n) for n in range(count)]


@pytest.mark.claim(
    "ENGINE", "Putting files together may be cut off at any step: every row is there once, before and after."
)
def test_cut_off_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, history = filled(tmp_path)
    sync, crashes = manifest._sync, 0
    for steps in range(100):
        left = steps

        def crashing(path: Path) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash
            sync(path)

        monkeypatch.setattr(manifest, "_sync", crashing)
        try:
            compact(folder, LONG, NOON_MS + 100 * DAY_MS)
        except Crash:
            crashes += 1
            assert_all_there(history)
        else:
            break
    assert crashes >= 10
    assert_all_there(history)
    assert {file.tier for file in folder.manifest().files} == {"month"}


def test_files_that_a_crash_left_go_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, history = filled(tmp_path)
    orphans = [folder.path / "values" / "2026-11" / name for name in ("old.parquet", ".half.parquet.17")]
    for orphan in orphans:
        orphan.write_bytes(b"half a file")
    compact(folder, LONG, NOON_MS + 100 * DAY_MS)
    assert all(orphan.exists() for orphan in orphans), "somebody may be writing them"
    monkeypatch.setattr(compaction, "ORPHAN_S", -1.0)
    compact(folder, LONG, NOON_MS + 100 * DAY_MS)
    assert not any(orphan.exists() for orphan in orphans)
    assert_all_there(history)
    on_disk = {path.relative_to(folder.path).as_posix() for path in folder.path.glob("*/*/*")}
    assert on_disk == {file.name for file in folder.manifest().files}


@pytest.mark.claim("ENGINE", "Readers never see half a state while files are put together, and more are written.")
def test_readers_look_on_while_files_are_put_together(tmp_path: Path) -> None:
    folder, history = filled(tmp_path)
    seen: list[bool] = []
    done = threading.Event()

    def look() -> None:
        looks, well = 0, False
        try:
            while not done.is_set() or not looks:
                assert_all_there(history)
                looks += 1
            well = True
        finally:
            seen.append(well)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for n in range(6):
        add_readings(folder, [reading_batch([("other", "m", NOON_MS + n * MINUTE_MS, 1.0)])], f"more{n}", NOON_MS)
        compact(folder, LONG, NOON_MS + 100 * DAY_MS)
    done.set()
    for reader in readers:
        reader.join()
    assert seen == [True, True]


def test_parts_days_and_months_are_made_when_they_are_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "LOOSE", 5)
    folder, history = filled(tmp_path)
    loose = len(folder.manifest().files)
    newest_ms = max(file.last_ms for file in folder.manifest().files)
    for now_ms, tiers in (
        (newest_ms + HOUR_MS, {"day", "part", "month"}),
        (newest_ms + 2 * DAY_MS, {"day", "part", "month"}),  # a day that is one part needs nothing
        (newest_ms + 40 * DAY_MS, {"month"}),
    ):
        compact(folder, LONG, now_ms)
        found = {file.tier for file in folder.manifest().files}
        assert found <= tiers | {"loose"} and len(folder.manifest().files) < loose
        assert_all_there(history)
    assert found == {"month"}
    assert compact(folder, LONG, newest_ms + 40 * DAY_MS) == 0, "nothing is done twice"


def test_what_is_held_and_what_is_missing(tmp_path: Path) -> None:
    folder, _ = filled(tmp_path)
    values = next(held for held in holdings(folder.manifest()) if held.kind == "values")
    assert values.rows == 2 * 2 * MONTHS * DAYS * HOURS and values.imported_rows == 0
    assert len(values.gaps) == 1 and values.gaps[0][1] - values.gaps[0][0] > 25
    assert values.bytes == sum(p.stat().st_size for p in folder.path.glob("values/*/*.parquet"))


def test_long_spans_are_read_by_the_month_or_by_the_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = filled(tmp_path)
    span = (NOON_MS - DAY_MS, NOON_MS + 60 * DAY_MS)
    for rows in (10**6, 1):
        monkeypatch.setattr("store.history.spans.ROWS", rows)
        found = list(pieces(folder.manifest(), *span))
        assert found[0][0] == span[0] and found[-1][1] == span[1]
        assert all(one[1] == other[0] for one, other in pairwise(found))
        assert (len(found) < 5) == (rows > 1)
    assert all(upto_ms - after_ms <= DAY_MS for after_ms, upto_ms in found[:8]), "the month that holds readings"
