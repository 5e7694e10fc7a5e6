"""How the columns of a table become readings: which column names the device, which tells the time, in which zone."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import TableError

TIME_PARTS = ("year", "month", "day", "hour", "minute", "second")
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-", "--", "—", "无", "缺测")


class Quantity(BaseModel):
    """What a column of figures is: a metric, and what to multiply a figure with to have it in the metric's unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    factor: float = 1.0


class Mapping(BaseModel):
    """Of one table, or of many that look alike.

    Wide: each of `metrics` is a column, a row holds several readings. Long: `metric` and `value` are columns, a row
    holds one; `metrics` then renames what stands in the column. Names that nobody maps are looked up in the fields of
    the feed, and else taken as they are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    feed: str
    zone: str = Field(description="+08:00: the zone of times that name none. Stated always, guessed never")
    time: str | list[str] = Field(description="A column, or columns for year, month, day, hour, minute, second")
    time_format: str = Field(default="iso", description="iso, epoch_s, epoch_ms, or as in strptime: %d/%m/%Y %H:%M")
    device: str = Field(default="", description="A column")
    device_is: str = Field(default="", description="Instead: the one device of the table")
    metrics: dict[str, Quantity] = {}
    metric: str = ""
    value: str = ""
    missing: list[str] = list(MISSING)
    sheet: str = Field(default="", description="Of a workbook; empty: its first")

    @field_validator("metrics", mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        """`PM2.5: pm25_ugm3` is short for `PM2.5: {metric: pm25_ugm3}`."""
        if not isinstance(given, dict):
            return given
        return {column: {"metric": said} if isinstance(said, str) else said for column, said in given.items()}

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, given: str) -> str:
        if not re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", given):
            raise ValueError(f"{given!r} is not a zone such as +08:00")
        return given

    @model_validator(mode="after")
    def _whole(self) -> Mapping:
        if bool(self.device) == bool(self.device_is):
            raise ValueError("either device (a column) or device_is (a name) must be given")
        if bool(self.metric) != bool(self.value):
            raise ValueError("a long table needs both metric and value")
        if not self.metric and not self.metrics:
            raise ValueError("neither metrics (a wide table) nor metric and value (a long one) are given")
        return self

    @property
    def offset(self) -> timezone:
        """The zone of times that name none."""
        hours, minutes = int(self.zone[1:3]), int(self.zone[4:])
        ahead = timedelta(hours=hours, minutes=minutes)
        return timezone(-ahead if self.zone[0] == "-" else ahead)

    @property
    def layout(self) -> Literal["wide", "long"]:
        """One column a metric, or one row a reading."""
        return "long" if self.metric else "wide"

    @property
    def columns(self) -> list[str]:
        """The columns that a table must have."""
        times = [self.time] if isinstance(self.time, str) else self.time
        figures = [self.metric, self.value] if self.metric else list(self.metrics)
        return [*([self.device] if self.device else []), *times, *figures]


def read_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file. Raises TableError with every mistake."""
    try:
        return mapping_of(yaml.safe_load(path.read_text("utf-8")), str(path))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise TableError(f"{path} cannot be read: {problem}") from problem


def mapping_of(given: object, where: str) -> Mapping:
    """A mapping from plain members. Raises TableError with every mistake."""
    try:
        return Mapping.model_validate(given)
    except ValidationError as wrong:
        told = [f"{'.'.join(map(str, e['loc'])) or 'mapping'}: {e['msg']}" for e in wrong.errors()]
        raise TableError(f"{where}: " + "; ".join(told)) from wrong
