"""Past years out of XLSX, CSV, SQL and Parquet: what is good is in the history, what is not stands in the report."""

from __future__ import annotations

import csv
import gzip
import math
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import hypothesis
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import strategies as st

import catalogue
from catalogue.declared import Declared
from catalogue.versions import Definitions
from core.clock import real_ms, to_ms
from core.errors import TableError, UnknownName
from core.records import DAY_MS, HOUR_MS, Quality, Scene, Stamp
from core.settings import Settings, load
from ingest.known import Known
from ingest.tables.mapping import Mapping, mapping_of, read_mapping
from ingest.tables.rows import Rows
from ingest.tables.sources import Chunk
from store.history.manifest import Folder
from store.history.reader import History
from workers.compute import compute
from workers.history import told_import, told_status
from workers.past import import_tables, table_of_query, tables_of

REPOSITORY = Path(__file__).parents[2]
SCENE = Scene("live-110000", "110000", Stamp.LIVE, "city")
WIDE = {"feed": "air", "zone": "+08:00", "time": "time", "device": "station"}
WIDE |= {"metrics": {"PM2.5": "pm25_ugm3", "CO": {"metric": "co_mgm3", "factor": 0.001}}}
LONG = {"feed": "air", "zone": "+08:00", "time": "time", "device": "station", "metric": "item", "value": "figure"}
SEVEN_MS = to_ms(datetime.fromisoformat("2016-12-15T07:00+08:00"))


@pytest.fixture(scope="module")
def declared() -> Declared:
    return catalogue.load(REPOSITORY / "packs", "beijing")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load({"CITYVITALS_LANGUAGE": "en"}), var=tmp_path / "var")


HEADING = ["station", "time", "PM2.5", "CO"]
ROWS = [["Dongsi", "2016-12-15 07:00", "81", "1200"], ["Dongsi", "2016-12-15 08:00", "NA", "900.5"]]


def as_csv(path: Path) -> Path:
    path = path / "past.csv"
    path.write_text("\n".join(",".join(row) for row in [HEADING, *ROWS]), "utf-8")
    return path


def as_chinese_csv(path: Path) -> Path:
    path = path / "past.csv"
    path.write_bytes(
        "\n".join(",".join(row) for row in [[*HEADING, "备注"], *([*r, "正常"] for r in ROWS)]).encode("gb18030")
    )
    return path


def as_compressed_csv(path: Path) -> Path:
    path = path / "past.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=";").writerows([HEADING, *ROWS])
    return path


def as_workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in [HEADING, *ROWS]:
        cells = [row[0], datetime.fromisoformat(row[1]), *map(float, row[2:])] if row[2] == "81" else row
        book.active.append(cells)
    book.save(path / "past.xlsx")
    return path / "past.xlsx"


def as_parquet(path: Path) -> Path:
    frame = pd.DataFrame(ROWS, columns=HEADING)
    frame["time"] = pd.to_datetime(frame["time"])
    frame.to_parquet(path / "past.parquet")
    return path / "past.parquet"


@pytest.mark.claim(
    "ENGINE", "Past years come in from CSV, XLSX, Parquet and SQL with the same readings, marked imported."
)
@pytest.mark.parametrize("make", [as_csv, as_chinese_csv, as_compressed_csv, as_workbook, as_parquet])
def test_every_kind_of_table_gives_the_same_readings(
    tmp_path: Path, settings: Settings, declared: Declared, make: Callable[[Path], Path]
) -> None:
    mapping = mapping_of(WIDE, "test")
    outcome = import_tables(settings, declared, SCENE, tables_of([make(tmp_path)], mapping), mapping)
    assert (outcome.rows, outcome.readings, outcome.gaps) == (2, 3, 1) and not outcome.refused and not outcome.flagged
    found = History(settings.history_folder, SCENE.id).readings("Dongsi", 0, real_ms())
    told = list(zip(*(found[name].to_pylist() for name in ("metric", "event_ms", "value", "imported")), strict=True))
    assert sorted(told) == [
        ("co_mgm3", SEVEN_MS, pytest.approx(1.2), True),
        ("co_mgm3", SEVEN_MS + HOUR_MS, pytest.approx(0.9005), True),
        ("pm25_ugm3", SEVEN_MS, 81.0, True),
    ]


