"""So many engine processes on a database of Redis of their own, that stand still but while they are measured."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks import engine_load as city
from benchmarks.engine_load import METRICS, SCENE
from benchmarks.neighbours import others_busy_s, used_s
from core.records import MINUTE_MS
from stream.codec import decode_panes
from stream.connect import Client, connect
from stream.crew import read_crew
from stream.embedded.children import start_child
from stream.embedded.redis_server import RedisServer
from stream.entries import START, entries, order
from stream.keys import CITY_SLOT
from stream.scenes import declare_scene, hold_until
from stream.slot import owners
from workers.shares import at_work, shares

ROOT = Path(__file__).parents[1]
CHECKPOINT_S = 600  # none falls into a run: the 5 s of an installation would meet some runs and not others
LOOK_S = 0.01  # a look costs 0.1 ms, a hundredth of a core
REST_S = 0.1
SERVE = """
import os, sys
from benchmarks import engine_load
from core.settings import load
from workers import engine, worker
worker.catalogue.load_fitting = lambda packs, city, adopted: engine_load.declared(int(sys.argv[1]))
sys.exit(engine.run(load(os.environ)))
"""
# Asked while time runs, so nothing else: the last entry of an output alone has megabytes.
_DECIDED = """
local decided = {}
for i, checkpoint in ipairs(KEYS) do decided[i] = redis.call('HGET', checkpoint, 'decided') or '0-0' end
return decided
"""
# Of checkpoint, log and output of each slot: up to where it is decided; the last ids in both streams.
_STANDS = """
local function last(stream)
    local found = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
    return found[1] and found[1][1] or '0-0'
