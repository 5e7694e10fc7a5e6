"""What the API answers. Times are ms UTC; names are in the language of the setting; null is unknown."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from indicators.explanation import Explanation

LevelWord = Literal["normal", "blue", "yellow", "orange", "red"]
Record = dict[str, Any]


class Origin(BaseModel):
    """Which scene an answer is about. A stamp other than `live` never reaches a real recipient."""

    scene: str
    city: str
    stamp: str
    server_ms: int = Field(description="Real time")
    city_ms: int = Field(description="City time; another than real time in a replay or an exercise")
    revision: int = Field(description="Revision of the picture that this was read from")


class SourceOfBounds(BaseModel):
    """Where bounds come from, and how far they and their colours are verified."""

    standard: str
    bounds: str
    colours: str
    note: str


class IndicatorDefinition(BaseModel):
    """How an indicator is computed 口径."""

    id: str
    name: str
    domain: str
    unit: str
    direction: str
    window_s: int
    slide_s: int
    aggregate: str
    rollup: str
    levels: list[str]
    metrics: list[str]
    event_types: list[str]
    formula: str
    scheme: str
    period: str
    decimals: int
    version: str
    method: str
    source: SourceOfBounds


class AirQuality(BaseModel):
    """What must stand beside an AQI."""

    model_config = {"populate_by_name": True}

    grade: str | None = Field(alias="class")
    word: str | None
    colour: str | None
    primary: list[str]
    scheme: str


class Value(BaseModel):
    """One indicator at one area or station, now."""

    indicator: str
    area: str
    area_name: str
    value: float | None
    text: str
    unit: str
    end_ms: int
    newest_ms: int
    reported: int
    expected: int
    status: Literal["final", "open", "unknown"]
    level: LevelWord | None
    period: str
    detail: str = Field(description="Primary pollutants; who is `worst:` or `unknown:` in a score; `division_by_zero`")
    beside: dict[str, float | None] = Field({}, description="`baseline`, `forecast` and the like; never the value")
    aqi: AirQuality | None


class Indicators(BaseModel):
    """All declared indicators with the value of the city."""

    origin: Origin
    indicators: list[IndicatorDefinition]
    values: list[Value]


class IndicatorNow(BaseModel):
    """One indicator: definition, and its values by area and station."""

    origin: Origin
    indicator: IndicatorDefinition
    values: list[Value]


class SeriesPoint(BaseModel):
    """One window."""

    end_ms: int
    value: float | None
    status: Literal["final", "open", "unknown"]


class SeriesAnswer(BaseModel):
    """The last day of one indicator at one area or station, oldest first."""

    origin: Origin
    indicator: str
    area: str
    unit: str
    points: list[SeriesPoint]


class History(BaseModel):
    """One indicator at one area or station in the past, oldest first; columns of equal length.

    A point of an hour or a day, or one of long ago, stands for `windows` known windows: value is their mean.
    """

    origin: Origin
    indicator: str
    area: str
    unit: str
    resolution: Literal["window", "hour", "day"]
    end_ms: list[int]
    value: list[float | None]
    low: list[float | None]
    high: list[float | None]
    windows: list[int]
    reported: list[int]
    expected: list[int]
    status: list[Literal["final", "open", "unknown"]]
    beside: dict[str, list[float | None]] = Field(
        description="By the window what stood beside the value, as far as declared: baseline, baseline_low, "
        "baseline_high, forecast, trend_per_h"
    )


class ExplainAnswer(BaseModel):
    """Why a value is what it is, folded anew from the log; and what was told of it, as far as that is still held."""

    origin: Origin
    unit: str
    explanation: Explanation
    told: bool = Field(description="Whether the value as it was told is still held")
    told_value: float | None
    told_version: str
    decided_ms: int
    agrees: bool = Field(description="What was told is what the log says")
    held_from_ms: int = Field(description="City time since when the log holds what came in; 0: nothing")
    whole: bool = Field(description="False: part of what the value rests on may have come in before that")


class WarningNow(BaseModel):
    """One warning episode 监测告警. `phase` cleared: ended during the last minutes."""

    id: str
    rule: str
    rule_name: str
    version: str
    indicator: str
    subject: str
    subject_name: str
    area: str
    level: LevelWord
    peak: LevelWord
    phase: Literal["active", "cleared"]
    issuer: Literal["computed", "issued"]
    since_ms: int
    updated_ms: int
    ended_ms: int | None
    value: float | None
    text: str
    bound: float | None
    unit: str
    trend: str
    sentence: str
    late: bool
    revision: int
    source: SourceOfBounds | None


class AreaCounts(BaseModel):
    """Active warnings of one county; what has no county stands under the city."""

    area: str
    name: str
    level: LevelWord
    counts: dict[str, int]
    total: int


class Warnings(BaseModel):
    """Warnings, the gravest first, and their counts, which add up to the active ones."""

    origin: Origin
    active: int
    areas: list[AreaCounts]
    warnings: list[WarningNow]


class RawMessageNow(BaseModel):
    """A message as it came; bytes that are not UTF-8 are replaced."""

    topic: str
    received_ms: int
    length: int
    payload: str


class StationNow(BaseModel):
    """One device: newest readings, its own bounds, and the message behind them."""

    origin: Origin
    device: str
    name: str
    kind: str
    feed: str
    area: str
    lon: float | None
    lat: float | None
    state: Literal["ok", "silent", "never"]
    newest_ms: int
    simulated: bool
    unplaced: bool
    readings: dict[str, tuple[float, int]]
    references: list[Record]
    raw: RawMessageNow | None


class RefusalCount(BaseModel):
    """How many messages of one feed were refused for one reason since the scene began."""

    feed: str
    reason: str
    sentence: str
    count: int


class Refused(BaseModel):
    """One refused message 拒收报文; at most 2,000 characters of it."""

    id: str
    feed: str
    topic: str
    reason: str
    sentence: str
    detail: str
    received_ms: int
    length: int
    sha256: str
    payload: str


class Refusals(BaseModel):
    """Refused messages, the newest first."""

    origin: Origin
    counts: list[RefusalCount]
    messages: list[Refused]


class Refusal(BaseModel):
    """Why a part of a body was refused."""

    reason: str
    sentence: str
    detail: str


class Pushed(BaseModel):
    """What was appended; when this is answered, it is as durable as this Redis promises."""

    readings: int
    events: int
    refused: Refusal | None
