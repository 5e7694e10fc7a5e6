"""What the commands of the history say, in words, and which scene they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from catalogue import Declared, load
from catalogue.versions import Definitions, as_they_held
from core.clock import in_china
from core.errors import UnknownName
from core.messages import catalogue, text
from core.records import Scene, Stamp
from core.settings import Settings
from store.history.days import day_name
from store.history.holdings import holdings
from store.history.manifest import Folder
from stream.connect import connect
from stream.definitions import held_definitions
from stream.scenes import keys_of
from workers.compute import Computed
from workers.past import Outcome
from workers.supervisor import scene_of
from workers.worker import redis_url

MEGABYTE = 1_000_000


def declared_scene(settings: Settings, name: str = "", city: str = "") -> tuple[Declared, Scene]:
    """What a city declares, and the scene of this installation, or another one by its id.

    Raises:
        UnknownName: There is no such city, or no history of such a scene; those that are there are named.
    """
    declared = load(settings.packs, city or settings.city)
    if not name:
        return declared, scene_of(settings, declared)
    found = sorted(path.parent.name for path in settings.history_folder.glob("*/manifest.json"))
    stamp = name.partition("-")[0]
    if stamp not in tuple(Stamp) or (name not in found and name != f"{stamp}-{declared.city.code}"):
        raise UnknownName(f"no history of a scene {name!r}; there are: {', '.join(found) or 'none'}")
    return declared, Scene(name, declared.city.code, Stamp(stamp), "city")


def definitions_then(settings: Settings, declared: Declared, scene: Scene) -> Definitions:
    """The definitions that held at each time, as far as the streams of the scene know them. Raises NeighbourDown."""
    client = connect(redis_url(settings))
    try:
        return as_they_held(held_definitions(client, keys_of(client, scene)), declared)
    finally:
        client.close()


def told_status(settings: Settings, scene: Scene) -> Iterator[str]:
    """What the history of a scene holds."""
    folder = Folder(settings.history_folder / scene.id)
    language, manifest = settings.language, folder.manifest()
    if not manifest.files:
        yield text("history.nothing", language, scene=scene.id, folder=folder.path)
        return
    yield text("history.holds", language, scene=scene.id, folder=folder.path)
    for held in holdings(manifest):
        kind = text(f"history.kind-{held.kind}", language)
        said = {"rows": f"{held.rows:,}", "files": held.files, "imported": f"{held.imported_rows:,}"}
        size = f"{held.bytes / MEGABYTE:,.1f}"
        yield text(
            "history.kind", language, kind=kind, first=_day(held.first_ms), last=_day(held.last_ms), size=size, **said
        )
        for first, last in held.gaps:
            yield text("history.gap", language, first=day_name(first), last=day_name(last), days=last - first + 1)


def told_import(settings: Settings, scene: Scene, outcome: Outcome) -> Iterator[str]:
    """What an import did."""
    language = settings.language
    rate = f"{60 * outcome.rows / max(outcome.took_s, 0.001):,.0f}"
    counted = {"rows": f"{outcome.rows:,}", "readings": f"{outcome.readings:,}", "gaps": f"{outcome.gaps:,}"}
    yield text("history.imported", language, scene=scene.id, took_s=f"{outcome.took_s:.1f}", rate=rate, **counted)
    yield from _by_reason("history.refused", outcome.refused, language)
    yield from _by_reason("history.flagged", outcome.flagged, language)
    if outcome.refused or outcome.flagged:
        yield text("history.report", language, report=outcome.report)


def told_computed(settings: Settings, done: Computed, definitions: Definitions) -> str:
    """What a run of `compute` did, and by which definitions."""
    said = {"readings": f"{done.readings:,}", "values": f"{done.values:,}", "run": done.run}
    language = settings.language
    span = {"first": _time(done.after_ms), "last": _time(done.upto_ms)}
    code = "history.defined-then" if definitions.before else "history.defined-now"
    by = text(code, language, count=len(definitions.before), fingerprint=definitions.now.fingerprint)
    return text("history.computed", language, by=by, **span, **said)


def progress(span: tuple[int, int], show: Callable[[float], None]) -> Callable[[int, int], None]:
    """What `compute` tells as a share of the asked span."""
    length_ms = max(1, span[1] - span[0])
    return lambda reached_ms, values: show(min(1.0, max(0.0, (reached_ms - span[0]) / length_ms)))


def _by_reason(code: str, counts: Counter[str], language: str) -> Iterator[str]:
    for reason, count in counts.most_common():
        known = f"reject.{reason}"
        sentence = text(known, language) if known in catalogue() else text(f"history.{reason}", language)
        yield text(code, language, count=f"{count:,}", reason=sentence)


def _day(at_ms: int) -> str:
    return f"{in_china(at_ms):%Y-%m-%d}"


def _time(at_ms: int) -> str:
    return f"{in_china(at_ms):%Y-%m-%d %H:%M}"
