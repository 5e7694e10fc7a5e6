"""What a rule says, in words."""

import pytest
from river_town import CITY, COUNTY, INDICATORS, rule

from core.records import Level
from early_warning.rule import Comparison, Condition, Judged, LevelBound, NoData, Override
from early_warning.terms import terms

RAINING = Condition("rain", Comparison.ABOVE, 10.5, area="city")
FULL = rule(
    LevelBound(Level.RED, "stage", reference="warning", offset=0.5, hold_s=600, conditions=(RAINING,)),
    LevelBound(Level.BLUE, "stage", 3.0, judged=Judged.RATE, over_s=1800, clear_after_s=90),
    overrides=(Override(COUNTY, Level.BLUE, 4.0),),
    min_reporting=0.6,
    no_data=NoData.LOST,
    no_data_after_s=600,
)
ZH = [
    "红色：同 ≥ 警戒水位 +0.5，且全市 同 > 10.50 m，持续 10 分钟",
    "蓝色：同 变化速率（30 分钟） ≥ 3 m/h，回落 1.5 分钟后解除",
    "信宜：蓝色阈值为 4",
    "到报率低于 60 % 时按无数据处理",
    "无数据 10 分钟后标为数据中断",
]
EN = [
    "red: same ≥ warning stage +0.5, and of the city same > 10.50 m, for 10 min",
    "blue: rate of same (over 30 min) ≥ 3 m/h, left after 1.5 min below it",
    "信宜: the blue bound is 4",
    "with a reporting rate below 60 % a value counts as no data",
    "called lost after 10 min with no data",
]


@pytest.mark.parametrize(("language", "expected"), [("zh", ZH), ("en", EN)])
@pytest.mark.claim("WARN", "A warning is explained: its values and inputs, and what its rule says, in words")
def test_a_rule_in_words(language: str, expected: list[str]) -> None:
    assert terms(FULL, INDICATORS, {COUNTY: "信宜", CITY: "茂名"}.__getitem__, language) == expected
