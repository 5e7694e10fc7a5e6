"""What a city has declared and several rooms must know: metrics, feeds, devices. Frozen after loading."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.records import Place


@dataclass(frozen=True, slots=True)
class Words:
    """A name in both languages of the screen."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured quantity. Outside [low, high] a reading is flagged and kept out of indicators.

    zero_at_boot: what it reads while its device starts is 0 and means nothing (`indicators/settling.py`).
    quantity "level": a height, which means nothing without the vertical datum of its device.
    """

    id: str
    name: Words
    unit: str
    low: float
    high: float
    pane_s: int = 60
    quantity: str = ""
    zero_at_boot: bool = False


SELDOM = frozenset({"probe", "hand"})  # kinds of feeds that no device of the city fills: they are not shown as silent


@dataclass(frozen=True, slots=True)
class Feed:
    """A source of messages 数据源.

    `topic` is a filter below the scene's root; `decoder` names a file of `ingest/decoders/`. A device that said
    nothing for `late_after_s` is silent. Readings older than `lateness_s` are not folded any more; those more
    than `ahead_s` ahead of the city clock are refused. `fields` maps names on the wire to metrics. After a reconnect
    a device settles 上电 for its first `settle_n` readings and for `settle_for_s`, whichever is over later.
    `snapshots`: another filter, under which the newest picture of each device comes as JPEG; its first `+` is the
    device.
    """

    id: str
    name: Words
    topic: str
    decoder: str = "native"
    every_s: int = 60
    late_after_s: int = 300
    lateness_s: int = 3600
    ahead_s: int = 600
    owner: str = ""
    phone: str = ""
    kind: str = "station"  # station, camera, vehicle, hotline, statistics, or one of SELDOM
    settle_n: int = 0
    settle_for_s: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    snapshots: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A bound of one station, with validity (ms UTC, 0: open) and, for levels, the vertical datum of its station.

    season: ((month, day) first, (month, day) last), both included, each year; None: all year. It goes before one that
    holds all year; `period` is what it is called: 前汛期, 主汛期, 后汛期.
    A bound declared in another datum is converted when it is loaded; `as_declared` then says what stood in its source.
    """

    name: str  # warning, guaranteed, record
    value: float
    unit: str
    datum: str = ""
    source: str = ""
    valid_from_ms: int = 0
    valid_to_ms: int = 0
    as_declared: str = ""
    season: tuple[tuple[int, int], tuple[int, int]] | None = None
    period: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """Something that reports.

    `area` is the smallest area of the tree that it stands in: as declared, else the one around its place; "" unplaced.
    `metrics` are those it is expected to report; `references` its own bounds (river stage).
    `simulated` True: invented by us for demonstration and marked so wherever it is drawn. What it hangs on, "" unknown:
    `feeder` 供电区, `gateway` 网关 and `vendor` 厂商 by their names, `parent` 上级设备 by the id of a device.
    """

    id: str
    feed: str
    name: Words
    area: str
    place: Place | None
    metrics: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    datum: str = ""
    simulated: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    feeder: str = ""
    gateway: str = ""
    vendor: str = ""
    parent: str = ""
