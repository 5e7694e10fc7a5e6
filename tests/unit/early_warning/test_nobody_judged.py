"""A rule whose indicator nobody reports here: it judges nobody, and an engine that comes back goes on all the same."""

from core.declared import Feed, Words
from core.records import Level
from early_warning.rule import LevelBound, Rule, RuleState
from early_warning.watch import Watch
from geo.areas import Area, AreaLevel, AreaTree
from indicators.definition import Aggregate, Direction, Indicator, RollUp, Source, Verification

SAME = Words("同", "same")
SOURCE = Source("test", Verification.NONE, Verification.NONE)


def watch() -> Watch:
    what = (Direction.UP_BAD, 3600, 60, Aggregate.LAST, RollUp.MAX, ("station",), SOURCE)
    power = Indicator("power", SAME, "test", "u", *what, metrics=("volts",), decimals=1)
    bounds = (LevelBound(Level.BLUE, "power", bound=1.0),)
    rule = Rule("r", "1", SAME, "test", "station", Direction.UP_BAD, bounds, RuleState.ACTIVE, SOURCE)
    areas = AreaTree([Area("440900", SAME, AreaLevel.CITY, "", (0, 0))])
    return Watch({"r": rule}, {"power": power}, {}, areas, {"f": Feed("f", SAME, "f/+/+")})


def test_it_is_restored_from_its_checkpoint() -> None:
    kept = {name: chunk for name, chunk in watch().dirty().items() if chunk is not None}
    assert kept
    again = watch()
    again.restore(kept)
    assert again.dirty().keys() == kept.keys()
