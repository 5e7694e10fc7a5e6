"""Which windows of one indicator there are, which are decided, open, and touched by a pane. Whole numbers, ms UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from core.records import DAY_MS, MINUTE_MS, Int64
from indicators.definition import Aggregate, Indicator, WindowKind
from indicators.periods import Periods

Time = TypeVar("Time", int, Int64)

NO_TIME_MS = 1 << 62  # later than all times
# So long a partition may lag behind the city, as when another worker takes it over, without losing a correction.
LAG_MS = 5 * MINUTE_MS


class Windows:
    """Window ends lie at whole multiples of the slide; `decided_ms` is the last one that was due, 0 before any.

    Those of calendar windows are counted from the beginning of a period, so that each period ends with a window.
    After a long stop, or when city time jumps, all ends in between become due at once, but at most those of the last
    `catch_up_ms`, which is a day or what a late reading can still correct; of the ends before only those that hold
    a pane, or for calendar windows only those that close a period that holds one.
    """

    def __init__(self, indicator: Indicator, lateness_ms: int, lead_ms: int = 0) -> None:
        """lead_ms: how old a reading before the beginning may be to say what held there."""
        self._slide_ms = indicator.slide_s * 1000
        self._window_ms = indicator.window_s * 1000
        self._settle_ms = indicator.settle_s * 1000
        self._lead_ms = lead_ms + 1 if lead_ms else 0  # one that is just that old counts
        self._early, self._kind = indicator.early, indicator.window
        self._periods: Periods | None = None
        if self._kind is WindowKind.CALENDAR:
            self._periods = Periods(indicator.calendar, indicator.begins_at_s)
        self._phase_ms = self._periods.shift_ms % self._slide_ms if self._periods else 0
        # The newest reading tells itself whether it lies inside, so that nothing needs to be told apart.
        self._undivided = self._kind is WindowKind.LAST or indicator.aggregate is Aggregate.LAST
        self._undivided &= self._periods is None and self._kind is not WindowKind.SINCE_EVENT
        self._correctable_ms = max(lateness_ms, self._settle_ms) + LAG_MS
        self._catch_up_ms = max(DAY_MS, lateness_ms + (0 if self._periods else self._window_ms))
        self.decided_ms = 0

    def begin_ms(self, end_ms: int) -> int:
        """After which time the window that ends at `end_ms` begins; since an event: the earliest that it may be."""
        return self._periods.begin_ms(end_ms - 1) if self._periods else end_ms - self._window_ms

    def since_ms(self, event_ms: Time) -> Time:
        """Where windows since an event begin: with the slide in which it began, because panes are not cut finer."""
        return event_ms // self._slide_ms * self._slide_ms

    def is_final(self, end_ms: int) -> bool:
        """True when the window was due and, for calendar windows, closes its period."""
        return end_ms <= self.decided_ms and (self._periods is None or self._periods.begin_ms(end_ms) == end_ms)

    def settled_ms(self, now_ms: int) -> int:
        """Panes that end up to here are final after a tick at `now_ms`: no correction can reach them any more."""
        return now_ms - self._correctable_ms

    def valued_from_ms(self, now_ms: int) -> int:
        """The earliest end that may be valued again after a tick at `now_ms`; those before are final."""
        return self.up_ms(self.settled_ms(now_ms))

    def needed_after_ms(self, now_ms: int) -> int:
        """Panes that end up to this time are in no window that may be valued again."""
        return 0 if self._undivided else self.begin_ms(self.valued_from_ms(now_ms)) - self._lead_ms

    def next_begin_ms(self, at_ms: int, now_ms: int) -> int:
        """The earliest beginning, at or after a time, of a window that may be valued again; else `NO_TIME_MS`."""
        if self._undivided:
            return NO_TIME_MS
        at_ms = max(at_ms, self.begin_ms(self.valued_from_ms(now_ms)))
        if self._periods:
            return at_ms if self._periods.begin_ms(at_ms) == at_ms else self._periods.next_ms(at_ms)
        if self._kind is WindowKind.SINCE_EVENT:
            return self.up_ms(at_ms)
        return self.up_ms(at_ms + self._window_ms) - self._window_ms

    def fall_due(self, now_ms: int, earliest_ms: int, pane_ends_ms: Callable[[], Iterable[int]]) -> list[int]:
        """The ends that are due now and were not before, rising.

        Args:
            now_ms: City time of the tick.
            earliest_ms: End of the earliest pane that there is, 0 without any; at first nothing before it is decided.
            pane_ends_ms: Asked for the ends of all panes when windows are passed over.
        """
        newest_ms = self.down_ms(now_ms - self._settle_ms)
        if newest_ms <= self.decided_ms:
            return []
        begin_ms = (
            self.decided_ms + self._slide_ms
            if self.decided_ms
            else self.up_ms(min(earliest_ms or newest_ms, newest_ms))
        )
        first_ms = max(begin_ms, self.up_ms(newest_ms - self._catch_up_ms))
        self.decided_ms = newest_ms
        passed_over = self._holding(pane_ends_ms(), begin_ms, first_ms) if first_ms > begin_ms else []
        return [*passed_over, *range(first_ms, newest_ms + 1, self._slide_ms)]

    def touched(self, pane_end_ms: int, reach_ms: int, now_ms: int, before_ms: int) -> range:
        """The ends whose windows hold a pane: those decided already and, when early, the open ones up to now.

        An end that no reading in time could touch at the tick before (`before_ms`) is final: of its window panes may
        be forgotten by now. Ends lie in [pane_end, pane_end + reach), or up to the end of the calendar period.
        """
        last_ms = self.up_ms(now_ms) if self._early else self.decided_ms
        first_ms = max(pane_end_ms, before_ms - self._correctable_ms)
        held_ms = pane_end_ms + self._lead_ms - 1
        held_ms = self._periods.next_ms(held_ms) if self._periods else held_ms + reach_ms
        return range(self.up_ms(first_ms), min(held_ms, last_ms) + 1, self._slide_ms)

    def _holding(self, pane_ends_ms: Iterable[int], from_ms: int, before_ms: int) -> list[int]:
        """The ends in [from, before) whose windows hold one of the panes, rising."""
        if self._periods:
            closing = {self._periods.next_ms(pane_ms - 1) for pane_ms in pane_ends_ms}
            return sorted(end_ms for end_ms in closing if from_ms <= end_ms < before_ms)
        return sorted(
            {
                end_ms
                for pane_ms in pane_ends_ms
                for end_ms in range(
                    max(from_ms, self.up_ms(pane_ms)), min(pane_ms + self._window_ms, before_ms), self._slide_ms
                )
            }
        )

    def up_ms(self, at_ms: int) -> int:
        """The first window end at or after a time."""
        return -(-(at_ms - self._phase_ms) // self._slide_ms) * self._slide_ms + self._phase_ms

    def down_ms(self, at_ms: int) -> int:
        """The last window end at or before a time."""
        return (at_ms - self._phase_ms) // self._slide_ms * self._slide_ms + self._phase_ms
