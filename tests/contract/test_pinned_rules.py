"""A warning is explained by the rule that judged it: as it judges now, as its version was kept, or as shipped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kept_warning import warning

from core.records import CityWarning
from core.rule_versions import RuleVersion, VersionState
from early_warning.declaration import rule_of
from early_warning.pinned import pinned
from early_warning.rule import Rule
from store.rules import add_version
from store.sql import Database

CITY, RULE = "440900", "water.river_stage"
DECLARED = {
    "name": {"zh": "水位", "en": "Stage"},
    "domain": "eco_environment",
    "subjects": "station",
    "direction": "up_bad",
    "source": {"standard": "GB 1", "bounds": "verified", "colours": "verified", "note": ""},
}


def with_red(metres: float) -> dict[str, object]:
    return DECLARED | {"bounds": [{"level": "red", "indicator": "water.river_stage", "bound": metres}]}


def by(version: str) -> CityWarning:
    return replace(warning("w1"), rule_version=version)


@pytest.mark.claim("WARN", "A warning is explained by the version that judged it, kept or shipped, not by today's.")
def test_the_version_that_judged_explains(database: Database) -> None:
    shipped = rule_of(RULE, with_red(3.0), "1")
    judging = rule_of(RULE, with_red(5.0), "3")
    kept = RuleVersion(CITY, RULE, "2", VersionState.DROPPED, with_red(4.0), "1", "person:li", 1, 1)
    unread = replace(kept, version="0", declaration={"bounds": "as they were written once"})
    with database.transaction() as connection:
        for one in (kept, unread):
            add_version(connection, one)

        def red(version: str, now: Rule | None = judging) -> float | None:
            found = pinned(connection, CITY, by(version), now, {RULE: shipped}.get)
            return None if found is None else found.bounds[0].bound

        assert [red(version) for version in ("3", "2", "1")] == [5.0, 4.0, 3.0], "now, in the database, in the packs"
        assert red("0") is None, "today's schema reads it no more"
        assert red("9") is None, "kept nowhere"
        assert red("2", None) == 4.0, "the rule itself is gone"
        assert pinned(connection, "440100", by("2"), None, {}.get) is None, "another city's versions are not ours"
