"""Figures, times and ages in both languages."""

import math

import pytest

from core import wording

SUNDAY_0735 = 1_795_304_100_000  # 2026-11-22 07:35 in China, still the 21st in UTC


@pytest.mark.parametrize(
    ("value", "decimals", "zh", "en"),
    [
        (0.0, 1, "0.0", "0.0"),
        (-0.04, 1, "0.0", "0.0"),
        (9999.0, 0, "9,999", "9,999"),
        (10_000.0, 0, "1 万", "10,000"),
        (123_000.0, 0, "12.3 万", "123,000"),
        (-123_456.0, 0, "-12.35 万", "-123,456"),
        (340_000_000.0, 0, "3.4 亿", "340,000,000"),
        (math.nan, 2, "—", "—"),
        (math.inf, 2, "—", "—"),
    ],
)
def test_figures(value: float, decimals: int, zh: str, en: str) -> None:
    assert (wording.figure(value, decimals, "zh"), wording.figure(value, decimals, "en")) == (zh, en)


def test_times_are_chinas() -> None:
    assert wording.date_time(SUNDAY_0735, "zh") == "11月22日(周日) 07:35"
    assert wording.date_time(SUNDAY_0735, "en") == "Sun 22 Nov 07:35"
    assert wording.time_seen_from(SUNDAY_0735, SUNDAY_0735 + 60_000, "zh") == "07:35"
    assert wording.time_seen_from(SUNDAY_0735, SUNDAY_0735 + 17 * 3_600_000, "en") == "22 Nov 07:35"


@pytest.mark.parametrize(
    ("passed_s", "zh"),
    [
        (-60, "刚刚"),
        (4, "刚刚"),
        (59, "59 秒前"),
        (60, "1 分钟前"),
        (3599, "59 分钟前"),
        (3600, "1 小时前"),
        (200_000, "2 天前"),
    ],
)
def test_ages(passed_s: int, zh: str) -> None:
    assert wording.age(SUNDAY_0735, SUNDAY_0735 + passed_s * 1000, "zh") == zh
