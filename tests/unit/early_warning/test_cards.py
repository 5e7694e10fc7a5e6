"""Cards: what comes of one cause is one card, whatever order it is told in; and what of a warning rings."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from kept_warning import warning as kept_warning

from core.declared import Device, Words
from core.records import CityWarning, Level, Place, Stamp, WarningPhase
from early_warning.belongings import Belongings
from early_warning.cards import Card, annunciated, grouped, rings
from early_warning.rule import Inhibition, LevelBound, Rule, RuleState
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification

MINUTE_MS = 60_000
T0_MS = 1_763_913_600_000
SAME = Words("同", "same")
SOURCE = Source("test", Verification.NONE, Verification.NONE)
CITY, NORTH, SOUTH, TOWN = "440900", "440981", "440982", "440982100"
AREAS = AreaTree(
    [
        Area(CITY, SAME, AreaLevel.CITY, "", (0, 0)),
        Area(NORTH, SAME, AreaLevel.COUNTY, CITY, (0, 0)),
        Area(SOUTH, SAME, AreaLevel.COUNTY, CITY, (0, 0)),
        Area(TOWN, SAME, AreaLevel.TOWN, SOUTH, (0, 0)),
    ]
)


def device(name: str, area: str = NORTH, **hangs: str) -> Device:
    lon_deg = 110.0 + int(name[1:]) / 1000  # 103 m from one to the next
    return Device(name, hangs.pop("feed", "air"), SAME, area, Place(lon_deg, 21.6, 10, "device"), ("m",), **hangs)


def indicator(name: str, aggregate: Aggregate) -> Indicator:
    what = (Direction.UP_BAD, 60, 60, aggregate, RollUp.MAX, ("station",), SOURCE)
    return Indicator(name, SAME, "test", "m", *what)


INDICATORS = {one.id: one for one in (indicator("dust", Aggregate.LAST), indicator("alive", Aggregate.REPORTING))}


def rule(name: str, *inhibited_by: Inhibition) -> Rule:
    bounds = (LevelBound(Level.RED, "dust", 1.0),)
    what = ("station", Direction.UP_BAD, bounds, RuleState.ACTIVE, SOURCE)
    return Rule(name, "1", SAME, "test", *what, inhibited_by=inhibited_by)


def warning(subject: str, minute: float = 0, **more: object) -> CityWarning:
    of_rule, level = str(more.pop("rule", "dusty")), Level(more.pop("level", Level.YELLOW))  # type: ignore[arg-type]
    indicator = "alive" if of_rule == "silent" else "dust"
    told = {"rule": of_rule, "indicator": indicator, "subject": subject, "stamp": Stamp.TEST} | more
    return kept_warning(f"{of_rule}.{subject}.{minute:g}", level, T0_MS + int(minute * MINUTE_MS), **told)


def over(one: CityWarning) -> CityWarning:
    ended_ms = one.since_ms + MINUTE_MS
    return replace(one, phase=WarningPhase.CLEARED, level=Level.NORMAL, ended_ms=ended_ms)


def cards(devices: Sequence[Device], warnings: Sequence[CityWarning], *rules: Rule) -> list[Card]:
    """The cards, and a look that the order in which warnings are told changes nothing."""
    belongings = Belongings(
        {one.id: one for one in devices}, AREAS, INDICATORS, {one.id: one for one in (rule("dusty"), *rules)}
    )
    found = grouped(warnings, belongings)
    mixed = list(warnings)
    random.Random(1).shuffle(mixed)
    assert grouped(mixed, belongings) == found
    carded = [one for card in found for one in card.warnings]
    assert sorted(carded) == sorted(one.id for one in warnings if one.phase is WarningPhase.ACTIVE)
    return list(found)


def told(found: Sequence[Card]) -> list[tuple[str, str, int]]:
    return [(card.cause, card.cause_id, len(card.warnings)) for card in found]


GROUPS = {
    "feeder": ({"feeder": "城南站"}, "dusty", [("feeder", "城南站", 6)]),
    "gateway": ({"gateway": "G-7"}, "dusty", [("gateway", "G-7", 6)]),
    "parent": ({"parent": "d99"}, "dusty", [("parent", "d99", 6)]),
    "vendor, of silence": ({"vendor": "甲厂"}, "silent", [("vendor", "甲厂", 6)]),
    "vendor, of values": ({"vendor": "甲厂"}, "dusty", [("place", NORTH, 6)]),  # one rule in one county
    "source, of silence": ({}, "silent", [("source", "air", 6)]),
    "place": ({}, "dusty", [("place", NORTH, 6)]),
}


@pytest.mark.parametrize("case", GROUPS)
@pytest.mark.claim("WARN", "Warnings of one feeder, gateway, vendor, source, parent or place at one time are one card")
def test_what_comes_of_one_cause_is_one_card(case: str) -> None:
    hangs, of_rule, expected = GROUPS[case]
    devices = [device(f"d{n}", **hangs) for n in range(6)] + [device("d99", SOUTH, feed="river")]
    warnings = [warning(f"d{n}", n / 2, rule=of_rule, level=1 + n % 4) for n in range(6)]
    (card,) = cards(devices, warnings, rule("silent"))
    assert told([card]) == expected
    assert (card.id, card.since_ms, card.level) == (warnings[0].id, T0_MS, Level.RED)
    assert (card.area, card.subjects, card.silent) == (NORTH, 6, of_rule == "silent")


def test_what_is_too_little_or_too_far_apart_in_time_is_no_cause() -> None:
    devices = [device(f"d{n}", NORTH if n % 2 else SOUTH, feeder="城南站") for n in range(12)]
    two = [warning(f"d{n}", rule=f"r{n}") for n in range(2)]
    assert told(cards(devices, two)) == [("", "", 1)] * 2, "two are no third of twelve"
    spread = [warning(f"d{n}", 10 * n, rule=f"r{n}") for n in range(5)]
    assert told(cards(devices, spread)) == [("", "", 1)] * 5
    slowly = [warning(f"d{n}", 4 * n, rule=f"r{n}") for n in range(12)]  # one goes over into the next, all evening
    assert told(cards(devices, slowly)) == [("feeder", "城南站", 8), ("feeder", "城南站", 4)]


def test_silence_of_counties_and_the_city_is_one_matter() -> None:
    areas = [warning(area, n, rule=f"silent{n}", indicator="alive") for n, area in enumerate((NORTH, SOUTH, CITY))]
    assert told(cards([], areas)) == [("place", CITY, 3)]
    wet = [warning(area, rule="rain") for area in (NORTH, SOUTH)]
    assert told(cards([], wet)) == [("", "", 1), ("", "", 1)], "rain in two counties is theirs to acknowledge"


def test_a_town_is_a_place_for_all_rules_a_county_for_one() -> None:
    town, county = [device(f"d{n}", TOWN, feed=f"f{n}") for n in range(2)], [device(f"d{n}") for n in range(2, 4)]
    warnings = [warning(f"d{n}", rule=f"r{n}") for n in range(4)]
    assert told(cards(town + county, warnings)) == [("place", TOWN, 2), ("", "", 1), ("", "", 1)]


@pytest.mark.claim("WARN", "A card stays one, under its id, while its warnings clear one after another")
def test_a_card_stays_while_its_warnings_clear() -> None:
    devices = [device(f"d{n}", feeder="城南站") for n in range(9)]
    warnings = [warning(f"d{n}") for n in range(9)]
    for gone in range(1, 9):
        (card,) = cards(devices, [*map(over, warnings[:gone]), *warnings[gone:]])
        assert (card.id, card.cause, len(card.warnings)) == (warnings[0].id, "feeder", 9 - gone)
    assert cards(devices, [over(one) for one in warnings]) == []


INHIBITIONS = {
    "same": (Inhibition("cut", "same"), {"d1"}),
    "upstream": (Inhibition("cut", "upstream"), {"d2", "d3"}),
    "distance": (Inhibition("cut", "distance", within_m=250.0), {"d1", "d2", "d3"}),
    "label": (Inhibition("cut", "label", label="zone"), {"d1", "d4"}),
    "feeder": (Inhibition("cut", "label", label="feeder"), {"d1", "d3"}),
    "graver only": (Inhibition("cut", "same", level=Level.RED), set()),
}


@pytest.mark.parametrize("case", INHIBITIONS)
@pytest.mark.claim("WARN", "A warning is hidden by another one by label, upstream or distance, as its rule declares")
def test_inhibition_puts_a_warning_on_the_card_of_the_other(case: str) -> None:
    inhibition, hidden = INHIBITIONS[case]
    devices = [
        device("d1", attributes={"zone": "z"}, feeder="甲", feed="f1"),
        device("d2", parent="d1", feed="f2"),
        device("d3", SOUTH, parent="d2", feeder="甲", feed="f3"),
        device("d4", SOUTH, attributes={"zone": "z"}, feed="f4"),
        device("d9", SOUTH, feed="f5"),
    ]
    low = [warning(f"d{n}", 10 * n, rule="low") for n in (1, 2, 3, 4, 9)]
    found = cards(devices, [warning("d1", rule="cut", level=Level.ORANGE), *low], rule("cut"), rule("low", inhibition))
    assert {one.partition(".")[2].partition(".")[0] for card in found for one in card.inhibited} == hidden
    assert len(found) == 6 - len(hidden)


@pytest.mark.claim(
    "WARN", "When most devices of a feeder go silent, one card names it with their count, until all is back"
)
def test_a_feeder_that_is_told_of_takes_all_that_hangs_on_it() -> None:
    devices = [device(f"d{n}", feeder="城南站", feed=f"f{n}") for n in range(300)]
    cut = replace(warning("城南站", 9, rule="cut", level=Level.ORANGE), indicator="alive", value=4.0)
    of_feeder = replace(rule("cut"), subjects="feeder")
    (alone,) = cards(devices, [cut], of_feeder)
    assert (alone.cause, alone.cause_id, alone.subjects, alone.silent) == ("feeder", "城南站", 288, True)
    before = [warning(f"d{n}", 6, rule="low") for n in range(3)]
    after = [warning(f"d{n}", n, rule="silent") for n in range(20, 120, 7)]  # slower ones are missed later
    (card,) = cards(devices, [*before, cut, *after], of_feeder, rule("silent"), rule("low"))
    assert (len(card.warnings), card.subjects, card.id) == (1 + 3 + 15, 288, before[0].id)
    ended = replace(over(cut), ended_ms=T0_MS + 60 * MINUTE_MS)
    later = cards(devices, [ended, warning("d200", 70, rule="low")], of_feeder, rule("low"))
    assert told(later) == [("", "", 1)]


def test_what_flaps_is_one_card() -> None:
    times = [warning("d1", 7.0 * n, facts={"flapping": 1} if n == 5 else {}) for n in range(6)]
    (card,) = cards([device("d1")], [*map(over, times[:5]), times[5]])
    assert (card.id, card.warnings) == (times[0].id, (times[5].id,))


@pytest.mark.claim("WARN", "A flapping card stays with its mark while its value is normal, until its damping is over.")
def test_what_flaps_does_not_vanish_between_two_times() -> None:
    times = [over(warning("d1", 7.0 * n, facts={"flapping": 1} if n == 5 else {})) for n in range(6)]
    (card,) = cards([device("d1")], times)
    assert (card.id, card.warnings, card.level, card.subjects) == (times[0].id, (), Level.NORMAL, 1)
    assert card.flapping == tuple(one.id for one in times)
    assert cards([device("d1")], times[:5]) == [], "what only came and went is over"


@pytest.mark.claim("WARN", "What rang of past days is put together as it rang: warnings of one cause once.")
def test_what_rang_is_put_together_when_all_is_over() -> None:
    devices = [device(f"d{n}", feeder="城南站") for n in range(6)] + [device("d900", feeder="城北站")]
    hiding = replace(rule("low"), inhibited_by=(Inhibition("dusty", "same"),))
    belongings = Belongings(
        {one.id: one for one in devices}, AREAS, INDICATORS, {"low": hiding, "dusty": rule("dusty")}
    )
    cut = [over(warning(f"d{n}", n / 10)) for n in range(5)]
    hidden, later = over(warning("d0", 0.5, rule="low")), over(warning("d0", 300, rule="low"))
    alone = over(warning("d900", 200))
    told = annunciated([alone, later, *cut, hidden], belongings)
    assert sorted(sorted(one.id for one in card) for card in told) == sorted(
        [sorted(one.id for one in (*cut, hidden)), [alone.id], [later.id]]
    )


ACTIVE = warning("d1", level=Level.ORANGE)
RINGING = [
    (None, ACTIVE, "opened"),
    (ACTIVE, replace(ACTIVE, revision=2, value=2.0), ""),
    (ACTIVE, replace(ACTIVE, level=Level.RED), "risen"),
    (replace(ACTIVE, level=Level.RED), ACTIVE, ""),
    (ACTIVE, over(ACTIVE), ""),
    (None, replace(over(ACTIVE), late=True), ""),  # 补报
    (ACTIVE, replace(ACTIVE, phase=WarningPhase.RETRACTED), ""),
    (replace(ACTIVE, phase=WarningPhase.RETRACTED), ACTIVE, "opened"),
    (ACTIVE, replace(ACTIVE, facts={"lost_ms": T0_MS}), "lost"),
    (None, replace(ACTIVE, facts={"trial": True}), ""),
    (None, replace(ACTIVE, facts={"flapping": 1}), "opened"),
    (None, replace(ACTIVE, facts={"flapping": 2}), ""),
]


@pytest.mark.parametrize(("before", "now", "why"), RINGING)
@pytest.mark.claim(
    "WARN", "A warning rings when it opens, rises or loses its data; late, trial and flapping ones do not"
)
def test_what_rings(before: CityWarning | None, now: CityWarning, why: str) -> None:
    assert rings(before, now) == why
