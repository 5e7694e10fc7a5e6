"""A clock for each obligation: it runs in its calendar, rests with a reason, warns, is met or breached. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from dispatch.calendars import Counting, WorkCalendar

Calendars = Mapping[Counting, WorkCalendar]


class Obligation(StrEnum):
    """What somebody owes."""

    FILE = "file"  # 立案
    DISPATCH = "dispatch"  # 派遣
    ACCEPT = "accept"  # 签收
    ARRIVE = "arrive"  # 到场
    REPLY = "reply"  # 答复
    HANDLE = "handle"  # 处置
    VERIFY = "verify"  # 核查
    CLOSE = "close"  # 结案
    REPORT_UP = "report-up"  # 信息上报


class Standing(StrEnum):
    """How a clock stands at a time."""

    RUNNING = "running"  # 计时中
    WARNED = "warned"  # 即将超时
    BREACHED = "breached"  # 已超时
    PAUSED = "paused"  # 暂停计时
    MET = "met"  # 按时完成
    MET_LATE = "met-late"  # 超时完成
    DROPPED = "dropped"  # 不再要求: what was owed fell away


class Stage(IntEnum):
    """How far time has taken a clock, as its log says. Above BREACHED: escalated by so many levels."""

    QUIET = 0
    WARNED = 1
    BREACHED = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What is granted: a span of counted time above 0, ms; warn_ms of it before the end it warns.

    part: of the times of the escalation after its end; below 1 where a response hastened it.
    """

    limit_ms: int
    counting: Counting = Counting.ALWAYS
    warn_ms: int = 0
    part: float = 1.0


@dataclass(frozen=True, slots=True)
class Clock:
    """One obligation of one case; all times ms UTC.

    ran: the spans in which it counts, (from, to), rising and apart; the last one is open, None, while it runs.
    granted_ms: the limit with all extensions. ended_ms: when it was met, or dropped.
    stage: a `Stage`, or so many levels above BREACHED; an extension begins it anew, a rest does not.
    """

    obligation: Obligation
    terms: Terms
    began_ms: int
    granted_ms: int
    ran: tuple[tuple[int, int | None], ...]
    rests_for: str = ""
    ended_ms: int | None = None
    dropped: bool = False
    stage: int = Stage.QUIET

    @classmethod
    def begun(cls, obligation: Obligation, terms: Terms, at_ms: int, calendars: Calendars) -> Clock:
        """One that begins to count as its calendar says."""
        begin_ms = calendars[terms.counting].begin(at_ms)
        return cls(obligation, terms, at_ms, terms.limit_ms, ((begin_ms, None),))

    @property
    def is_over(self) -> bool:
        """Met or dropped: it changes no more."""
        return self.ended_ms is not None

    @property
    def runs(self) -> bool:
        """Whether it counts, or will as soon as its calendar does."""
        return not self.is_over and self.ran[-1][1] is None

    def counted_ms(self, at_ms: int, calendars: Calendars) -> int:
        """Counted time that was used up at a time, also at one that is past."""
        calendar = calendars[self.terms.counting]
        until_ms = at_ms if self.ended_ms is None else min(at_ms, self.ended_ms)
        return sum(
            calendar.elapsed_ms(from_ms, until_ms if to_ms is None else min(to_ms, until_ms))
            for from_ms, to_ms in self.ran
        )

    def left_ms(self, at_ms: int, calendars: Calendars) -> int:
        """Counted time that is left; below 0 when it is overdue."""
        return self.granted_ms - self.counted_ms(at_ms, calendars)

    def due_ms(self, calendars: Calendars) -> int | None:
        """When all that is granted is used up if nothing happens; None while it rests or once it is over."""
        return self.reaches_ms(self.granted_ms, calendars)

    def warns_ms(self, calendars: Calendars) -> int | None:
        """When it begins to warn; None while it rests, once it is over, or when it never warns."""
        return self.reaches_ms(self.granted_ms - self.terms.warn_ms, calendars) if self.terms.warn_ms else None

    def is_provisional(self, calendars: Calendars) -> bool:
        """Whether it is due in a year whose holidays were not announced yet."""
        due_ms = self.due_ms(calendars)
        return due_ms is not None and due_ms >= calendars[self.terms.counting].provisional_from_ms

    def standing(self, at_ms: int, calendars: Calendars) -> Standing:
        """How it stands at a time."""
        left_ms = self.left_ms(at_ms, calendars)
        if self.dropped:
            return Standing.DROPPED
        if self.is_over:
            return Standing.MET if left_ms >= 0 else Standing.MET_LATE
        if left_ms < 0:
            return Standing.BREACHED
        if not self.runs:
            return Standing.PAUSED
        return Standing.WARNED if left_ms <= self.terms.warn_ms > 0 else Standing.RUNNING

    def paused(self, at_ms: int, reason: str) -> Clock:
        """It rests; what was counted stays counted. One that rests or is over is left alone."""
        if not self.runs:
            return self
        began_ms = self.ran[-1][0]
        return replace(self, ran=(*self.ran[:-1], (began_ms, max(at_ms, began_ms))), rests_for=reason)

    def resumed(self, at_ms: int) -> Clock:
        """It counts again, never twice over the same time. One that runs or is over is left alone."""
        rested_ms = self.ran[-1][1]
        if self.is_over or rested_ms is None:
            return self
        return replace(self, ran=(*self.ran, (max(at_ms, rested_ms), None)), rests_for="")

    def extended(self, by_ms: int) -> Clock:
        """More is granted; by_ms above 0, counted time."""
        return self if self.is_over else replace(self, granted_ms=self.granted_ms + by_ms, stage=Stage.QUIET)

    def at_stage(self, stage: int) -> Clock:
        """Time took it so far, and that was written down."""
        return self if self.is_over else replace(self, stage=max(self.stage, stage))

    def met(self, at_ms: int) -> Clock:
        """What was owed is done."""
        return self if self.is_over else replace(self, ended_ms=at_ms)

    def fell_away(self, at_ms: int) -> Clock:
        """Nobody owes it any more: the case was rejected or returned."""
        return self if self.is_over else replace(self, ended_ms=at_ms, dropped=True)

    def reaches_ms(self, wanted_ms: int, calendars: Calendars) -> int | None:
        """When so much counted time is used up, if it runs on; of what is used up already, since when it runs."""
        if not self.runs:
            return None
        began_ms = self.ran[-1][0]
        more_ms = wanted_ms - self.counted_ms(began_ms, calendars)
        return calendars[self.terms.counting].due_ms(began_ms, more_ms) if more_ms > 0 else began_ms
