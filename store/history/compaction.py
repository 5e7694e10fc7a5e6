"""Many small files become few: parts of a day, days, months; what is old is thinned, what is too old goes.

Every step writes new files and then swaps the manifest; the files it replaces go afterwards. A crash leaves files that
no manifest lists; they go at the next start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa

from core.clock import CHINA_MS, real_ms
from core.records import DAY_MS, HOUR_MS, Int64, Quality
from store.history.columns import BESIDE, BESIDE_NAMES, EVENTS, KINDS, READINGS, THINNED, VALUES, numbers, ranks
from store.history.days import day_name, day_of, month_name, month_of, month_span_ms
from store.history.files import Asked, joined, names_in, read, write
from store.history.manifest import File, Folder, Manifest
from store.history.thinning import STEPS_MS, full, newest_of_each, thinned

LOOSE = 30  # files of one day before they become a part of it
SETTLED_MS = 2 * HOUR_MS  # a day or a month is put together so long after its end: most of what is late has come
LARGEST_ROWS = 30_000_000  # more is not put into one file: it must fit into memory
ORPHAN_S = 3600.0  # a file that no manifest lists for so long is what a crash left
STEPS = tuple(STEPS_MS)
NUMBERS = {
    "end_ms",
    "value",
    "status",
    "reported",
    "expected",
    "newest_ms",
    "decided_ms",
    "written_ms",
    "low",
    "high",
    "windows",
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long, in days: raw readings; values by the window, by the hour, at all."""

    raw_days: int
    window_days: int
    hour_days: int
    value_days: int

    def is_over(self, file: File, now_ms: int) -> bool:
        """Whether nothing in a file is to be kept. What was imported late counts from then on."""
        values = file.kind == VALUES
        newest_ms = file.last_ms if values else max(file.last_ms, file.written_ms)
        return now_ms - newest_ms > (self.value_days if values else self.raw_days) * DAY_MS

    def step(self, file: File, now_ms: int) -> str:
        """How the rows of a file are to be kept."""
        if file.kind != VALUES:
            return "window"
        age_days = (now_ms - file.last_ms) // DAY_MS
        return "day" if age_days > self.hour_days else "hour" if age_days > self.window_days else "window"


def compact(folder: Folder, keeping: Keeping, now_ms: int, stopping: Callable[[], bool] = lambda: False) -> int:
    """Do what is due, as of city time; how many steps that were. Raises OSError: what was done by then stays done."""
    steps = 0
    _drop(folder, lambda file: keeping.is_over(file, now_ms))
    for due in (_due_days, _due_months):
        for files, tier, step in due(folder.manifest(), keeping, now_ms):
            if stopping():
                return steps
            _merge(folder, files, tier, step)
            steps += 1
    _sweep(folder)
    return steps


_Due = tuple[Sequence[File], str, str]  # these files become one (of values a month: one an indicator), tier, step


def _due_days(manifest: Manifest, keeping: Keeping, now_ms: int) -> Iterator[_Due]:
    for (_, day), files in _grouped(manifest, day_of):
        small = [file for file in files if file.tier != "month"]
        loose = [file for file in small if file.tier == "loose"]
        over = now_ms > _end_of_day_ms(day) + SETTLED_MS
        if over and len(small) > 1 and sum(file.rows for file in small) <= LARGEST_ROWS:
            yield small, "day", "window"
        elif len(loose) >= LOOSE:
            yield loose, "part", "window"


def _due_months(manifest: Manifest, keeping: Keeping, now_ms: int) -> Iterator[_Due]:
    for (kind, month), files in _grouped(manifest, month_of):
        over = now_ms > month_span_ms(month)[1] + SETTLED_MS
        heavy = kind == READINGS and sum(file.rows for file in files) > LARGEST_ROWS
        step = max((step for file in files for step in (file.step, keeping.step(file, now_ms))), key=STEPS.index)
        whole = len(files) == 1 or kind == VALUES
        done = whole and all(file.tier == "month" and file.step == step for file in files)
        if over and not heavy and not (done and _once_each(files)):
            yield files, "month", step


def _once_each(files: Sequence[File]) -> bool:
    return len({file.indicator for file in files}) == len(files)


def _grouped(manifest: Manifest, span_of: Callable[[Int64], Int64]) -> list[tuple[tuple[str, int], list[File]]]:
    """The files that lie within one day, or month, by kind and span."""
    groups: defaultdict[tuple[str, int], list[File]] = defaultdict(list)
    for file in manifest.files:
        first, last = span_of(np.array([file.first_ms, file.last_ms])).tolist()
        if first == last:
            groups[file.kind, first].append(file)
    return sorted(groups.items())


def _end_of_day_ms(day: int) -> int:
    return (day + 1) * DAY_MS - CHINA_MS


