"""What a warning says, word by word."""

from dataclasses import replace

import pytest

from core.declared import Words
from core.records import CityWarning, Issuer, Level, Stamp, WarningPhase
from early_warning.sentence import sentence
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification

SINCE_MS = 1_795_302_600_000  # 2026-11-22 07:10 in China
SOURCE = Source("test", Verification.NONE, Verification.NONE)
DATUM = "1985国家高程基准"


def indicator(zh: str, en: str, unit: str, decimals: int, direction: Direction = Direction.UP_BAD) -> Indicator:
    what = (direction, 900, 60, Aggregate.LAST, RollUp.MAX, ("station",), SOURCE)
    return Indicator("i", Words(zh, en), "test", unit, *what, decimals=decimals)


STAGE = indicator("水位", "river stage", "m", 2)
RAIN = indicator("3小时雨量", "rain in 3 h", "mm", 1)
ONLINE = indicator("设备在线率", "device online rate", "%", 1, Direction.DOWN_BAD)


def warning(value: float, bound: float, unit: str, level: Level, **more: object) -> CityWarning:
    declared = {
        "phase": WarningPhase.ACTIVE,
        "since_ms": SINCE_MS,
        "updated_ms": SINCE_MS + 1_500_000,
        "decided_ms": SINCE_MS + 1_510_000,
        "ended_ms": None,
        "trend": "rising",
        "facts": {"trial": False},
    } | more
    return CityWarning(
        id="w",
        rule="r",
        rule_version="1",
        indicator="i",
        subject="s",
        issuer=Issuer.COMPUTED,
        level=level,
        peak=level,
        value=value,
        bound=bound,
        unit=unit,
        revision=1,
        stamp=Stamp.TEST,
        **declared,
    )


OVER = warning(71.62, 71.2, "m", Level.ORANGE, facts={"trial": False, "reference": "guaranteed", "datum": DATUM})
NEAR = warning(
    69.7, 69.5, "m", Level.BLUE, facts={"trial": False, "reference": "warning", "datum": DATUM, "offset": -0.5}
)
HEAVY = warning(62.3, 50.0, "mm", Level.ORANGE, trend="unknown")
SILENT = warning(94.9, 95.0, "%", Level.YELLOW, trend="falling", facts={"trial": True})
LOST = replace(HEAVY, facts={"trial": False, "lost_ms": SINCE_MS + 1_200_000})
RISE = warning(0.35, 0.3, "m", Level.ORANGE, facts={"trial": False, "judged": "rate", "over_s": 3600, "plain": 70.05})
UNUSUAL = replace(RISE, value=1.2, bound=1.0, facts={"trial": False, "judged": "deviation", "plain": 70.05})
AHEAD = replace(
    RISE, value=71.4, bound=71.0, facts={"trial": False, "judged": "forecast", "ahead_s": 5400, "plain": 70.05}
)
OVER_AGAIN = replace(OVER, phase=WarningPhase.CLEARED, level=Level.NORMAL, ended_ms=SINCE_MS + 4_500_000, value=70.05)


