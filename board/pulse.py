"""The system's own vital signs: workers, the test reading 拨测, and how much flows."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from board.canvas import Canvas
from core.messages import text
from core.records import HOUR_MS, MINUTE_MS

BEAT_LOST_MS = 5000  # five beats
PROBE_LATE_MS = 30_000
RATE_OVER_MS = 10_000


class Pulse:
    """Folds heartbeats, round trips and counters; all times are real time, ms UTC."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._beats: dict[str, tuple[int, str, str]] = {}
        self._probe: tuple[int, int] | None = None  # (round trip, when it was seen)
        self._taken: deque[tuple[int, int, int]] = deque()  # (when, messages, readings) so far
        self._refused: deque[tuple[int, int]] = deque()  # (when, refused so far), one a minute
        self._refused_now = self._late = self._doubled = 0

    def beats(self, beats: Mapping[str, tuple[int, str, str]]) -> None:
        """Worker → (when it turned, its state, what it says)."""
        self._beats = dict(beats)

    def probe(self, round_trip_ms: int, seen_ms: int) -> None:
        """A test reading came back."""
        self._probe = (round_trip_ms, seen_ms)

    def counts(self, counts: Mapping[str, int], real_now_ms: int) -> None:
        """`feed|what` → how many since the scene began."""
        total = dict.fromkeys(("messages", "readings", "refused"), 0)
        for name, count in counts.items():
            what = name.rpartition("|")[2]
            if what in total:
                total[what] += count
        self._taken.append((real_now_ms, total["messages"], total["readings"]))
        while self._taken[0][0] < real_now_ms - RATE_OVER_MS and len(self._taken) > 2:
            self._taken.popleft()
        if not self._refused or real_now_ms - self._refused[-1][0] >= MINUTE_MS:
            self._refused.append((real_now_ms, total["refused"]))
        while self._refused[0][0] < real_now_ms - HOUR_MS and len(self._refused) > 1:
            self._refused.popleft()
        self._refused_now = total["refused"]

    def engine(self, late: int, doubled: int) -> None:
        """Readings that came beyond their lateness, and twice, since the last call."""
        self._late += late
        self._doubled += doubled

    def paint(self, canvas: Canvas, unplaced: int, real_now_ms: int) -> None:
        """Show workers, probe and load as they stand. unplaced: devices that nobody declared."""
        self._paint_workers(canvas, real_now_ms)
        self._paint_probe(canvas, real_now_ms)
        if self._taken:
            self._paint_load(canvas, unplaced)

    def snapshot(self) -> dict[str, int]:
        """What `restore` needs, ready for JSON; beats, probe and counters are read again."""
        return {"late": self._late, "doubled": self._doubled}

    def restore(self, kept: Mapping[str, int]) -> None:
        """Continue from a snapshot."""
        self._late, self._doubled = kept["late"], kept["doubled"]

    def _paint_workers(self, canvas: Canvas, real_now_ms: int) -> None:
        for worker, (beat_ms, state, says) in self._beats.items():
            lost = real_now_ms - beat_ms > BEAT_LOST_MS
            record = {
                "beat_ms": beat_ms,
                "state": "down" if lost else state,
                "says": text("health.worker-lost", self._language, worker=worker) if lost else says,
            }
            shown = canvas.sections["workers"].get(worker, {})
            urgent = any(record[field] != shown.get(field) for field in ("state", "says"))
            canvas.put("workers", worker, record, urgent=urgent)
        canvas.keep_only("workers", self._beats)

    def _paint_probe(self, canvas: Canvas, real_now_ms: int) -> None:
        round_trip_ms, seen_ms = self._probe or (None, 0)
        late = real_now_ms - seen_ms > PROBE_LATE_MS
        state = "never" if self._probe is None else "late" if late else "ok"
        canvas.put("probe", "main", {"round_trip_ms": round_trip_ms, "seen_ms": seen_ms, "state": state}, urgent=True)

    def _paint_load(self, canvas: Canvas, unplaced: int) -> None:
        (first_ms, messages, readings), (last_ms, messages_now, readings_now) = self._taken[0], self._taken[-1]
        over_s = max(last_ms - first_ms, 1) / 1000
        record = {
            "messages_s": round(max(messages_now - messages, 0) / over_s, 1),
            "readings_s": round(max(readings_now - readings, 0) / over_s, 1),
            "refused_hour": max(self._refused_now - self._refused[0][1], 0),
            "doubled": self._doubled,
            "late": self._late,
            "unplaced": unplaced,
        }
        canvas.put("load", "main", record)
