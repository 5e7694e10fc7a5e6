"""A small city to draw: three counties, a few stations, two domains, the rules of rain and river."""

from __future__ import annotations

from pathlib import Path

import pytest

import catalogue
from catalogue.declared import City, Declared, Domain
from core.declared import Device, Feed, Metric, Reference, Words
from core.records import Level, Place, Scene, Stamp
from early_warning.rule import LevelBound, Rule, RuleState
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification

PACKS = Path(__file__).resolve().parents[3] / "packs"
SOURCE = Source("SL 1", Verification.VERIFIED, Verification.PARTIAL, "colours are ours")


def words(zh: str) -> Words:
    return Words(zh, zh.encode().hex())


def indicator(id_: str, domain: str, **more: object) -> Indicator:
    plain = {
        "name": words(id_),
        "unit": "m",
        "direction": Direction.UP_BAD,
        "window_s": 60,
        "slide_s": 60,
        "aggregate": Aggregate.LAST,
        "rollup": RollUp.MAX,
        "levels": ("station", "county", "city"),
        "source": SOURCE,
    }
    return Indicator(id=id_, domain=domain, **(plain | more))  # type: ignore[arg-type]


def areas() -> AreaTree:
    counties = [Area(f"44090{n}", words(f"县{n}"), AreaLevel.COUNTY, "440900", (110.9, 21.6 + n / 10)) for n in (2, 4)]
    counties.append(Area("440981", words("高州市"), AreaLevel.COUNTY, "440900", (110.8, 21.9)))
    return AreaTree([Area("440900", words("茂名市"), AreaLevel.CITY, "", (110.9, 21.7)), *counties])


def devices() -> list[Device]:
    place = Place(110.8, 21.9, 10.0, "device")
    references = (Reference("warning", 70.4, "m"), Reference("guaranteed", 71.2, "m"))
    return [
        Device("river-1", "river", words("信宜站"), "440981", place, ("stage_m",), references),
        Device("river-2", "river", words("高州站"), "440981", place, ("stage_m",)),
        Device("air-1", "air", words("气站"), "440902", place, ("pm25_ugm3",), simulated=True),
        Device("bus-1", "bus", words("公交1"), "", None, ("lon_deg", "lat_deg")),
        Device("cam-1", "cam", words("路口"), "440904", place, ()),
        Device("probe-1", "probe", words("拨测"), "", None, ("sent_ms",)),
    ]


def rules() -> list[Rule]:
    bounds = (
        LevelBound(Level.YELLOW, "river.stage", reference="warning"),
        LevelBound(Level.ORANGE, "river.stage", reference="guaranteed", offset=0.1),
    )
    plain = {"domain": "eco", "direction": Direction.UP_BAD, "source": SOURCE}
    return [
        Rule("stage", "1", words("超警"), subjects="station", bounds=bounds, state=RuleState.ACTIVE, **plain),
        Rule("trial", "1", words("试"), subjects="county", bounds=bounds, state=RuleState.TRIAL, **plain),
    ]


@pytest.fixture(scope="session")
def declared() -> Declared:
    scheme = catalogue.load(PACKS, "440900").schemes["hj633-2012-hourly"]
    kinds = {"river": "station", "air": "station", "bus": "vehicle", "cam": "camera", "probe": "probe"}
    feeds = [
        Feed(id_, words(id_), id_, late_after_s=300, owner="水务局", phone="12345", kind=kind)
        for id_, kind in kinds.items()
    ]
    indicators = [
        indicator("river.stage", "eco", metrics=("stage_m",), decimals=2),
        indicator("air.aqi", "eco", metrics=("pm25_ugm3",), formula="aqi", scheme="hj", decimals=0, unit=""),
        indicator("econ.growth", "econ", metrics=("growth",), period="month", unit="%"),
        indicator("system.probe", "", metrics=("sent_ms",), levels=("city",)),
    ]
    metrics = [Metric(m, words(m.upper()), "", -1e9, 1e13) for m in ("stage_m", "pm25_ugm3", "growth", "sent_ms")]
    return Declared(
        city=City("440900", words("茂名市"), "天地图", "2023", "", "信息中心", "2911234"),
        areas=areas(),
        boundaries={},
        domains=(Domain("econ", words("经济"), "econ.growth"), Domain("eco", words("生态"), "air.aqi")),
        metrics={m.id: m for m in metrics},
        feeds={f.id: f for f in feeds},
        devices={d.id: d for d in devices()},
        indicators={i.id: i for i in indicators},
        rules={r.id: r for r in rules()},
        schemes={"hj": {**scheme, "valid_to": None}},
    )


@pytest.fixture
def scene() -> Scene:
    return Scene("demo-440900", "440900", Stamp.DEMO, "city")
