"""A power cut of 300 devices and their return, through panes, indicators and rules: few cards, few sounds."""

import pytest
from storm_night import CUT, T0_MS, power_cut

from core.records import MINUTE_MS, Level, WarningPhase


@pytest.mark.claim(
    "WARN", "A power cut of 300 devices and their return: at most 5 cards and 5 sounds, the return silent"
)
def test_a_power_cut_and_its_return(record_property) -> None:
    night = power_cut(22)
    late = [one for one in night.known.values() if one.late]
    assert len(late) > 20, "what had waited opens warnings that are over already 补报"
    record_property("cards and sounds", (len(night.cards), night.sounds))
    assert night.sounds <= 5 and len(night.cards) <= 5, (night.sounds, night.cards)
    card = next(one for one in night.cards.values() if one.cause == "feeder")
    assert (card.cause_id, card.level, card.silent) == ("城南", Level.ORANGE, True)
    cut = next(one for one in night.known.values() if one.rule == "cut")
    assert cut.phase is WarningPhase.CLEARED and 2 <= (cut.since_ms - T0_MS) / MINUTE_MS - CUT <= 5
    standing = [one for one in night.known.values() if one.phase is WarningPhase.ACTIVE]
    assert standing == [], "half an hour later nothing stands"
