"""The register of units 力量: by kind, how each stands and where it was seen; the form of one. No scripts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote, urlencode

from core.markup import Markup, Part, el
from core.messages import catalogue
from core.units import UnitKind, UnitRow
from core.wording import age, capability, clock_time
from dispatch.shifts import is_on_shift
from dispatch.units import Duty, Unit
from geo.frames import MapFrame
from layouts.account_frame import Frame

SHAPES = {Duty.FREE: "◇", Duty.BUSY: "◆", Duty.RESERVED: "▷", Duty.OFF: "—"}
SEEN, SEEN_LONG_AGO = "●", "○"  # a position younger than two minutes, and an older one
HEADS = ("units.state", "units.name", "units.department", "units.capabilities", "units.home", "units.seen")
SHOWN = 300  # rows; of more one looks for the right one
FORM, DEPARTMENTS = "units", "departments"

# Field of a unit → its word.
LABELS = {
    "unit": "units.id",
    "kind": "units.kind",
    "name": "units.name",
    "department": "units.department",
    "capabilities": "units.capabilities",
    "area": "units.area",
    "members": "units.members",
    "lon_deg": "units.lon",
    "lat_deg": "units.lat",
    "phone": "units.phone",
    "device": "units.device",
    "shifts": "units.shifts",
    "speed_kmh": "units.speed",
    "crew": "units.crew",
    "crew_needed": "units.crew_needed",
}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which units are looked for; "" for all. area: of a county or a zone."""

    kind: str = ""
    area: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Where units of one area are at home. name: of the area itself."""

    county: str
    county_name: str
    name: str


@dataclass(frozen=True, slots=True)
class Register:
    """What the page shows. counts: by kind, of all that are looked for but for their kind; homes: by area of a unit.

    areas: choices. kept: areas whose units whoever looks may change; edits: he may, somewhere. abilities, departments:
    those that units of the city have. now_ms: city time.
    """

    units: Sequence[Unit]
    counts: Mapping[str, int]
    narrowing: Narrowing
    homes: Mapping[str, Home]
    areas: Mapping[str, str]
    kept: Collection[str]
    edits: bool
    abilities: Sequence[str]
    departments: Sequence[str]
    now_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What the form holds. row: the unit to be changed, None for a new one; ticked: what it can do."""

    row: UnitRow | None
    revision: int
    ticked: Sequence[str]


def units_page(frame: Frame, register: Register, entry: Entry | None) -> str:
    """The units by kind, and beside them the form."""
    shown = register.units[:SHOWN]
    heads = (*HEADS, "units.members")
    rows: list[Part] = []
    for kind, units in groupby(shown, key=lambda unit: unit.kind):
        rows.append(_group(frame, kind, register.counts[kind], len(heads)))
        rows += [_row(frame, register, unit) for unit in units]
    beyond = len(register.units) - len(shown)
    more = el("p", frame.word("units.beyond", n=beyond), class_="note") if beyond else None
    empty = "units.none_found" if register.narrowing != Narrowing() else "units.none"
    lead = el("section", _kinds(frame, register), _search(frame, register), frame.table(heads, rows, empty=empty), more)
    beside = [_form(frame, register, entry)] if entry else []
    return frame.page("units", el("div", lead, el("aside", *beside), class_="list"))


def _kinds(frame: Frame, register: Register) -> Markup:
    """All kinds with how many there are; one of them is looked at."""
    narrowing = register.narrowing
    links = []
    for kind in ("", *UnitKind):
        count = register.counts.get(kind, 0) if kind else sum(register.counts.values())
        asked = {name: one for name, one in (("kind", kind), ("area", narrowing.area), ("q", narrowing.words)) if one}
        here = "page" if narrowing.kind == kind else None
        word = frame.word(f"units.kind-{kind}" if kind else "units.all")
        links.append(frame.link(f"units?{urlencode(asked)}", word, f" {count}", aria_current=here))
    return el("p", *links, class_="notice-states")


def _search(frame: Frame, register: Register) -> Markup:
    narrowing = register.narrowing
    areas = [("", frame.word("units.everywhere")), *register.areas.items()]
    options = [el("option", word, value=value, selected=value == narrowing.area) for value, word in areas]
    looked_for = frame.word("units.words")
    return el(
        "form",
        el("input", type="hidden", name="kind", value=narrowing.kind) if narrowing.kind else None,
        el("select", options, name="area", aria_label=frame.word("units.area")),
        el("input", type="search", name="q", value=narrowing.words, placeholder=looked_for, aria_label=looked_for),
        el("button", frame.word("units.find")),
        frame.link("units", frame.word("units.clear")) if narrowing != Narrowing() else None,
        action=f"{frame.base_path}units",
        class_="search",
    )


def _group(frame: Frame, kind: UnitKind, count: int, columns: int) -> Markup:
    head = el("th", frame.word(f"units.kind-{kind}"), f" {count}", scope="rowgroup", colspan=columns)
    return el("tr", head, class_="group")


def _row(frame: Frame, register: Register, unit: Unit) -> Markup:
    home = register.homes[unit.area]
    keeps = unit.area in register.kept
    name = frame.link(f"units?unit={quote(unit.id)}", el("b", unit.name)) if keeps else el("b", unit.name)
    within = el("small", home.name) if home.name != home.county_name else None
    return el(
        "tr",
        el("td", *_state(frame, unit, register.now_ms), class_="figure"),
        el("td", name, el("small", unit.id)),
        el("td", unit.department),
        el("td", frame.listed(capability(one, frame.language) for one in sorted(unit.capabilities))),
        el("td", home.county_name, within),
        el("td", *_seen(frame, unit, register.now_ms), class_="figure"),
        el("td", _members(frame, unit, keeps)),
        class_="over" if unit.duty is Duty.OFF else None,
    )


