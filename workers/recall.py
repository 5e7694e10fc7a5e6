"""What is usual is known from the first hour on: the engine is told what the history holds of the weeks before.

Through the log of the city, so that what it decides stays a function of its log. It is told when the state of the city
begins, and again when values were computed meanwhile, as after an import.
"""

from __future__ import annotations

import logging

from core.errors import UnreadableEntry
from indicators.beside import HOUR_OF_WEEK, WEEK_MS, WEEKS, sample_ends_ms
from indicators.line import COMPUTED
from stream.recalled import append_past, note_recalled, recalled
from workers.worker import Running

log = logging.getLogger(__name__)


def recall(running: Running) -> None:
    """Tell the city the values at the hours of the last `WEEKS` weeks, unless it was told since they were written."""
    with_usual = [
        one
        for one in running.declared.indicators.values()
        if one.baseline == HOUR_OF_WEEK and one.lifecycle in COMPUTED
    ]
    if not with_usual:
        return
    from store.history.manifest import Folder  # noqa: PLC0415 - Arrow is loaded where something is to be recalled
    from store.history.reader import History  # noqa: PLC0415

    client, keys, folder = running.client, running.keys, running.settings.history_folder
    try:
        state = str(Folder(folder / running.scene.id).manifest().computed_ms)
        if recalled(client, keys) == state:
            return
        history, now_ms, rows = History(folder, running.scene.id), running.now_ms(), 0
        for one in with_usual:
            for week in range(WEEKS, -1, -1):  # week by week: of a large city a whole one is enough in memory
                ends_ms = sample_ends_ms(one, now_ms - (week + 1) * WEEK_MS, now_ms - week * WEEK_MS)
                if values := history.told_at(one.id, one.version, ends_ms):
                    append_past(client, keys, values)
                    rows += sum(map(len, values))
    except (OSError, UnreadableEntry) as problem:
        log.warning("the history cannot be read, what is usual is learned anew: %s", problem)
        return
    note_recalled(client, keys, state)
    log.info("%d values of the past recalled", rows)
