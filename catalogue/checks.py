"""What only the whole of a pack can show: names that do not exist, numbers that do not fit each other."""

from __future__ import annotations

from catalogue.case_checks import check_cases
from catalogue.entries import Entries, refuse_unknown
from catalogue.findings import Findings
from catalogue.indicator_checks import check_indicators
from catalogue.level_checks import check_levels
from catalogue.route_checks import check_routes
from catalogue.rule_checks import check_rules
from catalogue.schema import FeedEntry
from ingest.decoders import DECODERS

ACK_WAIT_S = 5  # the embedded broker sends an unacknowledged message again after this long
MEMORY_OF_TIMES = 50_000_000  # event times kept to recognise doubles: 8 bytes each, 0.4 GB a feed


def check_all(entries: Entries, findings: Findings) -> None:
    """Add every mistake between entries, and every doubt, to the findings."""
    problems = findings.problems
    _check_domains(entries, problems)
    _check_schemes(entries, problems)
    _check_feeds(entries, problems)
    _check_devices(entries, problems)
    check_levels(entries, problems)
    check_indicators(entries, findings)
    check_rules(entries, findings)
    check_cases(entries, problems)
    check_routes(entries, problems)


def _check_domains(entries: Entries, problems: list[str]) -> None:
    if "topics" in entries.pack.city.parts:
        return  # a city that uses few topics leaves headlines open
    for domain_id, domain in entries.domains.items():
        where = entries.where("domains", domain_id, "headline")
        name = f"domains.{domain_id}.headline"
        refuse_unknown(problems, where, name, domain.headline, entries.pack.sections["indicators"])
        indicator = entries.indicators.get(domain.headline)
        if indicator and not indicator.computed:
            problems.append(f"{where}: {name} {domain.headline} is {indicator.lifecycle}: it has no value to show")


def _check_schemes(entries: Entries, problems: list[str]) -> None:
    for scheme_id, scheme in entries.schemes.items():
        if scheme.replaced_by:
            where = entries.where("schemes", scheme_id, "replaced_by")
            name = f"schemes.{scheme_id}.replaced_by"
            refuse_unknown(problems, where, name, scheme.replaced_by, entries.pack.sections["schemes"])
            successor = entries.schemes.get(scheme.replaced_by)
            further = [one for one in successor.inputs if one not in scheme.inputs] if successor else []
            if further:
                problems.append(
                    f"{where}: {name} {scheme.replaced_by} needs what this one has not: {', '.join(further)}"
                )


def _check_feeds(entries: Entries, problems: list[str]) -> None:
    for feed_id, feed in entries.feeds.items():
        name = f"feeds.{feed_id}"
        for wire, metric in feed.fields_.items():
            where = entries.where("feeds", feed_id, "fields", wire)
            refuse_unknown(problems, where, f"{name}.fields.{wire}", metric, entries.pack.sections["metrics"])
        refuse_unknown(problems, entries.where("feeds", feed_id, "decoder"), f"{name}.decoder", feed.decoder, DECODERS)
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
        refuse_unknown(problems, where, f"{name}.feed", device.feed, entries.pack.sections["feeds"])
        for key in ("metrics", "normals"):
            where = entries.where("devices", device_id, key)
            for metric in getattr(device, key) or ():
                refuse_unknown(problems, where, f"{name}.{key}", metric, entries.pack.sections["metrics"])
        if device.parent:
            where = entries.where("devices", device_id, "parent")
            refuse_unknown(problems, where, f"{name}.parent", device.parent, entries.pack.sections["devices"])
        if (device.lon_deg is None) != (device.lat_deg is None):
            problems.append(f"{entries.where('devices', device_id)}: {name} needs both lon_deg and lat_deg, or neither")
