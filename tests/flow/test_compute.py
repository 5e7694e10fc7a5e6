"""Live decides as readings come, `compute` from the history: of the same readings both say the same."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import catalogue
from benchmarks import engine_load
from catalogue.declared import Declared
from catalogue.versions import Definitions
from core.errors import UnknownName
from core.records import DAY_MS, HOUR_MS, MINUTE_MS, ReadingBatch, Scene, Stamp, Status, Tick, ValueBatch
from core.settings import Settings, load
from indicators.definition import Aggregate
from indicators.reach import reach_ms
from indicators.versions import Superseded
from store.history.manifest import Folder
from store.history.reader import History
from store.history.writer import Archive, add_readings
from stream.appender import split
from stream.codec import decode_values, encode_readings
from stream.keys import Keys
from workers.compute import compute
from workers.stages import CityStage, PartitionStage

REPOSITORY = Path(__file__).parents[2]
SCENE = Scene("live-110000", "110000", Stamp.LIVE, "city")
COLUMNS = {"PM2.5": "pm25_ugm3", "PM10": "pm10_ugm3", "SO2": "so2_ugm3", "NO2": "no2_ugm3", "O3": "o3_ugm3"}
DAYS = 3
PARTITIONS = 2
Told = dict[tuple[str, str, int], tuple[float, int, int]]  # (indicator, area, window end) → value, reported, status


@pytest.fixture(scope="module")
def declared() -> Declared:
    """Beijing without the test reading, whose windows of ten seconds are most of all and say nothing here."""
    whole = catalogue.load(REPOSITORY / "packs", "beijing")
    few = {name: whole.indicators[name] for name in ("ecology.aqi", "system.online")}
    return replace(whole, indicators=few, rules={})


@pytest.fixture(scope="module")
def recorded(recorded_data: Path) -> pd.DataFrame:
    """Three days of Beijing: device, metric, t, value; gaps as recorded."""
    tables = [pd.read_csv(path) for path in sorted((recorded_data / "air_beijing").glob("*.csv.gz"))]
    table = pd.concat(tables)
    hour = pd.to_datetime(table[["year", "month", "day", "hour"]]).dt.tz_localize("Asia/Shanghai")
    table["t"] = (hour - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(milliseconds=1)
    long = table.rename(columns=COLUMNS).melt(["station", "t"], list(COLUMNS.values()), "metric", "value").dropna()
    begin_ms = int(pd.Timestamp("2016-12-15T00:00+08:00").timestamp()) * 1000
    return long[(long.t > begin_ms) & (long.t <= begin_ms + DAYS * DAY_MS)].rename(columns={"station": "device"})


def batch(rows: pd.DataFrame) -> ReadingBatch:
    device, devices = pd.factorize(rows.device)
    metric, metrics = pd.factorize(rows.metric)
    columns = (device.astype(np.int32), metric.astype(np.uint16), rows.t.to_numpy(), rows.value.to_numpy(np.float64))
    quality = np.zeros(len(rows), np.uint16)
    return ReadingBatch("air", Stamp.LIVE, int(rows["at"].max()), tuple(devices), tuple(metrics), *columns, quality)


def live(declared: Declared, arriving: pd.DataFrame, folder: Folder) -> None:
    """What ingest, engine and archive make of readings in the order in which they arrive, a tick each ten minutes."""
    keys = Keys(SCENE.id, PARTITIONS)
    partitions = [PartitionStage(slot, keys, declared) for slot in keys.slots]
    city, archive = CityStage(keys, declared, SCENE), Archive(folder)
    last_ms = int(arriving["at"].max()) + 2 * HOUR_MS
    for now_ms in range(int(arriving["at"].min()) // HOUR_MS * HOUR_MS, last_ms, 10 * MINUTE_MS):
        entry_id = f"{now_ms}-0"
        came = arriving[(arriving["at"] > now_ms - 10 * MINUTE_MS) & (arriving["at"] <= now_ms)]
        for number, part in split(batch(came), PARTITIONS) if len(came) else ():
            partitions[number].fold(encode_readings(part))
            archive.take(entry_id, part)
        for _, panes in [output for stage in partitions for output in stage.decide(Tick(now_ms, {}))]:
            city.fold_beside(panes)
        values = dict(city.decide(Tick(now_ms, {}))).get(keys.values)
        archive.take(entry_id, decode_values(values) if values else list[ValueBatch]())
        if now_ms % DAY_MS == 0:
            archive.flush({"all": entry_id}, now_ms)
    archive.flush({"all": f"{last_ms}-0"}, last_ms)


def told(settings: Settings, declared: Declared, upto_ms: int) -> Told:
    """The history's newest final values."""
    found = History(settings.history_folder, SCENE.id).many(declared.indicators, 0, upto_ms)
    return {
        (indicator, area, end): (value, reported, status)
        for (indicator, area), s in found.items()
        for end, value, reported, status in zip(
            s.end_ms.tolist(), s.value.tolist(), s.reported.tolist(), s.status.tolist(), strict=True
        )
        if status != Status.OPEN
    }