def _merge(folder: Folder, files: Sequence[File], tier: str, step: str) -> None:
    """Put files together, unless another process did so meanwhile; of values of a month one an indicator."""
    indicators = [""]
    if files[0].kind == VALUES and tier == "month":
        held = ([file.indicator] if file.indicator else names_in(folder, file, "indicator") for file in files)
        indicators = sorted({name for names in held for name in names})
    written = [_merged(folder, files, indicator, tier, step) for indicator in indicators]
    gone, replaced = {file.name for file in files}, False

    def change(manifest: Manifest) -> Manifest:
        nonlocal replaced
        replaced = gone <= {file.name for file in manifest.files}
        kept = [file for file in manifest.files if file.name not in gone]
        return msgspec.structs.replace(manifest, files=(*written, *kept)) if replaced else manifest

    folder.swap(change)
    _unlink(folder, files if replaced else written)


def _merged(folder: Folder, files: Sequence[File], indicator: str, tier: str, step: str) -> File:
    """One file from several: of each window the newest decision, of readings that are the same in all one."""
    kind = KINDS[files[0].kind]
    concerned = [file for file in files if not (file.indicator and indicator) or file.indicator == indicator]
    asked = Asked(names={"indicator": [indicator]} if indicator else {})
    further = BESIDE_NAMES if kind.name == VALUES else ()
    columns = [*kind.schema.names, *further, *(name for name, _ in THINNED if step != "window")]
    table = joined([read(folder, file, asked, columns) for file in concerned], kind, columns)
    if kind.name != EVENTS:
        table = _newest(table, STEPS_MS[step]) if kind.name == VALUES else _each_once(table)
    span_of, name_of = (month_of, month_name) if tier == "month" else (day_of, day_name)
    span = name_of(int(span_of(np.array([concerned[0].last_ms]))[0]))
    called = "_".join([span, *([quote(indicator, safe="")] if indicator else []), tier, str(real_ms())])
    merged = msgspec.structs.replace(
        concerned[0],
        name=f"{kind.name}/{span[:7]}/{called}.parquet",
        tier=tier,
        indicator=indicator,
        step=step,
        written_ms=max(file.written_ms for file in concerned),
    )
    return write(folder, table, merged)


def _newest(table: pa.Table, step_ms: int) -> pa.Table:
    """Of each window the newest decision; thinned to one row a step."""
    indicator, area = ranks(table, "indicator")[0], ranks(table, "area")[0]
    series = indicator * (int(area.max(initial=0)) + 1) + area
    rows = newest_of_each(series, numbers(table, "end_ms"), numbers(table, "written_ms"))
    if not step_ms:
        return table.take(pa.array(rows))
    names = [field.name for field in table.schema if field.name in NUMBERS]
    columns, last = thinned(full({name: numbers(table, name)[rows] for name in names}), series[rows], step_ms)
    beside = table.take(pa.array(rows[last])).select([name for name in table.column_names if name not in columns])
    thin = {name: pa.array(column) for name, column in columns.items()}
    told = [field for field in BESIDE if field[0] in table.column_names]
    schema = pa.schema([*KINDS[VALUES].schema, *told, *THINNED])
    return pa.table([thin[f.name].cast(f.type) if f.name in thin else beside[f.name] for f in schema], schema=schema)


def _each_once(table: pa.Table) -> pa.Table:
    """Without readings that stand there already, to the bit: files are imported twice, messages come twice."""
    keys = [ranks(table, "device")[0], ranks(table, "metric")[0], numbers(table, "event_ms")]
    quality = numbers(table, "quality") & ~np.uint16(Quality.SETTLING | Quality.CLOCK_SKEWED)  # told after they came
    keys += [numbers(table, "value").view(np.int64), quality]
    in_order = np.lexsort(keys)
    again = np.zeros(len(table), dtype=np.bool_)
    again[in_order[1:]] = np.all([key[in_order[1:]] == key[in_order[:-1]] for key in keys], axis=0)
    return table.filter(pa.array(~again))


def _drop(folder: Folder, is_over: Callable[[File], bool]) -> None:
    """Forget whole files."""
    over = [file for file in folder.manifest().files if is_over(file)]
    if over:
        names = {file.name for file in over}

        def change(manifest: Manifest) -> Manifest:
            return msgspec.structs.replace(manifest, files=tuple(f for f in manifest.files if f.name not in names))

        folder.swap(change)
        _unlink(folder, over)


def _unlink(folder: Folder, files: Sequence[File]) -> None:
    """Nobody finds them any more; who has one open reads it to its end."""
    for file in files:
        (folder.path / file.name).unlink(missing_ok=True)


def _sweep(folder: Folder) -> None:
    """What a crash left: files that no manifest lists, older than anything that is being written now."""
    listed = {file.name for file in folder.manifest().files}
    for kind in KINDS:
        for path in (folder.path / kind).glob("*/*"):
            old = real_ms() / 1000 - path.stat().st_mtime > ORPHAN_S
            if old and path.relative_to(folder.path).as_posix() not in listed:
                path.unlink(missing_ok=True)
