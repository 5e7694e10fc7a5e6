"""What only the whole of a pack can show: names that do not exist, bounds that always or never fire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from catalogue.entries import Entries
from catalogue.schema import DeviceEntry, FeedEntry
from early_warning.schema import BoundEntry, RuleEntry
from indicators.definition import Aggregate, Direction, RollUp
from indicators.schema import IndicatorEntry
from ingest.decoders import DECODERS

ACK_WAIT_S = 5  # the embedded broker sends an unacknowledged message again after this long
MEMORY_OF_TIMES = 50_000_000  # event times kept to recognise doubles: 8 bytes each, 0.4 GB a feed
EVENT_PANE_S = 60  # events are counted by the minute


def check_all(entries: Entries, problems: list[str]) -> None:
    """Add every mistake between entries to the problems."""
    _check_domains(entries, problems)
    _check_schemes(entries, problems)
    _check_feeds(entries, problems)
    _check_devices(entries, problems)
    _check_indicators(entries, problems)
    _check_rules(entries, problems)


def _check_domains(entries: Entries, problems: list[str]) -> None:
    if entries.city is not None and entries.city.topics:
        return  # a city that uses few topics leaves headlines open
    for domain_id, domain in entries.domains.items():
        where = entries.where("domains", domain_id, "headline")
        _known(problems, where, f"domains.{domain_id}.headline", domain.headline, entries.pack.sections["indicators"])


def _check_schemes(entries: Entries, problems: list[str]) -> None:
    for scheme_id, scheme in entries.schemes.items():
        if scheme.replaced_by:
            where = entries.where("schemes", scheme_id, "replaced_by")
            name = f"schemes.{scheme_id}.replaced_by"
            _known(problems, where, name, scheme.replaced_by, entries.pack.sections["schemes"])


def _check_feeds(entries: Entries, problems: list[str]) -> None:
    for feed_id, feed in entries.feeds.items():
        name = f"feeds.{feed_id}"
        for wire, metric in feed.fields_.items():
            where = entries.where("feeds", feed_id, "fields", wire)
            _known(problems, where, f"{name}.fields.{wire}", metric, entries.pack.sections["metrics"])
        _known(problems, entries.where("feeds", feed_id, "decoder"), f"{name}.decoder", feed.decoder, DECODERS)
        if feed.lateness_s <= ACK_WAIT_S:
            where = entries.where("feeds", feed_id, "lateness_s")
            problems.append(
                f"{where}: {name}.lateness_s is {feed.lateness_s}; it must exceed the {ACK_WAIT_S} s after which"
                " the broker repeats a message, or a repetition could count twice"
            )
        if feed.late_after_s < feed.every_s:
            where = entries.where("feeds", feed_id, "late_after_s")
            problems.append(f"{where}: {name}.late_after_s {feed.late_after_s} is shorter than every_s {feed.every_s}")
        _check_memory(entries, feed_id, feed, problems)


def _check_memory(entries: Entries, feed_id: str, feed: FeedEntry, problems: list[str]) -> None:
    reporters = sum(device.feed == feed_id for device in entries.devices.values())
    times = reporters * max(1, len(feed.fields_)) * feed.lateness_s / feed.every_s
    if times > MEMORY_OF_TIMES:
        where = entries.where("feeds", feed_id, "lateness_s")
        problems.append(
            f"{where}: feeds.{feed_id} would keep {times:,.0f} event times to recognise doubles; at most"
            f" {MEMORY_OF_TIMES:,}: shorten lateness_s or report less often"
        )


def _check_devices(entries: Entries, problems: list[str]) -> None:
    for device_id, device in entries.devices.items():
        name = f"devices.{device_id}"
        where = entries.where("devices", device_id, "feed")
        _known(problems, where, f"{name}.feed", device.feed, entries.pack.sections["feeds"])
        for metric in device.metrics or ():
            where = entries.where("devices", device_id, "metrics")
            _known(problems, where, f"{name}.metrics", metric, entries.pack.sections["metrics"])
        if (device.lon_deg is None) != (device.lat_deg is None):
            problems.append(f"{entries.where('devices', device_id)}: {name} needs both lon_deg and lat_deg, or neither")
        _check_levels_in_metres(entries, device_id, device, problems)


def _check_levels_in_metres(entries: Entries, device_id: str, device: DeviceEntry, problems: list[str]) -> None:
    """A level in metres means nothing without its vertical datum, nor beside a bound in another one."""
    name = f"devices.{device_id}"
    in_metres = [m for m in _expected(entries, device) if m in entries.metrics and entries.metrics[m].unit == "m"]
    if in_metres and not device.datum:
        where = entries.where("devices", device_id)
        problems.append(f"{where}: {name} reports {', '.join(in_metres)} in m without a vertical datum; say `datum`")
    for row, reference in enumerate(device.references):
        if reference.unit == "m" and reference.datum != device.datum:
            where = entries.where("devices", device_id, "references", row)
            problems.append(
                f"{where}: {name} reference {reference.name} is in datum {reference.datum or 'none'!r},"
                f" the readings are in {device.datum or 'none'!r}; both must be in one"
            )
    values = [
        next((r.value for r in device.references if r.name == n), None) for n in ("warning", "guaranteed", "record")
    ]
    known = [value for value in values if value is not None]
    if known != sorted(known):
        where = entries.where("devices", device_id, "references")
        problems.append(f"{where}: {name} references must rise from warning over guaranteed to record")


def _expected(entries: Entries, device: DeviceEntry) -> tuple[str, ...]:
    """The metrics that a device is expected to report: its own, else all that its feed carries."""
    if device.metrics is not None:
        return device.metrics
    feed = entries.feeds.get(device.feed)
    return tuple(dict.fromkeys(feed.fields_.values())) if feed else ()


def _check_indicators(entries: Entries, problems: list[str]) -> None:
    for indicator_id, indicator in entries.indicators.items():
        name = f"indicators.{indicator_id}"
        where = entries.where("indicators", indicator_id, "domain")
        if indicator.domain != "system":
            _known(problems, where, f"{name}.domain", indicator.domain, entries.pack.sections["domains"])
        for row, metric in enumerate(indicator.metrics):
            where = entries.where("indicators", indicator_id, "metrics", row)
            _known(problems, where, f"{name}.metrics", metric, entries.pack.sections["metrics"])
        _check_scheme(entries, indicator_id, indicator, problems)
        for pane_s in sorted(_panes_s(entries, indicator)):
            if indicator.slide_s % pane_s:
                where = entries.where("indicators", indicator_id, "slide_s")
                problems.append(
                    f"{where}: {name}.slide_s {indicator.slide_s} is no whole multiple of {pane_s} s,"
                    " the pane of its metrics"
                )


def _check_scheme(entries: Entries, indicator_id: str, indicator: IndicatorEntry, problems: list[str]) -> None:
    if not indicator.scheme:
        return
    name = f"indicators.{indicator_id}"
    where = entries.where("indicators", indicator_id, "scheme")
    _known(problems, where, f"{name}.scheme", indicator.scheme, entries.pack.sections["schemes"])
    scheme = entries.schemes.get(indicator.scheme)
    if scheme and tuple(scheme.inputs) != indicator.metrics:
        where = entries.where("indicators", indicator_id, "metrics")
        problems.append(
            f"{where}: {name}.metrics are not those of scheme {indicator.scheme} in its order:"
            f" {', '.join(scheme.inputs)}"
        )


def _panes_s(entries: Entries, indicator: IndicatorEntry) -> set[int]:
    if indicator.event_types:
        return {EVENT_PANE_S}
    return {entries.metrics[metric].pane_s for metric in indicator.metrics if metric in entries.metrics}


def _check_rules(entries: Entries, problems: list[str]) -> None:
    for rule_id, rule in entries.rules.items():
        name = f"rules.{rule_id}"
        if rule.domain != "system":
            where = entries.where("rules", rule_id, "domain")
            _known(problems, where, f"{name}.domain", rule.domain, entries.pack.sections["domains"])
        for row, bound in enumerate(rule.bounds):
            where = entries.where("rules", rule_id, "bounds", row)
            indicators = entries.pack.sections["indicators"]
            _known(problems, where, f"{name}.bounds.{row}.indicator", bound.indicator, indicators)
            indicator = entries.indicators.get(bound.indicator)
            if indicator:
                problems.extend(f"{where}: {name} {said}" for said in _bound_faults(entries, rule, bound, indicator))
        _check_order(entries, rule_id, rule, problems)


def _bound_faults(entries: Entries, rule: RuleEntry, bound: BoundEntry, indicator: IndicatorEntry) -> Iterable[str]:
    level = bound.level.name.lower()
    if rule.subjects not in indicator.levels:
        yield f"judges a {rule.subjects}, but {bound.indicator} is valued for {', '.join(indicator.levels)}"
    if indicator.direction is not rule.direction:
        yield f"says {rule.direction}, its indicator {bound.indicator} says {indicator.direction}"
    if bound.reference and not _reference_is_known(entries, bound.reference, indicator):
        yield f"{level} uses the reference {bound.reference!r}, which no station of this city has"
    if bound.bound is None or indicator.direction is not rule.direction:
        return
    best = _best(entries, indicator)
    if best is not None and rule.direction is Direction.UP_BAD and best >= bound.bound:
        yield f"{level}: the best possible value {best:g} already reaches the bound {bound.bound:g}"
    if best is not None and rule.direction is Direction.DOWN_BAD and best < bound.bound:
        yield f"{level}: the best possible value {best:g} already falls below the bound {bound.bound:g}"


def _reference_is_known(entries: Entries, reference: str, indicator: IndicatorEntry) -> bool:
    """True when a station of the indicator has the reference, or when it has no station yet."""
    stations = [d for d in entries.devices.values() if not set(indicator.metrics).isdisjoint(_expected(entries, d))]
    return not stations or any(r.name == reference for station in stations for r in station.references)


def _best(entries: Entries, indicator: IndicatorEntry) -> float | None:
    """The best value that the indicator can take; None where nothing limits it."""
    up_bad = indicator.direction is Direction.UP_BAD
    if indicator.rollup is RollUp.SHARE:
        return 0.0 if up_bad else 100.0
    if indicator.formula == "aqi" or indicator.aggregate is Aggregate.COUNT:
        return 0.0 if up_bad else None
    if indicator.aggregate is Aggregate.REPORTING:
        return 0.0 if up_bad else 1.0
    ranges = [entries.metrics[metric] for metric in indicator.metrics if metric in entries.metrics]
    if not ranges:
        return None
    if indicator.aggregate is Aggregate.SUM:
        return 0.0 if up_bad and min(m.low for m in ranges) >= 0 else None
    return min(m.low for m in ranges) if up_bad else max(m.high for m in ranges)


def _check_order(entries: Entries, rule_id: str, rule: RuleEntry, problems: list[str]) -> None:
    """Of bounds on one indicator the graver is the harder to reach."""
    sign = 1 if rule.direction is Direction.UP_BAD else -1
    by_indicator: dict[str, list[BoundEntry]] = {}
    for bound in sorted(rule.bounds, key=lambda b: b.level):
        by_indicator.setdefault(bound.indicator, []).append(bound)
    for bounds in by_indicator.values():
        fixed = [bound for bound in bounds if bound.bound is not None]
        for milder, graver in pairwise(fixed):
            if sign * (milder.bound or 0.0) >= sign * (graver.bound or 0.0):
                where = entries.where("rules", rule_id, "bounds", rule.bounds.index(graver), "bound")
                problems.append(
                    f"{where}: rules.{rule_id} {graver.level.name.lower()} at {graver.bound:g} is reached before"
                    f" {milder.level.name.lower()} at {milder.bound:g}"
                )


def _known(problems: list[str], where: str, name: str, value: str, known: Mapping[str, object]) -> None:
    if value not in known:
        problems.append(f"{where}: {name} {value!r} is not declared; known: {', '.join(known) or 'none'}")