def differing(one: Told, other: Told, keys: Iterable[tuple[str, str, int]]) -> list[object]:
    def same(a: tuple[float, int, int] | None, b: tuple[float, int, int] | None) -> bool:
        return (a is None and b is None) or (
            a is not None
            and b is not None
            and a[1:] == b[1:]
            and (a[0] == b[0] or (math.isnan(a[0]) and math.isnan(b[0])))
        )

    return [(key, one.get(key), other.get(key)) for key in keys if not same(one.get(key), other.get(key))]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load({}), var=tmp_path)


def late(rows: pd.DataFrame, share: float, by_ms: int) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    late_ms = np.where(rng.random(len(rows)) < share, rng.integers(0, by_ms, len(rows)), 0)
    return rows.assign(at=rows.t + 30_000 + late_ms)


@pytest.mark.recorded
@pytest.mark.claim(
    "ENGINE", "compute over the history gives, value for value, what live decided as final from the same readings."
)
def test_compute_says_what_live_said(settings: Settings, declared: Declared, recorded: pd.DataFrame) -> None:
    doubled = pd.concat([recorded, recorded.sample(frac=0.05, random_state=1)])
    folder = Folder(settings.history_folder / SCENE.id)
    live(declared, late(doubled, 0.15, 5 * HOUR_MS), folder)
    first_ms, last_ms = int(recorded.t.min()), int(recorded.t.max())
    before = told(settings, declared, last_ms)
    done = compute(settings, Definitions(declared), SCENE, (first_ms + DAY_MS, last_ms), lambda *_: None)
    after = told(settings, declared, last_ms)
    anew = [key for key in after if first_ms + DAY_MS < key[2] <= last_ms]
    assert done.values == len(anew) > 1000
    assert not differing(before, after, before.keys() | after.keys())
    runs = History(settings.history_folder, SCENE.id).decisions("ecology.aqi", "110000", last_ms - 1, last_ms)["run"]
    assert runs.to_pylist()[-1] == done.run and "" in runs.to_pylist()


@pytest.mark.recorded
@pytest.mark.claim(
    "ENGINE", "Readings beyond the lateness are corrected by compute: the values are those of timely readings."
)
def test_what_came_too_late_counts_when_computed(
    settings: Settings, tmp_path: Path, declared: Declared, recorded: pd.DataFrame
) -> None:
    first_ms, last_ms = int(recorded.t.min()), int(recorded.t.max())
    timely = replace(settings, var=tmp_path / "timely")
    live(declared, late(recorded, 0.0, 1), Folder(timely.history_folder / SCENE.id))
    expected = told(timely, declared, last_ms)
    live(declared, late(recorded, 0.1, 40 * HOUR_MS), Folder(settings.history_folder / SCENE.id))
    aqi = [key for key in expected if key[0] == "ecology.aqi"]
    assert differing(expected, told(settings, declared, last_ms), aqi)
    compute(settings, Definitions(declared), SCENE, (first_ms, last_ms), lambda *_: None, ["ecology.aqi"])
    assert not differing(expected, told(settings, declared, last_ms), aqi)