def test_a_database_is_asked_and_a_wrong_question_is_refused_without_its_address(
    tmp_path: Path, settings: Settings, declared: Declared
) -> None:
    with sqlite3.connect(tmp_path / "old.db") as database:
        database.execute("create table r (station, time, item, figure)")
        database.executemany(
            "insert into r values (?,?,?,?)", [("Dongsi", r[1], "pm25", 10 + n) for n, r in enumerate(ROWS)]
        )
    database.close()
    mapping, url = mapping_of(LONG, "test"), f"sqlite:///{tmp_path / 'old.db'}"
    outcome = import_tables(settings, declared, SCENE, [table_of_query(url, "select * from r", mapping)], mapping)
    assert outcome.readings == 2
    found = History(settings.history_folder, SCENE.id).readings("Dongsi", 0, real_ms(), "pm25_ugm3")
    assert found["value"].to_pylist() == [10.0, 11.0]
    for wrong, query in (
        (url, "select nothing"),
        ("nodriver://u:secret@h/d", "select 1"),
        (url, "select station from r"),
    ):
        with pytest.raises(TableError) as refused:
            import_tables(settings, declared, SCENE, [table_of_query(wrong, query, mapping)], mapping)
        assert "secret" not in str(refused.value)


@pytest.mark.claim(
    "ENGINE", "What an import refuses or flags stands in a report with row, reason and value; nothing stops it."
)
def test_what_is_refused_stands_in_the_report(tmp_path: Path, settings: Settings, declared: Declared) -> None:
    good = "Dongsi,2016-12-15T07:00+08:00,pm25_ugm3,35.2"
    bad = {
        2: ("bad|name,2016-12-15T07:00,pm25_ugm3,1", "bad-name"),
        4: ("Dongsi,yesterday,pm25_ugm3,1", "bad-time"),
        5: ("Dongsi,2999-01-01,pm25_ugm3,1", "far-from-clock"),
        6: ("Dongsi,1612-12-15,pm25_ugm3,1", "far-from-clock"),
        7: ('Dongsi,2016-12-15,pm25_ugm3,"1,5"', "wrong-type"),
        8: ("Dongsi,2016-12-15,pm25_ugm3,inf", "not-finite"),
        9: ("Dongsi", "bad-time"),
        11: ("Dongsi,2016-12-15,pm25_ugm3,99999", "out-of-range"),
        12: ("Nobody,2016-12-15,pm25_ugm3,1", "unplaced"),
        13: ("Dongsi,2016-12-15,perfume,1", "unknown-metric"),
    }
    lines = [bad[row][0] if row in bad else good for row in range(2, 14)]
    (tmp_path / "past.csv").write_text("\n".join(["station,time,item,figure", *lines]), "utf-8")
    mapping = mapping_of(LONG, "test")
    outcome = import_tables(settings, declared, SCENE, tables_of([tmp_path / "past.csv"], mapping), mapping)
    with outcome.report.open(encoding="utf-8-sig") as file:
        report = {int(line["row"]): (line["reason"], line["kept"]) for line in csv.DictReader(file)}
    kept = {"out-of-range", "unplaced", "unknown-metric"}
    assert report == {row: (reason, "yes" if reason in kept else "no") for row, (_, reason) in bad.items()}
    assert outcome.refused["far-from-clock"] == 2 and sum(outcome.flagged.values()) == 3
    assert outcome.readings == 12 - 7
    flags = History(settings.history_folder, SCENE.id).readings("Nobody", 0, real_ms())["quality"].to_pylist()
    assert flags == [Quality.UNPLACED]
    sentences = "\n".join(told_import(settings, SCENE, outcome))
    assert "Refused 2: The time is far from the city clock" in sentences and str(outcome.report) in sentences