@pytest.mark.parametrize(
    ("said_of", "of", "zh", "en"),
    [
        (
            OVER,
            STAGE,
            f"信宜站 水位 71.62 m，超保证水位 0.42 m(71.20 m,{DATUM})，07:10 起，上涨",
            f"信宜站, river stage 71.62 m, 0.42 m above the guaranteed stage (71.20 m, {DATUM}), since 07:10, rising",
        ),
        (
            NEAR,
            STAGE,
            f"信宜站 水位 69.70 m，距警戒水位 0.30 m(70.00 m,{DATUM})，07:10 起，上涨",
            f"信宜站, river stage 69.70 m, 0.30 m below the warning stage (70.00 m, {DATUM}), since 07:10, rising",
        ),
        (
            HEAVY,
            RAIN,
            "信宜站 3小时雨量 62.3 mm，达橙色阈值 50 mm，07:10 起",
            "信宜站, rain in 3 h 62.3 mm, reached the orange bound of 50 mm, since 07:10",
        ),
        (
            SILENT,
            ONLINE,
            "试运行：信宜站 设备在线率 94.9 %，低于黄色阈值 95 %，07:10 起，下降",
            "Trial: 信宜站, device online rate 94.9 %, below the yellow bound of 95 %, since 07:10, falling",
        ),
        (
            replace(HEAVY, value=49.0, trend="falling"),
            RAIN,
            "信宜站 3小时雨量 49.0 mm，回到橙色阈值 50 mm 附近，未达解除值，07:10 起，下降",
            "信宜站, rain in 3 h 49.0 mm, near the orange bound of 50 mm, not cleared yet, since 07:10, falling",
        ),
        (
            LOST,
            RAIN,
            "信宜站 3小时雨量 62.3 mm，达橙色阈值 50 mm，07:10 起，07:30 起数据中断",
            "信宜站, rain in 3 h 62.3 mm, reached the orange bound of 50 mm, since 07:10, data lost since 07:30",
        ),
        (
            RISE,
            STAGE,
            "信宜站 水位 70.05 m，变化速率 +0.35 m/h，达橙色阈值 +0.30 m/h，07:10 起，上涨",
            "信宜站, river stage 70.05 m, changing by +0.35 m/h, reached the orange bound of +0.30 m/h, since 07:10,"
            " rising",
        ),
        (
            UNUSUAL,
            STAGE,
            "信宜站 水位 70.05 m，较往常同时 +1.20 m，达橙色阈值 +1 m，07:10 起，上涨",
            "信宜站, river stage 70.05 m, +1.20 m against what is usual at this hour, reached the orange bound of +1 m,"
            " since 07:10, rising",
        ),
        (
            AHEAD,
            STAGE,
            "信宜站 水位 70.05 m，按当前趋势 90 分钟后为 71.40 m，达橙色阈值 71 m，07:10 起，上涨",
            "信宜站, river stage 70.05 m, going on like this 71.40 m in 90 min, reached the orange bound of 71 m,"
            " since 07:10, rising",
        ),
        (
            OVER_AGAIN,
            STAGE,
            "信宜站 水位 已解除：07:10 至 08:25，最高达严重(橙色)，现 70.05 m",
            "信宜站, river stage cleared: 07:10 to 08:25, at most Severe (orange), now 70.05 m",
        ),
        (
            replace(OVER_AGAIN, late=True),
            STAGE,
            "补报：信宜站 水位 已解除：07:10 至 08:25，最高达严重(橙色)，现 70.05 m",
            "Late report: 信宜站, river stage cleared: 07:10 to 08:25, at most Severe (orange), now 70.05 m",
        ),
        (
            replace(OVER, phase=WarningPhase.RETRACTED),
            STAGE,
            "信宜站 水位 07:10 的监测告警撤销：补到的数据表明未达阈值",
            "信宜站, river stage: computed warning since 07:10 withdrawn, late data do not reach the bound",
        ),
    ],
)
def test_the_sentence(said_of: CityWarning, of: Indicator, zh: str, en: str) -> None:
    assert sentence(said_of, "信宜站", of, "zh") == zh
    assert sentence(said_of, "信宜站", of, "en") == en


def test_yesterdays_beginning_carries_its_date() -> None:
    later = replace(OVER, updated_ms=SINCE_MS + 86_400_000)
    assert "11月22日 07:10 起" in sentence(later, "信宜站", STAGE, "zh")


def test_exactly_at_the_reference() -> None:
    assert "达保证水位(71.20 m," in sentence(replace(OVER, value=71.2), "信宜站", STAGE, "zh")


def test_a_warning_of_an_open_window_never_stands_since_a_time_to_come() -> None:
    early = replace(HEAVY, decided_ms=SINCE_MS - 60_000)
    assert "07:09 起" in sentence(early, "怀乡", RAIN, "zh")
