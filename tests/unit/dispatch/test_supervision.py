"""Orders of supervision over working days: lights, answers, refusals and who decides, what is sent back."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from core.errors import IllegalStep
from core.records import DAY_MS, HOUR_MS
from dispatch.calendars import Counting, Holidays, working_days
from dispatch.clocks import Calendars
from dispatch.supervision import Light, Order, OrderDeed, OrderLine, OrderState, order_fold

UTC8_MS = 8 * HOUR_MS
FRIDAY_MS = 1_795_132_800_000 - UTC8_MS + 10 * HOUR_MS  # 20 November 2026, 10:00 in China
MONDAY_MS = FRIDAY_MS + 3 * DAY_MS


@cache
def calendars() -> Calendars:
    weekdays = Holidays(lambda day: day.weekday() < 5, date(2026, 12, 31))
    return {Counting.WORKING_DAYS: working_days(weekdays, date(2026, 1, 1), date(2027, 12, 31))}


class Log:
    """A log that grows; each line by somebody else's hand."""

    def __init__(self, days: int = 2, at_ms: int = FRIDAY_MS) -> None:
        fields = {"about": "case:C1", "text": "三日内修复", "owner": "市水务局", "working_days": days}
        self.lines = [OrderLine(1, "D1", OrderDeed.ISSUE, at_ms, "person:li", "李", fields)]

    def add(self, deed: OrderDeed, at_ms: int, **fields: object) -> Order:
        self.lines.append(OrderLine(len(self.lines) + 1, "D1", deed, at_ms, "person:wang", "王", fields))
        return self.order

    @property
    def order(self) -> Order:
        return order_fold(self.lines, calendars())

    def light(self, at_ms: int) -> Light:
        return self.order.light(at_ms, calendars())


@pytest.mark.claim("COMMAND", "An order of two working days given on a Friday is due at the end of Tuesday.")
def test_lights_count_working_days() -> None:
    log = Log()
    due_ms = log.order.clock.due_ms(calendars())
    assert due_ms == MONDAY_MS - 10 * HOUR_MS + 2 * DAY_MS
    sunday_ms, tuesday_ms = FRIDAY_MS + 2 * DAY_MS, MONDAY_MS + DAY_MS
    lights = [log.light(at_ms) for at_ms in (FRIDAY_MS, sunday_ms, MONDAY_MS, tuesday_ms, due_ms + 1)]
    assert lights == [Light.IN_TIME, Light.IN_TIME, Light.IN_TIME, Light.SOON, Light.LATE]


def test_an_answer_in_time_is_in_time_however_late_it_is_looked_at() -> None:
    log = Log()
    assert log.add(OrderDeed.REPLY, MONDAY_MS, text="已修复").state is OrderState.REPLIED
    assert log.light(MONDAY_MS + 9 * DAY_MS) is Light.ANSWERED
    assert log.add(OrderDeed.VERIFY, MONDAY_MS + 9 * DAY_MS).state is OrderState.DONE
    assert log.light(MONDAY_MS + 30 * DAY_MS) is Light.DONE
    late = Log()
    late.add(OrderDeed.REPLY, MONDAY_MS + 5 * DAY_MS, text="已修复")
    done = late.add(OrderDeed.VERIFY, MONDAY_MS + 6 * DAY_MS)
    assert done.clock.ended_ms == MONDAY_MS + 5 * DAY_MS, "met when it was answered, not when somebody looked"
    assert late.light(MONDAY_MS + 6 * DAY_MS) is Light.DONE_LATE


@pytest.mark.claim("COMMAND", "What is sent back goes on with the time that was left when it was answered.")
def test_sent_back_it_goes_on_with_the_time_that_was_left() -> None:
    log = Log()
    log.add(OrderDeed.REPLY, MONDAY_MS, text="已修复")
    order = log.add(OrderDeed.REDO, MONDAY_MS + 7 * DAY_MS, reason="仍在渗水")
    assert (order.state, order.redone) == (OrderState.OPEN, 1)
    assert order.clock.due_ms(calendars()) == MONDAY_MS + 8 * DAY_MS + 14 * HOUR_MS  # Tuesday of the week after


@pytest.mark.claim("COMMAND", "A refusal carries its reason, somebody decides whose it is, and then it is final.")
def test_a_refusal_is_decided_once() -> None:
    log = Log()
    assert log.add(OrderDeed.REFUSE, MONDAY_MS, reason="产权属自来水公司").state is OrderState.REFUSED
    order = log.add(OrderDeed.ARBITRATE, MONDAY_MS + DAY_MS, owner="自来水公司", reason="产权清楚")
    assert (order.owner, order.state, order.arbitrated) == ("自来水公司", OrderState.OPEN, True)
    assert order.clock.began_ms == MONDAY_MS + DAY_MS  # a new owner has the whole limit
    assert OrderDeed.REFUSE not in order.possible
    with pytest.raises(IllegalStep, match="nobody can Refuse"):
        log.add(OrderDeed.REFUSE, MONDAY_MS + DAY_MS, reason="x")


@pytest.mark.parametrize(
    ("deed", "fields", "said"),
    [
        (OrderDeed.REPLY, {}, "答复还缺：内容"),
        (OrderDeed.VERIFY, {}, "“办理中”的督办不能核实办结"),
        (OrderDeed.ARBITRATE, {"owner": "x", "reason": "y"}, "“办理中”的督办不能裁定"),
        (OrderDeed.EXTEND, {"working_days": 61, "reason": "x"}, "期限须为 1 至 60 个工作日"),
    ],
)
def test_what_cannot_be_done_is_refused(deed: OrderDeed, fields: dict[str, object], said: str) -> None:
    with pytest.raises(IllegalStep) as refused:
        Log().add(deed, MONDAY_MS, **fields)
    assert refused.value.in_words("zh") == said


def test_extended_and_withdrawn() -> None:
    log = Log()
    order = log.add(OrderDeed.EXTEND, MONDAY_MS, working_days=3, reason="等备件")
    assert order.clock.due_ms(calendars()) == MONDAY_MS - 10 * HOUR_MS + 5 * DAY_MS
    log.add(OrderDeed.WITHDRAW, MONDAY_MS, reason="已并入他案")
    assert log.light(MONDAY_MS + 30 * DAY_MS) is Light.DROPPED