def test_tables_and_mappings_that_cannot_be_read_are_refused(
    tmp_path: Path, settings: Settings, declared: Declared
) -> None:
    mapping = mapping_of(LONG, "test")
    for name, content in (
        ("a.csv", "x,y\n1,2"),
        ("b.txt", ""),
        ("c.xlsx", "no zip"),
        ("d.parquet", "none"),
        ("e.csv.gz", "no gzip"),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(TableError, match=name):
            import_tables(settings, declared, SCENE, tables_of([tmp_path / name], mapping), mapping)
    with pytest.raises(TableError, match=r"item, figure; it has x, y"):
        import_tables(
            settings,
            declared,
            SCENE,
            tables_of([tmp_path / "a.csv"], mapping_of(LONG | {"time": "x", "device": "y"}, "t")),
            mapping,
        )
    with pytest.raises(UnknownName, match="feed 'none'"):
        import_tables(settings, declared, SCENE, [], mapping_of(LONG | {"feed": "none"}, "t"))
    for wrong in ({"zone": "CST"}, {"value": ""}, {"device": ""}, {"metric": "", "value": ""}, {"colour": "red"}):
        with pytest.raises(TableError):
            mapping_of(LONG | wrong, "test")
    (tmp_path / "m.yaml").write_text("feed: [", "utf-8")
    with pytest.raises(TableError, match=r"m\.yaml"):
        read_mapping(tmp_path / "m.yaml")


CELL = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.binary(max_size=4)
)


@hypothesis.given(
    cells=st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=8),
    time=st.sampled_from(["time", ["time", "figure"]]),
    time_format=st.sampled_from(["iso", "epoch_s", "%Y/%m/%d"]),
)
@hypothesis.settings(max_examples=200)
def test_no_cell_stops_a_chunk(
    declared: Declared, cells: list[tuple[object, ...]], time: object, time_format: str
) -> None:
    mapping = Mapping.model_validate(LONG | {"time": time, "time_format": time_format})
    known = Known(SCENE, declared.feeds, declared.devices, declared.metrics, 0)
    columns = dict(zip(("station", "time", "item", "figure"), zip(*cells, strict=True), strict=True)) if cells else {}
    if columns:
        taken = Rows(mapping, declared.feeds["air"], known, real_ms()).take(Chunk(2, columns))
        refused = sum(not remark.kept for remark in taken.remarks)
        assert len(taken.batch) + taken.gaps + refused == len(cells)
        assert np.isfinite(taken.batch.value).all()


def test_the_same_file_twice_is_one_import_and_compute_fills_indicators(
    tmp_path: Path, settings: Settings, declared: Declared
) -> None:
    mapping = mapping_of(WIDE | {"metrics": {"PM2.5": "pm25_ugm3"}}, "test")
    rows = [f"Dongsi,2016-{month:02}-15 {hour:02}:00,{hour + 30},0" for month in (2, 3) for hour in range(24)]
    (tmp_path / "past.csv").write_text("\n".join([",".join(HEADING), *rows]), "utf-8")
    for _ in range(2):
        import_tables(settings, declared, SCENE, tables_of([tmp_path / "past.csv"], mapping), mapping)
    status = "\n".join(told_status(settings, SCENE))
    assert "Raw readings: 2016-02-15 to 2016-03-15, 48 rows" in status and "of which 48 rows imported" in status
    span = (SEVEN_MS - 400 * DAY_MS, SEVEN_MS)
    compute(settings, Definitions(declared), SCENE, span, lambda *_: None, ["ecology.aqi"])
    series = History(settings.history_folder, SCENE.id).series("ecology.aqi", "Dongsi", *span)
    known = series.value[~np.isnan(series.value)]
    # HJ 633-2012: 0 to 35 µg/m³ is an index of 0 to 50, above it 35 to 75 is 50 to 100; rounded up
    indices = [math.ceil(50 + 50 * (c - 35) / 40 if c > 35 else 50 * c / 35) for c in range(30, 54)]
    assert sorted(known.tolist()) == sorted(2 * indices)
    decisions = History(settings.history_folder, SCENE.id).decisions("ecology.aqi", "Dongsi", *span)
    assert all(decisions["imported"].to_pylist())
    assert Folder(settings.history_folder / SCENE.id).manifest().files
