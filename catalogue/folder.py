"""A folder of packs checked whole: every city of it, every topic, and what nothing in it uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalogue.entries import Entries
from catalogue.findings import Findings
from catalogue.load import examine
from core.errors import UnknownName

STAND_IN = "440900"  # a folder of topics alone is checked with the invented stations of one city


def findings_of(packs: Path, what: str) -> Findings:
    """What is wrong with a folder of packs, or with one city of the usual folder by its pack, code or name.

    Raises:
        UnknownName: Neither a folder nor a city.
    """
    return examine_folder(Path(what)) if Path(what).is_dir() else examine(packs, what).findings


def examine_folder(packs: Path) -> Findings:
    """Every mistake in a folder with `topics/`, `cities/` or both; an entry that no city of it uses is a doubt."""
    cities = [file.stem for file in sorted((packs / "cities").glob("*.yaml"))]
    if not cities and not any((packs / "topics").glob("*.yaml")):
        return Findings([f"{packs}:1: no packs; a folder of packs holds topics/*.yaml and cities/*.yaml"])
    found = Findings()
    used: set[tuple[str, str]] = set()
    unused: dict[tuple[str, str], str] = {}
    for city in cities or [STAND_IN]:
        try:
            examined = examine(packs, city)
        except UnknownName as unknown:
            found.problems.append(f"{packs}:1: {unknown}")
            continue
        found.problems.extend(examined.findings.problems)
        found.doubts.extend(examined.findings.doubts)
        idle = dict(_unused(examined.entries))
        unused |= idle
        used |= {(section, name) for section, names in _sections(examined.entries) for name in names} - set(idle)
    found.doubts.extend(said for key, said in unused.items() if key not in used)
    return found.sorted()


def _sections(entries: Entries) -> Iterator[tuple[str, set[str]]]:
    for section in ("domains", "metrics", "schemes", "feeds"):
        yield section, set(getattr(entries, section))


def _unused(entries: Entries) -> Iterator[tuple[tuple[str, str], str]]:
    """(section, id) and the sentence of each entry that nothing of this city refers to."""
    indicators, devices = entries.indicators.values(), entries.devices.values()
    carried = {metric for feed in entries.feeds.values() for metric in feed.fields_.values()}
    reported = {metric for device in devices for metric in entries.expected_of(device)}
    counted = {metric for indicator in indicators for metric in indicator.metrics}
    telling = {name for name, feed in entries.feeds.items() if not feed.fields_}  # events need no declared device
    named = {
        "domains": {indicator.domain for indicator in indicators},
        "metrics": carried | reported | counted,
        "schemes": {one.scheme for one in indicators} | {scheme.replaced_by for scheme in entries.schemes.values()},
        "feeds": {device.feed for device in devices} | telling,
    }
    reasons = {
        "domains": "no indicator belongs to it",
        "metrics": "no feed carries it and no indicator counts it",
        "schemes": "no indicator names it",
        "feeds": "no device reports by it",
    }
    for section, declared in _sections(entries):
        for name in sorted(declared - named[section]):
            yield (section, name), f"{entries.where(section, name)}: {section}.{name} is not used: {reasons[section]}"
