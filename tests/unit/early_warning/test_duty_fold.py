"""What acts mean for a warning, as timetables: minute → act → who still has to do something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.duty import Deed, DutyAct, Scope, Silence
from core.errors import Objection
from core.records import HOUR_MS, MINUTE_MS, Level
from early_warning.duty_fold import UNTOUCHED, Standing, after, folded, shelved_until, spread, together, waits
from early_warning.duty_rules import Concerned, Wish, check, check_silence, is_hidden

T0_MS = 1_795_300_000_000
ZHAO, QIAN = "person:zhao", "person:qian"


def act(minute: float, kind: Deed, level: Level = Level.ORANGE, by: str = ZHAO, **more: object) -> DutyAct:
    at_ms = T0_MS + int(minute * MINUTE_MS)
    name = {"person:zhao": "赵一", "person:qian": "钱二"}[by]
    return DutyAct("k", "live-1", kind, "w1", {"w1": level}, by, name, "值班岗", at_ms, **more)  # type: ignore[arg-type]


def waiting(level: Level, *acts: DutyAct, minute: float = 30) -> bool:
    return waits(folded(acts, "w1"), level, T0_MS + int(minute * MINUTE_MS))


@pytest.mark.claim("WARN", "Acknowledging covers one level: a rise waits and rings again, a fall does not.")
def test_acknowledging_covers_one_level() -> None:
    yellow = act(0, Deed.ACKNOWLEDGE, Level.YELLOW)
    assert waiting(Level.YELLOW)
    assert not waiting(Level.YELLOW, yellow)
    assert not waiting(Level.BLUE, yellow)
    assert waiting(Level.ORANGE, yellow)
    assert not waiting(Level.ORANGE, yellow, act(5, Deed.ACKNOWLEDGE, Level.ORANGE, QIAN))
    stands = folded([yellow, act(5, Deed.ACKNOWLEDGE, Level.ORANGE, QIAN)], "w1")
    assert (stands.name, stands.holder_name) == ("钱二", "赵一"), "who acknowledged last, and whose it is"


def test_lost_data_of_an_acknowledged_orange_or_red_wait_again() -> None:
    red, seen_ms = act(0, Deed.ACKNOWLEDGE, Level.RED), T0_MS + 5 * MINUTE_MS
    lost = act(9, Deed.ACKNOWLEDGE, Level.RED, QIAN, since_ms=seen_ms)
    assert waits(folded([red], "w1"), Level.RED, seen_ms, lost_ms=seen_ms)
    assert not waits(folded([red], "w1"), Level.YELLOW, seen_ms, lost_ms=seen_ms)
    assert not waits(folded([red, lost], "w1"), Level.RED, seen_ms, lost_ms=seen_ms)
    assert waits(folded([red, lost], "w1"), Level.RED, seen_ms, lost_ms=seen_ms + 1), "lost once more"
    assert waits(folded([red, lost, act(9.5, Deed.TAKE_BACK, by=QIAN)], "w1"), Level.RED, seen_ms, lost_ms=seen_ms)
    with pytest.raises(Objection):
        check(
            Wish("k", Deed.ACKNOWLEDGE, "w1", since_ms=seen_ms),
            {"w1": Level.RED},
            {"w1": folded([red, lost], "w1")},
            ZHAO,
            0,
        )


def test_an_acknowledgement_is_taken_back_by_its_owner_within_a_minute_and_not_later() -> None:
    orange = act(0, Deed.ACKNOWLEDGE)
    assert waiting(Level.ORANGE, orange, act(0.9, Deed.TAKE_BACK))
    assert not waiting(Level.ORANGE, orange, act(1.1, Deed.TAKE_BACK))
    assert not waiting(Level.ORANGE, orange, act(0.5, Deed.TAKE_BACK, by=QIAN))
    below = act(-5, Deed.ACKNOWLEDGE, Level.YELLOW)
    assert folded([below, orange, act(0.5, Deed.TAKE_BACK)], "w1").level is Level.YELLOW


@pytest.mark.claim(
    "WARN", "A shelved warning comes back by itself, or when it rises; red is shelved by two people or not."
)
def test_shelving_ends_by_itself_and_red_needs_two() -> None:
    shelf = act(0, Deed.SHELVE, until_ms=T0_MS + HOUR_MS, text="检修")
    assert not waiting(Level.ORANGE, shelf, minute=59)
    assert waiting(Level.ORANGE, shelf, minute=60)
    assert waiting(Level.RED, shelf, minute=1), "it rose above what was shelved"
    assert waiting(Level.ORANGE, shelf, act(9, Deed.SHELVE, until_ms=0))
    red = act(0, Deed.SHELVE, Level.RED, until_ms=T0_MS + HOUR_MS, text="检修")
    again = act(1, Deed.SHELVE, Level.RED, until_ms=T0_MS + 2 * HOUR_MS, text="检修")
    second = act(2, Deed.SHELVE, Level.RED, QIAN, until_ms=T0_MS + 3 * HOUR_MS, text="同意")
    assert waiting(Level.RED, red, again)
    assert not waiting(Level.RED, red, again, second)
    assert shelved_until(folded([red, again, second], "w1"), Level.RED, T0_MS + 3 * MINUTE_MS) == T0_MS + 2 * HOUR_MS


def test_a_verdict_ends_the_waiting_and_can_be_corrected() -> None:
    first, later = act(3, Deed.VERDICT, verdict="false-device"), act(9, Deed.VERDICT, by=QIAN, verdict="true-handled")
    assert not waiting(Level.ORANGE, first)
    stands = folded([first, later], "w1")
    assert (stands.verdict, stands.verdict_name, stands.name) == ("true-handled", "钱二", "赵一")


def test_taking_over_changes_whose_it_is_and_nothing_else() -> None:
    stands = folded([act(0, Deed.ACKNOWLEDGE), act(4, Deed.TAKE_OVER, by=QIAN, text="交接班")], "w1")
    assert (stands.holder_name, stands.name, stands.level) == ("钱二", "赵一", Level.ORANGE)


@pytest.mark.claim("WARN", "A warning that joins an acknowledged card at no higher level does not ring.")
def test_who_joins_an_acknowledged_card_is_covered() -> None:
    acked = after(UNTOUCHED, act(0, Deed.ACKNOWLEDGE), "w1")
    joined = spread({"w1": acked}, {"w1": Level.ORANGE, "w2": Level.YELLOW, "w3": Level.RED})
    assert set(joined) == {"w2"}
    assert not waits(joined["w2"], Level.YELLOW, T0_MS)
    card = together([acked, joined["w2"]])
    assert (card.level, card.name) == (Level.ORANGE, "赵一")
    assert not waits(card, Level.ORANGE, T0_MS) and waits(card, Level.RED, T0_MS)
    alone = spread({"w2": joined["w2"]}, {"w2": Level.ORANGE, "w4": Level.ORANGE})
    assert set(alone) == {"w4"}, "it covers what it covered, also when the first has cleared"


def test_a_card_is_shelved_only_as_a_whole() -> None:
    shelved = after(UNTOUCHED, act(0, Deed.SHELVE, until_ms=T0_MS + HOUR_MS, text="检修"), "w1")
    assert waits(together([shelved, UNTOUCHED]), Level.ORANGE, T0_MS)
    assert not waits(together([shelved, shelved]), Level.ORANGE, T0_MS)


@given(st.lists(st.tuples(st.sampled_from(list(Deed)), st.sampled_from(list(Level)), st.booleans()), max_size=12))
def test_no_order_of_acts_hides_a_level_that_nobody_covered(given_acts: list[tuple[Deed, Level, bool]]) -> None:
    """Whatever was done: a level waits unless it was acknowledged, judged or shelved as such, or above it."""
    acts = [
        act(at, kind, level, ZHAO if is_zhao else QIAN, until_ms=T0_MS + HOUR_MS)
        for at, (kind, level, is_zhao) in enumerate(given_acts)
    ]
    covering = {Deed.ACKNOWLEDGE, Deed.VERDICT, Deed.SHELVE}
    for level in (Level.BLUE, Level.ORANGE, Level.RED):
        if not any(kind in covering and of >= level for kind, of, _ in given_acts):
            assert waiting(level, *acts)


# What an act must fit.


def refused(wish: Wish, standing: Standing = UNTOUCHED, by: str = ZHAO, level: Level = Level.ORANGE) -> str:
    try:
        check(wish, {"w1": min(level, wish.seen)}, {"w1": standing}, by, T0_MS)
    except Objection as no:
        return no.in_words("zh")
    return ""


@pytest.mark.claim("WARN", "The second officer who acknowledges is told who did already.")
def test_the_second_is_told_who_was_first() -> None:
    stands = folded([act(-10, Deed.ACKNOWLEDGE)], "w1")
    assert refused(Wish("k", Deed.ACKNOWLEDGE, "w1"), stands, QIAN).startswith("赵一 ")
    assert refused(Wish("k", Deed.ACKNOWLEDGE, "w1"), stands, QIAN, Level.RED) == ""
    assert refused(Wish("k", Deed.ACKNOWLEDGE, "w1", seen=Level.ORANGE), stands, QIAN, Level.RED) != "", (
        "red was not on his screen"
    )


@pytest.mark.claim("WARN", "Shelving takes a reason and at most 4 hours, muting at most 5 minutes.")
def test_limits() -> None:
    four_h, five_min = T0_MS + 4 * HOUR_MS, T0_MS + 5 * MINUTE_MS
    assert refused(Wish("k", Deed.SHELVE, "w1", "检修", four_h)) == ""
    assert refused(Wish("k", Deed.SHELVE, "w1", " ", four_h)) == "请填写原因"
    assert refused(Wish("k", Deed.SHELVE, "w1", "检修", four_h + MINUTE_MS)) == "搁置最长 4 小时"
    assert refused(Wish("k", Deed.MUTE, "sound", "", five_min)) == ""
    assert refused(Wish("k", Deed.MUTE, "sound", "", five_min + MINUTE_MS)) == "静音最长 5 分钟"
    assert refused(Wish("k", Deed.COMMENT, "w1", "")) == "请填写原因"
    assert refused(Wish("k", Deed.MERGE, "w1", into="w1")) == "不能与自身合并"
    assert refused(Wish("k", Deed.VERDICT, "w1", verdict="incident")) == "请选择一种处置结论"
    held = folded([act(-10, Deed.TAKE_OVER, by=QIAN)], "w1")
    assert refused(Wish("k", Deed.TAKE_OVER, "w1"), held) == "请填写原因"
    assert refused(Wish("k", Deed.TAKE_OVER, "w1", "去现场"), held) == ""


def test_a_silence_names_what_it_hides_and_never_red_of_a_whole_area() -> None:
    def no(scope: Scope, *, maintenance: bool = False, reason: str = "检修", hours: int = 1) -> str:
        until_ms = T0_MS + hours * HOUR_MS
        wanted = Silence("live-1", scope, T0_MS, until_ms, reason, ZHAO, "赵一", T0_MS, maintenance=maintenance)
        try:
            check_silence(wanted)
        except Objection as why:
            return why.code
        return ""

    assert no(Scope(rules=("r",)), hours=24) == ""
    assert no(Scope(rules=("r",)), hours=25) == "silenced-too-long"
    assert no(Scope(rules=("r",)), hours=0) == "silenced-too-long"
    assert no(Scope(rules=("r",)), reason="") == "no-reason"
    assert no(Scope()) == "scope-empty"
    assert no(Scope(areas=("440981",), up_to=Level.RED)) == "scope-red"
    assert no(Scope(subjects=("s1",), up_to=Level.RED), maintenance=True) == ""
    assert no(Scope(subjects=("s1",), up_to=Level.RED)) == "scope-red"


def test_a_silence_hides_what_fits_all_that_it_names() -> None:
    one = Concerned("w1", Level.ORANGE, ("440981-t1", "440981", "440900"), "water", "water.stage", "s1")
    assert is_hidden(Scope(areas=("440981",)), one)
    assert is_hidden(Scope(areas=("440981",), topics=("water",), rules=("water.stage",), subjects=("s1",)), one)
    assert not is_hidden(Scope(areas=("440982",)), one)
    assert not is_hidden(Scope(areas=("440981",), topics=("air",)), one)
    assert not is_hidden(Scope(rules=("water.stage",), up_to=Level.YELLOW), one)