def test_windows_whose_readings_are_not_kept_any_more_stay_as_they_are(
    settings: Settings, declared: Declared, tmp_path: Path
) -> None:
    rows = [("Dongsi", "pm25_ugm3", n * HOUR_MS, 40.0) for n in range(480_000, 480_000 + 4 * 24)]
    everything = pd.DataFrame(rows, columns=["device", "metric", "t", "value"])
    folder = Folder(settings.history_folder / SCENE.id)
    live(declared, late(everything, 0.0, 1), folder)
    cut_ms = int(everything.t.min()) + 2 * DAY_MS
    import msgspec

    kept = [f for f in folder.manifest().files if f.kind != "readings" or f.first_ms > cut_ms]
    folder.swap(lambda manifest: msgspec.structs.replace(manifest, files=tuple(kept)))
    last_ms = int(everything.t.max())
    before = told(settings, declared, last_ms)
    done = compute(settings, Definitions(declared), SCENE, (0, last_ms), lambda *_: None, ["ecology.aqi"])
    assert done.after_ms > cut_ms and done.values
    assert not differing(before, told(settings, declared, last_ms), before.keys())


@pytest.mark.claim("ENGINE", "compute values a window by the definition of its time, or all by that of now, as asked")
def test_a_window_is_computed_by_the_definition_of_its_time(settings: Settings) -> None:
    declared = engine_load.declared(5)
    mean = declared.indicators["load.m0"]
    begin_ms, minutes = 480_000 * HOUR_MS, 20
    changed_ms = begin_ms + 10 * MINUTE_MS
    event_ms = begin_ms + np.arange(1, 2 * minutes + 1) * (MINUTE_MS // 2)
    none = np.zeros(len(event_ms), np.uint16)
    columns = none.astype(np.int32), none, event_ms, np.where(np.arange(len(event_ms)) % 2, 1.0, 3.0), none
    readings = ReadingBatch("gauge", Stamp.LIVE, 1, ("gauge-0000000",), ("m0",), *columns)
    scene = Scene("live-990000", "990000", Stamp.LIVE, "city")
    add_readings(Folder(settings.history_folder / scene.id), [readings], "past", 1)
    highest = Superseded(replace(mean, version="0", aggregate=Aggregate.MAX), changed_ms)

    def computed(definitions: Definitions) -> dict[int, tuple[str, float]]:
        span = (begin_ms, int(event_ms[-1]))
        compute(settings, definitions, scene, span, lambda *_: None)
        table = History(settings.history_folder, scene.id).decisions("load.m0", "990000", *span)
        rows = zip(*(table[name].to_pylist() for name in ("end_ms", "version", "value")), strict=True)
        return {end: (version, value) for end, version, value in rows}  # of one window the newest decision

    of_its_time = computed(Definitions(declared, (highest,)))
    assert len(of_its_time) == minutes
    assert {told for end, told in of_its_time.items() if end < changed_ms} == {("0", 3.0)}
    assert {told for end, told in of_its_time.items() if end >= changed_ms} == {("1", 2.0)}
    assert set(computed(Definitions(declared)).values()) == {("1", 2.0)}


def test_what_cannot_be_computed_is_refused(settings: Settings, declared: Declared) -> None:
    with pytest.raises(UnknownName, match="no raw reading"):
        compute(settings, Definitions(declared), SCENE, (0, DAY_MS), lambda *_: None)
    with pytest.raises(UnknownName, match="declared: ecology"):
        compute(settings, Definitions(declared), SCENE, (0, DAY_MS), lambda *_: None, ["ecology.unknown"])


def test_how_far_a_value_looks_back(declared: Declared) -> None:
    assert reach_ms(declared.indicators, "ecology.aqi") == HOUR_MS