def _state(frame: Frame, unit: Unit, now_ms: int) -> tuple[Part, ...]:
    """Whether it can be sent, by shape and word; what speaks against it although it is free."""
    doubts = []
    if unit.duty is not Duty.OFF and not is_on_shift(unit.shifts, now_ms):
        doubts.append(frame.word("units.off_shift"))
    if unit.rests_until_ms > now_ms:
        doubts.append(frame.word("units.resting", at=clock_time(unit.rests_until_ms)))
    state = el("span", f"{SHAPES[unit.duty]} {frame.word(f'dispatch.duty_{unit.duty}')}")
    return state, *(el("small", doubt) for doubt in doubts)


def _seen(frame: Frame, unit: Unit, now_ms: int) -> tuple[Part, ...]:
    """How old its position is: hollow when it is no longer where the unit is; from its home when it never told any."""
    if unit.fix is None:
        nowhere = "units.at_home" if unit.home_deg else "units.nowhere"
        return (el("small", frame.word(nowhere)),)
    sign = SEEN if unit.is_current(now_ms) else SEEN_LONG_AGO
    old = el("span", f"{sign} {age(unit.fix.at_ms, now_ms, frame.language)}")
    return old, el("small", clock_time(unit.fix.at_ms))


def _members(frame: Frame, unit: Unit, keeps: bool) -> str:
    """Who is on its roster: by login for who keeps it, by number for all others."""
    if not unit.members:
        return "—"
    return frame.listed(unit.members) if keeps else frame.word("units.people", n=len(unit.members))


def _form(frame: Frame, register: Register, entry: Entry) -> Markup:
    """Everything that a unit is; what is rarely needed is folded."""
    row = entry.row
    held = row or UnitRow("", "", "", (), area=next(iter(register.areas), ""))
    hidden = {"is_new": "1"} if row is None else {"unit": row.id, "revision": str(entry.revision)}
    kinds = [(str(kind), frame.word(f"units.kind-{kind}")) for kind in UnitKind]
    areas = {**register.areas, **({held.area: register.homes[held.area].name} if row else {})}
    form = frame.form(
        FORM,
        *(el("input", type="hidden", name=name, value=value) for name, value in hidden.items()),
        _text(frame, "unit", "", required=True, maxlength=80, pattern="[a-z0-9][a-z0-9_.\\-]*")
        if row is None
        else None,
        _text(frame, "name", held.name, required=True, maxlength=120),
        frame.choice(FORM, "kind", LABELS["kind"], kinds, str(held.kind)),
        _text(frame, "department", held.department, required=True, maxlength=120, list=DEPARTMENTS),
        frame.choice(FORM, "area", LABELS["area"], areas.items(), held.area),
        frame.choice(FORM, "off", "units.state", _states(frame), "1" if held.off else ""),
        _text(frame, "members", ",".join(held.members)),
        _abilities(frame, register, entry.ticked),
        _place(frame, held),
        frame.folded(frame.word("units.more"), *_more(frame, held)),
        el("datalist", (el("option", value=one) for one in register.departments), id=DEPARTMENTS),
        button="units.add" if row is None else "units.change",
    )
    title = frame.word("units.new") if row is None else row.name
    another = frame.link("units", frame.word("units.new")) if row else None
    about = el("p", el("small", row.id), another, class_="note about") if row else None
    return el("section", el("h2", title), about, form)


def _text(frame: Frame, name: str, value: str, **attributes: str | int | bool) -> Markup:
    return frame.field(FORM, name, LABELS[name], value, autocomplete="off", **attributes)


def _states(frame: Frame) -> list[tuple[str, str]]:
    return [("", frame.word("units.in_service")), ("1", frame.word("dispatch.duty_off"))]


def _abilities(frame: Frame, register: Register, ticked: Sequence[str]) -> Markup:
    """What a unit of any city can do, and what those of this one can."""
    common = [code.removeprefix("capability.") for code in catalogue() if code.startswith("capability.")]
    offered = dict.fromkeys((*common, *register.abilities, *ticked))
    boxes = [
        el(
            "label",
            el("input", type="checkbox", name="capabilities", value=one, checked=one in ticked),
            el("span", capability(one, frame.language)),
        )
        for one in offered
    ]
    return el("fieldset", el("legend", frame.word("units.capabilities")), el("div", boxes, class_="ticks"))


def _place(frame: Frame, held: UnitRow) -> Markup:
    """Its home on the map, for where the area alone is too coarse; of which map the figures are."""
    lon, lat = ("" if one is None else f"{one:.6f}".rstrip("0") for one in (held.lon_deg, held.lat_deg))
    frames = [(str(one), frame.word(f"units.frame-{one}")) for one in MapFrame]
    return el(
        "fieldset",
        el(
            "div",
            _text(frame, "lon_deg", lon, inputmode="decimal", maxlength=12),
            _text(frame, "lat_deg", lat, inputmode="decimal", maxlength=12),
            frame.choice(FORM, "frame", "units.frame", frames, str(MapFrame.WGS84)),
            class_="place",
        ),
    )


def _more(frame: Frame, held: UnitRow) -> list[Part]:
    return [
        _text(frame, "phone", held.phone, maxlength=32),
        _text(frame, "device", held.device, maxlength=120),
        _text(frame, "shifts", ",".join(held.shifts), placeholder="08:00-20:00", maxlength=120),
        _text(frame, "speed_kmh", f"{held.speed_kmh:g}", inputmode="decimal", maxlength=8),
        _text(frame, "crew", str(held.crew), inputmode="numeric", maxlength=5),
        _text(frame, "crew_needed", str(held.crew_needed), inputmode="numeric", maxlength=5),
    ]
