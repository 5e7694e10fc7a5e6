"""The engine as a process with a real Redis: killed at unfinished backlog it still says what one pass over all says."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forked_worker import StartWorker
from prerequisites import ANSWER_S, REPOSITORY

import catalogue
from catalogue.declared import Declared
from core.clock import real_ms
from core.records import CityWarning, ReadingBatch, Scene, Stamp, Status, WarningPhase
from stream.appender import Appender, Flush
from stream.codec import decode_panes, decode_values, decode_warnings
from stream.connect import Client
from stream.embedded.children import Child
from stream.entries import entries, order
from stream.keys import CITY_SLOT, Keys
from stream.scenes import declare_scene, hold_until

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
BEGIN_MS = 1_795_305_600_000 // HOUR_MS * HOUR_MS
CHUNK_MS, CHUNKS = 15 * MINUTE_MS, 32  # eight hours
KILLS = 20
PARTITIONS = 2


@pytest.fixture(scope="module")
def declared() -> Declared:
    return catalogue.load(REPOSITORY / "packs", "440900")


@pytest.fixture
def readings(declared: Declared) -> pd.DataFrame:
    """Rain and stages of eight hours: device, metric, t, value, and when each arrives (some twice, some late)."""
    rng = np.random.default_rng(11)
    frames = []
    for feed, metric in (("rain", "rain_mm"), ("river", "stage_m")):
        for device in (d for d in declared.devices.values() if d.feed == feed):
            t = np.arange(BEGIN_MS + 1000 * int(rng.integers(60)), BEGIN_MS + CHUNKS * CHUNK_MS, 5 * MINUTE_MS)
            value = rng.gamma(0.6, 2.5, len(t)).round(1) if feed == "rain" else _stages(device.references, len(t), rng)
            frames.append(pd.DataFrame({"device": device.id, "metric": metric, "feed": feed, "t": t, "value": value}))
    told = pd.concat(frames, ignore_index=True)
    late_ms = np.where(rng.random(len(told)) < 0.1, rng.integers(0, 40 * MINUTE_MS, len(told)), 0)
    arriving = told.assign(at=told.t + late_ms)
    return pd.concat([arriving, arriving.sample(frac=0.05, random_state=1)], ignore_index=True)


def _stages(references: object, count: int, rng: np.random.Generator) -> np.ndarray:
    """A wave that passes every reference of a station and falls again."""
    values = [reference.value for reference in references]  # type: ignore[attr-defined]
    low, high = min(values, default=10.0) - 2, max(values, default=12.0) + 0.5
    return (low + (high - low) * np.sin(np.linspace(0, np.pi, count)) + rng.normal(0, 0.05, count)).round(2)


@pytest.fixture
def engine(redis_server: str, start_worker: StartWorker, tmp_path: Path) -> Callable[..., Child]:
    """Start an engine on some packs."""

    def start(packs: Path = REPOSITORY / "packs") -> Child:
        told = {"REDIS_URL": redis_server, "CITYVITALS_TICK_MS": "10", "CITYVITALS_CHECKPOINT_S": "1"}
        told |= {"CITYVITALS_PACKS": str(packs), "CITYVITALS_VAR": str(tmp_path / "var")}
        return start_worker("engine", tmp_path / "engine.log", told)

    return start


def batches(chunk: pd.DataFrame) -> list[ReadingBatch]:
    """One batch a feed, in random order."""
    shuffled = chunk.sample(frac=1, random_state=5)
    found = []
    for feed, rows in shuffled.groupby("feed"):
        device, devices = pd.factorize(rows.device)
        metric, metrics = pd.factorize(rows.metric)
        columns = (device.astype(np.int32), metric.astype(np.uint16), rows.t.to_numpy(), rows.value.to_numpy())
        quality = np.zeros(len(rows), dtype=np.uint16)
        found.append(ReadingBatch(str(feed), Stamp.REPLAY, 1, tuple(devices), tuple(metrics), *columns, quality))
    return found


def values_of(client: Client, keys: Keys) -> dict[tuple[str, int, str], float]:
    """The newest value of each row, with what the values stream promises checked on the way."""
    found: dict[tuple[str, int, str], float] = {}
    for _, fields in entries(client.xrange(keys.values)):
        for batch in decode_values(fields):
            for area, value, status in zip(batch.areas, batch.value, batch.status, strict=True):
                assert np.isnan(value) == (status == Status.UNKNOWN)
                found[batch.indicator, batch.window_end_ms, area] = float(value)
    return found


def warnings_of(client: Client, keys: Keys) -> dict[str, CityWarning]:
    """The newest revision of each warning; every revision is told exactly once."""
    found: dict[str, CityWarning] = {}
    for _, fields in entries(client.xrange(keys.warnings)):
        for warning in decode_warnings(fields):
            assert warning.revision == (found[warning.id].revision + 1 if warning.id in found else 1)
            found[warning.id] = warning
    return found


def told_upto(client: Client, keys: Keys) -> int:
    """City time of the newest decision that valued anything."""
    newest = client.xrevrange(keys.values, count=1)
    return decode_values(newest[0][1])[0].decided_ms if newest else 0


def behind(client: Client, keys: Keys) -> bool:
    """True while some checkpoint lies before the end of its log."""
    for slot in (*keys.slots, CITY_SLOT):
        position = client.hget(keys.checkpoint(slot), "position")
        newest = client.xrevrange(keys.log(slot), count=1)
        if position and newest and order(position.decode()) < order(newest[0][0].decode()):
            return True
    return False


@pytest.mark.claim("PULSE", "Kill -9 of the engine at unfinished backlog: the same values, nothing lost, nothing twice")
@pytest.mark.long  # three kills of ingest and engine stand in thread/test_kills.py
def test_values_and_warnings_survive_kills(
    redis_client: Client,
    declared: Declared,
    readings: pd.DataFrame,
    engine: Callable[..., Child],
    wait_for: Callable[..., None],
) -> None:
    scene = Scene("replay-test", "440900", Stamp.REPLAY, "replay/city", BEGIN_MS, real_ms(), 1e6, BEGIN_MS)
    keys = declare_scene(redis_client, scene, PARTITIONS)
    appender = Appender(redis_client, keys, 100_000)
    kill_at = np.linspace(5, CHUNKS - 3, KILLS).astype(int).tolist()
    process = engine()
    for number in range(CHUNKS + 4):
        upto_ms = BEGIN_MS + number * CHUNK_MS
        chunk = readings[(readings["at"] > upto_ms - CHUNK_MS) & (readings["at"] <= upto_ms)]
        for batch in batches(chunk):
            appender.append(Flush(readings=(batch,)))
        hold_until(redis_client, scene.id, upto_ms)
        if number % 6 == 0:  # decided in steps, so that late readings correct what was told
            wait_for(lambda upto_ms=upto_ms: told_upto(redis_client, keys) >= upto_ms)
        if number in kill_at:
            wait_for(lambda: behind(redis_client, keys))
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = engine()
    end_ms = BEGIN_MS + (CHUNKS + 6) * CHUNK_MS
    hold_until(redis_client, scene.id, end_ms)
    wait_for(lambda: told_upto(redis_client, keys) == end_ms, 30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(ANSWER_S) == 0
    assert_equals_pandas(redis_client, keys, readings)
    assert_floods_are_told(warnings_of(redis_client, keys), declared)


def test_what_another_definition_decided_is_decided_again(
    redis_client: Client,
    declared: Declared,
    readings: pd.DataFrame,
    engine: Callable[..., Child],
    wait_for: Callable[..., None],
    tmp_path: Path,
) -> None:
    scene = Scene("replay-test", "440900", Stamp.REPLAY, "replay/city", BEGIN_MS, real_ms(), 1e6, BEGIN_MS)
    keys = declare_scene(redis_client, scene, PARTITIONS)
    appender = Appender(redis_client, keys, 100_000)
    for number in range(CHUNKS):
        upto_ms = BEGIN_MS + number * CHUNK_MS
        for batch in batches(readings[(readings["at"] > upto_ms - CHUNK_MS) & (readings["at"] <= upto_ms)]):
            appender.append(Flush(readings=(batch,)))
    end_ms = BEGIN_MS + (CHUNKS + 6) * CHUNK_MS
    packs = [REPOSITORY / "packs", shutil.copytree(REPOSITORY / "packs", tmp_path / "packs")]
    rain = packs[1] / "topics/meteorology.yaml"
    rain.write_text(rain.read_text("utf-8").replace("aggregate: sum", "aggregate: max"), "utf-8")
    told, floods = [], []
    for definition in packs:
        before = redis_client.hget(keys.checkpoint(CITY_SLOT), "definition")
        process = engine(definition)
        hold_until(redis_client, scene.id, end_ms)
        wait_for(lambda before=before: redis_client.hget(keys.checkpoint(CITY_SLOT), "definition") != before)
        wait_for(lambda: told_upto(redis_client, keys) == end_ms and not behind(redis_client, keys), 30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(ANSWER_S) == 0
        told.append(values_of(redis_client, keys))
        floods.append(
            {(w.id, w.phase) for w in warnings_of(redis_client, keys).values() if w.rule == "water.river_stage"}
        )
    stages = [{row: value for row, value in values.items() if row[0] == "water.river_stage"} for values in told]
    assert len(stages[0]) > 3000
    pd.testing.assert_series_equal(*(pd.Series(values).sort_index() for values in stages))
    assert floods[0] == floods[1]
    measured = readings[readings.metric == "rain_mm"].drop_duplicates(["device", "t"]).set_index("t").sort_index()
    for device, drops in measured.groupby("device"):
        for window_ms in range(BEGIN_MS + HOUR_MS, BEGIN_MS + CHUNKS * CHUNK_MS - 2 * HOUR_MS, 5 * MINUTE_MS):
            inside = drops.value[(drops.index > window_ms - HOUR_MS) & (drops.index <= window_ms)]
            assert told[1]["meteorology.rain_1h", window_ms, device] == inside.max()
            assert told[0]["meteorology.rain_1h", window_ms, device] == pytest.approx(inside.sum(), abs=1e-9)


def assert_equals_pandas(client: Client, keys: Keys, readings: pd.DataFrame) -> None:
    panes = [decode_panes(fields) for slot in keys.slots for _, fields in entries(client.xrange(keys.panes(slot)))]
    assert sum(p.late for p in panes) == 0
    measured = readings.drop_duplicates(["device", "metric", "t"]).set_index("t").sort_index()
    values = values_of(client, keys)
    checked = 0
    for device, rain in measured[measured.metric == "rain_mm"].groupby("device"):
        for end_ms in range(BEGIN_MS + HOUR_MS, BEGIN_MS + CHUNKS * CHUNK_MS + 1, 5 * MINUTE_MS):
            expected = rain.value[(rain.index > end_ms - HOUR_MS) & (rain.index <= end_ms)].sum()
            assert values["meteorology.rain_1h", end_ms, device] == pytest.approx(expected, abs=1e-9)
            checked += 1
    for device, stage in measured[measured.metric == "stage_m"].groupby("device"):
        for end_ms in range(BEGIN_MS + HOUR_MS, BEGIN_MS + CHUNKS * CHUNK_MS + 1, MINUTE_MS):
            inside = stage.value[(stage.index > end_ms - HOUR_MS // 2) & (stage.index <= end_ms)]
            assert values["water.river_stage", end_ms, device] == inside.iloc[-1]
            checked += 1
    assert checked > 8000
    assert sum(p.doubled for p in panes) == len(readings) - len(measured)


def assert_floods_are_told(warnings: dict[str, CityWarning], declared: Declared) -> None:
    floods = [w for w in warnings.values() if w.rule == "water.river_stage" and w.phase is not WarningPhase.RETRACTED]
    with_references = {d.id for d in declared.devices.values() if d.feed == "river" and d.references}
    assert {w.subject for w in floods} == with_references
    for station in with_references:
        first = min((w for w in floods if w.subject == station), key=lambda w: w.since_ms)
        assert first.facts["reference"] in {"warning", "guaranteed", "record"} and first.facts["datum"]
