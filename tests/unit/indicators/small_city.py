"""A small city for tests of this room: two counties, five stations, one of everything that an indicator can be."""

from __future__ import annotations

from core.declared import Device, Feed, Metric, Words
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification

MINUTE_MS = 60_000
T0_MS = 1_700_000_000_000 // (12 * 3_600_000) * (12 * 3_600_000)
SAME = Words("同", "same")
SOURCE = Source("test", Verification.NONE, Verification.NONE)
LATENESS_S = 1800

AREAS = AreaTree(
    [
        Area("440900", SAME, AreaLevel.CITY, "", (110.9, 21.7)),
        Area("440902", SAME, AreaLevel.COUNTY, "440900", (110.9, 21.7)),
        Area("440981", SAME, AreaLevel.COUNTY, "440900", (110.9, 21.9)),
    ]
)
METRICS = {
    "rain": Metric("rain", SAME, "mm", 0, 500),
    "level": Metric("level", SAME, "m", -20, 5000),
    "noise": Metric("noise", SAME, "dB", 0, 200, pane_s=300),
}
FEEDS = {
    "gauge": Feed("gauge", SAME, "gauge/+/+", late_after_s=600, lateness_s=LATENESS_S),
    "camera": Feed("camera", SAME, "camera/+/+", late_after_s=600, lateness_s=LATENESS_S, kind="camera"),
    "hotline": Feed("hotline", SAME, "hotline/+/+", late_after_s=3600, lateness_s=LATENESS_S, kind="hotline"),
    "probe": Feed("probe", SAME, "probe/+/+", late_after_s=30, lateness_s=60, kind="probe"),
}
DEVICES = {
    device.id: device
    for device in (
        Device("g1", "gauge", SAME, "440902", None, ("rain", "level")),
        Device("g2", "gauge", SAME, "440902", None, ("rain",)),
        Device("g3", "gauge", SAME, "440981", None, ("rain", "level", "noise")),
        Device("c1", "camera", SAME, "440981", None, ("heartbeat",)),
        Device("c2", "camera", SAME, "440902", None, ("heartbeat",)),
    )
}


def indicator(
    name: str, metrics: tuple[str, ...], window_s: int, aggregate: Aggregate, rollup: RollUp, **more: object
) -> Indicator:
    declared = {"slide_s": 300, "levels": ("station", "county", "city"), "metrics": metrics} | more
    return Indicator(
        id=name,
        name=SAME,
        domain="test",
        unit="",
        direction=Direction.INFO,
        window_s=window_s,
        aggregate=aggregate,
        rollup=rollup,
        source=SOURCE,
        **declared,
    )


INDICATORS = {
    i.id: i
    for i in (
        indicator("rain-sum", ("rain",), 1200, Aggregate.SUM, RollUp.MEAN),
        indicator("rain-peak", ("rain",), 600, Aggregate.MAX, RollUp.MAX, early=True),
        indicator("rain-least", ("rain",), 600, Aggregate.MIN, RollUp.MIN, slide_s=600),
        indicator("level-now", ("level",), 900, Aggregate.LAST, RollUp.MAX, early=True, slide_s=60),
        indicator("noise-mean", ("noise",), 900, Aggregate.MEAN, RollUp.MEAN),
        indicator("rain-count", ("rain",), 300, Aggregate.COUNT, RollUp.SUM, settle_s=0),
        indicator("rain-here", ("rain",), 300, Aggregate.REPORTING, RollUp.SHARE),
    )
}
