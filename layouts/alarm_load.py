"""Alarm load 告警负荷: each seat in one shift against the standard, and the rules that ring most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from core.clock import in_china
from core.markup import Markup, Part, el
from core.records import HOUR_MS
from early_warning.alarm_load import ACCEPTABLE, FLOOD_ABOVE, MANAGEABLE, RECOMMENDED, Load, Worst
from early_warning.alarm_shifts import Shift
from layouts.account_frame import Frame

BAR_PX, HIGH_PX = 8, 64  # of one ten minutes in the chart, and of the whole chart
LISTED = 6  # floods, chattering and standing ones that are named; the others are counted


@dataclass(frozen=True, slots=True)
class Shown:
    """One shift of all seats. seats: id → name; rule, subject: names by id. desk: he may see the desk of rules.

    partial: there is something in the city that he may not see, whether or not it rang.
    """

    shift: Shift
    now_ms: int
    loads: Mapping[str, Load]
    seats: Mapping[str, str]
    rule: Callable[[str], str]
    subject: Callable[[str], str]
    desk: bool
    partial: bool


def alarm_load_page(frame: Frame, shown: Shown) -> str:
    """Every seat, one below the other; the targets stand beside each figure."""
    seats = [_seat(frame, shown, name, one) for name, one in shown.loads.items()]
    note = el("p", frame.word("alarm-load.standard"), class_="note")
    of_his = el("p", frame.word("alarm-load.partial"), class_="note") if shown.partial else None
    return frame.page("alarm-load", _shifts(frame, shown), of_his, *seats, note)


def _shifts(frame: Frame, shown: Shown) -> Markup:
    shift = shown.shift
    here = [frame.link(f"alarm-load?shift={shift.before.name}", "‹ ", frame.word("alarm-load.before"))]
    here.append(el("b", _shift_word(frame, shift)))
    if shift.until_ms <= shown.now_ms:
        here.append(frame.link(f"alarm-load?shift={shift.after.name}", frame.word("alarm-load.after"), " ›"))
    else:
        here.append(el("span", frame.word("alarm-load.running"), class_="note"))
    return el("p", here, class_="load-shifts")


def _shift_word(frame: Frame, shift: Shift) -> str:
    began = in_china(shift.from_ms)
    return frame.word(f"alarm-load.{shift.name.rpartition('-')[2]}", day=f"{began:%Y-%m-%d}")


def _seat(frame: Frame, shown: Shown, name: str, one: Load) -> Markup:
    title = shown.seats.get(name) or frame.word("alarm-load.no_seat" if shown.seats else "alarm-load.every_seat")
    heading = el("h2", title, el("span", frame.word(f"alarm-load.{one.verdict}"), class_=f"load-verdict {one.verdict}"))
    return el(
        "section",
        heading,
        el("dl", [_figure(frame, *each) for each in _figures(frame, one)], class_="load-figures"),
        _chart(frame, one),
        _mix(frame, one),
        el("div", _floods(frame, one), _chattering(frame, shown, one), _standing(frame, shown, one), class_="three"),
        _worst(frame, shown, one),
        class_="load-seat",
    )


def _figures(frame: Frame, one: Load) -> Sequence[tuple[str, str, str, bool]]:
    """Code, value, target, and whether it is beyond the target."""
    share = f"{one.in_flood:.0%}"
    target = frame.word("alarm-load.target_average", acceptable=f"{ACCEPTABLE:g}", manageable=f"{MANAGEABLE:g}")
    return (
        ("count", f"{one.count}", frame.word("alarm-load.of_warnings", count=one.warnings), False),
        ("average", f"{one.average:.1f}", target, one.average > MANAGEABLE),
        ("peak", f"{one.peak}", frame.word("alarm-load.target_peak", most=FLOOD_ABOVE), one.peak > FLOOD_ABOVE),
        ("in_flood", share, frame.word("alarm-load.target_flood"), one.in_flood >= 0.01),
        ("chattering", f"{len(one.chattering)}", frame.word("alarm-load.target_none"), bool(one.chattering)),
        ("standing", f"{len(one.standing)}", frame.word("alarm-load.target_none"), bool(one.standing)),
    )


def _figure(frame: Frame, code: str, value: str, target: str, beyond: bool) -> Markup:
    mark = el("i", frame.word("alarm-load.beyond")) if beyond else None
    shown = el("dd", el("b", value), mark, class_="beyond" if beyond else None)
    return el("div", el("dt", frame.word(f"alarm-load.{code}")), shown, el("small", target))


def _chart(frame: Frame, one: Load) -> Markup:
    """Alarms in each ten minutes; the line is where a flood begins."""
    rates = one.rates.tolist()
    most = max(FLOOD_ABOVE + 2, *rates, 1) if rates else FLOOD_ABOVE + 2
    scale = HIGH_PX / most
    bars = [
        el("polygon", points=_bar(n, HIGH_PX - count * scale), class_="over" if count > FLOOD_ABOVE else None)
        for n, count in enumerate(rates)
        if count
    ]
    wide, flood_y = 72 * BAR_PX, f"{HIGH_PX - FLOOD_ABOVE * scale:.1f}"
    line = el("line", x1=0, x2=wide, y1=flood_y, y2=flood_y, class_="limit")
    ground = el("line", x1=0, x2=wide, y1=HIGH_PX, y2=HIGH_PX, class_="ground")
    said = frame.word("alarm-load.chart", peak=one.peak)
    hours = [el("span", _clock(one.from_ms + n * 3 * HOUR_MS)) for n in range(4)]
    drawn = el(
        "svg",
        ground,
        line,
        bars,
        viewBox=f"0 0 {wide} {HIGH_PX}",
        preserveAspectRatio="none",
        role="img",
        aria_label=said,
    )
    return el("figure", drawn, el("figcaption", hours), class_="load-chart")


def _bar(n: int, top_px: float) -> str:
    left, right = n * BAR_PX + 1, (n + 1) * BAR_PX - 1
    return f"{left},{HIGH_PX} {left},{top_px:.1f} {right},{top_px:.1f} {right},{HIGH_PX}"


def _mix(frame: Frame, one: Load) -> Markup:
    """The priorities against what is recommended."""
    if not one.mix:
        return el("p", frame.word("alarm-load.no_mix"), class_="note")
    parts = [
        el(
            "span",
            frame.word(f"alarm-load.{priority}"),
            " ",
            el("b", f"{one.mix[priority]:.0%}"),
            el("small", frame.word("alarm-load.recommended", share=f"{share:.0%}")),
        )
        for priority, share in RECOMMENDED.items()
    ]
    return el("p", parts, class_="load-mix")


def _floods(frame: Frame, one: Load) -> Markup:
    spans = ((f"{_clock(f.from_ms)}—{_clock(f.until_ms)} ", f.count) for f in one.floods)
    return _list(frame, "floods", [el("li", span, frame.word("alarm-load.n", n=count)) for span, count in spans])


def _chattering(frame: Frame, shown: Shown, one: Load) -> Markup:
    found = ((shown.subject(c.subject), shown.rule(c.rule), c.count) for c in one.chattering)
    lines = [el("li", f"{where} {rule} ", frame.word("alarm-load.in_minute", n=n)) for where, rule, n in found]
    return _list(frame, "chattering", lines)


def _standing(frame: Frame, shown: Shown, one: Load) -> Markup:
    found = ((shown.subject(s.subject), shown.rule(s.rule), frame.moment(s.since_ms)) for s in one.standing)
    lines = [el("li", f"{where} {rule} ", frame.word("alarm-load.since", at=at)) for where, rule, at in found]
    return _list(frame, "standing", lines)


def _list(frame: Frame, code: str, lines: Sequence[Markup]) -> Markup:
    more = el("li", frame.word("alarm-load.more", n=len(lines) - LISTED)) if len(lines) > LISTED else None
    none = el("p", frame.word("alarm-load.none"), class_="note")
    body: Part = el("ul", lines[:LISTED], more) if lines else none
    return el("section", el("h3", frame.word(f"alarm-load.{code}")), body)


def _worst(frame: Frame, shown: Shown, one: Load) -> Part:
    if not one.worst:
        return None
    heads = ("alarm-load.rule", "alarm-load.rang", "alarm-load.share", "alarm-load.short", "")
    return [
        el("h3", frame.word("alarm-load.worst")),
        frame.table(heads, [_worst_row(frame, shown, each) for each in one.worst]),
    ]


def _worst_row(frame: Frame, shown: Shown, one: Worst) -> Markup:
    draft = f"?hold_s={one.calm_s}" if one.calm_s else ""
    words = frame.word("alarm-load.calm", minutes=one.calm_s // 60) if one.calm_s else frame.word("alarm-load.bounds")
    link = frame.link(f"rules/{quote(one.rule)}{draft}", words) if shown.desk else words
    lasted = frame.word("alarm-load.minutes", n=f"{one.short_s / 60:.0f}") if one.short_s else ""
    return el(
        "tr",
        el("td", el("b", shown.rule(one.rule))),
        el("td", f"{one.count}", class_="figure"),
        el("td", f"{one.share:.0%}", class_="figure"),
        el("td", lasted, class_="figure"),
        el("td", link),
    )


def _clock(at_ms: int) -> str:
    return f"{in_china(at_ms):%H:%M}"
