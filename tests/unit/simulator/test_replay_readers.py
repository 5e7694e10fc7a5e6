"""The recorded folders, read by us and read by pandas: the same messages, the same values."""

import orjson
import pandas as pd
import pytest

from core.errors import UnknownName
from simulator.replay.recordings import RECORDINGS, pack_of, recording_of, span_ms, timeline

pytestmark = pytest.mark.recorded
ALWAYS = 2**62


def to_ms(stamps):
    return stamps.astype("datetime64[ms, UTC]").astype("int64")


@pytest.fixture(scope="module")
def beijing(recorded_data):
    """One year of two stations by pandas, in our units."""
    frames = []
    for file in sorted((recorded_data / "air_beijing").glob("*.csv.gz")):
        frame = pd.read_csv(file)
        local = pd.to_datetime(frame[["year", "month", "day", "hour"]])
        frame["event_ms"] = to_ms(local.dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC"))
        frames.append(frame)
    found = pd.concat(frames, ignore_index=True)
    found["CO"] /= 1000
    return found


@pytest.mark.claim("PULSE", "the reader of the Beijing air data gives what pandas reads: hours, gaps and CO in mg/m³")
def test_beijing_is_what_pandas_reads(recorded_data, beijing):
    first_ms = int(beijing.event_ms.min()) + 200 * 24 * 3_600_000
    last_ms = first_ms + 120 * 24 * 3_600_000
    names = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
    span = beijing[(beijing.event_ms > first_ms) & (beijing.event_ms <= last_ms)].rename(columns=names)
    expected = {
        (row.station, row.event_ms): {n: getattr(row, n) for n in names.values() if pd.notna(getattr(row, n))}
        for row in span.itertuples()
    }
    expected = {key: values for key, values in expected.items() if values}
    messages = list(timeline([recorded_data / "air_beijing"], first_ms, last_ms))
    read = {(m.device, m.event_ms): orjson.loads(m.payload)["values"] for m in messages}
    assert len(messages) == len(read) == len(expected) > 15_000
    assert read == expected
    assert any(len(values) < 6 for values in read.values()), "the span holds no gap: the test proves nothing of NA"
    assert [m.event_ms for m in messages] == sorted(m.event_ms for m in messages)


def test_beijing_stamps_name_their_zone_and_their_hour(recorded_data, beijing):
    folder = recorded_data / "air_beijing"
    assert span_ms([folder]) == (beijing.event_ms.min(), beijing.event_ms.max())
    first = next(timeline([folder], 0, ALWAYS))
    assert orjson.loads(first.payload)["t"] == "2013-03-01T00:00:00+08:00"
    assert pd.Timestamp(first.event_ms, unit="ms", tz="UTC") == pd.Timestamp("2013-03-01 00:00", tz="Asia/Shanghai")


@pytest.mark.claim("PULSE", "the reader of the Calder river and rain data gives what pandas reads")
def test_calder_is_what_pandas_reads(recorded_data):
    folder = recorded_data / "hydrology_calder"
    expected = {}
    for file in folder.glob("*.csv"):
        frame = pd.read_csv(file)
        stamps = to_ms(pd.to_datetime(frame.dateTime).dt.tz_localize("UTC"))
        device = file.name.removesuffix("-15min-Qualified.csv")
        expected |= {(device, at): value for at, value in zip(stamps, frame.value, strict=True) if pd.notna(value)}
    messages = list(timeline([folder], 0, ALWAYS))
    read = {(m.device, m.event_ms): next(iter(orjson.loads(m.payload)["values"].values())) for m in messages}
    assert len(messages) == len(read)
    assert read == expected
    assert min(read.values()) < 0, "negative levels are legitimate and kept"
    assert {m.topic.split("/")[0] for m in messages} == {"rain", "river"}


def test_calder_keeps_the_word_of_a_doubtful_value_and_leaves_out_missing_ones(tmp_path):
    file = tmp_path / "Ford-level-15min-Qualified.csv"
    file.write_text(
        '"measure","dateTime","date","value","completeness","quality","qcode"\n'
        '"m","2025-08-16T00:00:00","2025-08-16","0.5","","Good",""\n'
        '"m","2025-08-16T00:15:00","2025-08-16","0.6","","Suspect",""\n'
        '"m","2025-08-16T00:30:00","2025-08-16","","","Missing",""\n',
        "utf-8",
    )
    bodies = [orjson.loads(m.payload) for m in RECORDINGS["hydrology_calder"].read(tmp_path, 0, ALWAYS)]
    assert bodies == [
        {"t": "2025-08-16T00:00:00Z", "values": {"stage": 0.5}},
        {"t": "2025-08-16T00:15:00Z", "values": {"stage": 0.6}, "quality": "Suspect"},
    ]


@pytest.mark.claim("PULSE", "the reader of the Austin bus data gives every recorded position, in time order, in km/h")
def test_austin_is_what_pandas_reads(recorded_data):
    folder = recorded_data / "bus_austin"
    frame = pd.concat([pd.read_csv(file) for file in sorted(folder.glob("20*.csv.gz"))], ignore_index=True)
    frame["event_ms"] = to_ms(pd.to_datetime(frame.timestamp, utc=True))
    messages = list(timeline([folder], 0, ALWAYS))
    assert len(messages) == len(frame) == 115_088
    assert [m.event_ms for m in messages] == sorted(frame.event_ms)
    read = {(m.device, m.event_ms): orjson.loads(m.payload) for m in messages}
    for row in frame.sample(2_000, random_state=1).itertuples():
        body = read[(str(row.vehicle_id), row.event_ms)]
        assert (body["lon"], body["lat"]) == (row.longitude, row.latitude)
        assert body["speed_kmh"] == pytest.approx(row.speed * 3.6, abs=0.051)


def test_several_folders_become_one_timeline(recorded_data, tmp_path):
    air = recorded_data / "air_beijing"
    first_ms, _ = span_ms([air])
    upto_ms = first_ms + 48 * 3_600_000
    again = tmp_path / "air_beijing"
    again.mkdir()
    (again / "Dongsi.csv.gz").symlink_to(air / "Dongsi.csv.gz")
    merged = list(timeline([air, again], first_ms, upto_ms))
    assert len(merged) == len(list(timeline([air], first_ms, upto_ms))) + len(
        list(timeline([again], first_ms, upto_ms))
    )
    assert [m.event_ms for m in merged] == sorted(m.event_ms for m in merged)


def test_folders_name_their_city(recorded_data):
    packs = {name: pack_of([recorded_data / name]) for name in RECORDINGS}
    assert packs == {"air_beijing": "beijing", "hydrology_calder": "calder", "bus_austin": "austin"}
    with pytest.raises(UnknownName, match="known folders: air_beijing, hydrology_calder, bus_austin"):
        recording_of(recorded_data / "messages")
    with pytest.raises(UnknownName, match="austin, beijing"):
        pack_of([recorded_data / "air_beijing", recorded_data / "bus_austin"])