end
local told = {}
for i = 1, #KEYS, 3 do
    local held = redis.call('HMGET', KEYS[i], 'decided', 'decided_upto')
    told[#told + 1] = {held[1] or '0-0', held[2] or '{}', last(KEYS[i + 1]), last(KEYS[i + 2])}
end
return told
"""


class Backlog(NamedTuple):
    """Entries that lie ready, a stream a partition, in database 0.

    counted: (minutes, series), how many readings count, by the minute in which they were told, the first at `begin_ms`.
    """

    streams: dict[str, str]  # by slot
    readings: int
    counted: NDArray[np.int64]
    begin_ms: int
    end_ms: int


class Run(NamedTuple):
    """From the moment that a backlog is there until all of it is decided.

    cores: how many were busy for it, those of Redis among them; others_cores: with what is no part of it.
    """

    readings_per_s: float
    cores: float
    others_cores: float


class Stand(NamedTuple):
    """Of one slot: ids."""

    decided: str
    upto: dict[str, str]
    asked: str  # the last of its log; of one at rest a tick
    told: str  # the last of its output


class EngineCrew:
    """Their partitions, what they told, and whether they may go on."""

    def __init__(self, redis: RedisServer, folder: Path, workers: int, partitions: int, series: int) -> None:
        """Their database is the one of the number of workers; folder: where they may write."""
        self.workers, self._database, self._series = workers, workers, series
        url = f"{redis.url}/{workers}"
        self._client = connect(url)
        self._keys = declare_scene(self._client, SCENE, partitions)
        self._told_upto = dict.fromkeys(self._keys.slots, START)
        variables = {"REDIS_URL": url, "CITYVITALS_VAR": str(folder / f"crew-{workers}")}
        variables |= {"CITYVITALS_CHECKPOINT_S": str(CHECKPOINT_S), "PYTHONPATH": str(ROOT)}
        command, log = [sys.executable, "-c", SERVE, str(series)], folder / f"crew-{workers}.log"
        self._processes = [start_child(command, log, variables) for _ in range(workers)]
        self._ours = [os.getpid(), redis.process.pid, *(process.pid for process in self._processes)]

    def settle(self) -> None:
        """Wait until each owns its share, then stand still."""
        _wait(self._share, LOOK_S)
        self._stand_still()

    def work_off(self, backlog: Backlog, client: Client) -> Run:
        """Let a crew that stands still decide a backlog. client: of database 0."""
        for slot, stream in backlog.streams.items():
            client.copy(stream, self._keys.readings(slot), self._database, replace=True)
        hold_until(self._client, SCENE.id, backlog.end_ms)
        ends = [order(stand.asked) for stand in self._stands(self._keys.slots)]
        others_s, own_s, begun_s = others_busy_s(self._ours), used_s(self._ours), time.perf_counter()
        self._signal(signal.SIGCONT)
        _wait(lambda: self._decides(ends), LOOK_S)
        took_s = time.perf_counter() - begun_s
        others_s, own_s = others_busy_s(self._ours) - others_s, used_s(self._ours) - own_s
        self._stand_still()
        assert np.array_equal(self._counted(backlog), backlog.counted)
        return Run(backlog.readings / took_s, own_s / took_s, others_s / took_s)

    def end(self) -> None:
        """Nobody goes on with what they hold."""
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.wait(20)
        self._client.close()

    def _share(self) -> bool:
        """Whether all of them tell, and each reads the slots that are its share."""
        crew = read_crew(self._client, self._keys)
        read = {slot: member.name for member in crew.values() for slot in member.cursors}
        share = shares(self._keys.slots, at_work(crew))
        return len(crew) == self.workers and read == share == owners(self._client, self._keys)

    def _stand_still(self) -> None:
        """Stop them where no tick is on its way: one that went with its log would be waited for."""
        while True:
            _wait(self._rest, REST_S)
            self._signal(signal.SIGSTOP)
            if self._rest():
                return
            self._signal(signal.SIGCONT)

    def _rest(self) -> bool:
        """Whether all that was asked for is decided, and the city has seen all panes."""
        *partitions, of_city = self._stands((*self._keys.slots, CITY_SLOT))
        seen = (of_city.upto.get(f"pane:{slot}", START) for slot in self._keys.slots)
        return all(stand.decided == stand.asked for stand in (*partitions, of_city)) and all(
            order(upto) >= order(stand.told) for upto, stand in zip(seen, partitions, strict=True)
        )

    def _stands(self, slots: Sequence[str]) -> list[Stand]:
        keys = self._keys
        streams = ((keys.checkpoint(slot), keys.log(slot), keys.decided(slot)[0]) for slot in slots)
        found = self._client.script(_STANDS, [key for three in streams for key in three], [])
        texts = ([field.decode() for field in one] for one in found)
        return [Stand(decided, msgspec.json.decode(upto), asked, told) for decided, upto, asked, told in texts]

    def _decides(self, ends: Sequence[tuple[int, int]]) -> bool:
        """Whether each partition has decided beyond an end."""
        found = self._client.script(_DECIDED, [self._keys.checkpoint(slot) for slot in self._keys.slots], [])
        return all(order(decided.decode()) > end for decided, end in zip(found, ends, strict=True))

    def _counted(self, backlog: Backlog) -> NDArray[np.int64]:
        """As `Backlog.counted`: what the panes told since this was last asked."""
        number_of = {name: number for number, name in enumerate(city.names(self._series))}
        counted = np.zeros_like(backlog.counted)
        for slot, upto in self._told_upto.items():
            for entry_id, fields in entries(self._client.xrange(self._keys.panes(slot), f"({upto}")):
                panes = decode_panes(fields)
                device = np.array([number_of[name] for name in panes.devices], np.int64)[panes.device]
                metric = np.array([int(name[1:]) for name in panes.metrics], np.int64)[panes.metric]
                minute = (panes.pane_end_ms - backlog.begin_ms) // MINUTE_MS - 1
                counted[minute, device * METRICS + metric] = panes.count
                self._told_upto[slot] = entry_id
        return counted

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            process.send_signal(number)


def _wait(condition: Callable[[], bool], look_s: float, within_s: float = 60.0) -> None:
    until_s = time.perf_counter() + within_s
    while not condition():
        if time.perf_counter() > until_s:
            raise SystemExit("the engine did not finish")
        time.sleep(look_s)
